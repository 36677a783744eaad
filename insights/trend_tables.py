"""The data of a chart as a table and as CSV: a row for each day, or for each week of a long period."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from brainlog.spreadsheets import BYTE_ORDER_MARK, escape_formula, line
from insights.dose_periods import Doses
from insights.series import DayState, Series, is_weekly
from insights.trend_words import answer_in_words, number_in_words
from insights.trends import Steps, Trend
from logs.addresses import address_of_day
from logs.kinds import Score
from logs.questions import Question


@dataclass(frozen=True, slots=True)
class Row:
    """A day or a week: its name, the address of the day, and a cell for each column."""

    name: str
    address: str
    cells: list[str]


@dataclass(frozen=True)
class Table:
    """The first column says the day or the week."""

    columns: list[str]
    rows: list[Row]

    def as_csv(self) -> Iterator[str]:
        """The same as lines. A cell that a spreadsheet would take for a formula is escaped."""
        yield BYTE_ORDER_MARK + line(map(escape_formula, self.columns))
        for row in self.rows:
            yield line(map(escape_formula, [row.name, *row.cells]))


def table_of(series: Sequence[Series], trends: Sequence[Trend], steps: Steps, doses: Doses | None = None) -> Table:
    """What the chart of these questions is drawn from. Days and weeks without anything at both ends are left out.

    `trends` are in the order of the series. Of one chart, `doses` has the words for what was missed or late.
    """
    return table_of_weeks(series, trends, steps) if steps.are_weeks else table_of_days(series, doses)


def labels_of(series: Sequence[Series]) -> list[str]:
    return [capfirst(str(each.question.label)) for each in series]


def table_of_days(series: Sequence[Series], doses: Doses | None) -> Table:
    words = {
        DayState.NO_ANSWER: gettext("no answer"),
        DayState.NOT_TRACKED: gettext("not tracked"),
        DayState.NOTHING: "–",
    }
    later = gettext("%(answer)s, answered later")

    def cell(each: Series, place: int) -> str:
        value = each.values[place]
        if value is None:
            return words[each.states[place]]
        text = in_cell(each.question, value)
        return later % {"answer": text} if each.recalled[place] else text

    places = places_shown(series)
    # Of a question that is asked once a week, the other days say nothing.
    if all(is_weekly(each.question) for each in series):
        places = [place for place in places if any(each.states[place] != DayState.NOTHING for each in series)]
    days = series[0].days
    rows = []
    for place in reversed(places):
        cells = [cell(each, place) for each in series]
        if doses is not None:
            cells.append(doses_in_words(doses, days[place]))
        rows.append(Row(date_format(days[place]), address_of_day(days[place]), cells))
    name = gettext("Week from") if all(is_weekly(each.question) for each in series) else gettext("Day")
    return Table([name, *labels_of(series), *([gettext("Doses")] if doses is not None else [])], rows)


def in_cell(question: Question, value) -> str:
    """An answer in words; a score as its number alone."""
    return str(value) if isinstance(question.kind, Score) else question.display(value)


def doses_in_words(doses: Doses, day: datetime.date) -> str:
    said = []
    if any(day in days for days in doses.missed.values()):
        said.append(gettext("missed"))
    if any(day in days for days in doses.late.values()):
        said.append(gettext("late"))
    return ", ".join(said) or "–"


def places_shown(series: Sequence[Series]) -> range:
    """From the first to the last day that says anything."""
    states = zip(*(each.states for each in series), strict=True)
    said = [place for place, of_day in enumerate(states) if set(of_day) != {DayState.NOTHING}]
    return range(said[0], said[-1] + 1) if said else range(0)


def table_of_weeks(series: Sequence[Series], trends: Sequence[Trend], steps: Steps) -> Table:
    """The mean of each week with the days it is of; of a choice, the days with an answer."""
    starts, rows = steps.starts(), []
    for place in reversed(range(len(starts))):
        counts = [counts_of(each, place, steps) for each in series]
        if rows or any(counts):
            cells = [in_week(*each, place) for each in zip(series, trends, counts, strict=True)]
            rows.append(Row(date_format(starts[place]), address_of_day(starts[place]), cells))
    while rows and not any(cell != "–" for cell in rows[-1].cells):
        del rows[-1]
    return Table([gettext("Week from"), *labels_of(series)], rows)


def counts_of(series: Series, place: int, steps: Steps) -> int:
    """The days of a week with an answer."""
    start = place * steps.length
    return series.states[start : start + steps.length].count(DayState.ANSWERED)


def in_week(series: Series, trend: Trend, count: int, place: int) -> str:
    """`6.3 (5 days)`."""
    if not count:
        return "–"
    days = ngettext("%(count)d day", "%(count)d days", count) % {"count": count}
    means = [points.values[place] for points in trend.lines]
    if not means or None in means:
        return days
    kind = series.question.kind
    value = " / ".join(map(number_in_words, means)) if len(means) > 1 else answer_in_words(kind, means[0])
    if is_weekly(series.question):
        return value
    return gettext("%(mean)s (%(days)s)") % {"mean": value, "days": days}
