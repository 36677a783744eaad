"""Backups and restores of SQLite while other processes use the database."""

import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from sqlite3 import OperationalError

import pytest

from operations.backups import sqlite
from operations.tests.backups.archives import PEOPLE, REPLACE, add_people, people

pytestmark = pytest.mark.once


@contextmanager
def another_process(database, statement):
    """Start another process that has the database open and has executed `statement`."""
    script = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.isolation_level = None; "
    script += "c.execute(sys.argv[2]).fetchall(); print('ready', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script, database, statement], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"ready\n"
        try:
            yield process
        finally:
            process.stdin.close()


def test_a_database_in_use_is_replaced_only_with_the_option(run, backup, database):
    backup()
    add_people(database, 5, first=PEOPLE)
    with another_process(database, "SELECT count(*) FROM auth_group") as other:
        output = run(*REPLACE, fails=True)
        assert "Others are using the database db.sqlite3, and what they save would be lost: " in output
        assert f"process {other.pid} (python" in output
        assert output.endswith("Stop the site first, or restore --while-connected.")
        assert people(database) == PEOPLE + 5

        run(*REPLACE, "--while-connected")
        assert people(database) == PEOPLE

    add_people(database, 5, first=PEOPLE)
    run(*REPLACE)
    assert people(database) == PEOPLE


def test_a_restore_names_the_blocking_process_and_times_out(run, backup, database, capsys, monkeypatch):
    monkeypatch.setattr("operations.backups.progress.INTERVAL", 0)
    backup()
    add_people(database, 5, first=PEOPLE)
    with another_process(database, "BEGIN IMMEDIATE") as other:
        output = run(*REPLACE, "--while-connected", "--lock-timeout=2", fails=True)

        assert output.startswith("Gave up after waiting for 2 s; nothing was changed. Blocked by: process ")
        assert f"process {other.pid} (python" in output
        assert f"of at most 2: process {other.pid}" in capsys.readouterr().err
    assert people(database) == PEOPLE + 5
    run(*REPLACE)
    assert people(database) == PEOPLE


def test_others_are_locked_out_during_a_restore(run, backup, database, monkeypatch):
    """An idle site has no file open, so `other_users` cannot find it: the lock makes it wait."""
    backup()
    original = sqlite.copy_database

    def copy_database(source, target, *more):
        original(source, target, *more)
        with pytest.raises(OperationalError, match="locked"), closing(sqlite3.connect(database, timeout=0)) as site:
            site.execute("SELECT count(*) FROM auth_group")

    monkeypatch.setattr(sqlite, "copy_database", copy_database)
    run(*REPLACE)

    assert people(database) == PEOPLE


def test_a_backup_names_the_blocking_process_and_times_out(run, database, folder, capsys, monkeypatch):
    monkeypatch.setattr("operations.backups.progress.INTERVAL", 0)
    monkeypatch.setattr(sqlite, "LOCK_TIMEOUT", 2)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")  # Where a writer keeps readers waiting.
    with another_process(database, "BEGIN EXCLUSIVE") as other:
        output = run("backup", fails=True)

    assert output.startswith("Gave up after waiting for 2 s; nothing was changed. Blocked by: ")
    assert f"process {other.pid}" in output
    assert f"of at most 2: process {other.pid}" in capsys.readouterr().err
    assert list(folder.iterdir()) == []
