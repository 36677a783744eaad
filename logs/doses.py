"""The doses of a day: how they are compared, stored, and packed for undo."""

import datetime
import json
from decimal import Decimal
from itertools import zip_longest

from django.core import serializers

from logs.medication_list import own_medications
from logs.models import DailyLog, Dose, Medication


def now_of(person) -> datetime.time:
    """The time of day that it is for a person, to the minute."""
    return person.local_time().time().replace(second=0, microsecond=0)


def usual_or_last_dose(medication: Medication) -> tuple[Decimal | None, str | None]:
    """Amount and unit: the usual ones, else those of its last dose. A query only for the latter."""
    if medication.usual_amount is not None:
        return medication.usual_amount, medication.unit
    last = medication.doses.filter(user=medication.user_id).order_by("-daily_log__date", "-pk").first()
    return (last.amount, last.unit) if last else (None, medication.unit)


# ── Storing them ─────────────────────────────────────────────────────────────────────────────────


def facts_of(dose: Dose) -> tuple:
    """What makes two records the same dose."""
    medication = dose.medication
    return (medication.pk or Medication.key_of(medication.name), dose.amount, dose.unit, dose.taken_at)


def save_doses(log: DailyLog, wanted: list[Dose], stored: list[Dose]):
    """Make the stored doses say what is wanted, row by row. Rows that did not change are not written."""
    stored, wanted = [*stored], [*wanted]
    new_medications = {id(dose.medication): dose.medication for dose in wanted if dose.medication.pk is None}
    Medication.objects.bulk_create(new_medications.values())
    if len(wanted) < len(stored):
        # Those after one that was taken out stay the rows they are.
        while wanted and facts_of(stored[-1]) == facts_of(wanted[-1]):
            del stored[-1], wanted[-1]
    new, changed, gone = [], [], []
    for old, dose in zip_longest(stored, wanted):
        if dose is None:
            gone.append(old.pk)
            continue
        dose.daily_log = log
        if old is None:
            new.append(dose)
        elif facts_of(old) != facts_of(dose):
            dose.pk = old.pk
            changed.append(dose)
    if new:
        Dose.objects.bulk_create(new)
    if changed:
        log.doses.filter(user=log.user_id).bulk_update(changed, ["medication", "amount", "unit", "taken_at"])
    if gone:
        log.doses.filter(user=log.user_id, pk__in=gone).delete()


# ── Undo ─────────────────────────────────────────────────────────────────────────────────────────


def pack_doses(doses: list[Dose]) -> list[dict]:
    """Doses and their medications in the types of JSON, the medications first, names encrypted."""
    medications = {dose.medication_id: dose.medication for dose in doses}
    # By way of JSON: numbers and times are texts there.
    return json.loads(serializers.serialize("json", [*medications.values(), *doses]))


def unpack_doses(log: DailyLog, packed: list[dict]) -> list[Dose] | None:
    """The packed doses, for a day of the same person, each with the person's own medication. Raises ListFullError.

    A medication that was deleted meanwhile, as by a wipe, becomes a new one: otherwise its doses would be lost.
    """
    rows = [row.object for row in serializers.deserialize("python", packed)]
    medications = own_medications(log.user, [row for row in rows if isinstance(row, Medication)])
    doses = [row for row in rows if isinstance(row, Dose)]
    for dose in doses:
        dose.pk, dose.daily_log, dose.medication = None, log, medications[dose.medication_id]
    return doses or None
