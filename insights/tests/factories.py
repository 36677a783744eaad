"""Factories of valid rows. Tests pass only the values that matter to them."""

import datetime

from accounts.tests.factories import make_person
from insights.models import Appointment, Event, Report
from insights.tests.reports import example_report

DAY = datetime.date(2026, 5, 4)


def make_appointment(user=None, date=DAY, with_whom="Dr Lee", **facts) -> Appointment:
    return Appointment.objects.create(user=user or make_person(), date=date, with_whom=with_whom, **facts)


def make_report(user=None, contents=None, **facts) -> Report:
    """A kept report, of the example unless said otherwise."""
    contents = contents or example_report()
    return Report.objects.create(
        user=user or make_person(),
        **{"first": contents.first, "last": contents.last, "title": contents.header.title}
        | {"content_json": contents.to_json()}
        | facts,
    )


def make_event(user=None, text="Moved house", date=DAY, **facts) -> Event:
    return Event.objects.create(user=user or make_person(), date=date, text=text, **facts)
