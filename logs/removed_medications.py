"""Undo of what takes a medication off a person's list: a merge into another one, or its deletion."""

import json
from collections.abc import Iterable
from itertools import accumulate, pairwise

from django.core import serializers
from django.db import IntegrityError
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from brainlog.database.retry import retry_on_conflict
from logs import undo
from logs.medication_list import DoseFacts, MedicationList, locked_facts_of_doses, without_key
from logs.models import Medication
from logs.saving import Change

REMOVED = "removed"  # What is undone.
BATCH = 500  # doses in one statement; SQLite limits its parameters

NAMED_AGAIN = _("Your list has a medication of this name again. It stays as it is, and nothing was undone.")
LIST_FULL = _("Your list of medications is full, so nothing was undone.")


def as_change(gone: Medication, into: Medication | None = None, moved: Iterable[DoseFacts] = ()) -> Change:
    """What undoes the removal of a medication: the row, where its doses are now, their numbers, and a digest of them.

    The numbers are packed as the distances between them, which are small and much alike: 15,000 doses take 10 to 40 kB.
    """
    moved = list(moved)
    distances = [after - before for before, after in pairwise([0, *(number for number, *_facts in moved)])]
    row = json.loads(serializers.serialize("json", [gone]))  # By way of JSON: numbers and times are texts there.
    return Change({REMOVED: ([row, into and str(into.uuid), distances], "", digest_of(moved))}, {})


def digest_of(doses: list[DoseFacts]) -> str:
    return salted_hmac("logs.removed_medications", str(doses), algorithm="sha256").hexdigest()


def bring_back(person, change: Change) -> Medication:
    """Put a medication back on a person's list, and its doses back to it. Raises CannotUndoError."""
    try:
        return put_back(person, change)
    except IntegrityError as error:
        raise undo.CannotUndoError(undo.TOO_LATE) from error


@retry_on_conflict
def put_back(person, change: Change) -> Medication:
    """All doses that moved must still be as they were: another one may be in a row that was one of them."""
    with undo.refuse_other_formats():
        (rows, into, distances), _before, digest = change.answers[REMOVED]
        [medication] = [row.object for row in serializers.deserialize("python", rows)]
        numbers = list(accumulate(distances))
    # Locked before the person's list is, see MedicationQuerySet.locked_for().
    target = person.medications.select_for_update().filter(uuid=into).first() if into else None
    require_room(person, medication)
    there = {facts[0]: facts for facts in locked_facts_of_doses(target)} if target else {}
    if digest_of([there[number] for number in numbers if number in there]) != digest:
        raise undo.ChangedSinceError(undo.CHANGED_SINCE)
    medication = without_key(medication)
    medication.save(force_insert=True)
    for start in range(0, len(numbers), BATCH):
        person.doses.filter(pk__in=numbers[start : start + BATCH]).update(medication=medication)
    person.answers_changed()
    return medication


def require_room(person, medication: Medication):
    """Lock a person's list. Raises CannotUndoError, if the medication cannot be put back on it."""
    listed = MedicationList(person.pk, Medication.objects.locked_for(person).defer("note").by_name())
    if listed.with_uuid(str(medication.uuid)):
        raise undo.CannotUndoError(undo.UNDONE_ALREADY)
    if medication.is_readable and listed.named(medication.name):
        raise undo.ChangedSinceError(NAMED_AGAIN)
    if len(listed.medications) >= Medication.MOST_PER_PERSON:
        raise undo.CannotUndoNowError(LIST_FULL)
