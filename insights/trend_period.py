"""Which days the trends show: the last 30, 90 or 365, all, or from one day to another. The address says it."""

import datetime
from dataclasses import dataclass
from urllib.parse import urlencode

from django import forms
from django.http import Http404
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy as _

from logs.forms import DayInput
from logs.periods import ONE_DAY

LAST_DAYS = {"30": _("30 days"), "90": _("90 days"), "365": _("A year"), "all": _("All")}
USUAL = "90"


class Day(DayInput):
    default_error_messages = {"too_early": _("Days begin with the year 1900.")}


class PeriodForm(forms.Form):
    """From when to when; an end that is left open is the first day, or today. Sent in the address."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields |= {"from": Day(label=_("From"), required=False), "to": Day(label=_("To"), required=False)}

    def clean(self):
        first, last = self.cleaned_data.get("from"), self.cleaned_data.get("to")
        if first and last and last < first:
            self.add_error("to", _("The last day is before the first."))
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

    @property
    def choices(self) -> list[dict]:
        return [
            {"query": f"days={key}", "label": label, "is_chosen": key == self.chosen}
            for key, label in LAST_DAYS.items()
        ]

    @property
    def in_words(self) -> str:
        """`Feb 5, 2026 – May 5, 2026`."""
        return f"{date_format(self.first)} – {date_format(self.last)}"


def period_in(data, today: datetime.date, start: datetime.date) -> ShownPeriod:
    """The period that an address names; `start` is the person's first day. Raises Http404 for unknown numbers."""
    typed = {name: data.get(name, "") for name in ("from", "to")}
    if not any(text.strip() for text in typed.values()):
        chosen = data.get("days", USUAL)
        if chosen not in LAST_DAYS:
            raise Http404
        first = start if chosen == "all" else today - (int(chosen) - 1) * ONE_DAY
        return ShownPeriod(PeriodForm(), chosen, first, today, query=urlencode({"days": chosen}))
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
