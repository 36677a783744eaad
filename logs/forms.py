import datetime
import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from brainlog.forms import LONGEST_LINE, TextBox, WrittenInput, require_whole_characters
from logs.doses import CANNOT_TELL_NEW, MedicationList
from logs.fields import IsListOfTimes
from logs.form_fields import NumberInput
from logs.models import Medication


class DateBox(WrittenInput, forms.DateInput):
    input_type = "date"


class TimesInput(forms.CharField):
    """Times of day as people write them (`8:15, 10pm`), as stored: `08:15 22:00`. None if there is none."""

    widget = TextBox(attrs={"autocomplete": "off"})
    default_error_messages = {
        "invalid": _("Write times such as 8:15, 22:00."),
        "too_many": _("There is room for %(num)d times."),
    }

    def widget_attrs(self, widget):
        return {}  # As people write them, times are longer than as they are stored.

    def to_python(self, value) -> str | None:
        text = (super().to_python(value) or "").lower()
        if len(text) > LONGEST_LINE:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        text = re.sub(r"\s*([ap])\.?\s?m\b\.?", r"\1m", text)
        times = sorted({self.time_of(part) for part in re.split(r"[\s,;]+", text) if part})
        if len(times) > IsListOfTimes.MOST:
            raise ValidationError(self.error_messages["too_many"] % {"num": IsListOfTimes.MOST}, code="too_many")
        return " ".join(time.strftime("%H:%M") for time in times) or None

    def time_of(self, text: str) -> datetime.time:
        match = re.fullmatch(r"([0-9]{1,2})(?:[:.h]([0-5][0-9]))?h?(am|pm)?", text)
        hour = int(match[1]) if match else 24
        if match and match[3] and 1 <= hour <= 12:
            hour = hour % 12 + 12 * (match[3] == "pm")
        elif match and match[3]:
            hour = 24
        if hour > 23:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return datetime.time(hour, int(match[2] or 0))

    def has_changed(self, initial, data):
        try:
            return self.to_python(initial) != self.to_python(data)
        except ValidationError:
            return True


class MedicationEntryForm(forms.ModelForm):
    """An entry of the person's own list."""

    class Meta:
        model = Medication
        fields = (
            *("name", "usual_amount", "unit", "schedule", "usual_times", "since", "until"),
            *("note", "is_active"),
        )
        field_classes = {"usual_amount": NumberInput, "usual_times": TimesInput}
        widgets = {"since": DateBox(format="%Y-%m-%d"), "until": DateBox(format="%Y-%m-%d")}
        labels = {"until": _("Last day"), "since": _("First day")}
        help_texts = {
            "schedule": _("Your numbers on medication count what you take daily."),
            "usual_times": _(
                "Up to six, such as 8:15, 22:00. They are offered when you enter a dose for an earlier day."
            ),
            "until": _("After it, the medication is not offered any more."),
        }

    @property
    def has_written(self) -> bool:
        return self.has_changed()

    def get_initial_for_field(self, field, field_name):
        value = super().get_initial_for_field(field, field_name)
        return ", ".join(value.split()) if field_name == "usual_times" and value else value

    def clean(self):
        facts = super().clean()
        if facts.get("since") and facts.get("until") and facts["until"] < facts["since"]:
            self.add_error("until", _("The last day is before the first."))
        return facts

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
