"""From the first release to the newest while people go on saving: nobody notices."""

import json
import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import psycopg
import pytest
from django.conf import settings

from operations.tests.first_release import PASSWORD
from testing.apps import write_app
from testing.gunicorn import ROOT, environment_with, manage, throwaway_site
from testing.people import Visitor, save_day, send, sign_up
from testing.postgres import throwaway_cluster
from testing.waiting import wait_until

pytestmark = pytest.mark.once

FIRST_RELEASE_SETTINGS = {"DJANGO_SETTINGS_MODULE": "operations.tests.first_release_settings"}
PEOPLE, DAYS = 100, 200


@pytest.fixture(scope="module")
def cluster():
    with throwaway_cluster() as cluster:
        url = cluster.create_database("first_release")
        command = [sys.executable, "-m", "operations.tests.first_release", "migrate"]
        subprocess.run(command, cwd=ROOT, env=environment_with(url, **FIRST_RELEASE_SETTINGS), check=True)
        cluster.execute(FILL_PEOPLE, PEOPLE, database="first_release")
        cluster.execute(FILL_DAYS, DAYS, database="first_release")
        yield cluster


FILL_PEOPLE = """
    INSERT INTO accounts_user (password, is_superuser, username, username_key, is_staff, is_active, date_joined,
        display_name, email, timezone, theme, week_starts_on, day_ends_at, updated_at)
    SELECT '!', false, 'p' || n, 'p' || n, false, true, now(), '', '', 'UTC', 'system', 'sunday', 4, now()
    FROM generate_series(1, %s) n
"""
FILL_DAYS = """
    INSERT INTO logs_dailylog (user_id, date, created_at, updated_at, sleep_hours, breakfast)
    SELECT id, date '2026-01-01' + n, now(), now(), 7, 'Oats' FROM accounts_user, generate_series(1, %s) n
"""


@pytest.fixture
def database(cluster):
    """The URL of a database as the first release left it."""
    cluster.execute('CREATE DATABASE "shop" TEMPLATE first_release')
    yield cluster.url_of("shop")
    cluster.execute('DROP DATABASE "shop" WITH (FORCE)')


class FirstRelease:
    """A process with the code of the first release, at work for one person."""

    def __init__(self, process: subprocess.Popen):
        self.process = process
        self.said: list[dict] = []
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()

    def listen(self):
        for line in self.process.stdout:
            self.said.append(json.loads(line))

    @property
    def cookie(self) -> str:
        return self.said[0]["cookie"]

    @property
    def saved(self) -> list[dict]:
        return [said for said in self.said if "day" in said]

    @property
    def errors(self) -> list[dict]:
        return [said for said in self.said if "error" in said]

    def work(self, rounds: int):
        """Return when it has done that many more rounds."""
        goal = len(self.said) + rounds
        wait_until(lambda: len(self.said) >= goal, f"{rounds} more rounds", process=self.process)

    def stop(self):
        """Return when it has ended, and everything it said has been read."""
        self.process.stdin.close()
        self.process.wait(timeout=20)
        self.listener.join()


@contextmanager
def first_release(url: str, name: str):
    """Yield the old code at work; at the end it has stopped and everything it said has been read."""
    with subprocess.Popen(
        [sys.executable, "-m", "operations.tests.first_release", name],
        cwd=ROOT,
        env=environment_with(url, **FIRST_RELEASE_SETTINGS),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        old = FirstRelease(process)
        try:
            old.work(5)
            yield old
        finally:
            old.stop()


def test_nobody_notices_a_migration(cluster, database, tmp_path):
    with first_release(database, "ada") as ada, first_release(database, "bob") as bob:
        migrate = manage(database, "migrate")
        assert migrate.returncode == 0, migrate.stderr
        assert "Applying logs.0002_drop_user_indexes... OK" in migrate.stdout
        # One release hands over to the next: both are at work, and the old one does not encrypt.
        keys = os.environ["FIELD_ENCRYPTION_KEYS"] + ",plaintext"
        with throwaway_site(as_app_role(database, tmp_path / "password"), FIELD_ENCRYPTION_KEYS=keys) as site:
            for name in ("eva", "joe"):
                save_day(sign_up(Visitor(site.url), name))
                ada.work(5)
                bob.work(5)
            ada.stop()
            assert_goes_on_at(site, ada)
            bob.work(5)
            bob.stop()
            assert_goes_on_at(site, bob)

    assert ada.errors == bob.errors == []
    assert "error" not in manage(database, "checkdb", FIELD_ENCRYPTION_KEYS=keys).stdout
    # What the old code wrote after the others' texts were encrypted; then all as it was written.
    left = "SELECT count(*) FROM logs_dailylog WHERE breakfast NOT LIKE 'bl1.%'"
    assert cluster.execute(left, database="shop") > [(0,)]
    assert manage(database, "rotate_field_keys").returncode == 1
    assert manage(database, "rotate_field_keys", FIELD_ENCRYPTION_KEYS=keys).returncode == 0
    assert "error" not in manage(database, "checkdb").stdout
    assert cluster.execute(left, database="shop") == [(0,)]
    assert manage(database, "migrate", "logs", "0003").returncode == 0
    stored = cluster.execute(
        """SELECT u.username, l.date::text, l.breakfast FROM logs_dailylog l JOIN accounts_user u ON u.id = l.user_id
           JOIN logs_dose d ON d.daily_log_id = l.id WHERE l.medication_taken AND u.username IN ('ada', 'bob')""",
        database="shop",
    )
    told = [(said["person"], said["day"], said["breakfast"]) for said in ada.saved + bob.saved]
    print(f"Days saved by the first release meanwhile: {len(told)}, found: {len(stored)}")
    assert len(told) >= 30
    assert sorted(stored) == sorted(told)
    everybody = "SELECT count(*) FROM logs_dailylog WHERE date > '2025-01-01' AND breakfast = 'Oats'"
    assert cluster.execute(everybody, database="shop") == [(PEOPLE * DAYS + 2,)]


def as_app_role(url: str, password_file: Path) -> str:
    """The same database, for the role that the site runs as."""
    role = manage(url, "create_app_role", "brain_log_app", "--apply", f"--password-file={password_file}")
    assert role.returncode == 0, role.stderr
    return re.sub("//.*@", f"//brain_log_app:{password_file.read_text().strip()}@", url)


def assert_goes_on_at(site, old: FirstRelease):
    """The session ends with the update. The person logs in with their password, and finds what they saved last."""
    last = old.saved[-1]
    address, cookie = f"{site.url}/logs/{last['day']}/", f"{settings.SESSION_COOKIE_NAME}={old.cookie}"
    with urlopen(Request(address, headers={"Cookie": cookie})) as answer:  # noqa: S310
        assert "/accounts/login/" in answer.url
    visitor = Visitor(site.url)
    send(visitor, "/accounts/login/", {"username": last["person"], "password": PASSWORD})
    assert last["breakfast"] in visitor.get(f"/logs/{last['day']}/")


@pytest.mark.thorough
def test_a_lock_that_is_not_free_holds_up_nobody(cluster, database, slow_app):
    """A long transaction, such as a report, keeps a change from its lock; savers must not queue behind that."""
    with first_release(database, "ada") as ada, psycopg.connect(database) as report:
        report.execute("SELECT count(*) FROM logs_dailylog")
        with running_migrate(database, "--lock-timeout=0.2", **slow_app) as migrate:
            for line in migrate.stdout:
                if "try 3 of" in line:
                    break
                if "try 1 of" in line:
                    before = len(ada.said)
            assert len(ada.said) > before
            report.rollback()
            assert migrate.wait(timeout=30) == 0
        ada.work(5)

    assert ada.errors == []
    [(found,)] = cluster.execute(
        "SELECT count(*) FROM logs_dailylog l JOIN accounts_user u ON u.id = l.user_id WHERE username = 'ada'",
        database="shop",
    )
    assert found == len(ada.saved)


@pytest.mark.thorough
def test_without_a_timeout_they_would_queue(cluster, database, slow_app):
    """What the timeout is for: the test above can fail."""
    with first_release(database, "ada") as ada, psycopg.connect(database) as report:
        report.execute("SELECT count(*) FROM logs_dailylog")
        with running_migrate(database, "--lock-timeout=0", **slow_app) as migrate:
            while not ada.errors:
                ada.work(1)
            report.rollback()
            assert migrate.wait(timeout=30) == 0

    assert "statement timeout" in ada.errors[0]["error"]


@pytest.fixture
def slow_app(tmp_path) -> dict[str, str]:
    """The environment for a release with a migration that needs the days for itself for a moment."""
    operation = 'migrations.RunSQL("ALTER TABLE logs_dailylog ADD extra text")'
    settings = FIRST_RELEASE_SETTINGS["DJANGO_SETTINGS_MODULE"]
    return write_app(tmp_path, "slow", [operation], after=("logs", "0001_initial"), settings=settings)


@contextmanager
def running_migrate(url: str, *arguments: str, **environment: str):
    with subprocess.Popen(
        [sys.executable, "manage.py", "migrate", "slow", *arguments],
        cwd=ROOT,
        env=environment_with(url, **environment),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
