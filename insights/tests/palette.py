"""Arithmetic of colours for tests: contrast as in WCAG, differences as in CIEDE2000, and colour vision simulated.

The simulations are those of Machado, Oliveira and Fernandes (2009) at full severity, on linear RGB.
"""

import math
import re

from brainlog.bundles import read

MACHADO = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
WHITE = (0.95047, 1.0, 1.08883)


def multiply(matrix, vector) -> tuple[float, ...]:
    return tuple(sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)


def linear(colour: str) -> tuple[float, ...]:
    """`#rrggbb` or `oklch(l% c h)` as linear RGB, 0 to 1."""
    if colour.startswith("#"):
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        return tuple(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    lightness, chroma, hue = map(float, re.findall(r"[\d.]+", colour))
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    roots = multiply(
        ((1, 0.3963377774, 0.2158037573), (1, -0.1055613458, -0.0638541728), (1, -0.0894841775, -1.2914855480)),
        (lightness / 100, a, b),
    )
    rgb = multiply(
        (
            (4.0767416621, -3.3077115913, 0.2309699292),
            (-1.2684380046, 2.6097574011, -0.3413193965),
            (-0.0041960863, -0.7034186147, 1.7076147010),
        ),
        [root**3 for root in roots],
    )
    return clipped(rgb)


def clipped(rgb) -> tuple[float, ...]:
    return tuple(min(1.0, max(0.0, part)) for part in rgb)


def contrast(one: str, other: str) -> float:
    """1 to 21."""
    light, dark = sorted((multiply(XYZ, linear(colour))[1] for colour in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(rgb) -> tuple[float, float, float]:
    def f(share):
        return share ** (1 / 3) if share > (6 / 29) ** 3 else share / (3 * (6 / 29) ** 2) + 4 / 29

    x, y, z = (f(value / white) for value, white in zip(multiply(XYZ, rgb), WHITE, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def difference(one: str, other: str, vision: str = "normal") -> float:
    """CIEDE2000 between two colours, as seen by people of this colour vision."""
    return ciede2000(*(lab(clipped(multiply(MACHADO[vision], linear(colour)))) for colour in (one, other)))


def ciede2000(one, other) -> float:
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean_c = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 0.5 * (1 - math.sqrt(mean_c**7 / (mean_c**7 + 25**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = (math.degrees(math.atan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = 0 if c1 * c2 == 0 else (h2 - h1 + 180) % 360 - 180
    mean_h = h1 + h2 if c1 * c2 == 0 else (h1 + turn / 2) % 360
    delta_l, delta_c = l2 - l1, c2 - c1
    delta_h = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2))
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    t = (
        1
        - 0.17 * math.cos(math.radians(mean_h - 30))
        + 0.24 * math.cos(math.radians(2 * mean_h))
        + 0.32 * math.cos(math.radians(3 * mean_h + 6))
        - 0.20 * math.cos(math.radians(4 * mean_h - 63))
    )
    s_l = 1 + 0.015 * (mean_l - 50) ** 2 / math.sqrt(20 + (mean_l - 50) ** 2)
    s_c, s_h = 1 + 0.045 * mean_c, 1 + 0.015 * mean_c * t
    rotation = -math.sin(math.radians(60 * math.exp(-(((mean_h - 275) / 25) ** 2))))
    r = rotation * 2 * math.sqrt(mean_c**7 / (mean_c**7 + 25**7))
    l, c, h = delta_l / s_l, delta_c / s_c, delta_h / s_h  # noqa: E741 (as in the formula)
    return math.sqrt(l * l + c * c + h * h + r * c * h)


def tokens() -> dict[str, tuple[str, str]]:
    """The colours of tokens.css by name, each in the light and in the dark theme."""
    one = r"(#[0-9a-f]{6}|oklch\([\d.% ]+\))"
    found = {}
    for name, light, dark, both in re.findall(
        rf"--([a-z0-9-]+): (?:light-dark\({one}, {one}\)|{one});", read("css/tokens.css")
    ):
        found[name] = (both, both) if both else (light, dark)
    return found
