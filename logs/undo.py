"""Undo of a deleted day: the page gets the day as signed text, and sends it back. The server keeps nothing of it."""

from copy import copy

from django.core import serializers, signing
from django.core.serializers.base import DeserializationError
from django.db import IntegrityError
from django.db.models import Q

from brainlog.database.retry import retry_on_conflict
from logs.doses import MedicationList
from logs.models import DailyLog, Dose, Medication
from logs.questions import questions_of_day

MINUTES = 10
# Characters. A day whose texts are all as long as they may be takes half of it.
LONGEST = 1_000_000


class CannotRestoreError(Exception):
    """The signed day is too old, or is not this person's."""


class ListFullError(Exception):
    """Medications of the day are gone, and the person's list has no room to make them again."""


class LoggedAgainError(Exception):
    """The day has a row again. Once that is deleted, the signed day can be restored."""


def sign(log: DailyLog) -> str:
    """The day with all its answers as signed text, private texts encrypted. Costs a query for the doses."""
    questions = questions_of_day(log.user)
    rows = serializers.serialize("json", [log, *(row for question in questions for row in question.rows_beside(log))])
    return signing.dumps([log.user_id, rows], salt="logs.undo", compress=True)


def restore(envelope: str, user) -> DailyLog:
    """Restore a signed day of this person as it was. Raises CannotRestoreError, ListFullError, LoggedAgainError.

    A medication that was deleted meanwhile, as by a wipe, is created again: otherwise its doses would be lost.
    """
    try:
        return insert_day(envelope, user)
    except IntegrityError as error:
        raise CannotRestoreError from error


def verified_rows(envelope: str, user) -> list[DailyLog | Medication | Dose]:
    """The rows of a signed day, the day first. Raises CannotRestoreError."""
    if len(envelope) > LONGEST:
        raise CannotRestoreError
    try:
        owner, text = signing.loads(envelope, salt="logs.undo", max_age=MINUTES * 60)
        rows = [row.object for row in serializers.deserialize("json", text)]
        # Another release may have signed it in another format.
        if owner != user.pk or not isinstance(rows[0], DailyLog):
            raise CannotRestoreError
    except (signing.BadSignature, DeserializationError, TypeError, ValueError, LookupError, AttributeError) as error:
        raise CannotRestoreError from error
    return rows


@retry_on_conflict
def insert_day(envelope: str, user) -> DailyLog:
    log, *others = verified_rows(envelope, user)
    in_the_way = DailyLog.objects.filter(Q(pk=log.pk) | Q(user=user, date=log.date)).only("user_id", "date")
    for row in in_the_way:
        if (row.user_id, row.date) == (user.pk, log.date):
            raise LoggedAgainError
        log.pk = None  # Another row has its number, as after a backup was restored.
    stamps = {"created_at": log.created_at, "updated_at": log.updated_at}
    log.save(force_insert=True)
    DailyLog.objects.filter(pk=log.pk).update(**stamps)
    medications = medications_for([row for row in others if isinstance(row, Medication)], user)
    insert_doses([row for row in others if isinstance(row, Dose)], log, medications)
    user.answers_changed()
    return log


def medications_for(signed: list[Medication], user) -> dict[int, Medication]:
    """The person's own medication for each signed one, by the key of that. One that is gone is created again.

    Another row may have that number now. Locked, so that none goes before its dose is there. Raises ListFullError:
    otherwise filling the list, wiping it and undoing days would give a person any number of medications.
    """
    if not signed:
        return {}
    own = user.medications.select_for_update().filter(uuid__in=[medication.uuid for medication in signed])
    there = {medication.uuid: medication for medication in own}
    found = {medication.pk: there[medication.uuid] for medication in signed if medication.uuid in there}
    gone = [medication for medication in signed if medication.uuid not in there]
    if gone:
        own_list = MedicationList(user.pk, Medication.objects.locked_for(user).defer("note").by_name())
        named = {each.pk: own_list.named(each.name) for each in gone if each.is_readable}
        to_make = [medication for medication in gone if not named.get(medication.pk)]
        if to_make and len(own_list.medications) + len(to_make) > Medication.MOST_PER_PERSON:
            raise ListFullError
        found |= named | {medication.pk: create_again(medication) for medication in to_make}
    return found


def create_again(medication: Medication) -> Medication:
    again = copy(medication)
    if Medication.objects.filter(pk=again.pk).exists():
        again.pk = None
    again.save(force_insert=True)
    return again


def insert_doses(doses: list[Dose], log: DailyLog, medications: dict[int, Medication]):
    numbers_are_taken = bool(doses) and Dose.objects.filter(pk__in=[dose.pk for dose in doses]).exists()
    for dose in doses:
        dose.daily_log, dose.medication = log, medications.get(dose.medication_id)
        if numbers_are_taken:
            dose.pk = None
    Dose.objects.bulk_create(doses)
