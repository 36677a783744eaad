"""The background process while its database fails, with the web's role, and behind a pooler."""

import re
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from testing.gunicorn import ROOT, environment_with, manage
from testing.migrated import migrate
from testing.pgbouncer import throwaway_pgbouncer
from testing.waiting import wait_until

pytestmark = pytest.mark.once

PEOPLE = 3


@pytest.fixture
def database(cluster, request):
    """The name of a database of its own with people who can be reminded."""
    name = re.sub(r"\W", "_", request.node.name).lower()[:60]
    url = migrate(cluster.create_database(name))
    command = [sys.executable, "-m", "reminders.tests.process", "people", str(PEOPLE), datetime.now(UTC).isoformat()]
    subprocess.run(command, cwd=ROOT, env=environment_with(url), check=True)
    return name


def make_due(cluster, database: str) -> None:
    """Let everyone be reminded now: of a check-in whose time is two minutes ago by the clock of their zone."""
    now = datetime.now(UTC)
    hours = 12 - now.hour  # To the zone in which it is noon, far from the day's end.
    at = now + timedelta(hours=hours, minutes=-2)
    times = f'{{"midday": {{"at": "{at:%H:%M}", "weekdays": [0, 1, 2, 3, 4, 5, 6]}}}}'
    cluster.execute(
        "UPDATE accounts_user SET timezone = %s, day_ends_at = 0, check_in_times = %s",
        f"Etc/GMT{-hours:+d}",
        times,
        database=database,
    )
    cluster.execute("DELETE FROM reminders_delivery", database=database)
    cluster.execute("UPDATE reminders_plan SET next_at = now() - interval '3 minutes'", database=database)


class Worker:
    def __init__(self, process: subprocess.Popen, sent: Path, log: Path):
        self.process, self.sent, self.log_file = process, sent, log

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def lines(self) -> list[str]:
        return self.sent.read_text().splitlines() if self.sent.exists() else []

    def wait_for(self, number: int) -> None:
        """Wait until so many reminders are sent, and not one more."""
        wait_until(lambda: len(self.lines()) >= number, lambda: self.log[-2000:], process=self.process)
        assert len(self.lines()) == number


@contextmanager
def working(url: str, folder: Path, *options: str):
    """The process, with a round each second."""
    sent, log = folder / "sent", folder / "log"
    with (
        log.open("w") as output,
        subprocess.Popen(
            [sys.executable, "-m", "reminders.tests.process", "work", str(sent), *options],
            cwd=ROOT,
            env=environment_with(url, DATABASE_TIMEOUT="5"),
            stdout=output,
            stderr=output,
        ) as process,
    ):
        worker = Worker(process, sent, log)
        try:
            wait_until(lambda: "computed anew" in worker.log, lambda: worker.log[-2000:], process=process)
            yield worker
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_a_restart_and_an_outage_of_the_database_are_survived(cluster, database, tmp_path, how):
    with working(cluster.url_of(database), tmp_path) as worker:
        make_due(cluster, database)
        worker.wait_for(PEOPLE)
        cluster.stop(how)
        wait_until(lambda: worker.log.count("The next one tries again") >= 3, process=worker.process)
        cluster.start()
        make_due(cluster, database)
        worker.wait_for(2 * PEOPLE)

    assert worker.process.returncode == 0
    assert "Traceback" not in worker.log


def test_with_the_role_of_the_web_behind_a_pooler(cluster, database, tmp_path):
    password = tmp_path / "password"
    role = f"app_of_{database}"[:50]
    made = manage(cluster.url_of(database), "create_app_role", role, "--apply", f"--password-file={password}")
    assert made.returncode == 0, made.stderr
    with throwaway_pgbouncer(cluster, pool_size=2) as bouncer:
        users = bouncer.folder / "users"
        users.write_text(users.read_text() + f'"{role}" "{password.read_text().strip()}"\n')
        url = bouncer.url_of(database).replace(f"brainlog:{cluster.password}", f"{role}:{password.read_text().strip()}")
        reload_pooler(bouncer)
        with working(f"{url}?pgbouncer=true&allow_cleartext=true", tmp_path) as worker:
            make_due(cluster, database)
            worker.wait_for(PEOPLE)
            make_due(cluster, database)
            worker.wait_for(2 * PEOPLE)

    assert worker.process.returncode == 0
    assert "WARNING" not in worker.log


def reload_pooler(bouncer) -> None:
    """Have it read its file of users again."""
    with psycopg.connect(bouncer.url_of("pgbouncer"), autocommit=True) as admin:
        admin.pgconn.exec_(b"RELOAD")


def test_a_server_that_hangs_does_not_hold_it_at_its_end(cluster, database, tmp_path):
    with working(cluster.url_of(database), tmp_path, "--hanging") as worker:
        make_due(cluster, database)
        wait_until(worker.lines, process=worker.process)
        worker.process.terminate()
        assert worker.process.wait(30) == 0

    assert "unknown whether they arrive" in worker.log
    [(state, count)] = cluster.execute(
        "SELECT state, count(*) FROM reminders_delivery WHERE state = 'sending' GROUP BY state", database=database
    )
    assert count == len(worker.lines()) == 1
