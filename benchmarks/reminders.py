"""How long reminders take: a round of many that are due, one server that hangs, mails, and the plans of everyone.

    .venv/bin/python -m benchmarks.reminders [sqlite:////tmp/brainlog-benchmark.sqlite3]

Without the URL of a migrated, empty database, it starts a PostgreSQL of its own. The exit code is 1 if the reminders of
the server that answers take longer than 30 s, beside one that hangs and a mail server that takes a second for a mail.
"""

import os
import sys
import time
from contextlib import contextmanager

DUE = 1000
LIMIT = 30  # seconds for the reminders of the server that answers
HANGING = 10  # seconds until a send to the server that hangs fails, as each channel must
ANSWER = 0.1  # seconds that the other server takes
MAIL = 1  # seconds that the mail server takes to accept a mail
LONGEST_WAIT = 300


@contextmanager
def database_url():
    from testing.migrated import migrate
    from testing.postgres import throwaway_cluster

    if len(sys.argv) > 1:
        yield sys.argv[1]
    else:
        with throwaway_cluster("max_connections = 100") as cluster:
            yield migrate(cluster.create_database("reminders"))


def main() -> int:
    with database_url() as url:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "testing.settings", "DATABASE_URL": url}
        import django

        django.setup()
        from django.conf import settings

        from reminders.tests.smtp_server import mail_server

        settings.HAS_EMAIL = True
        with mail_server(settings, seconds=MAIL):
            return measure()


def make_people(now) -> None:
    """People who are all due now, each with a channel on the server that answers and one of mails. Every second one has
    a channel on the server that hangs too."""
    from allauth.account.models import EmailAddress

    from accounts.models import User
    from logs.check_in_times import EVERY_DAY, CheckInTime, to_json
    from reminders.email import ADDRESS_KEY, DESTINATION
    from reminders.models import Channel, Plan
    from reminders.tests.factories import make_session

    times = to_json({"midday": CheckInTime(now.time(), EVERY_DAY)})
    User.objects.bulk_create(
        User(username=f"b-{n}", username_key=f"b-{n}", timezone="UTC", day_ends_at=0, check_in_times=times)
        for n in range(DUE)
    )
    people = list(User.objects.filter(username__startswith="b-"))
    for person in people:
        make_session(person)
    EmailAddress.objects.bulk_create(
        EmailAddress(user=person, email=f"{person.username}@example.org", verified=True, primary=True)
        for person in people
    )
    Plan.objects.bulk_create(Plan(user=person, next_at=now) for person in people)
    hosts = [(person, "answering.example.org") for person in people]
    hosts += [(person, "hanging.example.org") for person in people[::2]]
    channels = [Channel(user=person, kind="push", destination=host, address_key=host[:7]) for person, host in hosts]
    channels += [
        Channel(
            user=person,
            kind="email",
            destination=DESTINATION,
            address=f"{person.username}@example.org",
            address_key=ADDRESS_KEY,
        )
        for person in people
    ]
    Channel.objects.bulk_create(channels)


def register_push() -> None:
    from reminders.channels import ChannelKind, SendingError, register

    @register
    class SlowKind(ChannelKind):
        slug = "push"

        def is_configured(self):
            return True

        def send(self, channel, message):
            if channel.destination.startswith("hanging"):
                time.sleep(HANGING)
                raise SendingError("timeout")
            time.sleep(ANSWER)


def seconds_until_sent(destination: str, begin: float) -> float:
    """Wait until all reminders of a destination are sent. Returns how long that took; infinity if they are not."""
    from reminders.models import Delivery

    unsent = Delivery.objects.filter(channel__destination=destination).exclude(state="sent")
    while unsent.exists():
        if time.perf_counter() - begin > LONGEST_WAIT:
            return float("inf")
        time.sleep(0.1)
    return time.perf_counter() - begin


def measure() -> int:
    from django.db import connections
    from django.utils import timezone

    from reminders.email import DESTINATION
    from reminders.models import Plan
    from reminders.plans import replan_all
    from reminders.rounds import run_round
    from reminders.sender import THREADS, Sender

    register_push()
    now = timezone.now()
    make_people(now.replace(second=0, microsecond=0))
    begin = time.perf_counter()
    done = run_round(now)
    print(f"a round of {done.due} people, {done.queued} reminders queued: {time.perf_counter() - begin:.1f} s")
    sender, begin = Sender(), time.perf_counter()
    sender.send_waiting()
    answering = seconds_until_sent("answering.example.org", begin)
    print(f"all {DUE} of the server that answers within {ANSWER} s: {answering:.1f} s (at most {LIMIT})", flush=True)
    mails = seconds_until_sent(DESTINATION, begin)
    print(
        f"all {DUE} mails, of a server that takes {MAIL} s for each: {mails:.1f} s "
        f"({THREADS} at once: {DUE * MAIL / THREADS:.0f} s and not {LIMIT}; docs/reminders.md says what to do)"
    )
    begin = time.perf_counter()
    sender.stop(12)
    print(f"the end, beside a server that hangs: {time.perf_counter() - begin:.1f} s")
    Plan.objects.update(next_at=None)
    begin = time.perf_counter()
    print(f"{replan_all(now)} plans computed anew: {time.perf_counter() - begin:.1f} s")
    connections.close_all()
    return int(answering > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
