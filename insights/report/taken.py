"""Whether daily medications were taken, missed or taken late, and why not: each with the days it rests on."""

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext

from insights.dose_periods import first_due, is_late
from insights.report import wording
from insights.report.contents import Block, Sentences, Table
from insights.report.logged import REASON, Logged
from logs.models import Medication
from logs.schedules import DailyMedication


@dataclass(frozen=True)
class DueDays:
    """The days of the period on which a daily medication was due and that say whether medication was taken.

    `unsaid` days count, have no row or do not say. Days marked as not tracked are none of these.
    """

    medication: int
    taken: tuple[datetime.date, ...]
    missed: tuple[datetime.date, ...]
    unsaid: int

    @property
    def said(self) -> int:
        return len(self.taken) + len(self.missed)


def due_days(logged: Logged) -> list[DueDays]:
    """For each medication that is taken daily, those that most days speak of first.

    A day that says yes and lists no dose counts as taken. One that was put away without a last day is not due.
    """
    found = []
    listed = {date for days in logged.taken.totals.values() for date in days}
    for pk, medication in logged.medications.items():
        if not (medication.is_daily and (medication.is_active or medication.until)):
            continue
        first = medication.since or first_due(medication, logged.taken)
        schedule = DailyMedication(pk, first, medication.until)
        taken, missed, unsaid = [], [], 0
        for date in due_of(logged, schedule):
            answer = logged.taken.answers.get(date)
            if answer is None:
                unsaid += 1
            elif answer and (date not in listed or date in logged.taken.totals.get(pk, {})):
                taken.append(date)
            else:
                missed.append(date)
        if taken or missed or unsaid:
            found.append(DueDays(pk, tuple(taken), tuple(missed), unsaid))
    return sorted(found, key=lambda each: -each.said)


def due_of(logged: Logged, schedule: DailyMedication) -> Iterable[datetime.date]:
    marked = {date for date, facts in logged.facts.items() if facts.not_tracked is not None}
    return (date for date in logged.period if schedule.is_due(date) and date not in marked)


@dataclass(frozen=True)
class LateDays:
    """How many of the days of the period with a time had a dose an hour or more after its usual time."""

    late: int
    timed: int


def late_days(logged: Logged, medication: Medication) -> LateDays | None:
    """None without a usual time. The first dose of a day belongs to the first usual time, and so on."""
    usual = sorted(medication.usual_times_of_day)
    if not usual:
        return None
    times = logged.taken.times.get(medication.pk, {})
    of_period = [sorted(of_day) for date, of_day in times.items() if date in logged.period]
    late = sum(any(is_late(at, due) for at, due in zip(of_day, usual, strict=False)) for of_day in of_period)
    return LateDays(late, len(of_period))


def blocks(logged: Logged, due: list[DueDays]) -> list[Block]:
    if not any(each.said for each in due):
        return [Sentences((overall_in_words(logged),))]
    header = (gettext("Medication"), gettext("Taken"), gettext("Missed"), gettext("Not said"), gettext("Late"))
    rows = tuple(row_of(logged, each) for each in due)
    missed = {date for each in due for date in each.missed}
    sentences = [reasons_in_words(logged, missed)]
    if any(row[-1] != "–" for row in rows):
        sentences.append(gettext("Late: an hour or more after the usual time, of the days with a time."))
    sentences = tuple(filter(None, sentences))
    return [Table("", header, rows), *([Sentences(sentences)] if sentences else [])]


def row_of(logged: Logged, due: DueDays) -> tuple[str, ...]:
    medication = logged.medications[due.medication]
    late = late_days(logged, medication)
    return (
        medication.name_in_words,
        wording.of_days(len(due.taken), due.said),
        wording.of_days(len(due.missed), due.said),
        wording.days(due.unsaid),
        wording.of_days(late.late, late.timed) if late and late.timed else "–",
    )


def overall_in_words(logged: Logged) -> str:
    """Where no daily medication can be counted: what the days say of medication in all."""
    answers = {date: answer for date, answer in logged.taken.answers.items() if date in logged.period}
    if not answers:
        return gettext("No day of this period says whether medication was taken.")
    facts = {"taken": wording.of_days(sum(answers.values()), len(answers))}
    schedules = {each.schedule for each in logged.medications.values()}
    if schedules == {Medication.Schedule.AS_NEEDED}:
        text = gettext(
            "Medication taken on %(taken)s that say so. All of it is taken as needed: no day is a missed one."
        )
        return text % facts
    missed = {date for date, answer in answers.items() if not answer}
    text = gettext("Medication taken on %(taken)s that say so, not taken on %(missed)s.")
    facts["missed"] = wording.days(len(missed))
    hint = gettext("No medication on the list is marked as taken daily, so none is counted by itself.")
    return " ".join(filter(None, [text % facts, reasons_in_words(logged, missed), hint]))


def reasons_in_words(logged: Logged, missed: Iterable[datetime.date]) -> str:
    """`Reasons, in days: forgot 4, weekend 3, no reason given 3.` Each day counts once."""
    counts = Counter(reason_on(logged, date) for date in sorted(set(missed)))
    if not counts:
        return ""
    parts = (f"{reason} {count}" for reason, count in counts.most_common())
    return gettext("Reasons, in days: %(reasons)s.") % {"reasons": ", ".join(parts)}


def reason_on(logged: Logged, date: datetime.date) -> str:
    reason = logged.reasons.get(date)
    return logged.questions[REASON].display(reason) if reason else gettext("no reason given")


def details(logged: Logged, due: list[DueDays]) -> list[Block]:
    """The days on which something was missed, dated, with the reason."""
    missed: dict[datetime.date, list[str]] = {}
    for each in due:
        for date in each.missed:
            missed.setdefault(date, []).append(logged.medications[each.medication].name_in_words)
    if not missed:
        return []
    rows = tuple(
        (f"{date_format(date, 'D')}, {wording.day(date)}", ", ".join(names), reason_on(logged, date))
        for date, names in sorted(missed.items())
    )
    header = (gettext("Day"), gettext("Missed"), gettext("Reason"))
    note = gettext(
        "Days on which a dose is missed differ from others in more than the dose: weekends, travel, illness. "
        "These days cannot tell them apart."
    )
    return [Table("", header, rows), Sentences((note,), is_note=True)]
