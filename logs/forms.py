import datetime
from decimal import Decimal
from itertools import zip_longest

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext, gettext_lazy as _

from brainlog.forms import require_whole_characters
from logs import inputs
from logs.answers import AnswersForm, Conflict
from logs.cabinet import Cabinet
from logs.models import DailyLog, Dose, Medication, Unit
from logs.stages import AFTERNOON, EVENING, MEDICATION, MIDDAY, MORNING, Stage

CANNOT_TELL_NEW = _(
    "Some names on your list cannot be read at the moment, so we cannot tell whether this one is new. "
    "It was not saved. Please keep a copy, and try again later."
)


class CheckInForm(AnswersForm):
    stage: Stage

    class Meta:
        model = DailyLog
        fields = ()

    @property
    def completed_at_name(self):
        return self.stage.completed_at

    @property
    def remembered_as(self):
        return self.stage.slug


class MorningForm(CheckInForm):
    stage = MORNING

    class Meta(CheckInForm.Meta):
        fields = MORNING.field_names


class MiddayForm(CheckInForm):
    stage = MIDDAY

    class Meta(CheckInForm.Meta):
        fields = MIDDAY.field_names


class AfternoonForm(CheckInForm):
    stage = AFTERNOON

    class Meta(CheckInForm.Meta):
        fields = AFTERNOON.field_names


class EveningForm(CheckInForm):
    stage = EVENING

    class Meta(CheckInForm.Meta):
        fields = EVENING.field_names

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.medication_taken is False:
            del self.fields["medication_effectiveness"]

    def drop_answers_not_asked_for(self):
        super().drop_answers_not_asked_for()
        if "medication_effectiveness" not in self.fields:
            self.cleaned_data["medication_effectiveness"] = None


class DoseForm(forms.Form):
    """One dose. A row left blank is no dose."""

    # The UUID of a medication whose name cannot be read.
    entry = forms.CharField(required=False, max_length=36, widget=forms.HiddenInput)
    medication = inputs.TextInput(
        label=_("Medication"),
        max_length=100,
        widget=forms.TextInput(attrs={"list": "medications", "autocomplete": "off"}),
    )
    amount = inputs.NumberInput(
        label=_("Amount"),
        required=False,
        min_value=Decimal("0.001"),
        max_digits=8,
        decimal_places=3,
        error_messages={"min_value": _("An amount is more than 0.")},
    )
    unit = inputs.ChoiceInput(label=_("Unit"), choices=[("", _("unit")), *Unit.choices], widget=forms.Select)
    taken_at = inputs.TimeInput(label=_("Taken at"), required=False)

    def __init__(self, *args, check_in: "MedicationForm", **kwargs):
        self.check_in = check_in
        super().__init__(*args, **kwargs)

    @cached_property
    def kept(self) -> Medication | None:
        """The medication that the row refers to without its name."""
        entry = self["entry"].value()
        return self.check_in.cabinet.entry(entry) if entry else None

    def get_initial_for_field(self, field, field_name):
        if field_name == "medication" and self.kept:
            return self.kept.name
        return super().get_initial_for_field(field, field_name)

    def clean(self):
        facts = {name: self.cleaned_data.get(name) for name in ("amount", "unit", "taken_at")}
        name = self.cleaned_data.get("medication")
        if isinstance(name, str) or any(value is not None for value in facts.values()):
            if name is None and not self.kept and not self.has_error("medication"):
                self.add_error("medication", _("Which medication was it?"))
            if facts["amount"] is None and not self.has_error("amount"):
                self.add_error("amount", _("How much was it?"))
        return self.cleaned_data

    def data_as_typed(self) -> dict:
        """The row's texts, unchecked."""
        names = ("entry", "medication", "amount", "unit", "taken_at")
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
        cabinet = self.check_in.cabinet
        new = Medication(user_id=cabinet.user_id, name=name, usual_amount=facts["amount"], unit=facts["unit"])
        return Dose(medication=cabinet.named(name) or new, **facts)


class BaseDoseFormSet(forms.BaseFormSet):
    """Rows for doses; a blank one only if there is no other or one was asked for."""

    default_error_messages = forms.BaseFormSet.default_error_messages | {
        "too_many_forms": _("A day has room for %(num)d doses.")
    }

    def __init__(self, *args, initial=(), one_more=False, **kwargs):
        super().__init__(*args, initial=initial, prefix="doses", **kwargs)
        self.extra = 1 if one_more or not initial else 0

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


DoseFormSet = forms.formset_factory(
    DoseForm,
    formset=BaseDoseFormSet,
    can_delete=True,
    max_num=Dose.MOST_PER_DAY,
    absolute_max=2 * Dose.MOST_PER_DAY,
)


def facts_of(dose: Dose) -> tuple:
    """What makes two records the same dose."""
    medication = dose.medication
    return (medication.pk or Medication.key_of(medication.name), dose.amount, dose.unit, dose.taken_at)


def as_initial(doses: list[Dose]) -> list[dict]:
    return [
        {
            "entry": "" if dose.medication.is_readable else str(dose.medication.uuid),
            "medication": dose.medication.name if dose.medication.is_readable else "",
            "amount": dose.amount,
            "unit": dose.unit,
            "taken_at": dose.taken_at,
        }
        for dose in doses
    ]


def medication_in(row: dict) -> str:
    """What two rows of one medication have in common."""
    return row["entry"] or Medication.key_of(row["medication"])


def as_typed(time: datetime.time | None) -> str:
    """A time as a browser sends it."""
    return time.strftime("%H:%M") if time else ""


def in_words(doses: list[Dose]) -> str:
    return ", ".join(dose.in_words for dose in doses) or gettext("no dose")


class MedicationForm(CheckInForm):
    stage = MEDICATION

    class Meta(CheckInForm.Meta):
        fields = MEDICATION.field_names

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # A program that does not speak of doses leaves them as they are.
        speaks_of_doses = self.is_bound and "doses-TOTAL_FORMS" in self.data
        # What came in is read by itself: a row that repeats a stored dose is not a blank one.
        rows = {"data": self.data} if speaks_of_doses else {"initial": as_initial(self.stored_doses)}
        self.doses = DoseFormSet(**rows, form_kwargs={"check_in": self})

    @cached_property
    def cabinet(self) -> Cabinet:
        """What the page offers. One query, on first use."""
        return Cabinet.of(self.instance)

    @cached_property
    def stored_doses(self) -> list[Dose]:
        if self.instance._state.adding or not self.instance.medication_taken:
            return []
        return self.cabinet.doses

    def stored_answers(self):
        return super().stored_answers() | {"doses": self.stored_doses}

    @staticmethod
    def as_fact(value) -> str:
        return value.in_words if isinstance(value, Dose) else str(value)

    def clean(self):
        if not self.doses.is_bound:
            self.cleaned_data["doses"] = self.stored_doses
        elif self.cleaned_data.get("medication_taken") is False:
            self.cleaned_data["doses"] = []
        elif self.doses.is_valid():
            self.cleaned_data["doses"] = self.doses.doses
        else:
            self.ask_to_look_again()
        super().clean()
        self.settle_new_medications()
        return self.cleaned_data

    def ask_to_look_again(self):
        self.add_error(None, ValidationError(_("Please look at the doses again."), code="doses"))

    def is_new(self, dose: Dose | None) -> bool:
        """Whether it is to be stored, with a medication that is not in the person's list."""
        doses = self.cleaned_data.get("doses", ())
        return dose is not None and dose.medication.pk is None and any(dose is each for each in doses)

    def settle_new_medications(self):
        """Lock the person's list, if there are names that are not in it, and look whether they may join it."""
        self.new_medications: dict[str, Medication] = {}
        rows = [row for row in self.doses if row.is_bound and row.is_valid() and self.is_new(row.dose)]
        if not rows:
            return
        self.cabinet.medications = Medication.objects.locked_for(self.instance.user).defer("note").by_name()
        for row in rows:
            medication = row.dose.medication
            key = Medication.key_of(medication.name)
            if found := self.cabinet.named(medication.name) or self.new_medications.get(key):
                row.dose.medication = found
            elif not self.cabinet.is_complete:
                row.add_error("medication", ValidationError(CANNOT_TELL_NEW, code="unreadable"))
            elif len(self.cabinet.medications) + len(self.new_medications) >= Medication.MOST_PER_PERSON:
                message = _("Your list is full: it has room for %(num)d medications. Choose one that is on it.")
                row.add_error("medication", ValidationError(message % {"num": Medication.MOST_PER_PERSON}, code="full"))
            else:
                self.new_medications[key] = medication
        if not all(row.is_valid() for row in rows):
            self.ask_to_look_again()

    def drop_answers_not_asked_for(self):
        super().drop_answers_not_asked_for()
        if self.cleaned_data.get("medication_taken") is False:
            self.cleaned_data["doses"] = []

    def ask_about_answers_without_their_question(self):
        super().ask_about_answers_without_their_question()
        if self.cleaned_data.get("doses") and self.cleaned_data.get("medication_taken", "error") is None:
            self.ask_to_answer("medication_taken")

    def same_answer(self, name):
        if name == "doses":
            return [facts_of(dose) for dose in self.cleaned_data[name]] == [facts_of(d) for d in self.stored_doses]
        return super().same_answer(name)

    def conflict_about(self, name):
        if name == "doses":
            mine, saved = self.cleaned_data[name], self.stored_doses
            return Conflict(name, gettext("Doses"), in_words(mine), in_words(saved))
        return super().conflict_about(name)

    def get_context(self):
        return super().get_context() | {"doses": self.doses, "cabinet": self.cabinet}

    @classmethod
    def typed(cls, data, **kwargs):
        """As typed so far, with one more row, or with last time's doses filled in."""
        form = super().typed(data, **kwargs)
        typed_rows = DoseFormSet(data, form_kwargs={"check_in": form})
        rows = [row.data_as_typed() for row in typed_rows if not row["DELETE"].data]
        rows = [row for row in rows if any(row.values())]
        if "same_as_last_time" in data:
            last_time = as_initial(form.cabinet.last_time)
            # A name alone was on its way to becoming one of these; the same name and time are one already.
            names = {medication_in(row) for row in last_time}
            rows = [row for row in rows if row["amount"] or medication_in(row) not in names]
            typed = {(medication_in(row), row["taken_at"]) for row in rows}
            rows += [row for row in last_time if (medication_in(row), as_typed(row["taken_at"])) not in typed]
        form.doses = DoseFormSet(
            initial=rows[: Dose.MOST_PER_DAY],
            one_more="add_dose" in data,
            form_kwargs={"check_in": form},
        )
        return form

    def save(self):
        log = super().save()
        if log.pk and not self.same_answer("doses"):
            self.save_doses(log)
            self.has_written = True
        return log

    def save_doses(self, log: DailyLog):
        """Make the stored doses say what was typed, row by row. Rows that did not change are not written."""
        stored, wanted = [*self.stored_doses], [*self.cleaned_data["doses"]]
        Medication.objects.bulk_create(self.new_medications.values())
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


CHECK_IN_FORMS = {form.stage: form for form in (MorningForm, MedicationForm, MiddayForm, AfternoonForm, EveningForm)}


class MedicationEntryForm(forms.ModelForm):
    """An entry of the person's own list."""

    class Meta:
        model = Medication
        fields = ("name", "usual_amount", "unit", "note", "is_active")
        field_classes = {"usual_amount": inputs.NumberInput}

    @property
    def has_written(self) -> bool:
        return self.has_changed()

    def clean_name(self):
        name, former = self.cleaned_data["name"], self.instance.name
        if not isinstance(name, str):
            return name
        name = " ".join(name.split())
        require_whole_characters(name)
        if Medication.key_of(name) != Medication.key_of(former):
            self.require_new_name(name)
        return name

    def require_new_name(self, name: str):
        person = self.instance.user
        others = Medication.objects.locked_for(person).exclude(pk=self.instance.pk)
        cabinet = Cabinet(person.pk, list(others.only("name_key")))
        if cabinet.named(name):
            raise ValidationError(_("You already have a medication of this name."), code="unique")
        if not cabinet.is_complete:
            raise ValidationError(CANNOT_TELL_NEW, code="unreadable")
