"""What the background process has computed, and that no page brings numpy with it."""

import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.models import User
from insights.findings import child
from insights.models import Computation
from operations import computations
from operations.computations import BACK_OFF_SECONDS, LOOK_SECONDS, Computations
from testing.gunicorn import ROOT, environment_with
from testing.migrated import migrate
from testing.waiting import wait_until


class Process:
    """One that ends when it has been looked at a few times, or never."""

    def __init__(self, returncode=0, looks=2):
        self.returncode, self.looks = returncode, looks

    def poll(self):
        self.looks -= 1
        return self.returncode if self.looks < 0 else None


@pytest.fixture
def started(monkeypatch):
    """The processes that were started. `following` are those that come next."""

    class Made(list):
        following: list[Process]

    made = Made()

    @contextmanager
    def computing():
        made.append(made.following.pop(0))
        yield made[-1]

    monkeypatch.setattr(child, "computing", computing)
    monkeypatch.setattr(computations, "close_old_connections", lambda: None)
    return made


def test_a_process_is_started_only_if_something_waits(person, started):
    thread = Computations(threading.Event())
    started.following = [Process(), Process(returncode=1)]

    assert thread.attempt() == LOOK_SECONDS and started == []
    Computation.objects.ask(person, Computation.Kind.FINDINGS, 0, timezone.now())
    assert thread.attempt() == LOOK_SECONDS and len(started) == 1
    assert thread.attempt() == BACK_OFF_SECONDS and len(started) == 2


def test_it_asks_for_changed_answers_and_not_at_each_look(person, started, monkeypatch):
    User.objects.update(answers_saved_at=timezone.now() - Computation.REST, answers_version=3)
    thread = Computations(threading.Event())
    started.following = [Process(), Process()]

    thread.attempt()
    assert person.computations.get().answers_version == 3
    User.objects.update(answers_version=4)
    Computation.objects.update(state="failed")
    thread.attempt()
    assert person.computations.get().answers_version == 3


def test_an_error_of_the_database_ends_an_attempt_and_not_the_thread(person, started, monkeypatch, caplog):
    def fail(now):
        raise OperationalError("the server is gone")

    monkeypatch.setattr(type(Computation.objects.all()), "ask_for_changed", lambda rows, now: fail(now))

    assert Computations(threading.Event()).attempt() == BACK_OFF_SECONDS
    assert "for the database" in caplog.text and "gone" not in caplog.text


def test_it_ends_although_something_is_computed(person, started):
    stopping = threading.Event()
    started.following = [Process(looks=10**9)]
    threading.Timer(0.3, stopping.set).start()

    Computations(stopping).compute()

    assert len(started) == 1


# ── In processes of their own ────────────────────────────────────────────────────────────────────


@pytest.fixture
def database(tmp_path):
    """The file of a database with one person who waits for findings and for noise."""
    file = tmp_path / "db.sqlite3"
    url = migrate(f"sqlite:///{file}")
    command = [sys.executable, "-m", "insights.tests.computing_process", "people", "1"]
    subprocess.run(command, cwd=ROOT, env=environment_with(url), check=True)
    return file


def states(database) -> list[str]:
    with sqlite3.connect(database) as connection:
        return [state for (state,) in connection.execute("SELECT state FROM insights_computation ORDER BY id")]


@pytest.mark.once
def test_the_background_process_computes_what_waits(database):
    command, environment = [sys.executable, "manage.py", "work"], environment_with(f"sqlite:///{database}")
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        wait_until(lambda: states(database) == ["done", "done"], process=process)
        process.send_signal(signal.SIGTERM)
        log = process.stdout.read()

    assert process.returncode == 0
    assert "Traceback" not in log


@pytest.mark.once
def test_a_web_process_has_it_computed_without_a_worker(database):
    command = [sys.executable, "-m", "insights.tests.computing_process", "beside_pages"]
    subprocess.run(command, cwd=ROOT, env=environment_with(f"sqlite:///{database}"), check=True)

    assert states(database) == ["done", "done"]


@pytest.mark.once
def test_neither_pages_nor_the_background_process_import_numpy():
    program = """
import testing.standalone, sys
from django.urls import get_resolver
from insights.findings import requests
import operations.background, operations.computations, operations.management.commands.work
assert get_resolver().url_patterns
sys.exit("numpy" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment_with("sqlite:///none"), check=True)
