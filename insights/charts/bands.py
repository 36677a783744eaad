"""Bands of doses above a plot: flat, with their amounts in words and a pattern, and a step where the dose changes."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from insights.charts.days import Days
from insights.charts.labels import class_of, tier_of_text_within
from insights.charts.markup import EMPTY, element, joined, percent

MOST_IN_WORDS = 8  # doses of one medication
PATTERNS = 3  # in static/css/charts.css and pattern()


@dataclass(frozen=True, slots=True)
class Period:
    """A dose in words, such as "30 mg", and the first and last day of it. The words may be empty."""

    text: str
    first: datetime.date
    last: datetime.date


@dataclass(frozen=True, slots=True)
class Band:
    """A medication, its doses over time, and the days on which one was missed or late."""

    label: str
    periods: Sequence[Period]
    missed: Sequence[datetime.date] = field(default=())
    late: Sequence[datetime.date] = field(default=())

    def within(self, days: Days) -> list[Period]:
        return [period for period in self.periods if period.first <= days.last and period.last >= days.first]

    def changes(self, days: Days) -> list[datetime.date]:
        """The days within the period on which a dose begins."""
        return [period.first for period in self.periods if days.first < period.first <= days.last]

    def is_written(self, days: Days) -> bool:
        """Whether all of its doses stand in the band at each width."""
        return all(not period.text or tier_of(period, days) == 0 for period in self.within(days))

    def in_words(self, days: Days) -> str:
        """`Concerta: 36 mg, Sep 2 – Nov 30`: its doses with their days; empty if no amount is known."""
        doses = [dose_in_words(period, days) for period in self.within(days) if period.text]
        rest = [gettext("and %(count)d more") % {"count": len(doses) - MOST_IN_WORDS}] if doses[MOST_IN_WORDS:] else []
        return f"{self.label}: {'; '.join([*doses[:MOST_IN_WORDS], *rest])}" if doses else ""

    def markup(self, key: str, days: Days) -> SafeString:
        """The name, the band, and below it a tick for each missed or late dose."""
        doses = joined(joined(dose(key, number, period, days)) for number, period in enumerate(self.within(days)))
        band = element("svg", {"class": "chart-band", "aria-hidden": "true"}, patterns(key), doses)
        return joined([element("p", {"class": "chart-label"}, self.label), band, self.ticks(days)])

    def ticks(self, days: Days) -> SafeString:
        """Long for a missed dose, short for a late one."""
        paths = [("missed", self.missed, 10), ("late", self.late, 5)]
        drawn = [
            element(
                "path", {"class": kind, "d": "".join(f"M{1000 * days.middle(day):.1f} 0v{length}" for day in found)}
            )
            for kind, all_days, length in paths
            if (found := [day for day in all_days if days.first <= day <= days.last])
        ]
        if not drawn:
            return EMPTY
        box = {"class": "chart-ticks", "viewBox": "0 0 1000 10", "preserveAspectRatio": "none", "aria-hidden": "true"}
        return element("svg", box, *drawn)


def reach(period: Period, days: Days) -> tuple[float, float]:
    """The shares of the width at which a dose begins and ends."""
    return max(0.0, days.start(period.first)), min(1.0, days.start(period.last) + 1 / days.count)


def tier_of(period: Period, days: Days) -> int | None:
    """The tier from which the words of a dose fit into its part of the band; None if they never do."""
    start, end = reach(period, days)
    return tier_of_text_within(period.text, end - start)


def dose_in_words(period: Period, days: Days) -> str:
    """`36 mg, Sep 2 – Nov 30`; with the years in a period of several."""
    name = "MONTH_DAY_FORMAT" if days.first.year == days.last.year else "DATE_FORMAT"
    first, last = (date_format(day, name) for day in (max(period.first, days.first), min(period.last, days.last)))
    return f"{period.text}, {first if first == last else f'{first} – {last}'}"


def dose(key: str, number: int, period: Period, days: Days):
    """One dose: a patterned box, a step where it begins within the period, and its words if they fit."""
    start, end = reach(period, days)
    box = {"x": percent(start), "width": percent(end - start), "height": "100%"}
    yield element("rect", {"class": "dose"} | box)
    yield element("rect", {"fill": f"url(#{key}-p{number % PATTERNS})"} | box)
    if period.first > days.first:
        yield element("line", {"class": "step", "x1": percent(start), "x2": percent(start), "y2": "100%"})
    if period.text and (tier := tier_of(period, days)) is not None:
        place = {"class": class_of(tier), "x": percent((start + end) / 2), "y": "50%"}
        yield element("text", place | {"text-anchor": "middle", "dominant-baseline": "central"}, period.text)


def patterns(key: str) -> SafeString:
    """Three patterns, which doses take in turn, so that two that follow one another differ without colour."""
    drawings = ("", "M-1 7L7 -1M5 7L7 5", "M1 1h.01M4 4h.01")
    return element(
        "defs",
        {},
        *(
            element(
                "pattern",
                {"id": f"{key}-p{number}", "width": 6, "height": 6, "patternUnits": "userSpaceOnUse"},
                *([element("path", {"class": "pattern", "d": drawing})] if drawing else []),
            )
            for number, drawing in enumerate(drawings)
        ),
    )
