"""The data of a chart as CSV, to be computed with: ISO dates, numbers with a point, an own column for each fact."""

import datetime
from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.utils.text import capfirst
from django.utils.translation import gettext

from brainlog.spreadsheets import BYTE_ORDER_MARK, escape_formula, line
from insights.series import DayState, Series, is_weekly
from insights.trends.doses import Medicine
from insights.trends.statistics import HOURS, Steps, Trend
from insights.trends.tables import places_shown
from logs.kinds import Choice, Time, TwoNumbers, YesNo
from logs.questions import Question
from logs.widgets import NOT_NOTICED


def csv_of(
    series: Sequence[Series], trends: Sequence[Trend], steps: Steps, medicines: Sequence[Medicine]
) -> Iterator[str]:
    """Lines, the newest day or week first. `trends` are in the order of the series."""
    rows = (
        rows_of_weeks(series, trends, steps, medicines) if steps.are_weeks else rows_of_days(series, trends, medicines)
    )
    names = headings_of_weeks if steps.are_weeks else headings_of_days
    header = [gettext("Week from") if steps.are_weeks else gettext("Day")]
    for each, trend in zip(series, trends, strict=True):
        header += names(each, len(trend.lines))
    for medicine in medicines:
        header += headings_of_medicine(medicine, are_weeks=steps.are_weeks)
    yield BYTE_ORDER_MARK + line(map(escape_formula, header))
    for row in rows:
        yield line(map(plain, row))


def plain(value) -> str:
    """A cell. Only a text can be a formula; a number below zero is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, Decimal):
        return f"{value.normalize() + 0:f}"
    if isinstance(value, float):
        return f"{value:g}" if abs(value) < 1e5 else f"{round(value, 2):f}".rstrip("0").rstrip(".")
    if isinstance(value, datetime.time):
        return value.strftime("%H:%M")
    if isinstance(value, int | datetime.date):
        return str(value)
    return escape_formula(value)


def label_of(series: Series) -> str:
    return capfirst(str(series.question.label))


def about(label: str, what: str) -> str:
    return f"{label}: {what}"


def of_numbers(label: str, count: int, what: str = "") -> list[str]:
    """A heading, or one for each of two numbers."""
    if count == 2:
        numbers = (gettext("first number"), gettext("second number"))
        return [about(label, ", ".join(filter(None, [number, what]))) for number in numbers]
    return [about(label, what) if what else label] * count


# ── Days ─────────────────────────────────────────────────────────────────────────────────────────


def headings_of_days(series: Series, lines: int) -> list[str]:
    label = label_of(series)
    facts = [about(label, gettext("state")), about(label, gettext("answered later"))]
    return [*of_numbers(label, lines or 1), *facts, *of_numbers(label, lines, gettext("mean of seven days"))]


def rows_of_days(series: Sequence[Series], trends: Sequence[Trend], medicines: Sequence[Medicine]) -> Iterator[list]:
    days = series[0].days
    states = {
        DayState.ANSWERED: gettext("answered"),
        DayState.NO_ANSWER: gettext("no answer"),
        DayState.NOT_TRACKED: gettext("not tracked"),
        DayState.NOTHING: "",
    }
    for place in reversed(places_shown(series)):
        row = [days[place]]
        for each, trend in zip(series, trends, strict=True):
            value = each.values[place]
            is_unnoticed = value == NOT_NOTICED
            later = None if value is None else each.recalled[place]
            row += [None] if is_unnoticed else values_of(each.question, value)
            row += [gettext("not noticed") if is_unnoticed else states[each.states[place]], later]
            row += [mean_of(each.question.kind, points.means[place]) for points in trend.lines]
        for medicine in medicines:
            amounts = {unit: amount for amount, unit in medicine.totals.get(days[place], ())}
            row += [amounts.get(unit) for unit in medicine.units]
            row += [days[place] in found for found in (medicine.totals, medicine.missed, medicine.late)]
        yield row


def values_of(question: Question, value) -> list:
    """An answer as its cells: two of two numbers, the words of a choice, 1 and 0 for yes and no."""
    if isinstance(question.kind, TwoNumbers):
        return [None, None] if value is None else list(value)
    if isinstance(question.kind, Choice) and value is not None:
        return [
            "; ".join(question.kind.label_of(key) for key in value)
            if isinstance(value, list)
            else question.display(value)
        ]
    return [value]


def mean_of(kind, value: float | None):
    """A mean in the unit of the answers: a time of day, and from 0 to 1 for yes and no."""
    if value is None:
        return None
    if isinstance(kind, Time):
        minutes = round(60 * value) % (60 * HOURS)
        return datetime.time(minutes // 60, minutes % 60)
    return round(value / 100, 4) if isinstance(kind, YesNo) else value


# ── Weeks ────────────────────────────────────────────────────────────────────────────────────────


def headings_of_weeks(series: Series, lines: int) -> list[str]:
    label = label_of(series)
    answered = gettext("weeks answered") if is_weekly(series.question) else gettext("days answered")
    drawn = of_numbers(label, lines, gettext("mean as drawn"))
    return [*of_numbers(label, lines, gettext("mean")), *drawn, about(label, answered)]


def rows_of_weeks(
    series: Sequence[Series], trends: Sequence[Trend], steps: Steps, medicines: Sequence[Medicine]
) -> Iterator[list]:
    said, days = places_shown(series), series[0].days
    for place, start in reversed([*enumerate(steps.starts())]):
        begin, end = place * steps.length, (place + 1) * steps.length
        if not said or end <= said[0] or begin > said[-1]:
            continue
        row = [start]
        for each, trend in zip(series, trends, strict=True):
            for of_line in ("values", "means"):
                row += [mean_of(each.question.kind, getattr(points, of_line)[place]) for points in trend.lines]
            row.append(each.states[begin:end].count(DayState.ANSWERED))
        for medicine in medicines:
            row += week_of_medicine(medicine, days[begin:end])
        yield row


def week_of_medicine(medicine: Medicine, days: Sequence[datetime.date]) -> list:
    """The amounts of its days, each once, by unit; then how many days have a dose, a missed and a late one."""
    found: list = []
    for unit in medicine.units:
        amounts = (amount for day in days for amount, of in medicine.totals.get(day, ()) if of == unit)
        amounts = dict.fromkeys(amount for amount in amounts if amount is not None)
        found.append("; ".join(map(plain, amounts)))
    return found + [sum(day in of for day in days) for of in (medicine.totals, medicine.missed, medicine.late)]


def headings_of_medicine(medicine: Medicine, *, are_weeks: bool) -> list[str]:
    name = medicine.name
    found = [f"{name} ({unit})" if unit else about(name, gettext("amount")) for unit in medicine.units]
    if are_weeks:
        return found + [
            about(name, what) for what in (gettext("days taken"), gettext("days missed"), gettext("days late"))
        ]
    return found + [about(name, what) for what in (gettext("taken"), gettext("missed"), gettext("late"))]
