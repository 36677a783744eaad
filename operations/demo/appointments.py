"""Appointments of the demo person: how many days from today, past ones negative, and with whom."""

import datetime

from accounts.models import User
from insights.models import Appointment
from operations.demo.generate import DOSE_CHANGE

# The first is the one in HAPPENED, at which the dose was changed.
APPOINTMENTS = (
    (-(DOSE_CHANGE + 1), "Dr Lee"),
    (-62, "Dr Lee"),
    (9, "Dr Lee"),
)


def make_appointments(person: User) -> list[Appointment]:
    """Make the appointments, not yet saved."""
    today = person.today()
    return [
        Appointment(user=person, date=today + datetime.timedelta(days=days), with_whom=with_whom)
        for days, with_whom in APPOINTMENTS
    ]
