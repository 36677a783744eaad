"""What happened to the demo person: by days ago, the first and the last day, and their words."""

import datetime

from accounts.models import User
from insights.models import Event
from operations.demo.generate import DOSE_CHANGE, HOLIDAY, ILL

HAPPENED = (
    (330, 330, "Moved into the new flat"),
    (HOLIDAY[-1], HOLIDAY[0], "Holiday by the sea"),
    (DOSE_CHANGE + 1, DOSE_CHANGE + 1, "Appointment: a new dose from tomorrow"),
    (151, 151, "New job"),
    (ILL[-1], ILL[0], "Flu"),
    (45, 31, "Building site next door"),
    (12, 9, "Visit from my sister"),
)


def make_events(person: User) -> list[Event]:
    """Make the events, not yet saved. None of them has an effect on any answer, but the days not tracked."""
    today = person.today()
    dates = [
        (today - datetime.timedelta(days=first), today - datetime.timedelta(days=last), text)
        for first, last, text in HAPPENED
    ]
    return [
        Event(user=person, date=first, last_day=last if last > first else None, text=text)
        for first, last, text in dates
    ]
