from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from brainlog.forms import require_whole_characters
from logs.doses import CANNOT_TELL_NEW, MedicationList
from logs.form_fields import NumberInput
from logs.models import Medication


class MedicationEntryForm(forms.ModelForm):
    """An entry of the person's own list."""

    class Meta:
        model = Medication
        fields = ("name", "usual_amount", "unit", "note", "is_active")
        field_classes = {"usual_amount": NumberInput}

    @property
    def can_be_saved(self) -> bool:
        return self.is_valid()

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
        medications = MedicationList(person.pk, list(others.only("name_key")))
        if medications.named(name):
            raise ValidationError(_("You already have a medication of this name."), code="unique")
        if not medications.is_comparable:
            raise ValidationError(CANNOT_TELL_NEW, code="unreadable")
