"""How long reminders take: a round of many that are due, one server that hangs, and the plans of everyone.

    .venv/bin/python -m benchmarks.reminders [sqlite:////tmp/brainlog-benchmark.sqlite3]

Without the URL of a migrated, empty database, it starts a PostgreSQL of its own.
"""

import os
import sys
import time
from contextlib import contextmanager

DUE = 1000
HANGING = 10  # seconds until a send to the server that hangs fails, as each channel must
ANSWER = 0.1  # seconds that the other server takes


@contextmanager
def database_url():
    from testing.migrated import migrate
    from testing.postgres import throwaway_cluster

    if len(sys.argv) > 1:
        yield sys.argv[1]
    else:
        with throwaway_cluster("max_connections = 100") as cluster:
            yield migrate(cluster.create_database("reminders"))


def main():
    with database_url() as url:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "testing.settings", "DATABASE_URL": url}
        import django

        django.setup()
        measure()


def measure():
    from django.db import connections
    from django.utils import timezone

    from accounts.models import User
    from logs.check_in_times import EVERY_DAY, CheckInTime, to_json
    from reminders.channels import ChannelKind, SendingError, register
    from reminders.models import Channel, Delivery, Plan
    from reminders.plans import replan_all
    from reminders.sender import Sender, run_round
    from reminders.tests.factories import make_session

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

    now = timezone.now()
    times = to_json({"midday": CheckInTime(now.time().replace(second=0, microsecond=0), EVERY_DAY)})
    people = [
        User(username=f"b-{n}", username_key=f"b-{n}", timezone="UTC", day_ends_at=0, check_in_times=times)
        for n in range(DUE)
    ]
    User.objects.bulk_create(people)
    people = list(User.objects.filter(username__startswith="b-"))
    for person in people:
        make_session(person)
    Plan.objects.bulk_create(Plan(user=person, next_at=now.replace(second=0, microsecond=0)) for person in people)
    # Half of the people have a channel on the server that hangs, and all one on the other.
    hosts = [(person, "answering.example.org") for person in people]
    hosts += [(person, "hanging.example.org") for person in people[::2]]
    Channel.objects.bulk_create(
        Channel(user=person, kind="push", destination=host, address_key=host[:7]) for person, host in hosts
    )
    begin = time.perf_counter()
    done = run_round(now)
    print(f"a round of {done.due} people, {done.queued} reminders queued: {time.perf_counter() - begin:.1f} s")
    sender, begin = Sender(), time.perf_counter()
    sender.send_waiting()
    healthy = Delivery.objects.filter(channel__destination="answering.example.org").exclude(state="sent")
    while healthy.exists():
        time.sleep(0.1)
    print(f"all reminders of the server that answers within {ANSWER} s: {time.perf_counter() - begin:.1f} s")
    begin = time.perf_counter()
    sender.stop(12)
    print(f"the end, beside a server that hangs: {time.perf_counter() - begin:.1f} s")
    Plan.objects.update(next_at=None)
    begin = time.perf_counter()
    print(f"{replan_all(now)} plans computed anew: {time.perf_counter() - begin:.1f} s")
    connections.close_all()


if __name__ == "__main__":
    main()
