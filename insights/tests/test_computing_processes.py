"""Processes that compute at once, and that are ended while they compute."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from testing.gunicorn import ROOT, environment_with
from testing.migrated import migrate
from testing.postgres import throwaway_cluster
from testing.waiting import wait_until

pytestmark = pytest.mark.once

LEASE = 2  # seconds, in these processes


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request, tmp_path):
    if request.param == "sqlite":
        yield migrate(f"sqlite:///{tmp_path}/db.sqlite3")
    else:
        with throwaway_cluster() as cluster:
            yield migrate(cluster.create_database("computations"))


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "insights.tests.computing_process", *arguments]


def run(database_url: str, *arguments: str) -> str:
    done = subprocess.run(
        command(*arguments), cwd=ROOT, env=environment_with(database_url), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def running(database_url: str, *arguments: str):
    with subprocess.Popen(
        command(*arguments), cwd=ROOT, env=environment_with(database_url), stdout=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def begun(log: Path) -> list[int]:
    return [int(line) for line in log.read_text().split()] if log.exists() else []


def states(database_url: str) -> dict[int, list]:
    return {key: rest for key, *rest in json.loads(run(database_url, "states"))}


def test_processes_at_once_compute_each_once_and_a_killed_one_loses_nothing(database_url, tmp_path):
    log = tmp_path / "log"
    run(database_url, "people", "10")

    with running(database_url, "compute", str(log), "--hanging") as killed:
        wait_until(lambda: begun(log), process=killed)
        killed.kill()
        killed.wait()
        killed_at = time.monotonic()
    [first] = begun(log)
    with ExitStack() as processes:
        at_once = [processes.enter_context(running(database_url, "compute", str(log))) for _ in range(3)]
        assert [process.wait(60) for process in at_once] == [0, 0, 0]
    # Those were done without the one whose process was killed, if its lease had not ended by then.
    time.sleep(max(0, killed_at + LEASE + 0.5 - time.monotonic()))
    run(database_url, "compute", str(log))

    assert Counter(begun(log)) == dict.fromkeys(range(1, 21), 1) | {first: 2}
    assert {key: state for key, (state, *_) in states(database_url).items()} == dict.fromkeys(range(1, 21), "done")


def test_a_process_that_is_asked_to_end_gives_back_what_it_computes(database_url, tmp_path):
    log = tmp_path / "log"
    run(database_url, "people", "1")

    with running(database_url, "compute", str(log), "--hanging") as process:
        wait_until(lambda: begun(log), process=process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0

    # Without a wait for the end of its lease.
    assert states(database_url) == {1: ["queued", 0, None], 2: ["queued", 0, None]}
