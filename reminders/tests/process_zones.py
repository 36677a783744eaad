"""The zones of the people in reminders/tests/process.py, all around the world, and the journeys of some."""

import datetime

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
