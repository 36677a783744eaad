"""Reading a calendar feed with a second library, vobject, which shares no code with the one that writes it."""

import datetime
import io
import re
from itertools import count

import vobject
from dateutil import tz

NUMBERS = count()
DEFINITION = re.compile(r"BEGIN:VTIMEZONE\r\nTZID:(.*?)\r\n.*END:VTIMEZONE\r\n", re.DOTALL)


def read(content: bytes):
    """The calendar, by the definition of the zone that it has itself.

    vobject prefers what it knows from pytz and from calendars before: so no zone has the same name twice. And it takes
    a zone for UTC whose definition begins after 2020 with an offset of none: so its definition is registered here.
    """
    text = re.sub(r"(;TZID=|\r\nTZID:)", rf"\1Feed-{next(NUMBERS)}-", content.decode())
    definition = DEFINITION.search(text)
    zone = tz.tzical(io.StringIO(definition[0])).get(definition[1])
    vobject.icalendar.registerTzid(definition[1], zone)
    calendar = vobject.readOne(text)
    calendar.validate(raiseException=True)
    return calendar


def events_in(content: bytes) -> list:
    return read(content).contents.get("vevent", [])


def starts_in(content: bytes) -> list[datetime.datetime]:
    """The instants at which the events start, in UTC."""
    return [event.dtstart.value.astimezone(datetime.UTC) for event in events_in(content)]
