"""The paths in a plot: where values are, as texts of coordinates. They have no words, so that a cache may hold them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from insights.charts.markup import number
from insights.charts.scales import Scale, ticks

FEW = 31  # dots, which are drawn larger
WIDTH, HEIGHT = 1000, 100  # units of the plot, which is stretched


@dataclass(frozen=True)
class Drawing:
    """The paths of a line: a dot for each value, the means, what the values stand for, and the dots answered later.

    `has_few`: the dots are so few that they are drawn larger.
    """

    dots: str
    mean: str
    ranges: str
    holes: str
    has_few: bool


def drawing_of(values, scale: Scale, across: Sequence[int], *, mean=(), recalled=(), ranges=()) -> Drawing:
    """The paths of what Line says of a line. `across` is where the value of each step is, in tenths of a unit."""
    found = points(values, scale, across)
    dots = [point for point in found if point]
    return Drawing(
        dots=dotted(dots),
        mean=path_of(mean, scale, across),
        ranges=ranges_of(ranges, scale, across) if any(ranges) else "",
        holes=dotted(point for point, is_later in zip(found, recalled, strict=False) if is_later and point),
        has_few=len(dots) <= FEW,
    )


def grid(scale: Scale) -> str:
    return "".join(f"M0 {number(HEIGHT * (1 - scale.share(value)))}h{WIDTH}" for value in ticks(scale))


def uprights(shares) -> str:
    """Lines over the whole height."""
    return "".join(f"M{number(WIDTH * share)} 0v{HEIGHT}" for share in shares)


@lru_cache(64)
def middles(count: int, step: int) -> Sequence[int]:
    """The middle of each step of so many days, in tenths of a unit. Charts of one page have the same ones."""
    starts = range(0, count, step)
    return [round(10 * WIDTH * (start + min(start + step, count)) / 2 / count) for start in starts]


@lru_cache(4096)
def tenths(number: int) -> str:
    """Tenths of a unit, as a coordinate."""
    return f"{number / 10:g}"


def points(values: Sequence, scale: Scale, across: Sequence[int]) -> list[tuple[int, int] | None]:
    """Where each value is in the plot, in tenths of a unit. Many are the same: each is computed once."""
    heights = {value: round(10 * HEIGHT * (1 - scale.share(value))) for value in {*values} - {None}}
    return [None if value is None else (x, heights[value]) for x, value in zip(across, values, strict=False)]


def path_of(values: Sequence, scale: Scale, across: Sequence[int]) -> str:
    """A line that breaks where there is no value. A value between two gaps is a dot.

    Places are relative to the one before: days are equally far apart, so that the page compresses to half of the size.
    """
    parts, is_open, before = [], False, (0, 0)
    found = points(values, scale, across)
    for each, point in enumerate(found):
        if point is None:
            is_open = False
            continue
        is_alone = not is_open and (each + 1 == len(found) or found[each + 1] is None)
        parts.append(f"{'l' if is_open else 'm'}{moved(before, point)}{'h0' if is_alone else ''}")
        is_open, before = True, point
    return "".join(parts)


def moved(before: tuple[int, int], point: tuple[int, int]) -> str:
    """From one place to another."""
    return in_tenths(point[0] - before[0], point[1] - before[1])


@lru_cache(4096)
def in_tenths(across: int, down: int) -> str:
    return f"{tenths(across)} {tenths(down)}"


def ranges_of(ranges: Sequence[tuple | None], scale: Scale, across: Sequence[int]) -> str:
    ends = [points([found and found[end] for found in ranges], scale, across) for end in (0, 1)]
    pairs = ((low, high) for low, high in zip(*ends, strict=True) if low and high)
    return "".join(f"M{tenths(low[0])} {tenths(low[1])}V{tenths(high[1])}" for low, high in pairs)


def dotted(places: Iterable[tuple[int, int]]) -> str:
    """A stroke without length at each place."""
    return "".join(f"m{moved(*pair)}h0" for pair in pairwise([(0, 0), *places]))
