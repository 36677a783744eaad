"""`manage.py send_reminders`: one round, for cron."""

import datetime
import threading
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from reminders import channels
from reminders.models import Delivery, Plan
from reminders.tests.factories import RecordingKind, make_delivery, make_reminded

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kind(monkeypatch):
    kind = RecordingKind()
    monkeypatch.setitem(channels.KINDS, "push", kind)
    return kind


def make_due() -> None:
    """A person who is reminded in these minutes: of a check-in all day long, in a zone in which it is noon."""
    hours = 12 - timezone.now().hour
    at = timezone.now() + datetime.timedelta(hours=hours, minutes=-1)
    person = make_reminded({"midday": f"{at:%H:%M}"}, channels=2)
    type(person).objects.filter(pk=person.pk).update(timezone=f"Etc/GMT{-hours:+d}")
    Plan.objects.update(next_at=timezone.now() - datetime.timedelta(minutes=2))


def run(*arguments: str) -> tuple[str, str, int]:
    """Both outputs, and the exit code."""
    output, errors = StringIO(), StringIO()
    try:
        call_command("send_reminders", *arguments, stdout=output, stderr=errors)
    except SystemExit as end:
        return output.getvalue(), errors.getvalue(), end.code
    return output.getvalue(), errors.getvalue(), 0


def test_it_sends_what_is_due_and_says_what_it_did(kind):
    make_due()

    assert run() == ("Plans due: 1, reminders queued: 2, sent: 2, failed: 0.\n", "", 0)
    assert run() == ("Plans due: 0, reminders queued: 0, sent: 0, failed: 0.\n", "", 0)
    assert len(kind.sent) == 2


def test_it_ends_in_time_and_says_how_many_are_left(kind):
    make_due()
    is_over = threading.Event()
    kind.fail = lambda channel: is_over.wait(60)

    output, errors, code = run("--seconds", "4")

    assert (output, errors, code) == (
        "Plans due: 1, reminders queued: 2, sent: 0, failed: 0.\n",
        "Reminders that still wait: 1.\n",
        1,
    )
    is_over.set()
    kind.fail = None
    assert run()[2] == 0
    assert Delivery.objects.filter(state="queued").count() == 0


def test_it_deletes_old_records_and_computes_plans_anew_on_demand(kind, person):
    make_delivery(person, day="2020-01-01", due_at="2020-01-01T12:00Z", worth_until="2020-01-01T13:00Z")
    make_reminded({"midday": "12:00"})
    Plan.objects.update(next_at=None)

    assert "Computed all plans anew: 1 moved." in run("--replan")[0]
    assert not Delivery.objects.exists()
