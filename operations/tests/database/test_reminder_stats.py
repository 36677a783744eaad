"""Counts of reminders for /metrics."""

import datetime

import pytest
from django.utils import timezone

from operations.database import reminder_stats
from reminders.models import Plan
from reminders.tests.factories import make_delivery, make_reminded

pytestmark = pytest.mark.django_db

TEN_MINUTES = datetime.timedelta(minutes=10)


def measured() -> tuple[float, float]:
    found = reminder_stats.measurements("default", 5)
    return found["due"], found["oldest_overdue_seconds"]


@pytest.mark.parametrize(("channels", "due"), [(0, 0), (1, 1), (2, 1)])
def test_people_are_overdue_if_they_have_a_channel(channels, due):
    """A page reminds the others, and no process: an alert would have no cause."""
    make_reminded({"midday": "12:00"}, channels=channels)
    Plan.objects.update(next_at=timezone.now() - TEN_MINUTES)

    count, oldest = measured()

    assert count == due
    assert due * 600 <= oldest <= due * 660


@pytest.mark.parametrize(("state", "is_overdue"), [("queued", True), ("sending", False), ("sent", False)])
def test_what_is_queued_is_overdue_until_it_is_sent(state, is_overdue):
    """Its plan is claimed, and its server does not answer."""
    person = make_reminded({"midday": "12:00"})
    make_delivery(person, due_at=timezone.now() - TEN_MINUTES, state=state)

    count, oldest = measured()

    assert count == 0
    assert is_overdue * 600 <= oldest <= is_overdue * 660


def test_the_oldest_of_both_counts():
    person = make_reminded({"midday": "12:00"})
    Plan.objects.update(next_at=timezone.now() - TEN_MINUTES)
    make_delivery(person, due_at=timezone.now() - 2 * TEN_MINUTES)

    assert 1200 <= measured()[1] <= 1260
