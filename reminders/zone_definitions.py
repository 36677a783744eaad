"""Definitions of time zones for calendars (VTIMEZONE), made of the offsets that Python itself uses.

icalendar derives rules from a few years of a zone, and is wrong where there is no rule, as in Morocco, whose clocks
change for Ramadan. Here each change of the clocks within a span is listed, so nothing has to be derived.
"""

import datetime
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

# Shorter than the time between any two changes of a zone.
STEP = datetime.timedelta(hours=12)


@dataclass(frozen=True)
class Observance:
    """An offset of a zone, from an instant on."""

    begins_at: datetime.datetime
    before: datetime.timedelta
    offset: datetime.timedelta
    name: str
    is_daylight: bool

    @property
    def wall_clock(self) -> datetime.datetime:
        """The time that the clock shows when it is changed, as it is without the change."""
        return (self.begins_at + self.before).replace(tzinfo=None)


@lru_cache(256)
def zone_definition(zone: ZoneInfo, since: datetime.datetime, until: datetime.datetime) -> Timezone:
    """The VTIMEZONE of a zone, right from one instant to another."""
    definition = Timezone()
    definition.add("tzid", zone.key)
    for each in observances(zone, since, until):
        part = TimezoneDaylight() if each.is_daylight else TimezoneStandard()
        part.add("dtstart", each.wall_clock)
        part.add("tzoffsetfrom", each.before)
        part.add("tzoffsetto", each.offset)
        part.add("tzname", each.name)
        definition.add_component(part)
    return definition


def observances(zone: ZoneInfo, since: datetime.datetime, until: datetime.datetime) -> Iterator[Observance]:
    """The offset at an instant in UTC, and each change until another one."""
    offset = since.astimezone(zone).utcoffset()
    yield Observance(since, offset, *facts_at(zone, since))
    at = since
    while at < until:
        before, later = facts_at(zone, at), min(at + STEP, until)
        if facts_at(zone, later) != before:
            changed_at = first_change(zone, at, later)
            yield Observance(changed_at, before[0], *facts_at(zone, changed_at))
        at = later


def facts_at(zone: ZoneInfo, instant: datetime.datetime) -> tuple[datetime.timedelta, str, bool]:
    """Offset, name, and whether it is daylight saving time. A negative one, as in Dublin in winter, is none."""
    local = instant.astimezone(zone)
    return local.utcoffset(), local.tzname(), local.dst() > datetime.timedelta()


def first_change(zone: ZoneInfo, since: datetime.datetime, until: datetime.datetime) -> datetime.datetime:
    """The second at which the facts of a zone change, of two instants between which they do once."""
    before, second = facts_at(zone, since), datetime.timedelta(seconds=1)
    seconds = range((until - since) // second)
    number = bisect_left(seconds, True, key=lambda number: facts_at(zone, since + number * second) != before)
    return since + number * second
