"""A person's list of medications: for a day with its doses, and how entries are merged, deleted and made again."""

import datetime
from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.formats import time_format
from django.utils.translation import gettext, gettext_lazy as _

from brainlog.database.retry import retry_on_conflict
from encryption import blind_index
from logs.models import DailyLog, Dose, Medication, medications_with_doses_of

CANNOT_TELL_NEW = _(
    "Some names on your list cannot be read at the moment, so we cannot tell whether this one is new. "
    "It was not saved. Please keep a copy, and try again later."
)


@dataclass(frozen=True)
class MedicationLine:
    """A medication as a page offers it for one tap, with its doses of the day."""

    medication: Medication
    day: datetime.date
    taken: list[Dose]

    @property
    def detail(self) -> str:
        """`36 mg, today at 8:15 a.m., 12:40 p.m.`: the usual dose, and when it was taken today.

        Doses of another amount, or without a time beside others, are written out: `usually 36 mg, today 18 mg at noon`.
        """
        usual = self.medication.usual_dose
        times = [time_format(dose.taken_at) for dose in self.taken if dose.taken_at]
        is_plain = len(times) == len(self.taken) or len(self.taken) == 1
        if not (is_plain and all(self.is_usual(dose) for dose in self.taken)):
            usual = gettext("usually %(dose)s") % {"dose": usual} if usual else ""
            taken = gettext("today %(doses)s") % {"doses": ", ".join(map(str, self.taken))}
        elif times:
            taken = gettext("today at %(times)s") % {"times": ", ".join(times)}
        else:
            taken = gettext("taken today") if self.taken else ""
        return ", ".join(filter(None, [usual, taken]))

    def is_usual(self, dose: Dose) -> bool:
        return (dose.amount, dose.unit) == (self.medication.usual_amount, self.medication.unit)

    @property
    def shown(self) -> str:
        """What a page has shown of it, see record_dose_now()."""
        return f"{self.day}/{len(self.taken)}"


@dataclass
class MedicationList:
    """A person's medications; for a day also its doses."""

    user_id: int
    medications: list[Medication] = field(default_factory=list)  # by name, also those not offered any more
    doses: list[Dose] = field(default_factory=list)
    day: datetime.date | None = None

    MOST_LINES = 12

    @classmethod
    def of_day(cls, log: DailyLog) -> "MedicationList":
        """Read it with the doses of a person's day. One query."""
        found = cls(log.user_id, day=log.date)
        medications = {}
        for row in medications_with_doses_of(user=log.user_id, daily_log=log.pk or 0):
            medication = Medication(**{name: row[name] for name in Medication.READ_FOR_DOSES})
            medication = medications.setdefault(row["pk"], medication)
            if row["dose_pk"] is not None:
                names = ("pk", "amount", "unit", "taken_at")
                found.doses.append(Dose(medication=medication, **{name: row[f"dose_{name}"] for name in names}))
        found.medications = sorted(medications.values(), key=Medication.sort_key)
        found.doses.sort(key=lambda dose: dose.pk)
        return found

    @property
    def offered(self) -> list[Medication]:
        """Those that are current on the day."""
        return [each for each in self.medications if each.is_active and each.is_readable and each.is_current(self.day)]

    def lines(self, most: int = MOST_LINES) -> list[MedicationLine]:
        """The first of those offered, daily ones before the others."""
        offered = sorted(self.offered, key=lambda medication: not medication.is_daily)
        return [
            MedicationLine(each, self.day, [dose for dose in self.doses if dose.medication is each])
            for each in offered[:most]
        ]

    def named(self, name: str) -> Medication | None:
        """The medication of this name, however it is spelled. Found by its hash, also if the name is unreadable."""
        hashes = Medication._meta.get_field("name_key").hashes_of(name, self.user_id)
        return next((each for each in self.medications if each.name_key in hashes), None)

    def with_uuid(self, uuid: str) -> Medication | None:
        """The medication that a form refers to by its UUID."""
        return next((each for each in self.medications if uuid == str(each.uuid)), None)

    @property
    def is_comparable(self) -> bool:
        """Whether each medication can be found by its name: not while a key is missing."""
        return all(blind_index.is_comparable(medication.name_key) for medication in self.medications)


# ── Merging and deleting ─────────────────────────────────────────────────────────────────────────


class InUseError(Exception):
    """The medication has doses."""


# A dose's number, day, amount, unit and time.
DoseFacts = tuple[int, int, Decimal, str | None, datetime.time | None]


def locked_facts_of_doses(medication: Medication) -> list[DoseFacts]:
    """All doses of a medication in the order of their numbers, locked. One query of tuples."""
    doses = medication.doses.filter(user=medication.user_id).select_for_update().order_by("pk")
    return list(doses.values_list("pk", "daily_log", "amount", "unit", "taken_at"))


@retry_on_conflict
def merge_medications(person, pk: int, into: int) -> tuple[Medication, Medication, list[DoseFacts]]:
    """Move all doses of one of a person's medications to another, and delete it. Raises Http404.

    Returns both medications, and the doses that moved.
    A dose that is being saved meanwhile is moved too, or its save is tried again and finds the name gone.
    """
    rows = person.medications.select_for_update().filter(pk__in=[pk, into]).order_by("pk")
    found = {medication.pk: medication for medication in rows}
    if len(found) != 2:
        raise Http404
    moved = locked_facts_of_doses(found[pk])
    person.doses.filter(medication=found[pk]).update(medication=found[into])
    gone = copy(found[pk])  # Deletion takes the number off the row.
    found[pk].delete()
    person.answers_changed()
    return gone, found[into], moved


@retry_on_conflict
def delete_medication(person, pk: int) -> Medication:
    """Delete one of a person's medications that has no dose. Raises Http404, InUseError."""
    medication = get_object_or_404(person.medications.select_for_update(), pk=pk)
    if person.doses.filter(medication=medication).exists():
        raise InUseError
    gone = copy(medication)
    medication.delete()
    person.answers_changed()
    return gone


# ── Undo ─────────────────────────────────────────────────────────────────────────────────────────


class ListFullError(Exception):
    """Medications of doses are gone, and the person's list has no room to make them again."""


def own_medications(person, packed: list[Medication]) -> dict[int, Medication]:
    """The person's medication for each packed one, by the key of that; a new one where it is gone.

    Found by UUID: another row may have the number now. Locked, so that none goes before its dose is there. A full list
    gets no new ones: otherwise filling it, wiping it and undoing would give a person any number of medications.
    """
    if not packed:
        return {}
    own = person.medications.select_for_update().filter(uuid__in=[medication.uuid for medication in packed])
    there = {medication.uuid: medication for medication in own}
    found = {medication.pk: there[medication.uuid] for medication in packed if medication.uuid in there}
    if gone := [medication for medication in packed if medication.uuid not in there]:
        listed = MedicationList(person.pk, Medication.objects.locked_for(person).defer("note").by_name())
        named = {each.pk: listed.named(each.name) for each in gone if each.is_readable}
        new = [medication for medication in gone if not named.get(medication.pk)]
        if new and len(listed.medications) + len(new) > Medication.MOST_PER_PERSON:
            raise ListFullError
        found |= named | {medication.pk: without_key(medication) for medication in new}
    return found


def without_key(medication: Medication) -> Medication:
    new = copy(medication)
    new.pk = None
    return new
