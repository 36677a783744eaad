"""The data of a chart as a table: a row for each day, or for each week of a long period. Pages of it are written."""

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


def labels_of(questions: Sequence[Question]) -> list[str]:
    return [capfirst(str(each.label)) for each in questions]


def days_shown(series: Sequence[Series]) -> list[int]:
    """The days that a table has a row for, the newest first. Those without anything at both ends are left out.

    Of a question that is asked once a week, days other than the first of a week say nothing.
    """
    places = places_shown(series)
    if all(is_weekly(each.question) for each in series):
        places = [place for place in places if any(each.states[place] != DayState.NOTHING for each in series)]
    return [*reversed(places)]


def table_of_days(
    series: Sequence[Series], trends: Sequence[Trend], places: Sequence[int], medicines: Sequence[Medicine] = ()
) -> Table:
    """The answers of these days, with the mean of seven days where a line is drawn, and a column for each medicine.

    `trends` are in the order of the series, and `places` are among those of days_shown().
    """
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

    days = series[0].days
    rows = []
    for place in places:
        cells = []
        for each, trend in zip(series, trends, strict=True):
            cells += in_cells(cell(each, place), mean_in_words(each, trend, place), is_alone=len(series) == 1)
        cells += [medicine.on_day(days[place]) for medicine in medicines]
        rows.append(Row(date_format(days[place]), address_of_day(days[place]), cells))
    name = gettext("Week from") if all(is_weekly(each.question) for each in series) else gettext("Day")
    columns = [name]
    for each, label, trend in zip(series, labels_of([each.question for each in series]), trends, strict=True):
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
    if not has_means(series, trend):
        return None
    return means_in_words(series.question, [points.means[place] for points in trend.lines])


def means_in_words(question: Question, means: Sequence[float | None]) -> str:
    """`6.3`, or `121 / 79` of two numbers. Empty if there is none."""
    if not means or None in means:
        return ""
    return " / ".join(map(number_in_words, means)) if len(means) > 1 else answer_in_words(question.kind, means[0])


def in_cell(question: Question, value) -> str:
    """An answer in words; a score as its number alone."""
    return str(value) if isinstance(question.kind, Score) else question.display(value)


def places_shown(series: Sequence[Series]) -> range:
    """From the first to the last day that says anything."""
    states = zip(*(each.states for each in series), strict=True)
    said = [place for place, of_day in enumerate(states) if set(of_day) != {DayState.NOTHING}]
    return range(said[0], said[-1] + 1) if said else range(0)


def weeks_shown(trends: Sequence[Trend]) -> list[int]:
    """The weeks that a table has a row for, the newest first. Those without an answer at both ends are left out."""
    counts = zip(*(trend.answered_in_weeks for trend in trends), strict=True)
    answered = [place for place, of_week in enumerate(counts) if any(of_week)]
    return [*reversed(range(answered[0], answered[-1] + 1))] if answered else []


def table_of_weeks(
    questions: Sequence[Question],
    trends: Sequence[Trend],
    steps: Steps,
    places: Sequence[int],
    medicines: Sequence[Medicine] = (),
) -> Table:
    """The mean of each of these weeks with the days it is of; of a choice, the days with an answer.

    `trends` are in the order of the questions, with their lines. `places` are among those of weeks_shown().
    """
    rows = []
    for place in places:
        start = steps.start_of(place)
        cells = [in_week(*each, place) for each in zip(questions, trends, strict=True)]
        cells += [medicine.in_week(steps.days_of(place)) for medicine in medicines]
        rows.append(Row(date_format(start), address_of_day(start), cells))
    return Table([gettext("Week from"), *labels_of(questions), *(medicine.name for medicine in medicines)], rows)


def in_week(question: Question, trend: Trend, place: int) -> str:
    """`6.3 (5 days)`."""
    count = trend.answered_in_weeks[place]
    if not count:
        return "–"
    days = ngettext("%(count)d day", "%(count)d days", count) % {"count": count}
    value = means_in_words(question, [points.values[place] for points in trend.lines])
    if not value or is_weekly(question):
        return value or days
    return gettext("%(mean)s (%(days)s)") % {"mean": value, "days": days}
