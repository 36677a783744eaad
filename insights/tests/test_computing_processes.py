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
from testing.waiting import wait_until

pytestmark = pytest.mark.once

LEASE = 2  # seconds, in these processes


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


def test_processes_at_once_compute_each_once_and_a_killed_one_loses_nothing(each_database_url, tmp_path):
    log = tmp_path / "log"
    run(each_database_url, "people", "10")

    with running(each_database_url, "compute", str(log), "--hanging") as killed:
        wait_until(lambda: begun(log), process=killed)
        killed.kill()
        killed.wait()
        killed_at = time.monotonic()
    [first] = begun(log)
    with ExitStack() as processes:
        at_once = [processes.enter_context(running(each_database_url, "compute", str(log))) for _ in range(3)]
        assert [process.wait(60) for process in at_once] == [0, 0, 0]
    # Those were done without the one whose process was killed, if its lease had not ended by then.
    time.sleep(max(0, killed_at + LEASE + 0.5 - time.monotonic()))
    run(each_database_url, "compute", str(log))

    assert Counter(begun(log)) == dict.fromkeys(range(1, 21), 1) | {first: 2}
    assert {key: state for key, (state, *_) in states(each_database_url).items()} == dict.fromkeys(range(1, 21), "done")


def test_a_process_that_is_asked_to_end_gives_back_what_it_computes(each_database_url, tmp_path):
    log = tmp_path / "log"
    run(each_database_url, "people", "1")

    with running(each_database_url, "compute", str(log), "--hanging") as process:
        wait_until(lambda: begun(log), process=process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0

    # Without a wait for the end of its lease.
    assert states(each_database_url) == {1: ["queued", 0, None], 2: ["queued", 0, None]}
