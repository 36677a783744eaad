from copy import copy

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from brainlog.forms import require_whole_characters
from logs.doses import CANNOT_TELL_NEW, MedicationList
from logs.form_fields import NumberInput
from logs.models import Medication
from logs.questions import MEDICATION_COLUMNS, Change, save_answers


class MedicationEntryForm(forms.ModelForm):
    """An entry of the person's own list."""

    class Meta:
        model = Medication
        fields = ("name", "usual_amount", "unit", "note", "is_active")
        field_classes = {"usual_amount": NumberInput}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.stored = copy(self.instance)  # Validation writes to the instance.
        self.change: Change | None = None

    @property
    def has_written(self) -> bool:
        return self.change is not None

    def save(self):
        """Write what was changed."""
        answers = {column: column.read(self.instance) for column in MEDICATION_COLUMNS}
        changed = {column: answer for column, answer in answers.items() if answer != column.read(self.stored)}
        if changed:
            self.change = save_answers(self.stored, changed, {})
        return self.stored

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
        medications = others_on_the_list(self.instance)
        if medications.named(name):
            raise ValidationError(_("You already have a medication of this name."), code="unique")
        if not medications.is_comparable:
            raise ValidationError(CANNOT_TELL_NEW, code="unreadable")


def others_on_the_list(medication: Medication) -> MedicationList:
    """The person's other medications, by name only. Locked, see MedicationQuerySet.locked_for()."""
    others = Medication.objects.locked_for(medication.user).exclude(pk=medication.pk)
    return MedicationList(medication.user_id, list(others.only("name_key")))
