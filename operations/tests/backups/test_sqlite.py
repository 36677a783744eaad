"""Backups end to end, on SQLite: what is stored, and what damage is noticed."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest
from django.utils import timezone

from operations.tests.backups.archives import PEOPLE, add_people, change_manifest, manifest_of, people
from testing.gunicorn import ROOT, environment_with, manage

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


def test_who_has_the_database_open_goes_on_with_the_restored_one(run, backup, database):
    backup()
    with closing(sqlite3.connect(database)) as visitor:
        visitor.execute("DELETE FROM auth_group")
        visitor.commit()
        run("restore", "latest", "--replace", "--confirm=db.sqlite3")

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
        while written[0] == before:
            time.sleep(0.001)

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


# ── In plaintext, for a while ─────────────────────────────────────────────────────────────────


@pytest.fixture
def endless_age(tmp_path):
    """A PATH on which age, whatever it is to do, writes a little and then never ends."""
    program = tmp_path / "bin" / "age"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nhead -c 5000000 /dev/zero\nexec sleep 60\n")
    program.chmod(0o755)
    return f"{program.parent}:{os.environ['PATH']}"


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
        while not [copy for copy in temporary.glob("brainlog-backup-*/copy") if copy.stat().st_size]:
            assert process.poll() is None
            time.sleep(0.02)
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
from operations.backups.programs import stop_like_ctrl_c
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
    manifest.write_text("{")
    assert run("verify_backup", "latest", fails=True) == f"{manifest.name} is no manifest, or a damaged one."
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
