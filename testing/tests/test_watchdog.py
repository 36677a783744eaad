"""A killed test run leaves no processes and files."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from testing.gunicorn import ROOT
from testing.postgres import is_running
from testing.waiting import PATIENCE, wait_until
from testing.watchdog import RUN, watched_run

pytestmark = pytest.mark.once

# A run that starts one of each server and then waits.
RUN_WITH_SERVERS = """
import os, subprocess, sys, time
from testing.watchdog import RUN, watched_run
from testing.postgres import throwaway_cluster
from testing.redis import throwaway_redis

with watched_run(), throwaway_cluster() as cluster, throwaway_redis() as redis:
    detached = subprocess.Popen(["sleep", "600"], start_new_session=True)
    cluster.pause()
    print(os.environ[RUN], redis.process.pid, detached.pid, *cluster.processes(), flush=True)
    time.sleep(600)
"""


@pytest.fixture
def environment() -> dict[str, str]:
    """The environment without the variable of this test run, so that the killed process is a test run of its own."""
    return {name: value for name, value in os.environ.items() if name != RUN and "DATABASE_URL" not in name}


def test_nothing_is_left_of_a_process_that_was_killed(environment):
    command = [sys.executable, "-c", RUN_WITH_SERVERS]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as run:
        folder, *processes = run.stdout.readline().split()
        assert len(processes) > 4 and all(is_running(int(process)) for process in processes)
        run.kill()

    wait_until(lambda: not any(is_running(int(process)) for process in processes), "the servers of the run end")
    wait_until(lambda: not Path(folder).exists(), "the files of the run are removed")


@pytest.mark.thorough
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
@pytest.mark.parametrize("program", ["pytest", "testing"])
def test_nothing_is_left_of_a_test_run(environment, tmp_path, program, number):
    ready = tmp_path / "ready"
    with subprocess.Popen(
        [sys.executable, "-m", program, "testing/tests/endless.py"],
        cwd=ROOT,
        env=environment | {"READY": str(ready)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as run:
        try:
            folder = wait_until(lambda: ready.exists() and ready.read_text(), seconds=3 * PATIENCE, process=run)
            assert processes_of(folder)
            run.send_signal(number)
        except BaseException:
            run.kill()  # Otherwise this test would wait for its end.
            raise

    wait_until(lambda: not processes_of(folder), "the processes of the run end")
    wait_until(lambda: not Path(folder).exists(), "the files of the run are removed")


def processes_of(folder: str) -> list[str]:
    """The processes that have the folder in their arguments or environment, the watchdog included."""
    table = subprocess.run(["ps", "axeww", "-o", "command="], capture_output=True, text=True, check=True).stdout
    return [line for line in table.splitlines() if folder in line]


def test_a_run_within_a_run_is_watched_once(monkeypatch):
    monkeypatch.setenv(RUN, "/of/another")
    monkeypatch.setattr(subprocess, "Popen", None)

    with watched_run():
        assert os.environ[RUN] == "/of/another"
