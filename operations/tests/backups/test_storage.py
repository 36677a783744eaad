"""Storage of backups: interrupted backups, retention, and S3."""

import datetime
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest
from django.utils import timezone

from operations.backups import BackupError
from operations.backups.archives import complete_archives
from operations.backups.storage import Storage
from operations.tests.backups.archives import PEOPLE, people
from testing.gunicorn import ROOT, environment_with
from testing.s3 import throwaway_bucket
from testing.waiting import wait_until

pytestmark = pytest.mark.once

# More than a small database needs; a program that has written this much has begun to write its file.
MORE_THAN_A_PART = 20_000_000


@pytest.fixture
def slow_age(tmp_path):
    """A PATH with a program age that writes more than one part of an upload, and then runs `script`."""

    def on_path(script):
        program = tmp_path / "bin" / "age"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\nhead -c {MORE_THAN_A_PART} /dev/zero\n{script}\n")
        program.chmod(0o755)
        return f"{program.parent}:{os.environ['PATH']}"

    return on_path


# ── Interrupted ───────────────────────────────────────────────────────────────────────────────


def test_a_failed_program_leaves_no_files(run, folder, slow_age):
    assert "age failed: error: out of ink" in run(
        "backup", "--encrypt-to=age1", fails=True, PATH=slow_age("echo 'age: error: out of ink' >&2; exit 1")
    )
    assert list(folder.iterdir()) == []


@pytest.mark.thorough
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_killed_backup_is_incomplete_and_removed_later(run, folder, database, slow_age, number):
    environment = environment_with(f"sqlite:///{database}", PATH=slow_age("exec sleep 60"))
    with subprocess.Popen(
        [sys.executable, "manage.py", "backup", f"--to={folder}", "--encrypt-to=age1"],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as command:
        wait_until(lambda: any(path.stat().st_size for path in folder.glob("*")), process=command)
        # Ctrl-C signals the whole process group, kill -9 one process.
        (os.killpg if number == signal.SIGINT else os.kill)(command.pid, number)
        assert command.wait() != 0
        with suppress(ProcessLookupError):
            os.killpg(command.pid, signal.SIGKILL)

    left = [path.name for path in folder.iterdir()]
    assert complete_archives(left) == []
    if number != signal.SIGKILL:
        assert left == []
        return
    [unfinished] = left
    assert unfinished.endswith(".age#1")
    run("backup", "--keep-daily=1")
    assert unfinished in os.listdir(folder)  # It could belong to a running backup.
    yesterday = time.time() - 25 * 60 * 60
    os.utime(folder / unfinished, (yesterday, yesterday))
    assert f"Removed {unfinished}." in run("backup", "--keep-daily=2")
    assert unfinished not in os.listdir(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can make a small disk.")
def test_a_full_disk_leaves_no_files(run, tmp_path):
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
    """Create empty files with the names of a backup of that age. Returns the archive's name."""
    stamp = timezone.now() - datetime.timedelta(days=days_ago)
    name = f"brainlog-{stamp:%Y-%m-%dT%H%M%SZ}-0000.sqlite3"
    for suffix in suffixes:
        (folder / f"{name}{suffix}").touch()
    return name


def test_old_backups_are_removed_after_a_complete_one_and_only_on_request(run, folder):
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

    output = run("backup", "--keep-daily=2").splitlines()
    left = set(os.listdir(folder))

    assert sorted(output[1:]) == sorted(f"Removed {name}." for name in before - left if not name.endswith(".json"))
    assert {*mine, fresh_half, names[0], f"{names[0]}.json"} <= left
    assert not left & {half, *names[1:], *(f"{name}.json" for name in names[1:])}


# ── S3 ────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def bucket():
    with throwaway_bucket() as bucket:
        yield bucket


def test_a_backup_in_a_bucket_is_verified_and_restored(run, bucket, tmp_path, age_key):
    there = {"BACKUP_TO": f"s3://{bucket.name}/there/and/back"} | bucket.environment
    run("backup", f"--encrypt-to={age_key[1]}", **there)

    assert "<Key>there/and/back/brainlog-" in bucket.ask()
    assert "is good" in run("verify_backup", "latest", f"--identity={age_key[0]}", **there)
    run("restore", "latest", f"--identity={age_key[0]}", at=tmp_path / "new.sqlite3", **there)
    assert people(tmp_path / "new.sqlite3") == PEOPLE


@pytest.mark.thorough
def test_old_backups_in_a_bucket_are_removed(run, bucket):
    there = {"BACKUP_TO": f"s3://{bucket.name}/tidy"} | bucket.environment
    first = run("backup", **there).split()[0]
    began = int(time.time())
    # Backups are named by the second: the newer of the same one is not known.
    wait_until(lambda: int(time.time()) > began)
    assert f"Removed {first}." in run("backup", "--keep-daily=1", **there)
    assert bucket.ask("?list-type=2&prefix=tidy/").count("<Key>") == 2


@pytest.mark.thorough
def test_a_failed_program_leaves_nothing_in_a_bucket(run, bucket, slow_age):
    there = {"BACKUP_TO": f"s3://{bucket.name}/nothing"} | bucket.environment
    run("backup", "--encrypt-to=age1", fails=True, PATH=slow_age("exit 1"), **there)

    assert "<Key>" not in bucket.ask("?list-type=2&prefix=nothing/")
    assert "<UploadId>" not in bucket.ask("?uploads")


def test_a_missing_bucket_is_one_sentence(run, bucket):
    output = run("backup", "--to=s3://elsewhere", fails=True, **bucket.environment)

    assert output == "s3://elsewhere cannot be used: The specified bucket does not exist"


@pytest.mark.matrix
@pytest.mark.parametrize("name", ["AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
@pytest.mark.parametrize("endpoint", ["minio:9000", "minio", "ftp://minio", "https://", "http://[::1"])
def test_an_invalid_endpoint_is_one_sentence(monkeypatch, name, endpoint):
    monkeypatch.setenv(name, endpoint)

    with pytest.raises(BackupError, match=f"{name} must begin with https:// and a host name."):
        Storage("s3://backups")


@pytest.mark.parametrize("name", ["AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_an_endpoint_without_tls_requires_the_variable(monkeypatch, name):
    monkeypatch.setenv(name, "http://minio.example.org:9000")
    with pytest.raises(BackupError, match=f"{name} begins with http://, .* or set AWS_ALLOW_HTTP=true if"):
        Storage("s3://backups")

    monkeypatch.setenv("AWS_ALLOW_HTTP", "false")
    with pytest.raises(BackupError, match=f"{name} begins with http://"):
        Storage("s3://backups")

    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    Storage("s3://backups")


def test_a_local_endpoint_needs_no_tls(run, bucket):
    environment = {name: value for name, value in bucket.environment.items() if name != "AWS_ALLOW_HTTP"}

    assert "rows of" in run("backup", f"--to=s3://{bucket.name}/here", **environment)
