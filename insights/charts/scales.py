"""Scales: from a value to a share of the height, and the values that are written beside it."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from django.utils.formats import number_format

STEPS = (1, 2, 2.5, 5, 10)  # times a power of ten
LEAST_SHARE = 4  # Numbers take at least a quarter of an axis between far bounds.


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale from `low` to `high`, with `words` at the two; either may be empty.

    `is_flipped`: the low end is at the top, where less is better and up is to be better. `unit` stands at the top.
    `write` says a number beside the axis in words, such as a time of day; numbers are written as such without it.
    """

    low: float
    high: float
    words: tuple[str, str] = ("", "")
    unit: str = ""
    is_flipped: bool = False
    write: Callable[[float], str] | None = None

    def share(self, value) -> float:
        """Where the value is, from 0 at the bottom to 1 at the top. What is beyond an end is drawn there."""
        share = (float(value) - self.low) / (self.high - self.low)
        share = min(1.0, max(0.0, share))
        return 1 - share if self.is_flipped else share

    @property
    def ends(self) -> tuple[str, str]:
        """What stands below the lowest and above the highest number: the words, and the unit at the top."""
        low, high = self.words[::-1] if self.is_flipped else self.words
        return low, " · ".join(filter(None, [high, self.unit]))

    def in_words(self, value: float) -> str:
        """A number as it is written beside the axis."""
        return self.write(value) if self.write else in_words(value)


SCORES = Scale(1, 10)


def scale_around(values: Iterable, least=None, most=None, **options) -> Scale:
    """A scale for numbers: its bounds where there are any, else round numbers around what there is.

    Bounds that are far apart say what can be typed, not what is usual: numbers that take less than a quarter of the
    room between them get round numbers within the bounds, or their line would be flat.
    """
    numbers = [float(value) for value in values if value is not None]
    if least is not None and most is not None and numbers:
        inside = [min(max(number, float(least)), float(most)) for number in numbers]
        if (max(inside) - min(inside)) * LEAST_SHARE < float(most) - float(least):
            around = scale_around(inside, **options)
            return replace(around, low=max(around.low, float(least)), high=min(around.high, float(most)))
    low = float(least) if least is not None else min(numbers, default=0.0)
    high = float(most) if most is not None else max(numbers, default=1.0)
    if high <= low:  # All the same: in the middle.
        step = round_step(max(abs(low) / 20, 1.0))
        low, high = low if least is not None else low - step, high if most is not None else high + step
    step = round_step(max((high - low) / 4, 1e-3))
    if least is None:
        low = math.floor(min(low, high) / step) * step
    if most is None:
        high = math.ceil(max(low, high) / step) * step
    return Scale(low, high if high > low else low + step, **options)


def round_step(step: float) -> float:
    """The least round number that is no smaller: 1, 2, 2.5 or 5 times a power of ten."""
    power = 10 ** math.floor(math.log10(step))
    return next((factor * power for factor in STEPS if factor * power >= step * (1 - 1e-9)), 10 * power)


def ticks(scale: Scale, most: int = 4) -> list[float]:
    """The values written beside a scale, from low to high: both ends, and round ones that are not close to them."""
    span = scale.high - scale.low
    for count in range(most - 1, 1, -1):
        step = span / count
        if step == int(step) and scale.low == int(scale.low):  # Such as 1, 4, 7, 10.
            return [scale.low + step * number for number in range(count + 1)]
    step = span / 100
    while True:
        step = round_step(step * 1.01)
        inner = (number * step for number in range(math.ceil(scale.low / step), math.floor(scale.high / step) + 1))
        between = [value for value in inner if min(value - scale.low, scale.high - value) > step / 2]
        if len(between) + 2 <= most:
            return [scale.low, *between, scale.high]


def in_words(value) -> str:
    """A number as it is written beside an axis, in the locale's form."""
    return number_format(f"{float(value):.3f}".rstrip("0").removesuffix("."), use_l10n=True, force_grouping=True)
