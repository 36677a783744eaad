"""People who are reminded, and a kind of channel that records what it is asked to send."""

import datetime
import threading

from django.contrib.auth import SESSION_KEY
from django.utils import timezone

from accounts.sessions import SessionStore
from accounts.tests.factories import make_person
from logs.check_in_times import EVERY_DAY, CheckInTime, check_in_times, to_json
from reminders.channels import ChannelKind
from reminders.models import Channel, Delivery, Plan
from reminders.plans import replan
from reminders.schedule import ONE_DAY


class RecordingKind(ChannelKind):
    """Records what it sends. `fail` is called first: what it raises is the failure."""

    slug = "push"

    def __init__(self, fail=None):
        self.fail = fail
        self.sent: list[tuple[int, str]] = []
        self.lock = threading.Lock()

    def is_configured(self) -> bool:
        return True

    def send(self, channel, message):
        if self.fail:
            self.fail(channel)
        with self.lock:
            self.sent.append((channel.pk, message.title))


def make_session(person, seen_at: datetime.datetime | None = None):
    """A session of the person that is used now, or was used then."""
    session = SessionStore()
    session[SESSION_KEY] = str(person.pk)
    session.create()
    if seen_at:
        person.sessions.update(seen_at=seen_at)
    return session


def remind(person, times: dict[str, str], *, channels: int = 1, session: bool = True, **plan) -> list[Channel]:
    """Let a person be reminded every day at these times, by the recording kind. Returns the channels."""
    chosen = check_in_times(None) | {
        slug: CheckInTime(datetime.time.fromisoformat(at), EVERY_DAY) for slug, at in times.items()
    }
    person.check_in_times = to_json(chosen)
    type(person).objects.filter(pk=person.pk).update(check_in_times=person.check_in_times)
    Plan.objects.update_or_create(user=person, defaults=plan)
    replan(person)
    if session:
        make_session(person)
    return [
        Channel.objects.create(
            user=person, kind="push", destination="push.example.org", address=f"{number}", address_key=f"{number}"
        )
        for number in range(channels)
    ]


def make_delivery(person, **facts) -> Delivery:
    """A reminder of a person that waits, with their plan and a channel."""
    Plan.objects.get_or_create(user=person)
    channel = person.reminder_channels.first() or Channel.objects.create(
        user=person, kind="push", destination="push.example.org", label="My phone", address="A secret", address_key="1"
    )
    now = timezone.now()
    facts = {"slug": "midday", "day": now.date(), "due_at": now, "worth_until": now + ONE_DAY} | facts
    return Delivery.objects.create(channel=channel, **facts)


def make_reminded(times: dict[str, str], **options):
    person = make_person()
    remind(person, times, **options)
    return person
