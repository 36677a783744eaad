"""Records of backups in the database, and their use in checkdb, the report and metrics."""

import datetime
import io
import json
import sqlite3
from contextlib import closing

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from operations.database.check import check_database
from operations.database.stats import backup_measurements
from operations.models import Backup
from operations.tests.backups.archives import change_manifest

once = pytest.mark.once


def recorded(database) -> list[tuple]:
    with closing(sqlite3.connect(database)) as found:
        return found.execute("SELECT archive, size, verified_at IS NOT NULL FROM operations_backup").fetchall()


@once
def test_a_backup_and_its_verification_are_recorded(run, backup, database):
    archive = backup()
    assert recorded(database) == [(archive.name, archive.stat().st_size, 0)]

    run("verify_backup")
    assert recorded(database) == [(archive.name, archive.stat().st_size, 1)]


@once
def test_failed_backups_and_verifications_are_not_recorded(run, backup, database):
    run("backup", "--encrypt-to=age1no", fails=True)
    archive = backup()
    change_manifest(archive, rows={})
    run("verify_backup", fails=True)

    assert recorded(database) == [(archive.name, archive.stat().st_size, 0)]


@once
def test_a_backup_without_the_table_for_records_succeeds(run, folder, capsys):
    """An update begins with a backup by the new code, before the migrations."""
    run("migrate", "operations", "0001", "--verbosity=0")

    name = run("backup").split()[0]

    assert "It is good, but was not recorded" in capsys.readouterr().err
    assert "was not recorded as verified" in run("verify_backup", name)


@once
def test_a_backup_can_be_verified_without_the_database_of_the_site(run, backup, tmp_path):
    """On the machine with the private key."""
    backup()
    nowhere = tmp_path / "nowhere.sqlite3"

    output = run("verify_backup", at=nowhere)

    assert "is good" in output and "was not recorded as verified" in output
    assert not nowhere.exists()


@once
def test_a_restored_database_has_no_records_of_backups(run, backup, tmp_path):
    backup()
    new = tmp_path / "new.sqlite3"
    run("backup")
    run("restore", "latest", at=new)

    assert recorded(new) == []


# ── On both databases ─────────────────────────────────────────────────────────────────────────


def make_backup(days: float, **facts) -> Backup:
    made_at = timezone.now() - datetime.timedelta(days=days)
    return Backup.objects.create(archive=f"{days}.dump", made_at=made_at, size=2_000_000 + int(days), **facts)


def checkdb_output() -> list[tuple[str, str]]:
    return [(check.status, check.text) for check in check_database(connection) if check.name == "backup"]


@pytest.fixture
def committed(transactional_db, monkeypatch):
    """Rows are committed, because checkdb uses a separate connection."""
    monkeypatch.setattr(settings, "BACKUP_TO", "/backups")


def test_checkdb_warns_of_old_and_missing_backups(committed):
    assert checkdb_output() == [("warning", "none of this database is recorded: run manage.py backup")]

    old = make_backup(9.5)
    [(status, text)] = checkdb_output()
    assert (status, text.partition(":")[0]) == ("warning", "no backup for 9 days")
    assert text.endswith(f"{old.made_at:%Y-%m-%d %H:%M} UTC, 2.0 MB; none is recorded as verified")

    new = make_backup(1, verified_at=timezone.now())
    assert checkdb_output() == [
        ("ok", f"the newest is of {new.made_at:%Y-%m-%d %H:%M} UTC, 2.0 MB; last verified {timezone.now():%Y-%m-%d}")
    ]


def test_checkdb_reports_nothing_without_configured_backups(committed, monkeypatch):
    monkeypatch.setattr(settings, "BACKUP_TO", "")

    assert checkdb_output() == []


@pytest.mark.django_db
def test_metrics_have_the_newest_backup_and_the_last_verification():
    assert backup_measurements("default", 2) == {}

    verified_at = timezone.now() - datetime.timedelta(hours=3)
    make_backup(4, verified_at=verified_at)
    newest = make_backup(1)

    assert backup_measurements("default", 2) == {
        "backup_timestamp_seconds": newest.made_at.timestamp(),
        "backup_size_bytes": newest.size,
        "backup_verified_timestamp_seconds": verified_at.timestamp(),
    }


def test_the_metrics_page_has_them(client, settings, transactional_db):
    settings.METRICS_TOKEN = "a-token-for-tests"
    newest = make_backup(1, verified_at=timezone.now())

    page = client.get("/metrics", headers={"Authorization": "Bearer a-token-for-tests"}).content.decode()

    lines = dict(line.split(" ") for line in page.splitlines() if line.startswith("brainlog_database_backup"))
    assert float(lines["brainlog_database_backup_timestamp_seconds"]) == newest.made_at.timestamp()
    assert float(lines["brainlog_database_backup_size_bytes"]) == newest.size
    assert "brainlog_database_backup_verified_timestamp_seconds" in lines


@pytest.mark.django_db
def test_the_report_lists_the_newest_backups():
    output = io.StringIO()
    call_command("dbreport", "--no-store", stdout=output)
    assert "None is recorded. manage.py backup makes and records one." in output.getvalue()

    for days in range(1, 8):
        make_backup(days)
    output = io.StringIO()
    call_command("dbreport", "--json", "--no-store", stdout=output)

    found = json.loads(output.getvalue())["backups"]
    assert [row["archive"] for row in found] == [f"{days}.dump" for days in range(1, 6)]
    assert (found[0]["bytes"], found[0]["verified_at"]) == (2_000_001, None)
