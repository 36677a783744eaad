import datetime
import re
from collections.abc import Mapping
from copy import copy

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import MONTHS
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from brainlog.forms import LONGEST_LINE, DateBox, Selection, TextBox, in_plain_digits, require_whole_characters
from logs.calendar_days import FIRST_MONTH, month_of
from logs.fields import IsListOfTimes
from logs.form_fields import ChoiceInput, NumberInput
from logs.medication_list import CANNOT_TELL_NEW, MedicationList
from logs.models import DailyLog, Medication
from logs.not_tracked import MOST_DAYS
from logs.periods import FIRST_DAY
from logs.questions import MEDICATION_COLUMNS
from logs.saving import Change, save_answers

LAST_BEFORE_FIRST = _("The last day is before the first.")


class DayInput(forms.DateField):
    """A day that an address can name."""

    widget = DateBox
    default_error_messages = {
        "required": _("Please choose a day."),
        "invalid": _("Write the day as 2026-05-04."),
        "too_early": _("Days begin with the year 1900."),
    }

    def to_python(self, value):
        if isinstance(value, str) and len(value) > LONGEST_LINE:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        day = super().to_python(value)
        if day and day < FIRST_DAY:
            raise ValidationError(self.error_messages["too_early"], code="too_early")
        return day


class NotTrackedDaysForm(forms.Form):
    """From when to when, and why. The button `clear` takes the marks off; without it they are set."""

    first = DayInput(label=_("First day"))
    last = DayInput(label=_("Last day"))
    reason = ChoiceInput(label=_("Why?"), choices=DailyLog.NotTracked.choices)

    def __init__(self, person, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.person = person

    @property
    def clears(self) -> bool:
        return "clear" in self.data

    def clean_last(self):
        first, last = self.cleaned_data.get("first"), self.cleaned_data["last"]
        if last > self.person.today():
            raise ValidationError(_("A day can be marked once it has begun. Choose today or an earlier day."), "future")
        if first and last < first:
            raise ValidationError(LAST_BEFORE_FIRST, "order")
        if first and (last - first).days >= MOST_DAYS:
            message = _("That is more than %(most)d days. Please mark the rest in another step.")
            raise ValidationError(message, "too_many", {"most": MOST_DAYS})
        return last

    def clean_reason(self):
        if self.cleaned_data["reason"] is None and not self.clears:
            raise ValidationError(_("Please choose why the days are not tracked."), "required")
        return self.cleaned_data["reason"]


class MonthForm(forms.Form):
    """Which month of the history to open: it shows one, and what was sent counts if it names another.

    `cleaned_data["first"]` is the month's first day.
    """

    in_month = forms.TypedChoiceField(
        label=_("Month"),
        choices=[*MONTHS.items()],
        coerce=int,
        widget=Selection,
        error_messages=dict.fromkeys(("required", "invalid_choice"), _("Please choose a month.")),
    )
    year = forms.CharField(
        label=_("Year"),
        widget=TextBox(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": _("Write the year as 2026.")},
    )

    def __init__(self, today: datetime.date, shown: datetime.date, sent: Mapping):
        data = sent if {"in_month", "year"} & sent.keys() else None
        super().__init__(data, initial={"in_month": shown.month, "year": f"{shown:%Y}"})
        self.today = today

    def clean_year(self) -> str:
        year = in_plain_digits(self.cleaned_data["year"][:LONGEST_LINE]).strip()
        if not re.fullmatch("[0-9]{4}", year):
            raise ValidationError(self.fields["year"].error_messages["required"], "invalid")
        return year

    def clean(self):
        facts = super().clean()
        if {"in_month", "year"} <= facts.keys():
            try:
                facts["first"] = month_of(f"{facts['year']}-{facts['in_month']:02}", self.today)
            except ValueError:
                message = _("There are months from %(first)s to %(last)s.")
                months = {"first": FIRST_MONTH, "last": self.today}
                words = {name: date_format(day, "YEAR_MONTH_FORMAT") for name, day in months.items()}
                self.add_error(None, ValidationError(message, "no_month", words))
        return facts


class TimesInput(forms.CharField):
    """Times of day as people write them (`8:15, 10pm`, `22 h 30`), as stored: `08:15 22:00`. None if there is none."""

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
        text = in_plain_digits(text)
        text = re.sub(r"\s*([ap])\.?\s?m\b\.?", r"\1m", text)
        text = re.sub(r"(?<=[0-9])\s+h\b(?:\s*([0-5][0-9])\b(?!\s*[:.h]))?", r"h\1", text)
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


class MergeForm(forms.Form):
    """Which of a person's other medications one is merged into."""

    into = forms.ChoiceField(
        label=_("The one to keep"),
        widget=Selection,
        error_messages={"required": _("Please choose the medication to keep.")},
    )

    def __init__(self, others: list[Medication], *args, **kwargs):
        super().__init__(*args, **kwargs)
        choices = [(str(each.pk), ", ".join(filter(None, [each.name_in_words, each.usual_dose]))) for each in others]
        self.fields["into"].choices = [("", _("Choose one")), *choices]


class MedicationEntryForm(forms.ModelForm):
    """An entry of the person's own list."""

    class Meta:
        model = Medication
        fields = (
            *("name", "usual_amount", "unit", "schedule", "usual_times", "since", "until"),
            *("note", "is_active"),
        )
        field_classes = {"usual_amount": NumberInput, "usual_times": TimesInput}
        widgets = {"since": DateBox, "until": DateBox}
        error_messages = {
            "usual_amount": {"invalid": _("Write the number alone, such as 36. The unit has a field of its own.")},
        }
        labels = {"until": _("Last day"), "since": _("First day")}
        help_texts = {
            "schedule": _("Your numbers on medication count what you take daily."),
            "usual_times": _(
                "Up to six, such as 8:15, 22:00. They are offered when you enter a dose for an earlier day."
            ),
            "until": _("After it, the medication is not offered any more."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.stored = copy(self.instance)  # Validation writes to the instance.
        self.change: Change | None = None

    @property
    def can_be_saved(self) -> bool:
        return self.is_valid()

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

    def get_initial_for_field(self, field, field_name):
        value = super().get_initial_for_field(field, field_name)
        return ", ".join(value.split()) if field_name == "usual_times" and value else value

    def clean(self):
        facts = super().clean()
        if facts.get("since") and facts.get("until") and facts["until"] < facts["since"]:
            self.add_error("until", LAST_BEFORE_FIRST)
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
        medications = others_on_the_list(self.instance)
        if medications.named(name):
            raise ValidationError(_("You already have a medication of this name."), code="unique")
        if not medications.is_comparable:
            raise ValidationError(CANNOT_TELL_NEW, code="unreadable")


def others_on_the_list(medication: Medication) -> MedicationList:
    """The person's other medications, by name only. Locked, see MedicationQuerySet.locked_for()."""
    others = Medication.objects.locked_for(medication.user).exclude(pk=medication.pk)
    return MedicationList(medication.user_id, list(others.only("name_key")))
