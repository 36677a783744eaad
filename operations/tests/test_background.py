"""The background process: its schedule, errors, clocks that jump, and how it ends."""

import datetime
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from django.db import OperationalError
from django.utils import timezone
from hypothesis import given, strategies as st

from operations import background
from operations.background import Background, ClockWatch, seconds_until_round
from reminders.models import Delivery, Plan, SenderState
from reminders.tests.factories import make_delivery, make_reminded
from testing.gunicorn import ROOT, environment_with
from testing.migrated import migrate
from testing.waiting import wait_until

MINUTES = datetime.timedelta(minutes=1)


@given(st.floats(0, 4e9))
def test_the_next_round_is_at_the_next_full_minute(wall_time):
    seconds = seconds_until_round(wall_time)

    assert 0 < seconds <= 60
    assert (wall_time + seconds) % 60 == pytest.approx(0, abs=1e-3) or (wall_time + seconds) % 60 > 59.99


@pytest.mark.parametrize(
    ("wall", "monotonic", "expected"),
    [(60, 60, 0), (61, 60, 0), (3660, 60, 3600), (-3540, 60, -3600), (600, 600, 0), (60.0, 95, -35)],
)
def test_a_clock_that_jumps_is_noticed(wall, monotonic, expected):
    clock = ClockWatch()
    assert clock.jump(1_000_000, 500) == 0

    assert clock.jump(1_000_000 + wall, 500 + monotonic) == expected
    assert clock.jump(1_000_060 + wall, 560 + monotonic) == 0


@pytest.fixture
def rounds(monkeypatch):
    """A background process whose pauses end it after so many rounds, and the seconds of its pauses."""

    def run(number: int, wall_times=None) -> list[float]:
        process, pauses, clock = Background(), [], iter(wall_times or [])

        def pause(seconds):
            pauses.append(seconds)
            if len(pauses) == number:
                process.stopping.set()

        monkeypatch.setattr(process, "pause", pause)
        if wall_times:
            clocks = SimpleNamespace(time=lambda: next(clock), monotonic=time.monotonic)
            monkeypatch.setattr(background, "time", clocks)
        process.run()
        return pauses

    return run


@pytest.mark.once
def test_a_clock_that_jumps_neither_hammers_nor_sleeps_for_hours(rounds, monkeypatch):
    monkeypatch.setattr(Background, "attempt_round", lambda self: None)

    assert rounds(4, [1_000_020.0, 1_003_640.5, 1_000_025.0, 5.0]) == [60, 39.5, 55, 55]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", [OperationalError("the server is gone"), ValueError("a fault")])
def test_an_error_ends_a_round_and_not_the_process(rounds, monkeypatch, caplog, error):
    attempts = []

    def fail(now):
        attempts.append(now)
        if len(attempts) < 3:
            raise error

    real = background.run_round
    monkeypatch.setattr(background, "run_round", lambda now: fail(now) or real(now))

    assert len(rounds(3)) == 3
    assert len(attempts) == 3
    assert caplog.text.count("The next one tries again.") == 2
    assert SenderState.is_running(timezone.now())


@pytest.mark.django_db
def test_plans_are_computed_anew_at_the_start_and_after_a_jump_of_the_clock(person, monkeypatch):
    process, calls = Background(), []
    monkeypatch.setattr(background, "replan_all", lambda now: calls.append(now) or 0)

    process.run_round()
    process.run_round()
    assert len(calls) == 1
    process.clock.last = (time.time() - 3600, time.monotonic())
    process.run_round()
    assert len(calls) == 2


@pytest.mark.django_db
def test_old_deliveries_are_deleted_once_an_hour_and_not_by_a_clock_that_jumped(person):
    def make_old():
        make_delivery(person, day="2020-01-01", due_at="2020-01-01T12:00Z", worth_until="2020-01-01T13:00Z")

    process = Background()
    make_old()
    process.clock.last = (time.time() - 3600, time.monotonic())
    process.run_round()
    assert Delivery.objects.count() == 1
    process.run_round()
    assert Delivery.objects.count() == 0
    make_old()
    process.run_round()
    assert Delivery.objects.count() == 1
    process.cleaned_at -= background.HOUR
    process.run_round()
    assert Delivery.objects.count() == 0


@pytest.mark.django_db
def test_a_plan_that_lies_far_ahead_after_a_jump_comes_back(person):
    """The clock was years ahead when the plan was claimed."""
    made = make_reminded({"midday": "12:00"})
    Plan.objects.update(next_at=timezone.now() + datetime.timedelta(days=1000))
    process = Background()

    process.run_round()

    assert Plan.objects.get(user=made).next_at < timezone.now() + datetime.timedelta(days=2)


# ── In a process of its own ───────────────────────────────────────────────────────────────────────


@pytest.fixture
def database_url(tmp_path):
    return migrate(f"sqlite:///{tmp_path}/db.sqlite3")


def start(database_url, *arguments):
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment_with(database_url, LOG_FORMAT="text"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.mark.once
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_it_in_good_order(database_url, number):
    with start(database_url, "manage.py", "work") as process:
        for line in process.stdout:
            if "computed anew" in line:
                break
        process.send_signal(number)
        rest = process.stdout.read()

    assert process.returncode == 0
    assert "The background process ends." in rest
    assert "Traceback" not in rest


@pytest.mark.once
def test_it_ends_with_the_process_that_started_it(database_url):
    """Even if that one is killed."""
    script = f"{sys.executable} manage.py work --with-parent $$ 2>&1 & echo $!; exec sleep 600"
    with subprocess.Popen(
        ["sh", "-c", script], cwd=ROOT, env=environment_with(database_url), stdout=subprocess.PIPE, text=True
    ) as parent:
        worker = int(parent.stdout.readline())
        for line in parent.stdout:
            if "computed anew" in line:
                break
        parent.kill()
        wait_until(lambda: not is_alive(worker), "the background process ends")


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{process}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] != "Z"
