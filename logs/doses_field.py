"""The form field that asks for the doses of a day: its rows, the medications offered for one tap, and its buttons."""

import datetime
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext, gettext_lazy as _

from logs.dose_form import BaseDoseFormSet, DoseFormSet, as_initial
from logs.doses import now_of, usual_or_last_dose
from logs.medication_list import CANNOT_TELL_NEW, MedicationLine, MedicationList
from logs.models import DailyLog, Dose, Medication

# A time that a phone calls now may be a little ahead of the server's clock.
CLOCKS_DIFFER = datetime.timedelta(minutes=5)

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

    template_name = "logs/_doses.html"

    def get_context(self):
        return {"field": self, "rows": self.rows, "medications": self.field.medications, "zone": self.zone}

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
