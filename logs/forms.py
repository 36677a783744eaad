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

    def clean(self):
        facts = {name: self.cleaned_data.get(name) for name in ("medication", "amount", "unit", "taken_at")}
        if any(value is not None for value in facts.values()):
            if facts["medication"] is None and not self.has_error("medication"):
                self.add_error("medication", _("Which medication was it?"))
            if facts["amount"] is None and not self.has_error("amount"):
                self.add_error("amount", _("How much was it?"))
        return self.cleaned_data

    def data_as_typed(self) -> dict:
        """The row's texts, unchecked."""
        names = ("medication", "amount", "unit", "taken_at")
        return {name: self[name].data or "" for name in names}

    @property
    def dose(self) -> Dose | None:
        """The dose as typed, not stored yet."""
        if self.cleaned_data.get("DELETE") or self.cleaned_data.get("medication") is None:
            return None
        name = " ".join(self.cleaned_data["medication"].split())
        facts = {name: self.cleaned_data[name] for name in ("amount", "unit", "taken_at")}
        return Dose(medication=Medication(name=name, name_key=Medication.key_of(name)), **facts)


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
    return (dose.medication.name_key, dose.amount, dose.unit, dose.taken_at)


def as_initial(doses: list[Dose]) -> list[dict]:
    return [
        {"medication": dose.medication.name, "amount": dose.amount, "unit": dose.unit, "taken_at": dose.taken_at}
        for dose in doses
    ]


def as_typed(time: datetime.time | None) -> str:
    """A time as a browser sends it."""
    return time.strftime("%H:%M") if time else ""


def in_words(doses: list[Dose]) -> str:
    return ", ".join(str(dose) for dose in doses) or gettext("no dose")


class MedicationForm(CheckInForm):
    stage = MEDICATION

    class Meta(CheckInForm.Meta):
        fields = MEDICATION.field_names

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # A program that does not speak of doses leaves them as they are.
        speaks_of_doses = self.is_bound and "doses-TOTAL_FORMS" in self.data
        # What came in is read by itself: a row that repeats a stored dose is not a blank one.
        self.doses = DoseFormSet(self.data) if speaks_of_doses else DoseFormSet(initial=as_initial(self.stored_doses))

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

    def clean(self):
        if not self.doses.is_bound:
            self.cleaned_data["doses"] = self.stored_doses
        elif self.cleaned_data.get("medication_taken") is False:
            self.cleaned_data["doses"] = []
        elif self.doses.is_valid():
            self.cleaned_data["doses"] = self.doses.doses
        else:
            self.add_error(None, ValidationError(_("Please look at the doses again."), code="doses"))
        return super().clean()

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
        rows = [row.data_as_typed() for row in DoseFormSet(data) if not row["DELETE"].data]
        rows = [row for row in rows if any(row.values())]
        if "same_as_last_time" in data:
            last_time = as_initial(form.cabinet.last_time)
            # A name alone was on its way to becoming one of these; the same name and time are one already.
            names = {Medication.key_of(row["medication"]) for row in last_time}
            rows = [row for row in rows if row["amount"] or Medication.key_of(row["medication"]) not in names]
            typed = {(Medication.key_of(row["medication"]), row["taken_at"]) for row in rows}
            rows += [
                row
                for row in last_time
                if (Medication.key_of(row["medication"]), as_typed(row["taken_at"])) not in typed
            ]
        form.doses = DoseFormSet(initial=rows[: Dose.MOST_PER_DAY], one_more="add_dose" in data)
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
        medications = self.medications_for(wanted)
        if len(wanted) < len(stored):
            # Those after one that was taken out stay the rows they are.
            while wanted and facts_of(stored[-1]) == facts_of(wanted[-1]):
                del stored[-1], wanted[-1]
        new, changed, gone = [], [], []
        for old, dose in zip_longest(stored, wanted):
            if dose is None:
                gone.append(old.pk)
                continue
            dose.daily_log, dose.medication = log, medications[dose.medication.name_key]
            if old is None:
                new.append(dose)
            elif facts_of(old) != facts_of(dose):
                dose.pk = old.pk
                changed.append(dose)
        if new:
            Dose.objects.bulk_create(new)
        if changed:
            Dose.objects.bulk_update(changed, ["medication", "amount", "unit", "taken_at"])
        if gone:
            Dose.objects.filter(pk__in=gone).delete()

    def medications_for(self, doses: list[Dose]) -> dict[str, Medication]:
        """The person's own medication for each name. Names typed for the first time join their list."""
        # Where there are stored doses, the cabinet has been read for them.
        known = self.cabinet.medications if self.stored_doses else []
        medications = {medication.name_key: medication for medication in known}
        unknown = {}
        for dose in doses:
            key = dose.medication.name_key
            if key not in medications and key not in unknown:
                unknown[key] = Medication(
                    user=self.instance.user,
                    name=dose.medication.name,
                    name_key=key,
                    usual_amount=dose.amount,
                    unit=dose.unit,
                )
        # An upsert that changes nothing: it also returns the row that is there already, or that
        # another request is just making. In the order of names, so that two requests which make the
        # same ones never wait for each other.
        Medication.objects.bulk_create(
            sorted(unknown.values(), key=lambda medication: medication.name_key),
            update_conflicts=True,
            unique_fields=["user", "name_key"],
            update_fields=["name_key"],
        )
        return medications | unknown


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
        name = " ".join(self.cleaned_data["name"].split())
        require_whole_characters(name)
        others = self.instance.user.medications.exclude(pk=self.instance.pk)
        if others.filter(name_key=Medication.key_of(name)).exists():
            raise ValidationError(_("You already have a medication of this name."), code="unique")
        return name
