"""Which labels of an axis fit: computed for three widths, so that none overlaps on a phone and a wide screen has more.

A label of tier 0 is shown always, one of tier 1 or 2 from a width on, see static/css/charts.css. Widths are in rem, so
that large text leaves fewer labels. The narrowest chart is that of a phone of 320 px with text at 150 %: how much of it
is left for the plot depends on the axes beside it.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

NARROWEST_CHART = 11.0  # rem
# The narrowest plot of a tier, in rem, beside the widest axes.
WIDTHS = (6.75, 18.0, 38.0)
CHARACTER = 0.5  # rem: a wide letter of --text-1
GAP = 0.5  # rem, between two labels
START, MIDDLE, END = "start", "middle", "end"


@dataclass(frozen=True, slots=True)
class Label:
    """A text at a share of the width, 0 to 1, which begins, is centred or ends there."""

    share: float
    text: str
    anchor: str = MIDDLE

    def reach(self, width: float) -> tuple[float, float]:
        """From where to where the text goes, in rem, in a plot so wide."""
        length, at = length_of(self.text), self.share * width
        start = {START: at, MIDDLE: at - length / 2, END: at - length}[self.anchor]
        return start, start + length


def length_of(text: str) -> float:
    """The most room that a text takes, in rem."""
    return CHARACTER * sum(1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)


def tiers(ends: Sequence[Label], between: Sequence[Label], narrowest: float = WIDTHS[0]) -> list[int | None]:
    """The tier of each label between the ends, None for one that never fits. `narrowest`: the plot of tier 0, in rem.

    Of those between, every second, third, … is left out until they fit; a narrower width shows some of a wider one's.
    """
    found: list[int | None] = [None] * len(between)
    stride, first = 1, 0
    for tier, width in reversed([*enumerate((narrowest, *WIDTHS[1:]))]):
        multiple = next(
            each for each in range(1, len(between) + 2) if are_apart(between[first :: stride * each], width)
        )
        first, stride = first + stride * (multiple // 2), stride * multiple
        for number in range(first, len(between), stride):
            if all(are_apart([between[number], end], width) for end in ends):
                found[number] = tier
    return found


def are_apart(labels: Sequence[Label], width: float) -> bool:
    """Whether no label reaches the next one."""
    reaches = sorted(label.reach(width) for label in labels)
    return all(end + GAP <= start for (_start, end), (start, _end) in pairwise(reaches))


def tier_of_text_within(text: str, share: float) -> int | None:
    """The tier from which a text fits into a part of the width; None if it never does."""
    length = length_of(text) + GAP
    return next((tier for tier, width in enumerate(WIDTHS) if length <= share * width), None)


def class_of(tier: int) -> str | None:
    """The class of a label of this tier; None for one that is always shown."""
    return f"from-{tier}" if tier else None
