"""The badge of Today: which check-ins it is time for. Always on, and without any query."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from accounts.models import User
from logs.addresses import address_of_check_in
from logs.check_in_times import WEEK, usual_times
from logs.stages import STAGE_BY_SLUG
from logs.which_day import FOR_TODAY
from reminders.models import Plan
from reminders.plans import rhythm_of
from reminders.schedule import ONE_DAY, Rhythm, Window, coming, is_paused


@dataclass(frozen=True)
class Due:
    """A check-in that it is time for, or will be later today."""

    title: str
    address: str
    opens_in: int  # seconds; not positive once it is open
    closes_in: int

    @property
    def is_open(self) -> bool:
        return self.opens_in <= 0


@dataclass(frozen=True)
class DueToday:
    all: tuple[Due, ...] = ()
    can_snooze: bool = False  # whether there are reminders to put off

    @property
    def count(self) -> int:
        return sum(each.is_open for each in self.all)

    def __bool__(self) -> bool:
        return bool(self.all)


def due_today(log, reflections: Iterable) -> DueToday:
    """What of this day has not been begun, whether its time has come or not.

    A person who has chosen no times has the usual ones. Pausing reminders concerns those that are sent.
    """
    person = log.user
    if log.not_tracked or person.are_notices_paused:
        return DueToday()
    now = timezone.now()
    is_reflected = any(each.week_end >= log.date for each in reflections)
    rhythm = rhythm_of(Plan(user=person), person)
    windows = coming(shown_rhythm(rhythm, person, log.date), now, days=1)
    due = tuple(
        due_of(window, now)
        for window in windows
        if now < window.closes_at
        and not (is_reflected if window.slug == WEEK else log.is_begun(STAGE_BY_SLUG[window.slug]))
    )
    return DueToday(due, can_snooze=bool(person.check_in_times) and not is_paused(log.date, rhythm))


def shown_rhythm(rhythm: Rhythm, person: User, day: datetime.date) -> Rhythm:
    """The person's rhythm without its pause, and with the usual times if they have chosen none."""
    rhythm = replace(rhythm, paused_until=None)
    if person.check_in_times:
        return rhythm
    last_weekday = (person.week_of(day) + 6 * ONE_DAY).weekday()
    usual = usual_times(last_weekday)
    return replace(rhythm, times={slug: usual[slug] for slug in rhythm.times})


def due_of(window: Window, now: datetime.datetime) -> Due:
    if window.slug == WEEK:
        title, address = gettext("Your week in review"), reverse("reflections:week", args=[window.day])
    else:
        title, address = str(STAGE_BY_SLUG[window.slug].title), address_of_check_in(window.day, window.slug)
    opens_in, closes_in = ((instant - now).total_seconds() for instant in (window.opens_at, window.closes_at))
    return Due(title, address + FOR_TODAY, round(opens_in), round(closes_in))
