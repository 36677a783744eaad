import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy as _

from logs.forms import DayInput


class DayOfChangeForm(forms.Form):
    """The day that days are compared before and after. Sent in the address."""

    day = DayInput(label=_("Day"))

    def __init__(self, start: datetime.date, today: datetime.date, data=None):
        self.start, self.today = start, today
        super().__init__(data)

    def clean_day(self):
        day = self.cleaned_data["day"]
        if day > self.today:
            raise ValidationError(_("This day has not begun yet. Choose today or an earlier day."), "future")
        if day <= self.start:
            raise ValidationError(nothing_before(self.start), "too_early")
        return day


def nothing_before(start: datetime.date) -> str:
    text = gettext("Nothing was logged before this day. Your first day here is %(day)s.")
    return text % {"day": date_format(start)}
