"""Commands on other databases within the process of the tests, which takes a twentieth of the time of a new one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connections

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
