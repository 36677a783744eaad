"""Answers by the hours since a dose: medians, their intervals, and the hours that stand out. Pure, without words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

# Answers of an hour that it takes to show anything of it.
FEWEST = 8
# Hours after a dose that are looked at: from 0 to this. A night lies between most doses and what is later.
LAST_HOUR = 14
# The share of intervals that may miss their median: those of 95 %.
OUTSIDE = 0.05
BILLION = 10**9


@dataclass(frozen=True, slots=True)
class Hour:
    """The answers of one hour: those given from `hour` to `hour + 1` hours after a dose, the latter excluded.

    `middle` is their median and `low` to `high` its 95 % interval; None for fewer than FEWEST answers. `together` is a
    wider interval: with 95 %, those of all shown hours hold their medians at once. None where the answers are too few
    for one.
    """

    hour: int
    count: int
    middle: float | None = None
    low: int | None = None
    high: int | None = None
    together: tuple[int, int] | None = None

    @property
    def is_shown(self) -> bool:
        return self.middle is not None


@dataclass(frozen=True, slots=True)
class Turns:
    """Hours that stand out, each from and to in hours after the dose; None where the intervals do not support it.

    `onset`: between which hours the answers turned better. `wear_off`: between which they turned worse again.
    `best`: the hours between the two that are better than those before and those after.
    """

    onset: tuple[int, int] | None = None
    best: tuple[int, int] | None = None
    wear_off: tuple[int, int] | None = None

    @property
    def is_any(self) -> bool:
        return bool(self.onset or self.wear_off)


@lru_cache(4096)
def rank_of_end(count: int, outside: float) -> int:
    """The rank, from 1, of the lower end of a median's interval among so many sorted values; 0 if there is none.

    Of independent values from one distribution, the number of those below its median is at most Bin(n, 1/2). The
    interval from the r-th least to the r-th greatest value therefore misses the median with the probability
    2 · P(Bin(n, 1/2) < r) at most: r is the greatest rank for which that is no more than `outside`. Exact for
    continuous values; wider than needed where many are equal, as with whole numbers from 1 to 10. Source: W. R.
    Thompson, Annals of Mathematical Statistics 7 (1936); H. A. David and H. N. Nagaraja, Order Statistics, section 7.1.
    """
    # In whole numbers: 2 ** count is beyond a float from 1,024 values on.
    limit = round(outside * BILLION) * 2**count
    below, rank, of_rank = 0, 0, 1
    while 2 * (below + of_rank) * BILLION <= limit:
        below += of_rank
        of_rank = of_rank * (count - rank) // (rank + 1)
        rank += 1
    return rank


def interval_of_median(values: Sequence[int], outside: float = OUTSIDE) -> tuple[int, int] | None:
    """The interval of the median of sorted values, whose ends are two of them. None if they are too few.

    It takes the values as independent. Answers of one person are not quite: see turns_of().
    """
    rank = rank_of_end(len(values), outside)
    return (values[rank - 1], values[-rank]) if rank else None


def hours_of(answers: Iterable[tuple[float, int]]) -> list[Hour]:
    """Each hour with an answer, in order. `answers` are the hours since the dose, and the answer, from 1 to 10."""
    by_hour: dict[int, list[int]] = {}
    for since, value in answers:
        if 0 <= since < LAST_HOUR:
            by_hour.setdefault(int(since), []).append(value)
    shown = sum(len(values) >= FEWEST for values in by_hour.values())
    return [hour_of(hour, sorted(by_hour[hour]), shown) for hour in sorted(by_hour)]


def hour_of(hour: int, values: Sequence[int], shown: int) -> Hour:
    """One hour of its sorted answers. `shown` is how many hours have enough of them."""
    if len(values) < FEWEST:
        return Hour(hour, len(values))
    low, high = interval_of_median(values)
    together = interval_of_median(values, OUTSIDE / shown)  # Bonferroni
    return Hour(hour, len(values), float(median(values)), low, high, together)


def turns_of(hours: Sequence[Hour], *, is_more_better: bool) -> Turns:
    """Onset, best hours and wear-off, where the intervals support them.

    What it rests on. One hour is better than another if its interval lies wholly on the better side of the other's,
    without a value in common. The intervals are those that hold all medians at once (`together`): if the medians of
    all hours are the same, and the answers independent, at most 5 in 100 charts name anything. The peak is the hour
    with the best median, the earliest of several.
    - Onset. The last hour before the peak that the peak is better than is the low one. From the peak back to it, the
      hours that are better than the low one too, without one in between that is not, have turned. The onset is
      between the beginning of the low hour and the end of the first that has turned.
    - Wear-off. The same towards later hours.
    - Best hours. Only with both of them: the hours around the peak, without a gap, that are better than both low ones.
    Hours without an interval support nothing. Days resemble the days before, so that real uncertainty is greater than
    the intervals: what makes up for it is that two of them must have nothing in common, which asks for more than a
    difference does (decision 0041 has the figures).
    """
    found = [each for each in hours if each.together]
    if not found:
        return Turns()

    def is_better(one: Hour, other: Hour) -> bool:
        (low, high), (other_low, other_high) = one.together, other.together
        return low > other_high if is_more_better else high < other_low

    sign = 1 if is_more_better else -1
    peak = max(range(len(found)), key=lambda each: (sign * found[each].middle, -each))
    before = turned(found[peak::-1], is_better)
    after = turned(found[peak:], is_better)
    onset = wear_off = best = None
    if before:
        low, first = before
        onset = low.hour, first.hour + 1
    if after:
        low, last = after
        wear_off = last.hour, low.hour + 1
    if before and after:
        lows = before[0], after[0]
        best = window([each for each in found if all(is_better(each, low) for low in lows)], found[peak])
    return Turns(onset, best, wear_off)


def turned(hours: Sequence[Hour], is_better) -> tuple[Hour, Hour] | None:
    """Of hours from the peak on in one direction: the nearest that the peak is better than, and the farthest from the
    peak that is, with all up to it, better than that one. None if there is none."""
    low = next((place for place, each in enumerate(hours) if is_better(hours[0], each)), None)
    if low is None:
        return None
    last = hours[0]
    for each in hours[1:low]:
        if not is_better(each, hours[low]):
            break
        last = each
    return hours[low], last


def window(hours: Sequence[Hour], peak: Hour) -> tuple[int, int]:
    """From and to of the hours around the peak that follow one another without a gap."""
    known = {each.hour for each in hours}
    first = last = peak.hour
    while first - 1 in known:
        first -= 1
    while last + 1 in known:
        last += 1
    return first, last + 1
