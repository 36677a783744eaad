"""Databases of their own for tests of commands, in the process of the tests: that is twenty times as quick."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connections

from brainlog.database import database_from_url


@contextmanager
def commands_use(url: str) -> Iterator[None]:
    """Let `call_command` work on the database at `url`, as if DIRECT_DATABASE_URL named it."""
    connections.settings["direct"] = connections.settings["default"] | database_from_url(url, Path("/"))
    try:
        yield
    finally:
        connections["direct"].close()
        del connections["direct"], connections.settings["direct"]
