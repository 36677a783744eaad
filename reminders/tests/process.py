"""A sender in a process of its own, for tests that end it at any moment. Its channel writes each reminder to a file.

    python -m reminders.tests.process people 100 2026-05-04T00:00+00:00
    python -m reminders.tests.process simulate LOG CLOCK END
    python -m reminders.tests.process work LOG [--hanging]

`simulate` has a clock of its own, in a file: it goes on by a quarter of an hour when everything that is due is sent.
`work` is the background process with a round each second instead of each minute.
"""

import testing.standalone  # noqa: F401 # isort: skip - sets Django up before models are imported.

import datetime
import fcntl
import os
import sys
import time
from pathlib import Path

from django.core.management import call_command
from django.db import transaction
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.utils import timezone

from accounts.models import Session, User
from logs.check_in_times import to_json
from operations import background
from reminders.channels import ChannelKind, register
from reminders.models import Channel, Delivery, Plan
from reminders.plans import rhythm_of
from reminders.rounds import run_round
from reminders.schedule import next_due
from reminders.sender import Sender
from reminders.tests.process_zones import JOURNEYS, ZONES, times_of

STEP = datetime.timedelta(minutes=15)
NEVER = datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC)


@receiver(connection_created)
def wait_for_no_disk(connection, **kwargs):
    """What was written outlives a kill of the process anyway, and the throwaway PostgreSQL does not wait either."""
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA synchronous = OFF")


@register
class FileKind(ChannelKind):
    """Appends the channel and the day and check-in of each reminder to a file. What is written outlives a kill."""

    slug = "push"
    file = -1
    hangs = False

    def is_configured(self):
        return True

    def send(self, channel, message):
        os.write(self.file, f"{channel.pk} {message.tag}\n".encode())
        while self.hangs:
            time.sleep(1)


def people(number: str, start: str) -> None:
    """Make people in all the zones."""
    now = datetime.datetime.fromisoformat(start)
    made = [
        User(
            username=f"person-{each}",
            username_key=f"person-{each}",
            timezone=ZONES[each % len(ZONES)],
            day_ends_at=4,
            check_in_times=to_json(times_of(each, int(number))),
        )
        for each in range(int(number))
    ]
    User.objects.bulk_create(made)
    found = list(User.objects.order_by("pk"))
    Session.objects.bulk_create(
        Session(key_hash=str(each.pk), user=each, seen_at=NEVER, expire_date=NEVER) for each in found
    )
    plans = [Plan(user=each, words="plain") for each in found]
    for plan in plans:
        plan.next_at = next_due(rhythm_of(plan, plan.user), now)
    Plan.objects.bulk_create(plans)
    Channel.objects.bulk_create(
        Channel(user=each, kind="push", destination="push.example.org", address_key="1") for each in found
    )


class Clock:
    """The instant in a file that several processes share, and that is whole whenever one of them is killed."""

    def __init__(self, path: str):
        self.path = Path(path)

    def read(self) -> datetime.datetime:
        return datetime.datetime.fromisoformat(self.path.read_text())

    def go_on(self, since: datetime.datetime) -> None:
        """Move the clock, unless another process has moved it since."""
        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if self.read() == since:
                new = self.path.with_suffix(f".{os.getpid()}")
                new.write_text((since + STEP).isoformat())
                new.replace(self.path)


def travel(now: datetime.datetime) -> None:
    """Let the people whose journey is now save their new zone. Does nothing for those who have."""
    for home, (away, left_at) in JOURNEYS.items():
        if now == left_at:
            for person in User.objects.filter(timezone=home):
                person.timezone = away
                with transaction.atomic():
                    person.save(update_fields=["timezone"])


def simulate(path: str, end: str) -> None:
    clock, sender = Clock(path), Sender(threads=1)
    now = clock.read()
    timezone.now = lambda: now
    while now < datetime.datetime.fromisoformat(end):
        run_round(now)
        sender.send_waiting(now)
        sender.wait()
        if not Delivery.objects.waiting(now).exists():
            travel(now)
            clock.go_on(now)
        now = clock.read()


def work(*options: str) -> None:
    background.MINUTE = 1
    FileKind.hangs = "--hanging" in options
    call_command("work")


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    if command == "people":
        people(*arguments)
    else:
        log, *arguments = arguments
        FileKind.file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        {"simulate": simulate, "work": work}[command](*arguments)
