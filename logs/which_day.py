"""Which day or week an input is meant for, once the day that its page called today is over.

A page sends the day that it called today, as `today`; its links to that day's check-ins end in FOR_TODAY. If that day
is over when they arrive, the person is asked. The answer is a button: `meant` keeps the day of the address, `from`
names that day at the address of another one, which the input is moved to. Addresses and requests without these are
never asked about: the day in the address counts.

A day that had begun may lie ahead of the person's clock again: they have moved their zone west, or their day's end.
What comes in from a page that was made before is asked about in the same way, and may still be stored for that day. A
page that stays on such a day sends both `today` and `meant`.
"""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext

from logs.calendar_days import full_name_of, name_of_day
from logs.converters import DayConverter

FOR_TODAY = "?for=today"
EASTERNMOST = datetime.timezone(datetime.timedelta(hours=14))


@dataclass(frozen=True)
class Choice:
    """One of the days or weeks that can be meant."""

    name: str
    detail: str
    address: str  # Where the input goes, or a link leads.
    sent_as: str  # Name of the button.
    value: str
    is_ahead: bool = False  # of the person's clock


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


def newest_day_on_earth() -> datetime.date:
    """The newest day that a person's clock can have reached, whatever their zone."""
    return timezone.now().astimezone(EASTERNMOST).date()


def has_begun(person, first: datetime.date, sent: Mapping) -> bool:
    """Whether a day, or a week from its first day on, has begun for a person, or had on the page that sent this."""
    called_today = day_in(sent, "today")
    return first <= person.today() or (called_today is not None and first <= called_today <= newest_day_on_earth())


def must_ask(request, day: datetime.date, first_day: Callable = lambda day: day) -> bool:
    """Whether `day` was today, or the current week, for the page that a request comes from, and is no longer.

    `first_day` returns the first day of the period that a day is in: for a day, itself.
    """
    if first_day(request.user.today()) == day or day > newest_day_on_earth():
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


def follow_link(request, choices: list[Choice], title: str, *, is_open: bool, is_week=False) -> HttpResponse:
    """Answer a link whose day or week is not the current one any more.

    One that is ahead of the clock by now and has nothing stored is not open, so that there is nothing to choose.
    """
    if not is_open:
        return redirect(choices[-1].address)
    return ask(request, choices, title, is_week=is_week)


def form_context(request, day: datetime.date, choices: list[Choice], *, is_save: bool) -> dict:
    """What the page of a form needs of this module. `day` is the day of the form, or the first of its week.

    Until a form is saved, its pages call the same day today as the first one did, so that the save is asked about.
    A day ahead of the clock is meant by its page: only so can it be saved, should nothing be stored for it any more.
    """
    today = request.user.today()
    called_today = (not is_save and day_in(request.POST, "today")) or max(today, day)
    is_meant = day > today and not choices
    return {
        "called_today": called_today,
        "choices": choices,
        "meant": day if is_meant else None,
        "moved_from": moved_from(request.POST, day),
    }


def choices(day: datetime.date, today: datetime.date, address_of: Callable, name_of: Callable) -> list[Choice]:
    """The day of the address, and the current one. `name_of` returns the name and the detail of each."""
    return [
        Choice(*name_of(day), address_of(day), "meant", day.isoformat(), is_ahead=day > today),
        Choice(*name_of(today), address_of(today) + FOR_TODAY, "from", day.isoformat()),
    ]


def days_to_choose(request, day: datetime.date, address_of: Callable) -> list[Choice]:
    """The days that can be meant; none if there is no need to ask."""
    if not must_ask(request, day):
        return []
    today = request.user.today()

    def name_of(each):
        return gettext("The day of this page") if each > today else name_of_day(each, today), full_name_of(each)

    return choices(day, today, address_of, name_of)
