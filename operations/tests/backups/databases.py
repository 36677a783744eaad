"""Commands on other databases within the process of the tests, which takes a twentieth of the time of a new one."""

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import override_settings

from brainlog.database.urls import database_from_url


@contextmanager
def commands_use(url: str) -> Iterator[None]:
    """Let `call_command` work on the database at `url`, as if DATABASE_URL named it."""
    connection, settings = connections["default"], connections.settings["default"]
    connections.settings["default"] = settings | database_from_url(url, Path("/"))
    connections["default"] = connections.create_connection("default")
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"], connections.settings["default"] = connection, settings


def run_command(url: str, backup_to: str, *arguments: str, fails: bool = False) -> str:
    """Run a command on the database at `url`. Returns its output, or the message of its error if it `fails`."""
    output = io.StringIO()
    with commands_use(url), redirect_stdout(output), override_settings(BACKUP_TO=backup_to):
        if not fails:
            call_command(*arguments)
            return output.getvalue().strip()
        with pytest.raises(CommandError) as error:
            call_command(*arguments)
        return str(error.value)
