"""People who are reminded, and a kind of channel that records what it is asked to send."""

import datetime
import threading

from django.contrib.auth import SESSION_KEY

from accounts.sessions import SessionStore
from accounts.tests.factories import make_person
from logs.check_in_times import EVERY_DAY, CheckInTime, check_in_times, to_json
from reminders.channels import ChannelKind
from reminders.models import Channel, Plan
from reminders.plans import replan


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


def make_reminded(times: dict[str, str], **options):
    person = make_person()
    remind(person, times, **options)
    return person
