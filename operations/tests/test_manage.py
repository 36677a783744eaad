"""`manage.py` without a database, and with a closed output pipe."""

import subprocess
import sys

import pytest
from django.db import OperationalError

from brainlog.database.urls import reason
from testing.gunicorn import ROOT, environment_with, manage

pytestmark = pytest.mark.once

CLOSED_PORT = "postgres://someone:very-secret@127.0.0.1:1/nowhere"


@pytest.mark.parametrize(
    "arguments",
    [["migrate"], ["migrate", "--check"], ["staff", "export", "{}"], ["dbmaintain"], ["create_app_role", "app"]],
    ids=" ".join,
)
def test_a_database_that_is_down_is_one_message(tmp_path, arguments):
    result = manage(CLOSED_PORT, *(argument.format(tmp_path / "staff.json") for argument in arguments))

    assert (result.returncode, result.stdout, len(result.stderr.splitlines())) == (1, "", 1)
    assert "Connection refused" in result.stderr
    assert not any(text in result.stderr for text in ("someone", "very-secret", "127.0.0.1", "nowhere"))


def test_traceback_option_shows_the_traceback():
    assert "Traceback" in manage(CLOSED_PORT, "migrate", "--check", "--traceback").stderr


@pytest.mark.parametrize(
    ("message", "expected"),
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
def test_the_message_has_no_names(message, expected):
    assert reason(OperationalError(message)).startswith(expected)
    assert "ada" not in reason(OperationalError(message)) and "example" not in reason(OperationalError(message))


@pytest.mark.parametrize("is_buffered", [True, False])
def test_a_closed_pipe_prints_no_error(tmp_path, is_buffered):
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
