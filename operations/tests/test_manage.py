"""How `manage.py` ends when the database, or whoever reads its output, is gone."""

import subprocess
import sys

import pytest
from django.db import OperationalError

from brainlog.database.urls import reason
from testing.gunicorn import ROOT, environment_with, manage

pytestmark = pytest.mark.once

NOBODY_LISTENS = "postgres://someone:very-secret@127.0.0.1:1/nowhere"


@pytest.mark.parametrize(
    "arguments",
    [["migrate"], ["migrate", "--check"], ["staff", "export", "{}"], ["dbmaintain"], ["create_app_role", "app"]],
    ids=" ".join,
)
def test_a_database_that_is_down_is_one_sentence(tmp_path, arguments):
    result = manage(NOBODY_LISTENS, *(argument.format(tmp_path / "staff.json") for argument in arguments))

    assert (result.returncode, result.stdout, len(result.stderr.splitlines())) == (1, "", 1)
    assert "Connection refused" in result.stderr
    assert not any(text in result.stderr for text in ("someone", "very-secret", "127.0.0.1", "nowhere"))


def test_whoever_looks_for_a_mistake_gets_the_traceback():
    assert "Traceback" in manage(NOBODY_LISTENS, "migrate", "--check", "--traceback").stderr


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            'connection failed: connection to server at "10.0.0.7", port 5432 failed: FATAL:  password authentication '
            'failed for user "ada"\nconnection to server at "10.0.0.7", port 5432 failed: FATAL:  no',
            "password authentication failed for user …",
        ),
        (
            "Multiple connection attempts failed. All failures were:\n"
            "- host: 'db.example.org', port: '5432', hostaddr: '::1': connection failed: connection to server at "
            '"::1", port 5432 failed: Connection refused\n\tIs the server running?',
            "Connection refused",
        ),
        ("failed to resolve host 'db.example.org': [Errno -2] Name unknown", "failed to resolve host …: [Errno -2] "),
        ("database is locked", "database is locked"),
        ("", "OperationalError"),
    ],
)
def test_the_reason_names_nobody(said, told):
    assert reason(OperationalError(said)).startswith(told)
    assert "ada" not in reason(OperationalError(said)) and "example" not in reason(OperationalError(said))


@pytest.mark.parametrize("is_buffered", [True, False])
def test_a_reader_that_has_had_enough_hears_nothing(tmp_path, is_buffered):
    more = {} if is_buffered else {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "manage.py", "checkdb"],
        cwd=ROOT,
        env=environment_with(f"sqlite:///{tmp_path}/db.sqlite3", **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == ""

    assert process.returncode == 141
