"""The rows of doses in a medication check-in: one form a dose, and how each is checked."""

from decimal import Decimal
from typing import TYPE_CHECKING

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from brainlog.forms import CheckBox, HiddenBox, Selection, TextBox
from logs.form_fields import ChoiceInput, NumberInput, TextInput, TimeInput
from logs.models import Dose, Medication, Unit

if TYPE_CHECKING:
    from logs.doses_field import DosesField


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
