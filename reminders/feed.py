"""The calendar feed of a person: their coming check-ins as events with an alarm, in iCalendar (RFC 5545).

It says when the person wants to be reminded, and nothing of what they have logged: check-ins that are done stay in it.
Who reads it, such as the provider of a calendar, learns from neutral words nothing but times.

The same state gives the same bytes, so that a calendar does not ring again. An event never changes: its UID is made of
everything that it says, and an event that says something else is another one. So no event needs a version, and
DTSTAMP is the time at which the address was made.
"""

import datetime
import uuid
from dataclasses import replace
from zoneinfo import ZoneInfo

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event

from logs.models import DailyLog
from reminders.messages import path_of, title_of
from reminders.models import Feed, Plan
from reminders.plans import rhythm_of
from reminders.schedule import ONE_DAY, Rhythm, Window, coming, due_times
from reminders.zone_definitions import zone_definition

DAYS = 14
# An event is shown for so long, whatever the time until the next one.
MOST_SHOWN = datetime.timedelta(minutes=15)
# How often a calendar is to ask for changes. Most choose for themselves.
REFRESHED_EVERY = datetime.timedelta(hours=6)
# A zone is defined for a year: a calendar may keep the first definition of a name that it sees.
ZONE_DEFINED_FOR = 366 * ONE_DAY


def calendar_of(feed: Feed, origin: str, now: datetime.datetime) -> bytes:
    """The calendar of a feed from FeedQuerySet.with_token(), with links to `origin`. At most one query."""
    plan = getattr(feed.user, "reminder_plan", None) or Plan(user=feed.user)
    # A calendar rings once: repetitions and a snooze are not for it.
    rhythm = replace(rhythm_of(plan, feed.user), repeats=0, snoozed_until=None)
    return calendar_with(windows_of(feed, rhythm, now), feed, plan.words, rhythm, origin, now)


def calendar_with(windows: list[Window], feed: Feed, words: str, rhythm: Rhythm, origin: str, now) -> bytes:
    calendar = empty_calendar(rhythm, words, now)
    for window in windows:
        calendar.add_component(event_of(window, feed, words, rhythm, origin))
    return calendar.to_ical()


def empty_calendar(rhythm: Rhythm, words: str, now: datetime.datetime) -> Calendar:
    """A calendar without events. It has the definition of the zone in any case: without a part it would be invalid."""
    calendar = Calendar()
    calendar.add("prodid", "-//Brain Log//Reminders//EN")
    calendar.add("version", "2.0")
    name = "Brain Log" if words == Plan.Words.PLAIN else _("Log")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESHED_EVERY, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    since = datetime.datetime.combine(rhythm.day_of(now) - 2 * ONE_DAY, datetime.time(), datetime.UTC)
    calendar.add_component(zone_definition(rhythm.zone, since, since + ZONE_DEFINED_FOR))
    return calendar


def windows_of(feed: Feed, rhythm: Rhythm, now: datetime.datetime) -> list[Window]:
    """The windows of the coming days in which the person is reminded, without days that are marked as not tracked."""
    windows = coming(rhythm, now, DAYS) if feed.is_here else []
    if not windows:
        return []
    logs = DailyLog.objects.for_reminders({feed.pk}, {window.day for window in windows})
    not_tracked = {log.date for log in logs if log.not_tracked is not None}
    return [window for window in windows if window.day not in not_tracked]


def event_of(window: Window, feed: Feed, words: str, rhythm: Rhythm, origin: str) -> Event:
    """The event of a window, with an alarm unless quiet hours last until its end."""
    title, link = title_of(window.slug, words), origin + path_of(window, words)
    rings_after = [time - window.opens_at for time in due_times(window, rhythm)]
    shown_for = min(MOST_SHOWN, window.closes_at - window.opens_at)
    event = Event()
    event.add("uid", uid_of(feed, window.slug, window.opens_at, shown_for, rhythm.zone.key, title, link, rings_after))
    event.add("dtstamp", feed.created_at.astimezone(datetime.UTC))
    add_start(event, window.opens_at, rhythm.zone)
    event.add("duration", shown_for)
    event.add("summary", title)
    event.add("description", link)
    event.add("url", link)
    event.add("class", "PRIVATE")
    event.add("transp", "TRANSPARENT")
    for after in rings_after:
        event.add_component(alarm(title, after))
    return event


def add_start(event: Event, instant: datetime.datetime, zone: ZoneInfo) -> None:
    """Add the start by the clock of the zone, or in UTC if that shows the time twice: programs take either for it."""
    local = instant.astimezone(zone)
    if local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset():
        event.add("dtstart", instant)
    else:
        event.add("dtstart", local.replace(tzinfo=None), parameters={"TZID": zone.key})


def alarm(title: str, after: datetime.timedelta) -> Alarm:
    """An alarm so long after the start of the event that it is part of."""
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", after)
    return alarm


def uid_of(feed: Feed, *said) -> str:
    """The UID of an event, made of what it says. With a key: a UID does not show which check-in it is."""
    text = "\n".join(map(str, (feed.pk, *said)))
    return str(uuid.UUID(bytes=salted_hmac("reminders.feed", text, algorithm="sha256").digest()[:16], version=4))
