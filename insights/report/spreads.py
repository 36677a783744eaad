"""How answers are spread: medians, ranges, weeks. Pure: values in, numbers and sentences out."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from django.utils.translation import gettext, ngettext

from insights.report import wording
from insights.report.contents import Spread
from logs.fields import Direction
from logs.summary import middle_of

# Fewer answers are listed one by one: a median of them says no more than they do.
FEWEST_FOR_MEDIAN = 5
# A week counts among the best and the hardest from so many answered days on.
FEWEST_OF_WEEK = 4
# The parts of a scale from 1 to 10, both ends included.
LOW, MIDDLE, HIGH = (1, 3), (4, 7), (8, 10)


def spread_of(values: Sequence) -> Spread | None:
    """None without a value. Both ends of the middle half are answers."""
    values = sorted(map(float, values))
    if not values:
        return None
    low, high = middle_of(values)
    return Spread(median(values), low, high, values[0], values[-1], len(values))


def in_words(spread: Spread | None, values: Sequence, of_days: int, places: int = 1, unit: str = "") -> str:
    """`Median 6, middle half 5–7, all 2–9; answered on 74 of 90 days.` Few answers are listed."""
    if spread is None:
        return gettext("not answered")
    answered = wording.of_days(spread.answered, of_days)
    if spread.answered < FEWEST_FOR_MEDIAN:
        facts = {"values": ", ".join(wording.number(value, places) for value in values), "answered": answered}
        return gettext("only %(values)s (%(answered)s)") % facts
    facts = {
        "median": f"{wording.number(spread.median, places)} {unit}".strip(),
        "half": wording.numbers(spread.low, spread.high, places),
        "all": wording.numbers(spread.least, spread.most, places),
        "answered": answered,
    }
    return gettext("median %(median)s, middle half %(half)s, all %(all)s (%(answered)s)") % facts


def shares_in_words(values: Sequence[int]) -> str:
    """`Low (1–3) on 10 days, middle (4–7) on 50, high (8–10) on 14.`"""
    counts = [sum(first <= value <= last for value in values) for first, last in (LOW, MIDDLE, HIGH)]
    text = ngettext(
        "Low (1–3) on %(low)d day, middle (4–7) on %(middle)d, high (8–10) on %(high)d.",
        "Low (1–3) on %(low)d days, middle (4–7) on %(middle)d, high (8–10) on %(high)d.",
        counts[0],
    )
    return text % dict(zip(("low", "middle", "high"), counts, strict=True))


@dataclass(frozen=True)
class WeekOfAnswers:
    """The answers of one week of the person's, by its first day."""

    first: datetime.date
    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return median(self.values)


def weeks_of(
    values: Mapping[datetime.date, float], week_of: Callable[[datetime.date], datetime.date]
) -> list[WeekOfAnswers]:
    """The weeks with answers, oldest first."""
    found: dict[datetime.date, list[float]] = {}
    for date in sorted(values):
        found.setdefault(week_of(date), []).append(float(values[date]))
    return [WeekOfAnswers(first, tuple(each)) for first, each in found.items()]


def best_and_hardest(weeks: Sequence[WeekOfAnswers], direction: Direction) -> tuple[WeekOfAnswers, ...]:
    """The best and the hardest week, by median and mean, the earlier one of equals. None if fewer than two count.

    For a question without a better end: the highest and the lowest week.
    """
    weeks = [week for week in weeks if len(week.values) >= FEWEST_OF_WEEK]
    if len(weeks) < 2:
        return ()
    sign = -1 if direction == Direction.WORSE else 1

    def key(week):
        return sign * week.median, sign * fmean(week.values)

    return max(weeks, key=key), min(weeks, key=key)


def weeks_in_words(weeks: Sequence[WeekOfAnswers], direction: Direction) -> str:
    """`Best week: from May 3 (median 7 on 6 days); hardest: from March 8 (median 4 on 5 days).`"""
    found = best_and_hardest(weeks, direction)
    if not found:
        text = gettext("No best or hardest week: two weeks with %(days)d answered days each are needed.")
        return text % {"days": FEWEST_OF_WEEK}
    facts = {}
    for name, week in zip(("best", "hardest"), found, strict=True):
        median_and_days = {"median": wording.number(week.median), "days": wording.days(len(week.values))}
        facts[name] = f"{wording.day(week.first)} ({gettext('median %(median)s on %(days)s') % median_and_days})"
    if direction == Direction.NEITHER:
        return gettext("Highest week: from %(best)s. Lowest week: from %(hardest)s.") % facts
    return gettext("Best week: from %(best)s. Hardest week: from %(hardest)s.") % facts
