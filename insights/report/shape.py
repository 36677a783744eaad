"""The shape of a day: what the check-ins say, around which time, and how many hours after a dose."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from django.utils.text import capfirst
from django.utils.translation import gettext

from insights.report import wording
from insights.report.contents import Block, Sentences, Table
from insights.report.logged import ONE_DAY, Logged
from insights.report.panels import scores
from insights.series import stage_slug
from logs.questions import Question, RowQuestion
from logs.stages import STAGE_BY_SLUG

# Answers that a number needs; a cell with fewer is empty.
FEWEST = 5
# They look back on a night or on a whole day: what they say is not of the hour.
LOOKING_BACK = ("sleep_quality", "overall_mood", "day_rating")
# Hours since a dose: from, to.
HOURS = ((0, 2), (2, 4), (4, 6), (6, 8), (8, 16))


@dataclass(frozen=True)
class Moment:
    """One answer to a score: when it was given, in minutes of the clock, and the hours since the dose before it."""

    minutes: int
    value: int
    hours: float | None


def moments_of(logged: Logged, question: Question, doses: Mapping[datetime.date, Sequence[datetime.datetime]]):
    """The answers of the period whose time is known: given on their day, and not filled in later."""
    found = []
    for date, value in logged.dated(question.name):
        facts = logged.facts.get(date)
        at = facts.answered_at.get(stage_slug(question)) if facts else None
        if at is None:
            continue
        at = at.replace(tzinfo=None)
        if logged.person.day_ends_at and at.hour < logged.person.day_ends_at:
            is_of_day = at.date() == date + ONE_DAY
        else:
            is_of_day = at.date() == date
        if is_of_day:
            earlier = [dose for dose in doses.get(date, ()) if dose <= at]
            hours = (at - max(earlier)).total_seconds() / 3600 if earlier else None
            found.append(Moment(60 * at.hour + at.minute, value, hours))
    return found


def dose_times(logged: Logged) -> dict[datetime.date, list[datetime.datetime]]:
    """When doses were taken, by day: of medications taken daily, or of all where none is said to be."""
    daily = [pk for pk, medication in logged.medications.items() if medication.is_daily]
    found: dict[datetime.date, list[datetime.datetime]] = {}
    for pk in daily or list(logged.medications):
        for date, times in logged.taken.times.get(pk, {}).items():
            for time in times:
                day = date + ONE_DAY if time.hour < logged.person.day_ends_at else date
                found.setdefault(date, []).append(datetime.datetime.combine(day, time))
    return found


def blocks(logged: Logged) -> list[Block]:
    doses = dose_times(logged)
    built_in = [each for each in scores(logged) if not isinstance(each, RowQuestion) and each.name not in LOOKING_BACK]
    moments = {question: found for question in built_in if len(found := moments_of(logged, question, doses)) >= FEWEST}
    if not moments:
        text = gettext("The day's shape needs %(count)d answers from 1 to 10 that were given on their own day.")
        return [Sentences((text % {"count": FEWEST},))]
    tables = [check_ins(moments)]
    if any(by_hours(found) for found in moments.values()):
        tables.append(hours_table(moments))
    note = gettext(
        "Medians, each with its number of answers; nothing where there are fewer than %(count)d. "
        "Hours are since the last dose noted that day. Answers that were filled in later are left out."
    )
    return [*tables, Sentences((note % {"count": FEWEST},), is_note=True)]


def check_ins(moments: Mapping[Question, Sequence[Moment]]) -> Table:
    header = (gettext("Question"), gettext("Check-in"), gettext("Answered around"), gettext("Median"))
    header = (*header, gettext("Hours since a dose"))
    rows = []
    for question, found in moments.items():
        hours = [each.hours for each in found if each.hours is not None]
        rows.append(
            (
                capfirst(str(question.label)),
                str(STAGE_BY_SLUG[stage_slug(question)].title),
                wording.clock(median(each.minutes for each in found)),
                with_count([each.value for each in found]),
                with_count(hours),
            )
        )
    return Table("", header, tuple(rows))


def with_count(values: Sequence[float]) -> str:
    """`6 (74)`: the median, and of how many answers; a dash for too few."""
    return f"{wording.number(median(values))} ({len(values)})" if len(values) >= FEWEST else "–"


def by_hours(moments: Sequence[Moment]) -> list[list[int]] | None:
    """The values by the hours since a dose; None if none of the groups has enough."""
    timed = [each for each in moments if each.hours is not None]
    groups = [[each.value for each in timed if low <= each.hours < high] for low, high in HOURS]
    return groups if any(len(group) >= FEWEST for group in groups) else None


def hours_table(moments: Mapping[Question, Sequence[Moment]]) -> Table:
    header = [gettext("%(low)d–%(high)d hours") % {"low": low, "high": high} for low, high in HOURS[:-1]]
    header = (gettext("Question"), *header, gettext("%(low)d hours and more") % {"low": HOURS[-1][0]})
    rows = tuple(
        (capfirst(str(question.label)), *(with_count(group) for group in groups))
        for question, found in moments.items()
        if (groups := by_hours(found))
    )
    return Table(gettext("By hours since a dose"), header, rows)
