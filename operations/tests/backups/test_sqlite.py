"""Backups of SQLite, end to end: contents, permissions, and detection of damage."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest
from django.apps import apps
from django.utils import timezone

from accounts.tests.factories import make_person
from brainlog.database.sqlite3.files import files_of
from operations.backups.excluded_tables import EXCLUDED_TABLES
from operations.tests.backups.archives import PEOPLE, REPLACE, add_people, change_manifest, manifest_of, people
from operations.tests.backups.databases import commands_use
from reminders.models import Channel
from testing.gunicorn import ROOT, environment_with, manage
from testing.waiting import wait_until

pytestmark = pytest.mark.once


def test_a_backup_is_an_archive_and_a_manifest_readable_by_the_owner_alone(run, folder):
    output = run("backup")

    archive, manifest = sorted(folder.iterdir())
    assert output.startswith(f"{archive.name} in {folder}: ")
    assert "not encrypted" in output
    assert manifest.name == f"{archive.name}.json"
    assert [oct(path.stat().st_mode)[-3:] for path in (folder, archive, manifest)] == ["700", "600", "600"]
    facts = manifest_of(archive)
    assert facts["size"] == archive.stat().st_size
    assert facts["rows"]["auth_group"] == PEOPLE
    assert "logs.0001_initial" in facts["migrations"]
    assert {"Django", "Python", "SQLite"} == facts["versions"].keys()
    assert (facts["engine"], facts["encryption"]) == ("sqlite", None)
    assert facts["started"] <= facts["finished"] <= timezone.now().isoformat()


def test_a_backup_is_verified_and_restored_into_a_new_database(run, backup, tmp_path):
    archive = backup()

    assert run("verify_backup").startswith(f"{archive.name} is good: ")
    assert "No migrations to apply" in run("restore", archive.name, at=tmp_path / "new.sqlite3")

    assert people(tmp_path / "new.sqlite3") == PEOPLE


def test_a_backup_from_before_a_migration_is_migrated(run, backup, tmp_path):
    run("migrate", "reflections", "zero", "--verbosity=0")
    archive = backup()

    assert "reflections_weeklyreflection" not in manifest_of(archive)["rows"]
    assert "Applying reflections.0001_initial... OK" in run("restore", "latest", at=tmp_path / "new.sqlite3")


def test_a_database_is_replaced_only_when_its_name_is_typed(run, backup, database):
    backup()
    add_people(database, 5, first=PEOPLE)

    assert "not empty: --replace" in run("restore", "latest", fails=True)
    assert "--confirm" in run("restore", "latest", "--replace", fails=True)
    assert "is named db.sqlite3" in run("restore", "latest", "--replace", "--confirm=brainlog", fails=True)
    assert "is named db.sqlite3" in run("restore", "latest", "--replace", typed="yes\n", fails=True)
    assert people(database) == PEOPLE + 5

    assert "Type its name to go on" in run("restore", "latest", "--replace", typed="db.sqlite3\n")
    assert people(database) == PEOPLE


@pytest.mark.thorough
def test_an_open_connection_continues_with_the_restored_database(run, backup, database):
    backup()
    with closing(sqlite3.connect(database)) as visitor:
        visitor.execute("DELETE FROM auth_group")
        visitor.commit()
        run("restore", "latest", "--replace", "--confirm=db.sqlite3", "--while-connected")

        assert visitor.execute("SELECT count(*) FROM auth_group").fetchone() == (PEOPLE,)
        visitor.execute("INSERT INTO auth_group (name) VALUES ('one more')")
        visitor.commit()
        assert visitor.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert people(database) == PEOPLE + 1


def test_archive_and_manifest_are_of_one_moment_during_writes(run, backup, database):
    done, written = threading.Event(), [PEOPLE]

    def write():
        while not done.is_set():
            add_people(database, 1, first=written[0])
            written[0] += 1

    def wait_for_more():
        before = written[0]
        wait_until(lambda: written[0] > before, "another row is written")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        wait_for_more()
        archive = backup()
        wait_for_more()
    finally:
        done.set()
        writer.join()

    assert PEOPLE < manifest_of(archive)["rows"]["auth_group"] < written[0]
    run("verify_backup", "latest")


def test_configuration_by_environment_and_exit_codes(database, folder, age_key):
    environment = {"BACKUP_TO": str(folder), "BACKUP_ENCRYPT_TO": age_key[1]}

    done = manage(f"sqlite:///{database}", "backup", **environment)
    failed = manage(f"sqlite:///{database}", "verify_backup", "latest", **environment)

    assert (done.returncode, done.stderr) == (0, "")
    assert "age encrypted" in done.stdout
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.startswith("BackupError: This archive is encrypted for age1")
    assert len(failed.stderr.splitlines()) == 1


def test_an_empty_database_is_not_backed_up(run, folder, tmp_path):
    """After a typing error in DATABASE_URL, empty backups would replace the good ones one by one."""
    assert "is DATABASE_URL the right one?" in run("backup", "--keep-daily=1", at=tmp_path / "typo.sqlite3", fails=True)
    assert list(folder.iterdir()) == []
    assert not (tmp_path / "typo.sqlite3").exists()
    (tmp_path / "empty.sqlite3").touch()
    assert "not even a table" in run("backup", at=tmp_path / "empty.sqlite3", fails=True)


def test_missing_and_wrong_locations_are_reported(run, tmp_path):
    assert "--to, or BACKUP_TO" in run("backup", fails=True, BACKUP_TO="")
    assert "--from, or BACKUP_TO" in run("verify_backup", "latest", fails=True, BACKUP_TO="")
    assert "not to ftp://host" in run("backup", "--to=ftp://host", fails=True)
    (tmp_path / "file").touch()
    assert "cannot be used: " in run("backup", f"--to={tmp_path}/file", fails=True)
    assert "There is no backup in" in run("verify_backup", "latest", f"--from={tmp_path}", fails=True)
    assert "nowhere cannot be used: " in run("verify_backup", "latest", f"--from={tmp_path}/nowhere", fails=True)


# ── Newer releases ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("migration", ["logs.9999_newer", "from_tomorrow.0001_initial"])
def test_a_backup_of_a_newer_release_is_verified_but_not_restored(run, backup, database, migration):
    archive = backup()
    add_people(database, 5, first=PEOPLE)
    change_manifest(archive, migrations=[*manifest_of(archive)["migrations"], migration])

    output = run(*REPLACE, fails=True)

    assert output.startswith(
        f"{archive.name} is of a newer release: this one does not have {migration}. Restore it with"
    )
    assert people(database) == PEOPLE + 5


def test_migrations_of_optional_apps_are_not_of_a_newer_release(run, backup, tmp_path):
    archive = backup()
    more = "socialaccount.0001_initial"
    change_manifest(archive, migrations=[*manifest_of(archive)["migrations"], more])

    run("restore", "latest", at=tmp_path / "new.sqlite3")


# ── Excluded tables ───────────────────────────────────────────────────────────────────────────

SECRET = "a-live-session-key-of-a-browser"


@pytest.fixture
def logged_in(database):
    """A database with sessions, deleted rows of sessions, and counted login attempts."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("PRAGMA secure_delete=OFF")
        connection.execute(
            "INSERT INTO accounts_session (session_key, session_data, expire_date, created_at, seen_at, user_agent, "
            "is_local) VALUES (?, ?, '2999-01-01', '2026-01-01', '2026-01-01', ?, 0)",
            [SECRET, SECRET * 400, SECRET],
        )
        connection.execute("INSERT INTO accounts_throttle VALUES (?, ?, '2999-01-01')", [SECRET, SECRET])
        connection.execute("CREATE TABLE gone (secret TEXT)")
        connection.executemany("INSERT INTO gone VALUES (?)", [[SECRET]] * 1000)
        connection.execute("DROP TABLE gone")


def test_an_archive_has_no_sessions_and_no_login_attempts(run, backup, database, logged_in, tmp_path):
    archive = backup()

    assert SECRET.encode() not in archive.read_bytes()
    facts = manifest_of(archive)
    assert {"accounts_session", "accounts_throttle"} <= {*facts["excluded_tables"]}
    assert {facts["rows"][table] for table in facts["excluded_tables"]} == {0}
    with closing(sqlite3.connect(database)) as live:  # The site's own are still there.
        assert live.execute("SELECT count(*) FROM accounts_session").fetchone() == (1,)
    assert "is good" in run("verify_backup")
    assert "people log in again" in run("restore", "latest", at=tmp_path / "new.sqlite3")
    assert people(tmp_path / "new.sqlite3") == PEOPLE
    run(*REPLACE)
    assert SECRET.encode() not in b"".join(path.read_bytes() for path in files_of(database) if path.exists())


def test_devices_for_reminders_end_with_the_logins_that_are_not_in_the_backup(run, backup, database, django_db_blocker):
    """A new login would get the key of a former one, and remind its device."""
    with django_db_blocker.unblock(), commands_use(f"sqlite:///{database}"):
        person = make_person()
        for kind, browser in (("push", person.known_browsers.create(token_hash="1")), ("ntfy", None)):
            Channel.objects.create(user=person, kind=kind, destination="x", known_browser=browser)
    backup()

    run(*REPLACE)

    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT kind FROM reminders_channel").fetchall() == [("ntfy",)]


def test_no_other_table_is_excluded():
    """Other tests compare only tables that are not excluded, and would not notice one with answers in the list."""
    of_logins = {"accounts_session", "accounts_knownbrowser", "accounts_throttle"}
    of_reminders = {"reminders_delivery", "reminders_senderstate"}
    of_links = {"insights_reportlink", "insights_reportopening"}
    assert set(EXCLUDED_TABLES) == {*of_logins, *of_reminders, *of_links, "operations_backup"}


def test_every_table_is_backed_up_or_excluded_with_a_reason(backup):
    tables = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    facts = manifest_of(backup())

    # socialaccount is installed only in the tests.
    assert {table for table in tables if not table.startswith("socialaccount_")} <= facts["rows"].keys()
    assert {*facts["excluded_tables"]} == {table for table in EXCLUDED_TABLES if table in facts["rows"]}
    assert all(EXCLUDED_TABLES.values())
    assert EXCLUDED_TABLES.keys() <= tables.keys()
    for table, model in tables.items():
        for field in model._meta.concrete_fields:
            if table not in EXCLUDED_TABLES and field.related_model and field.db_constraint:
                # PostgreSQL could not restore a foreign key to an excluded row, if it checks it.
                assert field.related_model._meta.db_table not in EXCLUDED_TABLES, f"{table}.{field.name}"


# ── Permissions────────────────────────────────────────────────────────────────────────────────


def test_files_are_readable_by_their_owner_alone_with_any_umask(run, database, tmp_path):
    folder, new = tmp_path / "a" / "folder" / "of" / "backups", tmp_path / "new.sqlite3"
    before = os.umask(0)
    try:
        run("backup", f"--to={folder}")
        run("restore", "latest", f"--from={folder}", at=new)
        run("verify_backup", "latest", f"--from={folder}")
    finally:
        os.umask(before)

    folders = [folder, *(parent for parent in folder.parents if tmp_path in parent.parents)]
    assert {oct(path.stat().st_mode)[-3:] for path in folders} == {"700"}
    assert {oct(path.stat().st_mode)[-3:] for path in [new, *folder.iterdir()]} == {"600"}


# ── The unencrypted copy ──────────────────────────────────────────────────────────────────────


@pytest.fixture
def endless_age(tmp_path):
    """A PATH with a program age that writes 5 MB and does not end."""
    program = tmp_path / "bin" / "age"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nhead -c 5000000 /dev/zero\nexec sleep 60\n")
    program.chmod(0o755)
    return f"{program.parent}:{os.environ['PATH']}"


@pytest.mark.thorough
@pytest.mark.parametrize(
    "command, number",
    [
        ("backup", signal.SIGTERM),
        ("verify_backup", signal.SIGTERM),
        ("restore", signal.SIGTERM),
        ("restore", signal.SIGHUP),
    ],
)
def test_the_temporary_copy_is_private_and_removed_on_signals(
    backup, database, folder, age_key, endless_age, tmp_path, command, number
):
    identity, recipient = age_key
    arguments = {
        "backup": [f"--to={folder}", f"--encrypt-to={recipient}"],
        "verify_backup": [f"--from={folder}", f"--identity={identity}"],
        "restore": ["latest", f"--from={folder}", f"--identity={identity}", "--replace", f"--confirm={database.name}"],
    }
    backup(f"--encrypt-to={recipient}")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    environment = environment_with(f"sqlite:///{database}", PATH=endless_age, TMPDIR=str(temporary))
    with subprocess.Popen(
        [sys.executable, "manage.py", command, *arguments[command]],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.DEVNULL,
        umask=0o022,
    ) as process:
        copies = temporary.glob
        wait_until(lambda: any(copy.stat().st_size for copy in copies("brainlog-backup-*/copy")), process=process)
        rights = {oct(path.stat().st_mode)[-3:] for path in temporary.glob("brainlog-backup-*/*")}
        process.send_signal(number)
        assert process.wait() != 0

    assert rights == {"600"}
    assert list(temporary.glob("brainlog-backup-*")) == []
    assert people(database) == PEOPLE


def test_a_command_started_with_nohup_ignores_sighup():
    command = ["nohup", sys.executable, "-c", OUTLIVE]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)

    assert done.stdout == "still here\n"


OUTLIVE = """
import os, signal
from operations.backups.pipeline import interrupt_on_signals
interrupt_on_signals()
os.kill(os.getpid(), signal.SIGHUP)
print("still here")
"""


# ── Damage ────────────────────────────────────────────────────────────────────────────────────


def flip_a_byte(archive):
    content = bytearray(archive.read_bytes())
    content[len(content) // 2] ^= 1
    archive.write_bytes(content)


def cut_off(archive):
    archive.write_bytes(archive.read_bytes()[:-1])


@pytest.mark.parametrize("damage, sentence", [(flip_a_byte, "its SHA-256 differs"), (cut_off, "bytes; it was stored")])
def test_damage_is_detected_before_anything_is_changed(run, backup, database, damage, sentence):
    archive = backup()
    damage(archive)

    assert sentence in run("verify_backup", "latest", fails=True)
    assert sentence in run("restore", "latest", "--replace", "--confirm=db.sqlite3", fails=True)
    assert people(database) == PEOPLE


def test_verification_reports_differences_from_the_manifest(run, backup):
    archive = backup()
    rows = manifest_of(archive)["rows"]
    change_manifest(archive, rows=rows | {"auth_group": 7, "logs_lost": 1}, migrations=["logs.0001_initial"])

    output = run("verify_backup", "latest", fails=True)

    assert (
        "Table logs_lost is missing. Table auth_group has 300 rows instead of 7. The applied migrations differ"
        in output
    )


def test_a_damaged_or_missing_manifest_is_one_sentence(run, backup, folder):
    archive = backup()
    manifest = archive.with_name(f"{archive.name}.json")
    facts = manifest_of(archive)
    manifest.write_text("{")
    assert run("verify_backup", "latest", fails=True) == f"{manifest.name} is not a manifest, or is damaged."
    for name, value in facts.items():
        for other in ({"a": 1}, 5, [[]], True):
            if not isinstance(other, type(value)):
                manifest.write_text(json.dumps(facts | {name: other}))
                assert run("verify_backup", "latest", fails=True).endswith("is not a manifest, or is damaged.")
    manifest.unlink()
    assert "There is no backup in" in run("verify_backup", "latest", fails=True)
    assert f"There is no manifest of {archive.name}" in run("verify_backup", archive.name, fails=True)


def test_a_damaged_database_is_not_backed_up(run, backup, database):
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [(page,)] = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'auth_group'").fetchall()
        [(size,)] = connection.execute("PRAGMA page_size").fetchall()
    content = bytearray(database.read_bytes())
    content[(page - 1) * size + 8 : (page - 1) * size + 64] = b"\xff" * 56
    database.write_bytes(content)

    output = run("backup", fails=True)
    assert "malformed" in output
