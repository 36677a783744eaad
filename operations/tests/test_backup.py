"""Backups end to end, on SQLite: what is stored, where, how it is encrypted, and what damage is noticed."""

import datetime
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone

from operations.backups.archives import whole_among
from operations.tests.databases import commands_use
from testing.gunicorn import ROOT, environment_with, manage
from testing.s3 import throwaway_bucket

pytestmark = pytest.mark.once

PEOPLE = 300
# Not reached by a small database; a program that writes this much has begun to write its file.
MORE_THAN_A_PART = 20_000_000


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A database with people in it, to copy."""
    path = tmp_path_factory.mktemp("template") / "db.sqlite3"
    assert manage(f"sqlite:///{path}", "migrate").returncode == 0
    add_people(path, PEOPLE)
    return path


@pytest.fixture
def database(template, tmp_path):
    path = tmp_path / "db.sqlite3"
    with closing(sqlite3.connect(template)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=WAL")
    return path


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "backups"


@pytest.fixture
def run(database, folder, monkeypatch, django_db_blocker):
    """Run a command on that database with that folder, and return what it said."""

    def run(*arguments, at=None, fails=False, **environment):
        said = io.StringIO()
        with monkeypatch.context() as patch, django_db_blocker.unblock(), commands_use(f"sqlite:///{at or database}"):
            patch.setattr("sys.stdout", said)
            patch.setattr(settings, "BACKUP_TO", environment.pop("BACKUP_TO", str(folder)))
            patch.setattr("sys.stdin", io.StringIO())
            for name, value in environment.items():
                patch.setenv(name, value)
            if not fails:
                call_command(*arguments)
                return said.getvalue().strip()
            with pytest.raises(CommandError) as error:
                call_command(*arguments)
            return str(error.value)

    return run


@pytest.fixture
def backup(run, folder):
    """Make a backup, and return its archive."""

    def backup(*arguments, **environment):
        return folder / run("backup", *arguments, **environment).split()[0]

    return backup


@pytest.fixture(scope="module")
def age_key(tmp_path_factory):
    """The file of a private key, and its public key."""
    path = tmp_path_factory.mktemp("age") / "key.txt"
    subprocess.run(["age-keygen", "-o", path], check=True, capture_output=True)
    return path, path.read_text().partition("public key: ")[2].split()[0]


@pytest.fixture(scope="module")
def gnupg_home(tmp_path_factory):
    """A keyring with one key, of nobody@example.org."""
    home = tmp_path_factory.mktemp("gnupg")
    home.chmod(0o700)
    environment = os.environ | {"GNUPGHOME": str(home)}
    key = [
        "--batch",
        "--passphrase",
        "",
        "--quick-generate-key",
        "nobody@example.org",
        "future-default",
        "default",
        "never",
    ]
    subprocess.run(["gpg", *key], env=environment, check=True, capture_output=True)
    yield home
    subprocess.run(["gpgconf", "--kill", "all"], env=environment, check=True)


@pytest.fixture
def slow_age(tmp_path):
    """A PATH on which age writes more than a part of a file, and then what `script` does."""

    def on_path(script):
        program = tmp_path / "bin" / "age"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\nhead -c {MORE_THAN_A_PART} /dev/zero\n{script}\n")
        program.chmod(0o755)
        return f"{program.parent}:{os.environ['PATH']}"

    return on_path


def add_people(path, number, first=0):
    with closing(sqlite3.connect(path, timeout=20)) as connection, connection:
        names = [(f"group-{first + each}",) for each in range(number)]
        connection.executemany("INSERT INTO auth_group (name) VALUES (?)", names)


def people(path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT count(*) FROM auth_group").fetchone()[0]


def manifest_of(archive) -> dict:
    return json.loads(archive.with_name(f"{archive.name}.json").read_text())


def change_manifest(archive, **facts):
    path = archive.with_name(f"{archive.name}.json")
    path.write_text(json.dumps(manifest_of(archive) | facts))


# ── There and back ────────────────────────────────────────────────────────────────────────────


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

    assert run("verify_backup", "latest").startswith(f"{archive.name} is good: ")
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
    assert people(database) == PEOPLE + 5

    run("restore", "latest", "--replace", "--confirm=db.sqlite3")
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


def test_it_says_where_it_would_need_to_be_told(run, tmp_path):
    assert "--to, or BACKUP_TO" in run("backup", fails=True, BACKUP_TO="")
    assert "--from, or BACKUP_TO" in run("verify_backup", "latest", fails=True, BACKUP_TO="")
    assert "not to ftp://host" in run("backup", "--to=ftp://host", fails=True)
    (tmp_path / "file").touch()
    assert "cannot be used: " in run("backup", f"--to={tmp_path}/file", fails=True)
    assert "There is no backup in" in run("verify_backup", "latest", f"--from={tmp_path}", fails=True)


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


# ── Encryption ────────────────────────────────────────────────────────────────────────────────


def test_age(run, backup, age_key, tmp_path):
    identity, recipient = age_key
    archive = backup(f"--encrypt-to={recipient}")
    stranger = tmp_path / "stranger.txt"
    subprocess.run(["age-keygen", "-o", stranger], check=True, capture_output=True)

    assert archive.suffix == ".age"
    assert archive.read_bytes().startswith(b"age-encryption.org/v1")
    assert (manifest_of(archive)["encryption"], manifest_of(archive)["recipient"]) == ("age", recipient)
    assert "is good" in run("verify_backup", "latest", f"--identity={identity}")
    assert f"encrypted for {recipient}: " in run("verify_backup", "latest", fails=True)
    assert "age failed: error: no identity matched" in run(
        "restore", "latest", f"--identity={stranger}", at=tmp_path / "new.sqlite3", fails=True
    )


def test_gnupg(run, backup, gnupg_home, tmp_path, age_key):
    home = {"GNUPGHOME": str(gnupg_home)}
    archive = backup("--encrypt-to=nobody@example.org", **home)
    stranger = tmp_path / "stranger"
    stranger.mkdir(mode=0o700)

    assert archive.suffix == ".gpg"
    assert b"SQLite format" not in archive.read_bytes()
    assert "is good" in run("verify_backup", "latest", **home)
    assert "leave out --identity" in run("verify_backup", "latest", f"--identity={age_key[0]}", fails=True, **home)
    assert "gpg failed: decryption failed: No secret key" in run(
        "restore", "latest", at=tmp_path / "new.sqlite3", fails=True, GNUPGHOME=str(stranger)
    )


@pytest.mark.parametrize(
    "recipient, sentence",
    [
        ("somebody@example.org", "gpg failed: [stdin]: encryption failed: No public key"),
        ("age1no", "age failed: error: malformed"),
    ],
)
def test_without_the_key_there_is_no_backup(run, folder, gnupg_home, recipient, sentence):
    assert sentence in run("backup", f"--encrypt-to={recipient}", fails=True, GNUPGHOME=str(gnupg_home))
    assert list(folder.iterdir()) == []


# ── Interrupted ───────────────────────────────────────────────────────────────────────────────


def test_a_program_that_dies_half_way_leaves_nothing(run, folder, slow_age):
    assert "age failed: error: out of ink" in run(
        "backup", "--encrypt-to=age1", fails=True, PATH=slow_age("echo 'age: error: out of ink' >&2; exit 1")
    )
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_killed_backup_is_no_backup_and_is_cleaned_up_later(run, folder, database, slow_age, number):
    environment = environment_with(f"sqlite:///{database}", PATH=slow_age("exec sleep 60"))
    with subprocess.Popen(
        [sys.executable, "manage.py", "backup", f"--to={folder}", "--encrypt-to=age1"],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as command:
        while not [path for path in folder.glob("*") if path.stat().st_size]:
            assert command.poll() is None
            time.sleep(0.02)
        # Ctrl-C reaches all that was started, kill -9 only the one it is for.
        (os.killpg if number == signal.SIGINT else os.kill)(command.pid, number)
        assert command.wait() != 0
        with suppress(ProcessLookupError):
            os.killpg(command.pid, signal.SIGKILL)

    left = [path.name for path in folder.iterdir()]
    assert whole_among(left) == []
    if number != signal.SIGKILL:
        assert left == []
        return
    [unfinished] = left
    assert unfinished.endswith(".age#1")
    run("backup", "--keep-daily=1")
    assert unfinished in os.listdir(folder)  # It could still be at work.
    yesterday = time.time() - 25 * 60 * 60
    os.utime(folder / unfinished, (yesterday, yesterday))
    assert f"Removed {unfinished}." in run("backup", "--keep-daily=2")
    assert unfinished not in os.listdir(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can make a small disk.")
def test_a_full_disk_leaves_nothing(run, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=True)
    try:
        assert "No space left on device" in run("backup", f"--to={disk}", fails=True)
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", disk], check=True)


# ── Retention ─────────────────────────────────────────────────────────────────────────────────


def fake(folder, days_ago, suffixes=("", ".json")) -> str:
    """Files as a backup of that age has them. Returns the archive's name."""
    stamp = timezone.now() - datetime.timedelta(days=days_ago)
    name = f"brainlog-{stamp:%Y-%m-%dT%H%M%SZ}-0000.sqlite3"
    for suffix in suffixes:
        (folder / f"{name}{suffix}").touch()
    return name


def test_old_backups_go_after_a_new_one_is_whole_and_only_when_asked(run, folder):
    folder.mkdir()
    names = [fake(folder, days_ago) for days_ago in (1, 2, 3)]
    half, fresh_half = fake(folder, 5, [""]), fake(folder, 0.5, [""])
    mine = ["notes.txt", "brainlog-2020.dump", "brainlog-2020-01-01T000000Z-0000.dump.bak"]
    for name in mine:
        (folder / name).touch()

    run("backup")
    before = set(os.listdir(folder))
    run("backup", "--keep-daily=2", "--encrypt-to=age1no", fails=True)
    assert set(os.listdir(folder)) == before

    said = run("backup", "--keep-daily=2").splitlines()
    left = set(os.listdir(folder))

    assert sorted(said[1:]) == sorted(f"Removed {name}." for name in before - left if not name.endswith(".json"))
    assert {*mine, fresh_half, names[0], f"{names[0]}.json"} <= left
    assert not left & {half, *names[1:], *(f"{name}.json" for name in names[1:])}


# ── S3 ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def bucket():
    with throwaway_bucket() as bucket:
        yield bucket


def test_to_a_bucket_and_back(run, bucket, tmp_path, age_key):
    there = {"BACKUP_TO": f"s3://{bucket.name}/there/and/back"} | bucket.environment
    run("backup", f"--encrypt-to={age_key[1]}", **there)

    assert "<Key>there/and/back/brainlog-" in bucket.ask()
    assert "is good" in run("verify_backup", "latest", f"--identity={age_key[0]}", **there)
    run("restore", "latest", f"--identity={age_key[0]}", at=tmp_path / "new.sqlite3", **there)
    assert people(tmp_path / "new.sqlite3") == PEOPLE


def test_a_bucket_is_tidied_too(run, bucket):
    there = {"BACKUP_TO": f"s3://{bucket.name}/tidy"} | bucket.environment
    first = run("backup", **there).split()[0]
    time.sleep(1)  # The newer of the same second is not known.

    assert f"Removed {first}." in run("backup", "--keep-daily=1", **there)
    assert bucket.ask("?list-type=2&prefix=tidy/").count("<Key>") == 2


def test_a_program_that_dies_half_way_leaves_nothing_in_a_bucket(run, bucket, slow_age):
    there = {"BACKUP_TO": f"s3://{bucket.name}/nothing"} | bucket.environment
    run("backup", "--encrypt-to=age1", fails=True, PATH=slow_age("exit 1"), **there)

    assert "<Key>" not in bucket.ask("?list-type=2&prefix=nothing/")
    assert "<UploadId>" not in bucket.ask("?uploads")


def test_a_bucket_that_is_not_there_is_one_sentence(run, bucket):
    said = run("backup", "--to=s3://elsewhere", fails=True, **bucket.environment)

    assert said == "s3://elsewhere cannot be used: The specified bucket does not exist"
