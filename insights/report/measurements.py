"""Weight, blood pressure and pulse as they were entered, dated. Nothing is said about them."""

import datetime

from django.utils.translation import gettext, gettext_lazy as _

from insights.report import wording
from insights.report.contents import Block, Sentences, Table
from insights.report.logged import Logged
from insights.series import is_weekly
from logs.gallery import ENTRY_BY_KEY
from logs.questions import RowQuestion

NAMES = {
    "weight_kg": _("Weight"),
    "weight_lb": _("Weight"),
    "blood_pressure": _("Blood pressure"),
    "blood_pressure_time": _("Taken at"),
    "blood_pressure_arm": _("Arm"),
    "blood_pressure_at_rest": _("At rest"),
    "pulse": _("Pulse"),
}
MOST_ON_FIRST_PAGE = 4


def name_of(question: RowQuestion) -> str:
    is_as_in_gallery = question.own.label == str(ENTRY_BY_KEY[question.own.gallery].label)
    return str(NAMES[question.own.gallery]) if is_as_in_gallery else question.label


def entries(logged: Logged) -> tuple[list[RowQuestion], dict[datetime.date, dict[str, str]]]:
    """The questions with an answer in the period, and what was entered by day, or first day of a week, and name."""
    questions = [each for each in logged.of_gallery(NAMES) if logged.dated(each.name)]
    found: dict[datetime.date, dict[str, str]] = {}
    for question in questions:
        for date, value in logged.dated(question.name):
            found.setdefault(date, {})[question.name] = question.display(value)
    return questions, dict(sorted(found.items()))


def blocks(logged: Logged) -> list[Block]:
    """The newest entries, oldest first."""
    questions, found = entries(logged)
    if not found:
        return [Sentences((gettext("No weight, blood pressure or pulse was entered in this period."),))]
    lines = [gettext("As entered.")]
    if any(is_weekly(question) for question in questions):
        lines.append(gettext("A weekly answer has the first day of its week."))
    if len(found) > MOST_ON_FIRST_PAGE:
        text = gettext("The last %(shown)d of %(all)d entries; all are in the details.")
        lines.append(text % {"shown": MOST_ON_FIRST_PAGE, "all": len(found)})
    return [table_of(questions, list(found.items())[-MOST_ON_FIRST_PAGE:]), Sentences((" ".join(lines),), is_note=True)]


def details(logged: Logged) -> list[Block]:
    """All entries, if the first page has not room for all."""
    questions, found = entries(logged)
    return [table_of(questions, list(found.items()))] if len(found) > MOST_ON_FIRST_PAGE else []


def table_of(questions, rows) -> Table:
    header = (gettext("Day"), *(name_of(question) for question in questions))
    cells = ((wording.day(date), *(of_day.get(each.name, "–") for each in questions)) for date, of_day in rows)
    return Table("", header, tuple(cells))
