"""Which days the trends show: the last 30, 90 or 365, all, or from one day to another. The address says it."""

import datetime
from dataclasses import dataclass
from urllib.parse import urlencode

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy as _

from logs.forms import LAST_BEFORE_FIRST, DayInput
from logs.periods import ONE_DAY

LAST_DAYS = {"30": _("30 days"), "90": _("90 days"), "365": _("A year"), "all": _("All")}
USUAL = "90"


class PeriodForm(forms.Form):
    """From when to when; an end that is left open is the first day, or today. Sent in the address."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields |= {
            "from": DayInput(label=_("From"), required=False),
            "to": DayInput(label=_("To"), required=False),
        }

    def clean(self):
        first, last = self.cleaned_data.get("from"), self.cleaned_data.get("to")
        if first and last and last < first:
            self.add_error("to", LAST_BEFORE_FIRST)
        return self.cleaned_data


@dataclass(frozen=True)
class ShownPeriod:
    """A period that was chosen. `first` and `last` are None if there is nothing to show, as `problem` says.

    `chosen` is the key of LAST_DAYS, or "" for days that were typed. `query` leads to the same choice again.
    """

    form: PeriodForm
    chosen: str
    first: datetime.date | None = None
    last: datetime.date | None = None
    problem: str = ""
    query: str = ""
    note: str = ""  # about the choice, beside what is shown

    @property
    def choices(self) -> list[dict]:
        return [
            {"query": f"days={key}", "label": label, "is_chosen": key == self.chosen}
            for key, label in LAST_DAYS.items()
        ]

    @property
    def in_words(self) -> str:
        """`Feb 5, 2026 – May 5, 2026`; one date if it is one day."""
        if self.first == self.last:
            return date_format(self.first)
        return f"{date_format(self.first)} – {date_format(self.last)}"


def period_in(data, today: datetime.date, start: datetime.date) -> ShownPeriod:
    """The period that an address names; `start` is the person's first day.

    A number of days that is not offered is replaced by the usual one, and `note` says so.
    """
    typed = {name: data.get(name, "") for name in ("from", "to")}
    if not any(text.strip() for text in typed.values()):
        chosen = data.get("days", USUAL)
        note = ""
        if chosen not in LAST_DAYS:
            chosen, note = USUAL, gettext("The address names days that cannot be chosen. These are the last 90 days.")
        first = start if chosen == "all" else today - (int(chosen) - 1) * ONE_DAY
        return ShownPeriod(PeriodForm(), chosen, first, today, query=urlencode({"days": chosen}), note=note)
    form = PeriodForm(typed)
    query = urlencode({name: text for name, text in typed.items() if text})
    if not form.is_valid():
        return ShownPeriod(form, "", problem=gettext("Nothing is shown until these days are right."), query=query)
    first, last = form.cleaned_data["from"] or start, form.cleaned_data["to"] or today
    if first > today:
        return ShownPeriod(form, "", problem=gettext("These days are still to come."), query=query)
    if last < start:
        problem = gettext("Nothing was logged that early. Your first day here is %(day)s.")
        return ShownPeriod(form, "", problem=problem % {"day": date_format(start)}, query=query)
    return ShownPeriod(form, "", max(first, start), min(last, today), query=query)
