"""Where the people of reminders/tests/process.py live, all around the world, where some travel, and their times."""

import datetime

from logs.check_in_times import EVERY_DAY, CheckInTime

ZONES = (
    *("Pacific/Kiritimati", "Pacific/Apia", "Pacific/Chatham", "Pacific/Auckland", "Australia/Lord_Howe"),
    *("Australia/Sydney", "Australia/Adelaide", "Asia/Tokyo", "Australia/Eucla", "Asia/Shanghai", "Asia/Bangkok"),
    *("Asia/Yangon", "Asia/Dhaka", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Karachi", "Asia/Kabul", "Asia/Dubai"),
    *("Asia/Tehran", "Europe/Istanbul", "Africa/Nairobi", "Africa/Cairo", "Asia/Beirut", "Europe/Berlin"),
    *("Africa/Lagos", "Europe/London", "Africa/Casablanca", "Atlantic/Azores", "America/Nuuk", "America/Sao_Paulo"),
    *("America/St_Johns", "America/Halifax", "America/New_York", "America/Havana", "America/Chicago"),
    *("America/Denver", "America/Los_Angeles", "America/Anchorage", "Pacific/Marquesas", "Pacific/Honolulu"),
)

# Two zones to the west of two others, and when the people travel there: at an hour at which none of them is reminded,
# neither then nor shortly before.
JOURNEYS = {
    "Europe/Berlin": ("Europe/London", datetime.datetime(2026, 10, 25, 7, 30, tzinfo=datetime.UTC)),
    "Pacific/Kiritimati": ("Pacific/Honolulu", datetime.datetime(2026, 10, 25, 22, tzinfo=datetime.UTC)),
}


MANY = 1000  # From so many people on, each is reminded on two days of the week, or a week takes hours.


def times_of(person: int, people: int) -> dict[str, CheckInTime]:
    """The times of one of so many people: a check-in in the morning and one at night, for some after midnight."""
    morning, evening = EVERY_DAY, EVERY_DAY
    if people >= MANY:
        morning, evening = frozenset([person % 7]), frozenset([(person + 3) % 7])
    return {
        "morning": CheckInTime(datetime.time(7, 15 * (person % 4)), morning),
        "evening": CheckInTime(datetime.time((21, 0)[person % 2], 30), evening),
    }
