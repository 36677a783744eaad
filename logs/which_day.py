"""Which day or week an input is meant for, once the day that its page called today is over.

A page sends the day that it called today, as `today`; its links to that day's check-ins end in FOR_TODAY. If that day
is over when they arrive, the person is asked. The answer is a button: `meant` keeps the day of the address, `from`
names that day at the address of another one, which the input is moved to. Addresses and requests without these are
never asked about: the day in the address counts.
"""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render

from logs.calendar_days import full_name_of, name_of_day
from logs.converters import DayConverter

FOR_TODAY = "?for=today"


@dataclass(frozen=True)
class Choice:
    """One of the days or weeks that can be meant."""

    name: str
    detail: str
    address: str  # Where the input goes, or a link leads.
    sent_as: str  # Name of the button.
    value: str


def day_in(data: Mapping, name: str) -> datetime.date | None:
    """The day that came in under this name; None if none did that can be logged."""
    try:
        return DayConverter().to_python(data.get(name, ""))
    except ValueError:
        return None


def moved_from(data: Mapping, day: datetime.date) -> datetime.date | None:
    """The other day or week whose page the input was typed on, if the person has moved it to `day`."""
    typed_on = day_in(data, "from")
    return None if typed_on == day else typed_on


def must_ask(request, day: datetime.date, first_day: Callable = lambda day: day) -> bool:
    """Whether `day` was today, or the current week, for the page that a request comes from, and is no longer.

    `first_day` returns the first day of the period that a day is in: for a day, itself.
    """
    if first_day(request.user.today()) == day:
        return False
    if request.method != "POST":
        return request.GET.get("for") == "today"
    called_today = day_in(request.POST, "today")
    was_current = called_today is not None and first_day(called_today) == day
    return (was_current or "from" in request.POST) and request.POST.get("meant") != day.isoformat()


def ask(request, choices: list[Choice], title: str, *, is_week=False, hidden=()) -> HttpResponse:
    """A page with the question alone: links, or for a request that changes something buttons that repeat it."""
    context = {"choices": choices, "title": title, "is_week": is_week, "hidden": hidden}
    return render(request, "logs/which_day.html", context | {"is_post": request.method == "POST"})


def form_context(request, day: datetime.date, choices: list[Choice], *, is_save: bool) -> dict:
    """What the page of a form needs of this module. `day` is the day of the form, or the first of its week.

    Until a form is saved, its pages call the same day today as the first one did, so that the save is asked about.
    """
    called_today = (not is_save and day_in(request.POST, "today")) or request.user.today()
    return {"called_today": called_today, "choices": choices, "moved_from": moved_from(request.POST, day)}


def choices(day: datetime.date, today: datetime.date, address_of: Callable, name_of: Callable) -> list[Choice]:
    """The day of the address, and the current one. `name_of` returns the name and the detail of each."""
    return [
        Choice(*name_of(day), address_of(day), "meant", day.isoformat()),
        Choice(*name_of(today), address_of(today) + FOR_TODAY, "from", day.isoformat()),
    ]


def days_to_choose(request, day: datetime.date, address_of: Callable) -> list[Choice]:
    """The days that can be meant; none if there is no need to ask."""
    if not must_ask(request, day):
        return []
    today = request.user.today()
    return choices(day, today, address_of, lambda each: (name_of_day(each, today), full_name_of(each)))
