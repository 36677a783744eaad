"""Processes that compute, for tests that run several at once and end them at any moment.

    python -m insights.tests.computing_process people 20
    python -m insights.tests.computing_process compute LOG [--hanging]
    python -m insights.tests.computing_process states
    python -m insights.tests.computing_process beside_pages

`compute` replaces what is computed: each writes its key to a file when it begins. `--hanging` never ends.
`beside_pages` is a web process without a worker, which computes in earnest.
"""

import testing.standalone  # noqa: F401 # isort: skip - sets Django up before models are imported.

import datetime
import json
import os
import sys
import time

from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from insights.findings import beside_pages, claims
from insights.findings.results import Findings, Noise
from insights.models import Computation


def people(number: str) -> None:
    """Make people who wait for findings and for noise."""
    User.objects.bulk_create(
        User(username=f"person-{each}", username_key=f"person-{each}") for each in range(int(number))
    )
    for person in User.objects.all():
        for kind in Computation.Kind:
            Computation.objects.ask(person, kind, person.answers_version, timezone.now())


def states() -> None:
    found = Computation.objects.order_by("pk").values_list("pk", "state", "attempts", "result_version")
    print(json.dumps([*found]))


def compute(log: str, *options: str) -> None:
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    Computation.LEASE = datetime.timedelta(seconds=2)

    def work(computation: Computation) -> None:
        os.write(file, f"{computation.pk}\n".encode())
        while "--hanging" in options:
            time.sleep(0.05)
        time.sleep(0.01)
        version = computation.user.answers_version
        is_noise = computation.kind == Computation.Kind.NOISE
        claims.store(computation, Noise(version, 0, 0, 0) if is_noise else Findings(version, None, None, ()))

    claims.COMPUTED = dict.fromkeys(Computation.Kind, work)
    call_command("compute")


def computed_beside_pages() -> None:
    beside_pages.WAIT_SECONDS = 0
    beside_pages.start()
    beside_pages.thread.join()


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    {"people": people, "compute": compute, "states": states, "beside_pages": computed_beside_pages}[command](*arguments)
