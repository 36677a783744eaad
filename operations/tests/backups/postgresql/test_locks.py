"""Backups and restores while other sessions use the database."""

from contextlib import contextmanager

import psycopg
import pytest
from django.db import connections

from operations.backups import postgresql
from operations.tests.backups.databases import commands_use
from operations.tests.backups.postgresql.conftest import GROUPS

pytestmark = [pytest.mark.once, pytest.mark.thorough]


@contextmanager
def visitor(url, *statements, **parameters):
    """Another session with an open transaction."""
    with psycopg.connect(url, application_name="psql of a friend", **parameters) as session:
        for statement in statements:
            session.execute(statement)
        yield session
        session.rollback()


def test_a_database_in_use_is_replaced_only_with_the_option(cluster, run, database, groups):
    run("backup")
    cluster.execute("DELETE FROM auth_group", database=database)
    replace = ["restore", "latest", "--replace", f"--confirm={database}"]
    with visitor(cluster.url_of(database), "SELECT 1") as other:
        output = run(*replace, fails=True)
        assert output.startswith(f"Others are using the database {database}, and what they save would be lost: ")
        who = f"pid {other.info.backend_pid}, psql of a friend (brainlog), idle in transaction since 20"
        assert who in output
        assert output.endswith(" UTC. Stop the site first, or restore --while-connected.")
        assert groups() == 0

        run(*replace, "--while-connected")
    assert groups() == GROUPS
    run(*replace)


def test_other_sessions_are_listed_without_the_right_to_see_their_state(cluster, database):
    cluster.execute("CREATE ROLE tenant LOGIN PASSWORD 'tenant'")
    url = cluster.url_of(database).replace(f"brainlog:{cluster.password}", "tenant:tenant")
    try:
        with visitor(cluster.url_of(database), "SELECT 1") as other, commands_use(url):
            assert postgresql.other_users(connections["default"]) == [
                f"pid {other.info.backend_pid}, psql of a friend (brainlog), its state is not shown to this role"
            ]
    finally:
        cluster.execute("DROP ROLE tenant")


def test_a_restore_names_the_blocking_session_and_times_out(cluster, run, database, groups, capsys, monkeypatch):
    monkeypatch.setattr("operations.backups.progress.INTERVAL", 0)
    run("backup")
    replace = ["restore", "latest", "--replace", f"--confirm={database}", "--while-connected"]
    with visitor(cluster.url_of(database), "DELETE FROM auth_group WHERE name = 'group-1'") as other:
        who = f"pid {other.info.backend_pid}, psql of a friend (brainlog), idle in transaction since 20"
        output = run(*replace, "--lock-timeout=3", fails=True)

        assert output.startswith(f"Gave up after waiting for 3 s; nothing was changed. Blocked by: {who}")
        assert who in capsys.readouterr().err
    assert groups() == GROUPS
    run(*replace)


def test_a_backup_names_the_blocking_session_and_times_out(cluster, run, database, folder, capsys, monkeypatch):
    """The other session may be a migration, for example."""
    monkeypatch.setattr("operations.backups.progress.INTERVAL", 0)
    monkeypatch.setattr(postgresql, "LOCK_TIMEOUT", 3)
    with visitor(cluster.url_of(database), "LOCK TABLE auth_group IN ACCESS EXCLUSIVE MODE") as other:
        who = f"pid {other.info.backend_pid}, psql of a friend"
        output = run("backup", fails=True)

    assert output.startswith(f"Gave up after waiting for 3 s; nothing was changed. Blocked by: {who}")
    assert who in capsys.readouterr().err
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "soon", "1e9"])
def test_invalid_lock_timeouts_are_refused(run, seconds):
    assert "--lock-timeout" in run("restore", "latest", f"--lock-timeout={seconds}", fails=True)
