"""The data of a chart as a table: a row for each day, or for each week of a long period."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from insights.series import DayState, Series, is_weekly
from insights.trends.doses import Medicine
from insights.trends.sentences import answer_in_words, number_in_words
from insights.trends.statistics import Steps, Trend
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


def table_of(
    series: Sequence[Series], trends: Sequence[Trend], steps: Steps, medicines: Sequence[Medicine] = ()
) -> Table:
    """What the chart of these questions is drawn from. Days and weeks without anything at both ends are left out.

    `trends` are in the order of the series. Each of the `medicines` has a column.
    """
    if steps.are_weeks:
        return table_of_weeks(series, trends, steps, medicines)
    return table_of_days(series, trends, medicines)


def labels_of(series: Sequence[Series]) -> list[str]:
    return [capfirst(str(each.question.label)) for each in series]


def table_of_days(series: Sequence[Series], trends: Sequence[Trend], medicines: Sequence[Medicine]) -> Table:
    """The answers of each day, with the mean of seven days where a line is drawn, and its doses."""
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
        cells = []
        for each, trend in zip(series, trends, strict=True):
            cells += in_cells(cell(each, place), mean_in_words(each, trend, place), is_alone=len(series) == 1)
        cells += [medicine.on_day(days[place]) for medicine in medicines]
        rows.append(Row(date_format(days[place]), address_of_day(days[place]), cells))
    name = gettext("Week from") if all(is_weekly(each.question) for each in series) else gettext("Day")
    columns = [name]
    for each, label, trend in zip(series, labels_of(series), trends, strict=True):
        mean = gettext("mean of seven days") if has_means(each, trend) else None
        columns += in_cells(label, capfirst(mean) if mean and len(series) == 1 else mean, is_alone=len(series) == 1)
    return Table([*columns, *(medicine.name for medicine in medicines)], rows)


def in_cells(text: str, mean: str | None, *, is_alone: bool) -> list[str]:
    """The mean has a column of its own beside one question; beside several, for which a phone has no room, brackets."""
    if mean is None:
        return [text]
    if is_alone:
        return [text, mean or "–"]
    return [gettext("%(answer)s (%(mean)s)") % {"answer": text, "mean": mean} if mean else text]


def has_means(series: Series, trend: Trend) -> bool:
    """Whether a line of means over seven days is drawn of it."""
    return bool(trend.lines) and not is_weekly(series.question)


def mean_in_words(series: Series, trend: Trend, place: int) -> str | None:
    """`6.3`; empty where the line has a gap, None where none is drawn."""
    return means_in_words(series, [points.means[place] for points in trend.lines]) if has_means(series, trend) else None


def means_in_words(series: Series, means: Sequence[float | None]) -> str:
    """`6.3`, or `121 / 79` of two numbers. Empty if there is none."""
    if not means or None in means:
        return ""
    return (
        " / ".join(map(number_in_words, means)) if len(means) > 1 else answer_in_words(series.question.kind, means[0])
    )


def in_cell(question: Question, value) -> str:
    """An answer in words; a score as its number alone."""
    return str(value) if isinstance(question.kind, Score) else question.display(value)


def places_shown(series: Sequence[Series]) -> range:
    """From the first to the last day that says anything."""
    states = zip(*(each.states for each in series), strict=True)
    said = [place for place, of_day in enumerate(states) if set(of_day) != {DayState.NOTHING}]
    return range(said[0], said[-1] + 1) if said else range(0)


def table_of_weeks(
    series: Sequence[Series], trends: Sequence[Trend], steps: Steps, medicines: Sequence[Medicine]
) -> Table:
    """The mean of each week with the days it is of; of a choice, the days with an answer."""
    starts, days, rows = steps.starts(), series[0].days, []
    for place in reversed(range(len(starts))):
        counts = [counts_of(each, place, steps) for each in series]
        if rows or any(counts):
            cells = [in_week(*each, place) for each in zip(series, trends, counts, strict=True)]
            of_week = days[place * steps.length : (place + 1) * steps.length]
            cells += [medicine.in_week(of_week) for medicine in medicines]
            rows.append(Row(date_format(starts[place]), address_of_day(starts[place]), cells))
    while rows and not any(cell != "–" for cell in rows[-1].cells):
        del rows[-1]
    return Table([gettext("Week from"), *labels_of(series), *(medicine.name for medicine in medicines)], rows)


def counts_of(series: Series, place: int, steps: Steps) -> int:
    """The days of a week with an answer."""
    start = place * steps.length
    return series.states[start : start + steps.length].count(DayState.ANSWERED)


def in_week(series: Series, trend: Trend, count: int, place: int) -> str:
    """`6.3 (5 days)`."""
    if not count:
        return "–"
    days = ngettext("%(count)d day", "%(count)d days", count) % {"count": count}
    value = means_in_words(series, [points.values[place] for points in trend.lines])
    if not value or is_weekly(series.question):
        return value or days
    return gettext("%(mean)s (%(days)s)") % {"mean": value, "days": days}
