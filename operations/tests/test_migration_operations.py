"""Migrations from the previous release while people save: no save fails."""

import datetime
import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from logs.tests.factories import MORNING_DOSE, answers, taken
from testing.apps import write_app
from testing.former_release import NoHistory, commit_before, migrations_in, migrations_of, unpack
from testing.gunicorn import ROOT, environment_with, manage, throwaway_site
from testing.people import Visitor, save_day, send, sign_up
from testing.postgres import throwaway_cluster
from testing.waiting import wait_until

pytestmark = pytest.mark.once

FIRST_DAY = datetime.date(2020, 1, 1)
# The statements of a request take milliseconds. One that waits for a lock for longer than this fails the request.
LONGEST_WAIT = "3s"


@pytest.fixture(scope="module")
def former_commit() -> str:
    try:
        return commit_before()
    except NoHistory as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(f"The code of the previous release is needed. {reason}")
        pytest.skip(f"The code of the previous release is needed. {reason}")


@pytest.fixture(scope="module")
def former(former_commit, tmp_path_factory) -> Path:
    """A folder with the code of the previous release."""
    folder = tmp_path_factory.mktemp("former")
    unpack(former_commit, folder)
    return folder


@pytest.fixture(scope="module")
def cluster(former):
    with throwaway_cluster() as cluster:
        url = cluster.create_database("former_release")
        done = manage(url, "migrate", code=former)
        assert done.returncode == 0, done.stderr
        yield cluster


@pytest.fixture
def database(cluster):
    """The URL of a database with the schema of the previous release."""
    cluster.execute('CREATE DATABASE "shop" TEMPLATE former_release')
    yield cluster.url_of("shop")
    cluster.execute('DROP DATABASE "shop" WITH (FORCE)')


@contextmanager
def former_site(url: str, former: Path):
    with throwaway_site(f"{url}?statement_timeout={LONGEST_WAIT}", code=former) as site:
        yield site


class Saver:
    """A person who saves day after day in a thread until stop(). Deletes every third day again."""

    def __init__(self, site, name: str):
        self.name, self.is_over = name, threading.Event()
        self.saved: list[str] = []
        self.errors: list[str] = []
        self.rounds = 0
        self.visitor = sign_up(Visitor(site.url), name)
        self.thread = threading.Thread(target=self.save_days, daemon=True)
        self.thread.start()

    def save_days(self):
        while not self.is_over.is_set():
            day = str(FIRST_DAY + datetime.timedelta(days=self.rounds))
            try:
                self.save(day)
            except (OSError, AssertionError) as error:
                self.errors.append(f"{type(error).__name__}: {error}")
            self.rounds += 1

    def save(self, day: str):
        send(self.visitor, f"/logs/{day}/morning/", answers("morning", breakfast=f"Oats {self.rounds}"))
        send(self.visitor, f"/logs/{day}/medication/", taken(MORNING_DOSE))
        page = self.visitor.get(f"/logs/{day}/")
        assert f"Oats {self.rounds}" in page and "Concerta 36 mg" in page
        if self.rounds % 3 == 2:
            status, _url, page = self.visitor.post(f"/logs/{day}/delete/", {})
            assert status == 200 and "is deleted" in page, f"The deletion answers {status}: {page}"
        else:
            self.saved.append(day)

    def wait_for_rounds(self, rounds: int):
        """Wait until so many more days were saved or failed."""
        goal = self.rounds + rounds
        wait_until(lambda: self.rounds >= goal or not self.thread.is_alive(), f"{rounds} more rounds", seconds=120)
        assert self.thread.is_alive(), self.errors[-3:]

    def continue_at(self, site):
        """Check that the session is valid at the new release, which shows the last saved day."""
        last = self.saved[-1]
        self.stop()
        self.visitor.server_url = site.url
        page = self.visitor.get(f"/logs/{last}/")
        assert "Oats" in page and "Concerta 36 mg" in page

    def stop(self):
        self.is_over.set()
        self.thread.join(timeout=60)


@contextmanager
def saving(site, *names: str):
    savers = [Saver(site, name) for name in names]
    try:
        for saver in savers:
            saver.wait_for_rounds(3)
        yield savers
    finally:
        for saver in savers:
            saver.stop()


@pytest.mark.thorough
def test_no_save_fails_while_the_schema_moves(cluster, database, former, former_commit, tmp_path):
    newest = sorted(migrations_in(ROOT).keys() - migrations_of(ROOT, former_commit).keys())
    with former_site(database, former) as old, saving(old, "ada", "bob") as (ada, bob):
        migrate = manage(database, "migrate")
        assert migrate.returncode == 0, migrate.stderr
        for path in newest:
            app, _, name = path.removesuffix(".py").split("/")
            assert f"Applying {app}.{name}... OK" in migrate.stdout
        # During a rolling release, both releases serve requests.
        with throwaway_site(as_app_role(database, tmp_path / "password")) as site:
            save_day(sign_up(Visitor(site.url), "eva"))
            for saver in (ada, bob):
                saver.wait_for_rounds(3)
                saver.continue_at(site)

    assert ada.errors == bob.errors == []
    assert "error" not in manage(database, "checkdb").stdout
    stored = cluster.execute(
        """SELECT u.username, l.date::text FROM logs_dailylog l JOIN accounts_user u ON u.id = l.user_id
           JOIN logs_dose d ON d.daily_log_id = l.id AND d.user_id = l.user_id
           WHERE l.medication_taken AND u.username IN ('ada', 'bob')""",
        database="shop",
    )
    assert sorted(stored) == sorted((saver.name, day) for saver in (ada, bob) for day in saver.saved)
    assert len(stored) >= 8  # Saved before, during and after the migration.


def as_app_role(url: str, password_file: Path) -> str:
    """The URL of the same database for the role of the site."""
    role = manage(url, "create_app_role", "brain_log_app", "--apply", f"--password-file={password_file}")
    assert role.returncode == 0, role.stderr
    return re.sub("//.*@", f"//brain_log_app:{password_file.read_text().strip()}@", url)


@pytest.mark.thorough
def test_a_migration_that_waits_for_a_lock_blocks_no_save(cluster, database, former, slow_app):
    """A long transaction, such as a report, blocks the migration; saves must not queue behind the migration."""
    with (
        former_site(database, former) as old,
        saving(old, "ada") as [ada],
        psycopg.connect(database) as report,
    ):
        report.execute("SELECT count(*) FROM logs_dailylog")
        with running_migrate(database, "--lock-timeout=0.2", **slow_app) as migrate:
            for line in migrate.stdout:
                if "try 3 of" in line:
                    break
                if "try 1 of" in line:
                    before = ada.rounds
            ada.wait_for_rounds(1)
            assert ada.rounds > before
            report.rollback()
            assert migrate.wait(timeout=60) == 0
        ada.wait_for_rounds(3)

    assert ada.errors == []
    [(found,)] = cluster.execute(
        "SELECT count(*) FROM logs_dailylog l JOIN accounts_user u ON u.id = l.user_id WHERE username = 'ada'",
        database="shop",
    )
    assert found == len(ada.saved)


@pytest.mark.thorough
def test_without_a_lock_timeout_saves_are_blocked(cluster, database, former, slow_app):
    """Shows that the timeout is needed, and that the test above can fail."""
    with (
        former_site(database, former) as old,
        saving(old, "ada") as [ada],
        psycopg.connect(database) as report,
    ):
        report.execute("SELECT count(*) FROM logs_dailylog")
        with running_migrate(database, "--lock-timeout=0", **slow_app) as migrate:
            while not ada.errors:
                ada.wait_for_rounds(1)
            report.rollback()
            assert migrate.wait(timeout=60) == 0

    assert "503" in ada.errors[0]


@pytest.fixture
def slow_app(tmp_path) -> dict[str, str]:
    """The environment of a release with a migration that locks the table of days."""
    operation = 'migrations.RunSQL("ALTER TABLE logs_dailylog ADD extra text")'
    return write_app(tmp_path, "slow", [operation], after=("logs", "0001_initial"))


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
