"""What was taken over a period: for each medication, stretches of days on one dose, and the days that differ.

A dose is what a day adds up to: 10 mg in the morning and 5 mg at noon are 15 mg. What counts is what was logged as
taken. A medication is known by its key, so one that was renamed stays the same.
"""

import datetime
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import groupby

from insights.texts_of_columns import DateAsText, as_text, of_date, of_flag, of_number, of_time
from logs.models import Medication, amount_in_words
from logs.periods import ONE_DAY
from logs.schedules import TAKEN, DailyMedication

# Days without the medication that a stretch bridges. After more it has ended.
LONGEST_GAP = 14
# Days in a row on another amount that make a new stretch. Fewer, as without the dose at noon, are days that differ.
LEAST_DAYS = 3
# How much later than usual a dose is a late one.
LATE_AFTER = datetime.timedelta(hours=1)

# The amounts of a day by unit, in the order of the units. An amount or a unit that is not known is None.
Total = tuple[tuple[Decimal | None, str | None], ...]


@dataclass(frozen=True)
class Stretch:
    """Days on one dose, from the first to the last that was taken or, before a change, to the day before the change.

    `days_taken` counts the days with a dose. On `other_days`, another amount was taken. `is_earlier`: it is cut off,
    and a dose before its first day is known.
    """

    total: Total
    first: datetime.date
    last: datetime.date
    days_taken: int
    other_days: tuple[datetime.date, ...] = ()
    is_earlier: bool = False


@dataclass(frozen=True)
class DosePeriod:
    """A stretch of days on one dose of a medication."""

    medication: Medication
    stretch: Stretch

    @property
    def first(self) -> datetime.date:
        return self.stretch.first

    @property
    def last(self) -> datetime.date:
        return self.stretch.last

    @property
    def text(self) -> str:
        """`30 mg`; empty if no amount is known."""
        return total_in_words(self.stretch.total)


def total_in_words(total: Total) -> str:
    return " + ".join(amount_in_words(amount, unit) for amount, unit in total if amount is not None)


@dataclass(frozen=True)
class Taken:
    """What was taken on the days of a period.

    `totals`: for each medication, by its key, the days with a dose. `times`: the times of its doses on these days.
    `answers`: whether medication was taken, of the days that say so and are tracked.
    """

    medications: Sequence[Medication]
    totals: Mapping[int, Mapping[datetime.date, Total]]
    times: Mapping[int, Mapping[datetime.date, Sequence[datetime.time]]]
    answers: Mapping[datetime.date, bool]

    @cached_property
    def stretches(self) -> dict[int, list[Stretch]]:
        """Of each medication, by its key."""
        return {each.pk: stretches_of(self.totals.get(each.pk, {})) for each in self.medications}


@dataclass(frozen=True)
class Doses:
    """What charts of a period show of doses. `stretches`, `missed` and `late` are by the key of a medication.

    `missed`: days on which one that is taken daily was missed. `late`: days on which a dose was late.
    `taken`: of each day that says so, whether all that was due was taken. `changes`: the first days of a stretch, and
    those after one that ended: where a mean over days starts anew. Medications taken as needed make no changes.
    """

    stretches: Mapping[int, Sequence[Stretch]]
    missed: Mapping[int, Sequence[datetime.date]]
    late: Mapping[int, Sequence[datetime.date]]
    taken: Mapping[datetime.date, bool]
    changes: Sequence[datetime.date]


def dose_periods(person, first: datetime.date, last: datetime.date) -> list[DosePeriod]:
    """The stretches of all medications of a person, also of those put away, in the order of their names. Two queries.

    A stretch that began before the period, or ends after it, is cut off there.
    """
    taken = read_taken(person, first, last)
    return [
        DosePeriod(medication, stretch)
        for medication in sorted(taken.medications, key=Medication.sort_key)
        for stretch in stretches_within(
            taken.stretches[medication.pk], taken.totals.get(medication.pk, {}), first, last
        )
    ]


def read_taken(person, first: datetime.date, last: datetime.date) -> Taken:
    """Two queries. Doses from shortly before the period are among them: a stretch may have begun earlier."""
    since = max(first, datetime.date.min + LONGEST_GAP * ONE_DAY) - LONGEST_GAP * ONE_DAY
    days = person.daily_logs.filter(date__range=(since, last), medication_taken__isnull=False).order_by("date")
    texts = DateAsText("date"), as_text(TAKEN), as_text("doses__amount"), as_text("doses__taken_at")
    rows = days.values_list("not_tracked", "doses__medication_id", "doses__unit", *texts)
    sums: dict = {}
    times: dict = {}
    answers = {}
    for mark, medication, unit, date_text, answer_text, amount_text, time_text in rows:
        date, answer = of_date(date_text), of_flag(answer_text)
        if mark is None and date >= first:
            answers[date] = answer
        if medication is not None and answer:
            amount = None if amount_text is None else of_number(amount_text)
            of_day = sums.setdefault(medication, {}).setdefault(date, {})
            of_day[unit] = amount if amount is None or of_day.get(unit) is None else of_day[unit] + amount
            if time_text is not None:
                times.setdefault(medication, {}).setdefault(date, []).append(of_time(time_text))
    totals = {
        key: {date: total_of(tuple(of_day.items())) for date, of_day in days.items()} for key, days in sums.items()
    }
    medications = list(person.medications.for_schedules(first).defer(None).defer("note", "name_key"))
    return Taken(medications, totals, times, answers)


@lru_cache(1024)
def total_of(amounts: tuple[tuple[str | None, Decimal | None], ...]) -> Total:
    """The amounts of a day by unit, without zeros at their end: equal totals are equal tuples. Most days are equal."""
    return tuple(
        (amount and amount.normalize(), unit) for unit, amount in sorted(amounts, key=lambda each: each[0] or "")
    )


def stretches_within(
    stretches: Sequence[Stretch], totals: Mapping[datetime.date, Total], first: datetime.date, last: datetime.date
) -> list[Stretch]:
    """The stretches of a medication in a period, cut off at its ends, of its days with a dose in order."""
    days, found = [*totals], []
    for each in stretches:
        if each.last >= first and each.first <= last:
            begin, end = max(each.first, first), min(each.last, last)
            taken = bisect_right(days, end) - bisect_left(days, begin)
            others = tuple(day for day in each.other_days if first <= day <= last)
            found.append(Stretch(each.total, begin, end, taken, others, is_earlier=each.first < first))
    return found


def stretches_of(totals: Mapping[datetime.date, Total]) -> list[Stretch]:
    """The stretches of a medication, of its days with a dose in order.

    The amount of the last days is a stretch of its own, however few they are: whether it stays is not known yet.
    """
    runs = runs_of(totals)
    found: list[dict] = []
    for number, (total, days) in enumerate(runs):
        current = found[-1] if found and (days[0] - found[-1]["last"]).days <= LONGEST_GAP + 1 else None
        is_last = number == len(runs) - 1
        if current and total != current["total"] and len(days) < LEAST_DAYS and not is_last:
            current["others"] += days
        elif current and total == current["total"]:
            current["days"] += days
        else:
            if current:
                current["last"] = days[0] - ONE_DAY
            found.append({"total": total, "first": days[0], "days": days, "others": []})
            current = found[-1]
        current["last"] = days[-1]
    return [
        Stretch(each["total"], each["first"], each["last"], len(each["days"]) + len(each["others"]), (*each["others"],))
        for each in found
    ]


def runs_of(totals: Mapping[datetime.date, Total]) -> list[tuple[Total, list[datetime.date]]]:
    """The days with a dose, in order, as runs of equal amounts without a long gap."""
    found: list[tuple[Total, list[datetime.date]]] = []
    for total, days in groupby(sorted(totals), key=totals.__getitem__):
        for day in days:
            is_next = found and found[-1][0] == total and (day - found[-1][1][-1]).days <= LONGEST_GAP + 1
            if is_next:
                found[-1][1].append(day)
            else:
                found.append((total, [day]))
    return found


def doses_from(taken: Taken, first: datetime.date, last: datetime.date) -> Doses:
    """What the charts of a period show of doses."""

    def within(days):
        return [day for day in days if first <= day <= last]

    stretches = {
        key: stretches_within(each, taken.totals.get(key, {}), first, last) for key, each in taken.stretches.items()
    }
    missed, is_taken = missed_doses(taken)
    return Doses(
        stretches={key: found for key, found in stretches.items() if found},
        missed={key: days for key, found in missed.items() if (days := within(found))},
        late={each.pk: days for each in taken.medications if (days := within(late_days(each, taken)))},
        taken={day: answer for day, answer in is_taken.items() if first <= day <= last},
        changes=within(changes_in(taken, first, last)),
    )


def changes_in(taken: Taken, first: datetime.date, last: datetime.date) -> list[datetime.date]:
    """The days after the first on which a dose that is not as needed began, changed, or had ended."""
    steady = [
        stretch
        for each in taken.medications
        if each.schedule != Medication.Schedule.AS_NEEDED
        for stretch in taken.stretches[each.pk]
    ]
    ended = [each for each in steady if (last - each.last).days > LONGEST_GAP]
    days = {each.first for each in steady} | {each.last + ONE_DAY for each in ended}
    return sorted(day for day in days if day > first)


def missed_doses(taken: Taken) -> tuple[dict[int, list[datetime.date]], dict[datetime.date, bool]]:
    """The days on which each daily medication was missed, and of each day that says so, whether none was.

    A day that says yes and lists no dose does not say of which: its answer counts. Without daily medications, a day's
    own answer counts, unless all are taken as needed.
    """
    # One that was put away is not due any more, since a day unknown.
    daily = [
        DailyMedication(each.pk, each.since or first_due(each, taken), each.until)
        for each in taken.medications
        if each.is_daily and (each.is_active or each.until)
    ]
    missed: dict[int, list[datetime.date]] = {}
    is_taken: dict[datetime.date, bool] = {}
    if taken.medications and all(each.schedule == Medication.Schedule.AS_NEEDED for each in taken.medications):
        return missed, is_taken
    for day, answer in taken.answers.items():
        due = {each.pk for each in daily if each.is_due(day)}
        listed = {key for key, days in taken.totals.items() if day in days}
        if due:
            lacking = set() if answer and not listed else due - listed
            is_taken[day] = not lacking
            for key in lacking:
                missed.setdefault(key, []).append(day)
        elif not daily:
            is_taken[day] = answer
    return missed, is_taken


def first_due(medication: Medication, taken: Taken) -> datetime.date | None:
    """Of one without a first day: its first dose. A medication that is new was not missed before."""
    if medication.was_taken_before:
        return datetime.date.min
    return min(taken.totals.get(medication.pk, ()), default=None)


def late_days(medication: Medication, taken: Taken) -> list[datetime.date]:
    """The days on which a dose was taken later than usual by LATE_AFTER or more, each dose against its own time."""
    usual = sorted(medication.usual_times_of_day)
    if not usual:
        return []
    days = taken.times.get(medication.pk, {})
    return [
        day
        for day, times in sorted(days.items())
        if any(is_late(at, due) for at, due in zip(sorted(times), usual, strict=False))
    ]


def is_late(at: datetime.time, due: datetime.time) -> bool:
    minutes = (at.hour - due.hour) * 60 + at.minute - due.minute
    return minutes >= LATE_AFTER.total_seconds() / 60
