import datetime

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy as _

from logs.forms import DayInput


class DayOfChangeForm(forms.Form):
    """The day that answers are compared before and after. Sent in the address. `start`: of the first log, if any."""

    day = DayInput(label=_("Day"))

    def __init__(self, start: datetime.date | None, today: datetime.date, data=None):
        self.start, self.today = start, today
        super().__init__(data)

    def clean_day(self):
        day = self.cleaned_data["day"]
        if day > self.today:
            raise ValidationError(_("This day has not begun yet. Choose today or an earlier day."), "future")
        if self.start is None or day <= self.start:
            raise ValidationError(nothing_before(self.start), "too_early")
        return day


def nothing_before(start: datetime.date | None) -> str:
    if start is None:
        return gettext("Nothing is logged yet.")
    text = gettext("Nothing was logged before this day. Your first log is of %(day)s.")
    return text % {"day": date_format(start)}
