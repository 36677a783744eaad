"""The doses of a day in its medication check-in: what the page offers, how rows are read, and how they are stored."""

import datetime
import json
from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import zip_longest

from django import forms
from django.core import serializers
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.functional import cached_property
from django.utils.translation import gettext, gettext_lazy as _

from brainlog.database.retry import retry_on_conflict
from brainlog.forms import CheckBox, HiddenBox, Selection, TextBox
from encryption import blind_index
from logs.form_fields import ChoiceInput, NumberInput, TextInput, TimeInput
from logs.models import DailyLog, Dose, Medication, Unit, medications_with_doses_of

# A time that a phone calls now may be a little ahead of the server's clock.
CLOCKS_DIFFER = datetime.timedelta(minutes=5)

CANNOT_TELL_NEW = _(
    "Some names on your list cannot be read at the moment, so we cannot tell whether this one is new. "
    "It was not saved. Please keep a copy, and try again later."
)


# ── The person's list ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class MedicationLine:
    """A medication as a page offers it for one tap, with its doses of the day."""

    medication: Medication
    day: datetime.date
    taken: list[Dose]

    @property
    def detail(self) -> str:
        """`36 mg, today at 8:15 a.m., 12:40 p.m.`: the usual dose, and when it was taken today."""
        times = ", ".join(time_format(dose.taken_at) for dose in self.taken if dose.taken_at)
        taken = gettext("today at %(times)s") % {"times": times} if times else gettext("taken today")
        return ", ".join(filter(None, [self.medication.usual_dose, taken if self.taken else ""]))

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


# ── Rows of the form ─────────────────────────────────────────────────────────────────────────────


class DoseForm(forms.Form):
    """One dose. A row left blank is no dose."""

    # The UUID of a medication whose name cannot be read.
    entry = forms.CharField(required=False, max_length=36, widget=HiddenBox)
    # Whether the page has asked about a unit that was left open.
    unit_asked = forms.BooleanField(required=False, widget=HiddenBox)
    medication = TextInput(
        label=_("Medication"), max_length=100, widget=TextBox(attrs={"list": "medications", "autocomplete": "off"})
    )
    amount = NumberInput(
        label=_("Amount"),
        required=False,
        min_value=Decimal("0.001"),
        max_digits=8,
        decimal_places=3,
        error_messages={
            "min_value": _("An amount is more than 0."),
            "invalid": _("Write the number alone, such as 36. The unit has a field of its own."),
        },
    )
    unit = ChoiceInput(label=_("Unit"), choices=[("", "–"), *Unit.choices], widget=Selection)
    taken_at = TimeInput(label=_("Taken at"), required=False)

    def __init__(self, *args, doses_field: "DosesField", **kwargs):
        self.doses_field = doses_field
        super().__init__(*args, **kwargs)

    @cached_property
    def kept(self) -> Medication | None:
        """The medication that the row refers to without its name."""
        entry = self["entry"].value()
        return self.doses_field.medications.with_uuid(entry) if entry else None

    def get_initial_for_field(self, field, field_name):
        if field_name == "medication" and self.kept:
            return self.kept.name
        return super().get_initial_for_field(field, field_name)

    def clean(self):
        if self.cleaned_data.get("DELETE"):
            return self.cleaned_data
        facts = {name: self.cleaned_data.get(name) for name in ("amount", "unit", "taken_at")}
        name = self.cleaned_data.get("medication")
        if isinstance(name, str) or any(value is not None for value in facts.values()):
            if name is None and not self.kept and not self.has_error("medication"):
                self.add_error("medication", _("Which medication was it?"))
            if facts["amount"] is None and not self.has_error("amount"):
                self.ask_about_amount()
            elif facts["amount"] is not None and facts["unit"] is None and not self.has_error("unit"):
                self.ask_about_unit()
            if facts["taken_at"] and self.doses_field.is_to_come(facts["taken_at"]):
                self.add_error("taken_at", _("This time is still to come. Enter the dose once it is taken."))
        return self.cleaned_data

    @property
    def known(self) -> Medication | None:
        """The medication of the person's list that the row names."""
        name = self.cleaned_data.get("medication")
        return self.doses_field.medications.named(name) if isinstance(name, str) else self.kept

    def show_instead(self, name: str, value):
        """Show a value in an input of this row that came in blank."""
        self.fields[name].bound_data = lambda _data, _initial: value

    def ask_about_amount(self):
        known = self.known
        if not (known and known.usual_amount):
            self.add_error("amount", _("How much was it?"))
            return
        self.show_instead("amount", known.usual_amount)
        if self.cleaned_data.get("unit") is None and known.unit and not self.has_error("unit"):
            self.show_instead("unit", known.unit)
        message = _("Was it %(dose)s, as usual? Change it if not, then save again.")
        self.add_error("amount", ValidationError(message % {"dose": known.usual_dose}, code="as_usual"))

    def ask_about_unit(self):
        """Once: not about a medication or a stored dose whose unit was left open before.

        A program that sends no unit is not asked.
        """
        known = self.known
        if known and (known.unit is None or self.doses_field.has_without_unit(known, self.cleaned_data["amount"])):
            return
        if self.cleaned_data.get("unit_asked") or self.add_prefix("unit") not in self.data:
            return
        self.show_instead("unit_asked", "1")
        if known is None:
            message = _("Which unit is it? If there is none, leave this open and save again.")
        else:
            self.show_instead("unit", known.unit)
            message = _("Is it %(unit)s, as usual? Change it if not, then save again.") % {
                "unit": Unit(known.unit).label
            }
        self.add_error("unit", ValidationError(message, code="unit"))

    @property
    def is_blank(self) -> bool:
        """Whether the row shows nothing yet."""
        return not any(self[name].value() for name in ("entry", "medication", "amount", "unit", "taken_at"))

    @property
    def questions(self) -> list[forms.BoundField]:
        """The inputs that have a label of their own."""
        return [self[name] for name in ("medication", "amount", "unit", "taken_at")]

    def data_as_typed(self) -> dict:
        """The row's texts, unchecked."""
        names = ("entry", "medication", "amount", "unit", "taken_at", "unit_asked")
        return {name: self[name].data or "" for name in names}

    @cached_property
    def dose(self) -> Dose | None:
        """The dose as typed, not stored yet. Its medication is one of the person's list, or a new one."""
        name = self.cleaned_data.get("medication")
        if self.cleaned_data.get("DELETE") or self.cleaned_data.get("amount") is None:
            return None
        facts = {name: self.cleaned_data[name] for name in ("amount", "unit", "taken_at")}
        if not isinstance(name, str):
            return Dose(medication=self.kept, **facts)
        name = " ".join(name.split())
        medications = self.doses_field.medications
        new = Medication(user_id=medications.user_id, name=name, usual_amount=facts["amount"], unit=facts["unit"])
        return Dose(medication=medications.named(name) or new, **facts)


class BaseDoseFormSet(forms.BaseFormSet):
    """Rows for doses; a blank one only if there is no other."""

    deletion_widget = CheckBox
    default_error_messages = forms.BaseFormSet.default_error_messages | {
        "too_many_forms": _("A day has room for %(num)d doses.")
    }

    def __init__(self, *args, initial=(), **kwargs):
        super().__init__(*args, initial=initial, prefix="doses", **kwargs)
        self.extra = 0 if initial else 1

    def add_fields(self, form, index):
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("Remove")

    def clean(self):
        """Count doses, where `validate_max` would count blank rows too."""
        if len(self.doses) > self.max_num:
            message = self.error_messages["too_many_forms"] % {"num": self.max_num}
            raise ValidationError(message, code="too_many_forms")

    @property
    def doses(self) -> list[Dose]:
        """What the valid rows say, in order."""
        return [form.dose for form in self if form.is_valid() and form.dose]

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another row."""
        return self.total_form_count() >= self.max_num

    @property
    def with_blank_row(self) -> list[DoseForm]:
        """The rows, and one more for the page's script to copy."""
        return [*self, self.empty_form]


DoseFormSet = forms.formset_factory(
    DoseForm,
    formset=BaseDoseFormSet,
    can_delete=True,
    max_num=Dose.MOST_PER_DAY,
    absolute_max=2 * Dose.MOST_PER_DAY,
)


def as_initial(dose: Dose) -> dict:
    """The row that shows a dose."""
    is_readable = dose.medication.is_readable
    return {
        "entry": "" if is_readable else str(dose.medication.uuid),
        "medication": dose.medication.name if is_readable else "",
        "amount": dose.amount,
        "unit": dose.unit,
        "taken_at": dose.taken_at,
    }


# The buttons of the rows. They store nothing: each asks for the page again, with what was typed so far.
BUTTONS = {"take", "now", "add_dose"}


def with_medication_taken(data):
    """What was typed, with the answer that goes with a tap on a medication."""
    if "take" not in data:
        return data
    data = data.copy()
    data["medication_taken"] = "true"
    return data


class DosesInput(forms.Widget):
    """Rows of inputs, whose number is in `doses-TOTAL_FORMS`. Drawn by templates/logs/_doses.html."""

    def value_omitted_from_data(self, data, files, name):
        return f"{name}-TOTAL_FORMS" not in data


class BoundDoses(forms.BoundField):
    """The doses of one form: their rows, as typed or as stored."""

    @cached_property
    def rows(self) -> BaseDoseFormSet:
        form_kwargs = {"doses_field": self.field}
        if self.form.is_bound and not self.field.widget.value_omitted_from_data(self.form.data, {}, self.name):
            # What came in is read by itself: a row that repeats a stored dose is not a blank one.
            return DoseFormSet(self.form.data, form_kwargs=form_kwargs)
        rows = [as_initial(row) if isinstance(row, Dose) else row for row in self.initial or ()]
        return DoseFormSet(initial=rows, form_kwargs=form_kwargs)

    @property
    def data(self):
        return self.rows if self.rows.is_bound else None

    @property
    def first_words(self) -> str:
        """What the button of a medication says while no row is a dose of it."""
        return gettext("Taken now") if self.field.is_today else gettext("Taken")

    @cached_property
    def lines(self) -> list[tuple[MedicationLine, str]]:
        """The medications offered for one tap, each with the words on its button."""
        names = [row["medication"].value() for row in self.rows if row["amount"].value()]
        keys = {Medication.key_of(name) for name in names if isinstance(name, str)}
        first, another = self.first_words, gettext("Another dose")
        return [
            (line, another if Medication.key_of(line.medication.name) in keys else first)
            for line in self.field.medications.lines()
        ]

    @property
    def zone(self) -> str:
        """The time zone in which the page's script tells what time it is now; empty if the day is not today."""
        return str(self.field.log.user.zone) if self.field.is_today else ""

    @property
    def clock(self) -> str:
        """The time at which the page is made, for its script."""
        return timezone.now().isoformat()

    @property
    def row_errors(self) -> list[tuple[forms.BoundField, list[str]]]:
        """Each input of a row that has errors, with them."""
        return [(each, each.errors) for row in self.rows for each in row.visible_fields() if each.errors]


class DosesField(forms.Field):
    """Asks for the doses of a day. Returns a list of them, with medications that may be new, or None."""

    widget = DosesInput
    bound_field_class = BoundDoses

    def __init__(self, log: DailyLog, **kwargs):
        super().__init__(required=False, **kwargs)
        self.log = log
        if log.pk and log.medication_taken:
            # One query for the stored doses and for what the page offers.
            log.doses_taken = self.medications.doses

    @cached_property
    def medications(self) -> MedicationList:
        return MedicationList.of_day(self.log)

    @property
    def is_today(self) -> bool:
        return self.log.date == self.log.user.today()

    def is_to_come(self, time: datetime.time) -> bool:
        """Whether a time that is new on this day lies ahead, by more than clocks may differ.

        What is stored stays as it is: after a flight west it may lie ahead.
        """
        if not self.is_today or any(dose.taken_at == time for dose in self.medications.doses):
            return False
        now = self.log.user.local_time().replace(tzinfo=None)
        if now.date() > self.log.date and time.hour >= self.log.user.day_ends_at:
            return False  # After midnight, the day that has not ended yet began the evening before.
        return datetime.datetime.combine(now.date(), time) > now + CLOCKS_DIFFER

    def has_without_unit(self, medication: Medication, amount: Decimal) -> bool:
        """Whether a dose like this is stored without a unit."""
        doses = [dose for dose in self.medications.doses if dose.medication is medication]
        return any(dose.amount == amount and dose.unit is None for dose in doses)

    def clean(self, rows: BaseDoseFormSet | None):
        if rows is not None and not rows.is_valid():
            raise ValidationError(_("Please look at the doses again."), code="doses")
        return (rows.doses or None) if rows is not None else None

    def rows_typed(self, data) -> list[dict]:
        """The rows as typed so far, with what the button adds that was pressed. Raises Http404."""
        typed_rows = DoseFormSet(data, form_kwargs={"doses_field": self})
        kept = [row for row in typed_rows if not row["DELETE"].data]
        rows = [
            row.data_as_typed() | ({"taken_at": now_of(self.log.user)} if row.prefix == data.get("now") else {})
            for row in kept
        ]
        rows = [row for row in rows if any(value for name, value in row.items() if name != "unit_asked")]
        if "take" in data:
            rows = self.with_dose_of(data["take"], rows)
        blank = [{}] if "add_dose" in data else []
        return [*rows, *blank][: Dose.MOST_PER_DAY]

    def with_dose_of(self, uuid: str, rows: list[dict]) -> list[dict]:
        """The rows, with a dose of a medication: taken now, or on an earlier day at its next usual time."""
        medication = self.medications.with_uuid(uuid)
        if medication is None:
            raise Http404
        key = str(medication.uuid), Medication.key_of(medication.name) if medication.is_readable else None
        of_it = [row for row in rows if row["entry"] == key[0] or Medication.key_of(row["medication"]) == key[1]]
        # A name alone was on its way to becoming this dose.
        begun = [row for row in of_it if not (row["amount"] or row["taken_at"])]
        amount, unit = usual_or_last_dose(medication)
        times = dict(enumerate(medication.usual_times_of_day))
        time = now_of(self.log.user) if self.is_today else times.get(len(of_it) - len(begun))
        dose = Dose(medication=medication, amount=amount, unit=unit, taken_at=time)
        return [*(row for row in rows if row not in begun), as_initial(dose)]

    def settle_new_medications(self, rows: BaseDoseFormSet, doses: list[Dose]):
        """Lock the person's list, if `doses` has names that are not in it, and check that they may join it.

        Raises ValidationError, and adds the reason to the row. Doses of one new name get one medication.
        """
        is_new = {id(dose) for dose in doses if dose.medication.pk is None}
        new_rows = [row for row in rows if row.is_bound and row.is_valid() and id(row.dose) in is_new]
        if not new_rows:
            return
        self.medications.medications = Medication.objects.locked_for(self.log.user).defer("note").by_name()
        new: dict[str, Medication] = {}
        for row in new_rows:
            medication = row.dose.medication
            key = Medication.key_of(medication.name)
            if found := self.medications.named(medication.name) or new.get(key):
                row.dose.medication = found
            elif not self.medications.is_comparable:
                row.add_error("medication", ValidationError(CANNOT_TELL_NEW, code="unreadable"))
            elif len(self.medications.medications) + len(new) >= Medication.MOST_PER_PERSON:
                message = _("Your list is full: it has room for %(num)d medications. Choose one that is on it.")
                row.add_error("medication", ValidationError(message % {"num": Medication.MOST_PER_PERSON}, code="full"))
            else:
                new[key] = medication
        if not all(row.is_valid() for row in new_rows):
            raise ValidationError(_("Please look at the doses again."), code="doses")


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


class ListFullError(Exception):
    """Medications of doses are gone, and the person's list has no room to make them again."""


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


# ── The list itself ──────────────────────────────────────────────────────────────────────────────


class InUseError(Exception):
    """The medication has doses."""


@retry_on_conflict
def merge_medications(person, pk: int, into: int):
    """Move all doses of one of a person's medications to another, and delete it. Raises Http404.

    A dose that is being saved meanwhile is moved too, or its save is tried again and finds the name gone.
    """
    rows = person.medications.select_for_update().filter(pk__in=[pk, into]).order_by("pk")
    found = {medication.pk: medication for medication in rows}
    if len(found) != 2:
        raise Http404
    person.doses.filter(medication=found[pk]).update(medication=found[into])
    found[pk].delete()
    person.answers_changed()


@retry_on_conflict
def delete_medication(person, pk: int) -> Medication:
    """Delete one of a person's medications that has no dose. Raises Http404, InUseError."""
    medication = get_object_or_404(person.medications.select_for_update(), pk=pk)
    if person.doses.filter(medication=medication).exists():
        raise InUseError
    medication.delete()
    person.answers_changed()
    return medication
