"""Schedules of medications: on which days each is due, and on which days all that was due was taken."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from logs.models import Medication
from logs.periods import Period

TAKEN = "medication_taken"


@dataclass(frozen=True)
class DailyMedication:
    """One that is taken daily, and the days on which it is due."""

    pk: int
    first: datetime.date | None  # None: never
    last: datetime.date | None = None  # None: still

    def is_due(self, day: datetime.date) -> bool:
        return self.first is not None and self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Schedules:
    """How a person takes their medications, and which they took on each day of a period."""

    daily: Sequence[DailyMedication] = ()
    are_all_as_needed: bool = False
    doses: Mapping[datetime.date, set[int]] = field(default_factory=dict)

    def was_taken(self, day: Mapping) -> bool | None:
        """Whether a day's daily medications were taken; None if the day does not say, or none was due.

        Where no medication is said to be taken daily, the day's answer counts, unless all are taken as needed.
        A day that says yes and lists no dose does not say of which: its answer counts too.
        """
        answer = day[TAKEN]
        if answer is None or self.are_all_as_needed:
            return None
        if not self.daily:
            return answer
        due = {medication.pk for medication in self.daily if medication.is_due(day["date"])}
        taken = self.doses.get(day["date"])
        return (answer and (not taken or due <= taken)) if due else None


NO_SCHEDULES = Schedules()


def schedules_of(person, period: Period) -> Schedules:
    """Two queries at most: the medications, and the period's doses if one is taken daily."""
    medications = list(person.medications.for_schedules(period.first))
    # One that was put away is not due any more, since a day unknown.
    daily = [each for each in medications if each.is_daily and (each.is_active or each.until)]
    as_needed = [each for each in medications if each.schedule == Medication.Schedule.AS_NEEDED]
    doses: dict[datetime.date, set[int]] = {}
    firsts: dict[int, datetime.date] = {}
    if daily:
        days = person.daily_logs.filter(date__range=(period.first, period.last), doses__isnull=False)
        for date, medication in days.order_by("date").values_list("date", "doses__medication_id"):
            doses.setdefault(date, set()).add(medication)
            firsts.setdefault(medication, date)
    return Schedules(
        # Without a first day, it is due from its first dose on: a medication that is new was not skipped before.
        [
            DailyMedication(
                each.pk, each.since or (datetime.date.min if each.was_taken_before else firsts.get(each.pk)), each.until
            )
            for each in daily
        ],
        are_all_as_needed=bool(medications) and len(as_needed) == len(medications),
        doses=doses,
    )
