"""Backups end to end, on SQLite: what is stored, and what damage is noticed."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from sqlite3 import OperationalError

import pytest
from django.apps import apps
from django.utils import timezone

from brainlog.database.sqlite3.files import files_of
from operations.backups import sqlite
from operations.backups.left_out import LEFT_OUT
from operations.tests.backups.archives import PEOPLE, add_people, change_manifest, manifest_of, people
from testing.gunicorn import ROOT, environment_with, manage
from testing.waiting import wait_until

pytestmark = pytest.mark.once


def test_a_backup_is_an_archive_and_a_manifest_that_nobody_else_can_read(run, folder):
    said = run("backup")

    archive, manifest = sorted(folder.iterdir())
    assert said.startswith(f"{archive.name} in {folder}: ")
    assert "not encrypted" in said
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
def test_who_has_the_database_open_goes_on_with_the_restored_one(run, backup, database):
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


def test_writers_go_on_and_the_manifest_is_of_the_same_moment(run, backup, database):
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


def test_the_environment_says_where_and_the_exit_code_says_how_it_went(database, folder, age_key):
    environment = {"BACKUP_TO": str(folder), "BACKUP_ENCRYPT_TO": age_key[1]}

    done = manage(f"sqlite:///{database}", "backup", **environment)
    failed = manage(f"sqlite:///{database}", "verify_backup", "latest", **environment)

    assert (done.returncode, done.stderr) == (0, "")
    assert "age encrypted" in done.stdout
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.startswith("BackupError: This archive is encrypted for age1")
    assert len(failed.stderr.splitlines()) == 1


def test_an_empty_database_is_no_backup(run, folder, tmp_path):
    """Someone mistyped DATABASE_URL, and the good backups would be removed one by one."""
    assert "is DATABASE_URL the right one?" in run("backup", "--keep-daily=1", at=tmp_path / "typo.sqlite3", fails=True)
    assert list(folder.iterdir()) == []
    assert not (tmp_path / "typo.sqlite3").exists()
    (tmp_path / "empty.sqlite3").touch()
    assert "not even a table" in run("backup", at=tmp_path / "empty.sqlite3", fails=True)


def test_it_says_where_it_would_need_to_be_told(run, tmp_path):
    assert "--to, or BACKUP_TO" in run("backup", fails=True, BACKUP_TO="")
    assert "--from, or BACKUP_TO" in run("verify_backup", "latest", fails=True, BACKUP_TO="")
    assert "not to ftp://host" in run("backup", "--to=ftp://host", fails=True)
    (tmp_path / "file").touch()
    assert "cannot be used: " in run("backup", f"--to={tmp_path}/file", fails=True)
    assert "There is no backup in" in run("verify_backup", "latest", f"--from={tmp_path}", fails=True)
    assert "nowhere cannot be used: " in run("verify_backup", "latest", f"--from={tmp_path}/nowhere", fails=True)


# ── Others are using it ───────────────────────────────────────────────────────────────────────


@contextmanager
def another_process(database, statement):
    """Let another process have the database open, and do something with it that is not finished."""
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


REPLACE = ["restore", "latest", "--replace", "--confirm=db.sqlite3"]


def test_while_others_have_it_open_it_is_not_replaced_unless_that_is_meant(run, backup, database):
    backup()
    add_people(database, 5, first=PEOPLE)
    with another_process(database, "SELECT count(*) FROM auth_group") as other:
        said = run(*REPLACE, fails=True)
        assert "Others are using the database db.sqlite3, and what they save would be lost: " in said
        assert f"process {other.pid} (python" in said
        assert said.endswith("Stop the site first, or restore --while-connected.")
        assert people(database) == PEOPLE + 5

        run(*REPLACE, "--while-connected")
        assert people(database) == PEOPLE

    add_people(database, 5, first=PEOPLE)
    run(*REPLACE)
    assert people(database) == PEOPLE


def test_a_transaction_in_the_way_is_named_and_waited_for_only_so_long(run, backup, database, capsys, monkeypatch):
    monkeypatch.setattr("operations.backups.progress.SECONDS", 0)
    backup()
    add_people(database, 5, first=PEOPLE)
    with another_process(database, "BEGIN IMMEDIATE") as other:
        said = run(*REPLACE, "--while-connected", "--lock-timeout=2", fails=True)

        assert said.startswith("Gave up after waiting for 2 s, and nothing was changed. In the way: process ")
        assert f"process {other.pid} (python" in said
        assert f"of at most 2: process {other.pid}" in capsys.readouterr().err
    assert people(database) == PEOPLE + 5
    run(*REPLACE)
    assert people(database) == PEOPLE


def test_nobody_reads_or_writes_while_it_is_replaced(run, backup, database, monkeypatch):
    """A site that was not stopped, and that nobody was using, cannot be seen: it has to wait."""
    backup()
    original = sqlite.copied

    def copied(source, target, *more):
        original(source, target, *more)
        with pytest.raises(OperationalError, match="locked"), closing(sqlite3.connect(database, timeout=0)) as site:
            site.execute("SELECT count(*) FROM auth_group")

    monkeypatch.setattr(sqlite, "copied", copied)
    run(*REPLACE)

    assert people(database) == PEOPLE


@pytest.mark.parametrize("migration", ["logs.9999_newer", "from_tomorrow.0001_initial"])
def test_a_backup_of_a_newer_release_is_verified_but_not_restored(run, backup, database, migration):
    archive = backup()
    add_people(database, 5, first=PEOPLE)
    change_manifest(archive, migrations=[*manifest_of(archive)["migrations"], migration])

    said = run(*REPLACE, fails=True)

    assert said.startswith(f"{archive.name} is of a newer release: this one does not know {migration}. Restore it with")
    assert people(database) == PEOPLE + 5


def test_migrations_of_apps_that_are_not_always_installed_are_not_of_a_newer_release(run, backup, tmp_path):
    archive = backup()
    more = ["sessions.0001_initial", "socialaccount.0001_initial"]
    change_manifest(archive, migrations=[*manifest_of(archive)["migrations"], *more])

    run("restore", "latest", at=tmp_path / "new.sqlite3")


# ── What is left out ──────────────────────────────────────────────────────────────────────────

SECRET = "a-live-session-key-of-a-browser"


@pytest.fixture
def logged_in(database):
    """A database in which people are logged in, others have logged out, and tries are counted. Older tables too."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("PRAGMA secure_delete=OFF")
        connection.execute("CREATE TABLE django_session (session_key TEXT PRIMARY KEY, session_data TEXT)")
        connection.execute("INSERT INTO django_session VALUES (?, ?)", [SECRET, SECRET])
        connection.execute(
            "INSERT INTO accounts_session (session_key, session_data, expire_date, created_at, seen_at, user_agent, "
            "is_local) VALUES (?, ?, '2999-01-01', '2026-01-01', '2026-01-01', ?, 0)",
            [SECRET, SECRET * 400, SECRET],
        )
        connection.execute("INSERT INTO accounts_throttle VALUES (?, ?, '2999-01-01')", [SECRET, SECRET])
        connection.execute("CREATE TABLE gone (secret TEXT)")
        connection.executemany("INSERT INTO gone VALUES (?)", [[SECRET]] * 1000)
        connection.execute("DROP TABLE gone")


def test_an_archive_holds_no_sessions_and_no_tries(run, backup, database, logged_in, tmp_path):
    archive = backup()

    assert SECRET.encode() not in archive.read_bytes()
    facts = manifest_of(archive)
    assert {"accounts_session", "accounts_throttle", "django_session"} <= {*facts["left_out"]}
    assert {facts["rows"][table] for table in facts["left_out"]} == {0}
    with closing(sqlite3.connect(database)) as live:  # The site's own are still there.
        assert live.execute("SELECT count(*) FROM accounts_session").fetchone() == (1,)
    assert "is good" in run("verify_backup")
    assert "people log in once more" in run("restore", "latest", at=tmp_path / "new.sqlite3")
    assert people(tmp_path / "new.sqlite3") == PEOPLE
    run(*REPLACE)
    assert SECRET.encode() not in b"".join(path.read_bytes() for path in files_of(database) if path.exists())


def test_no_other_table_is_left_out():
    """A table with what people wrote would be missed by no other test: they compare what the list does not name."""
    of_sessions = {"accounts_session", "accounts_knownbrowser", "django_session"}
    assert set(LEFT_OUT) == {*of_sessions, "accounts_throttle", "operations_backup"}


def test_every_table_is_in_the_backup_or_listed_with_a_reason(backup):
    tables = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    facts = manifest_of(backup())

    # socialaccount is installed for the tests alone.
    assert {table for table in tables if not table.startswith("socialaccount_")} <= facts["rows"].keys()
    assert {*facts["left_out"]} == {table for table in LEFT_OUT if table in facts["rows"]}
    assert all(LEFT_OUT.values())
    # Named before or after their time: another release has them.
    assert LEFT_OUT.keys() - tables.keys() <= {"django_session", "accounts_knownbrowser"}
    for table, model in tables.items():
        for field in model._meta.concrete_fields:
            if table not in LEFT_OUT and field.related_model:
                # A row would name one that is not there, and PostgreSQL would not restore it.
                assert field.related_model._meta.db_table not in LEFT_OUT, f"{table}.{field.name}"


def test_a_backup_waits_for_others_with_a_word_and_an_end(run, database, folder, capsys, monkeypatch):
    monkeypatch.setattr("operations.backups.progress.SECONDS", 0)
    monkeypatch.setattr(sqlite, "LOCK_WAIT", 2)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")  # Where a writer keeps readers waiting.
    with another_process(database, "BEGIN EXCLUSIVE") as other:
        said = run("backup", fails=True)

    assert said.startswith("Gave up after waiting for 2 s, and nothing was changed. In the way: ")
    assert f"process {other.pid}" in said
    assert f"of at most 2: process {other.pid}" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


# ── Rights ────────────────────────────────────────────────────────────────────────────────────


def test_all_files_are_for_their_owner_alone_whatever_the_umask(run, database, tmp_path):
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


# ── In plaintext, for a while ─────────────────────────────────────────────────────────────────


@pytest.fixture
def endless_age(tmp_path):
    """A PATH on which age, whatever it is to do, writes a little and then never ends."""
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
def test_the_copy_is_for_us_alone_and_goes_with_the_command(
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


def test_a_command_that_is_to_outlive_its_terminal_does():
    """As nohup starts it."""
    command = ["nohup", sys.executable, "-c", OUTLIVE]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)

    assert done.stdout == "still here\n"


OUTLIVE = """
import os, signal
from operations.backups.pipeline import stop_like_ctrl_c
stop_like_ctrl_c()
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


@pytest.mark.parametrize(
    "damage, sentence", [(flip_a_byte, "its SHA-256 is another one"), (cut_off, "bytes; it was stored")]
)
def test_damage_is_noticed_before_anything_is_touched(run, backup, database, damage, sentence):
    archive = backup()
    damage(archive)

    assert sentence in run("verify_backup", "latest", fails=True)
    assert sentence in run("restore", "latest", "--replace", "--confirm=db.sqlite3", fails=True)
    assert people(database) == PEOPLE


def test_what_is_not_in_the_archive_is_missed(run, backup):
    archive = backup()
    rows = manifest_of(archive)["rows"]
    change_manifest(archive, rows=rows | {"auth_group": 7, "logs_lost": 1}, migrations=["logs.0001_initial"])

    said = run("verify_backup", "latest", fails=True)

    assert (
        "Table logs_lost is missing. Table auth_group has 300 rows instead of 7. The applied migrations differ" in said
    )


def test_a_damaged_manifest_or_none_is_one_sentence(run, backup, folder):
    archive = backup()
    manifest = archive.with_name(f"{archive.name}.json")
    facts = manifest_of(archive)
    manifest.write_text("{")
    assert run("verify_backup", "latest", fails=True) == f"{manifest.name} is no manifest, or a damaged one."
    for name, value in facts.items():
        for other in ({"a": 1}, 5, [[]], True):
            if not isinstance(other, type(value)):
                manifest.write_text(json.dumps(facts | {name: other}))
                assert run("verify_backup", "latest", fails=True).endswith("is no manifest, or a damaged one.")
    manifest.unlink()
    assert "There is no backup in" in run("verify_backup", "latest", fails=True)
    assert f"There is no manifest of {archive.name}" in run("verify_backup", archive.name, fails=True)


def test_a_database_that_was_damaged_already_is_not_verified(run, backup, database):
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [(page,)] = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'auth_group'").fetchall()
        [(size,)] = connection.execute("PRAGMA page_size").fetchall()
    content = bytearray(database.read_bytes())
    content[(page - 1) * size + 8 : (page - 1) * size + 64] = b"\xff" * 56
    database.write_bytes(content)

    said = run("backup", fails=True)
    assert "malformed" in said
