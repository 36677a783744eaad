"""Nothing is left of a run that was killed."""

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

# A run that starts one of everything and waits for its end.
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
    """Without the mark of the run around this test, so that the one to be killed is a run of its own."""
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
            run.kill()  # Or this test would wait for its end, which never comes.
            raise

    wait_until(lambda: not processes_of(folder), "the processes of the run end")
    wait_until(lambda: not Path(folder).exists(), "the files of the run are removed")


def processes_of(folder: str) -> list[str]:
    """Whatever names the folder in its arguments or its environment, the watchdog with it."""
    table = subprocess.run(["ps", "axeww", "-o", "command="], capture_output=True, text=True, check=True).stdout
    return [line for line in table.splitlines() if folder in line]


def test_a_run_within_a_run_is_watched_once(monkeypatch):
    monkeypatch.setenv(RUN, "/of/another")
    monkeypatch.setattr(subprocess, "Popen", None)

    with watched_run():
        assert os.environ[RUN] == "/of/another"
