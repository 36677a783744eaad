"""Connections besides those that Django keeps for each thread, and time limits for statements on any connection."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def separate_connection(
    configured: BaseDatabaseWrapper, *, options: dict | None = None, is_registered: bool = False, **settings
) -> Iterator[BaseDatabaseWrapper]:
    """Another connection to a configured database, outside its pool, which may be exhausted. Closed at the end.

    The first statement opens it. `settings` (HOST, NAME …) and `options` (libpq's parameters) replace the configured
    ones; SQLite takes no options. With `is_registered`, the ORM in this thread uses this connection meanwhile.
    """
    separate = configured.copy()
    separate.settings_dict |= settings
    separate.settings_dict["OPTIONS"].pop("pool", None)
    if separate.vendor == "postgresql":
        separate.settings_dict["OPTIONS"] |= options or {}
    if is_registered:
        connections[configured.alias] = separate
    try:
        yield separate
    finally:
        separate.close()
        if is_registered:
            connections[configured.alias] = configured


@contextmanager
def driver_connection(parameters: dict) -> Iterator[psycopg.Connection]:
    """A connection of the driver by libpq's parameters, for databases that are not configured, as backups need.

    It has no time limits: those of pages are too short to count the rows of tables or to wait for pg_dump.
    """
    with psycopg.connect(**parameters, autocommit=True) as connection:
        connection.execute("SET statement_timeout = 0")
        connection.execute("SET idle_in_transaction_session_timeout = 0")
        yield connection


@contextmanager
def time_limits(connection: BaseDatabaseWrapper, *, statement: float, lock: float) -> Iterator[None]:
    """Limit, in seconds, how long each statement may run and wait for a lock. Only PostgreSQL has such limits.

    They last for a transaction, so that they hold behind a transaction pooler, too. The transaction is the driver's:
    Django begins one only on a connection that it knows by an alias.
    """
    if connection.vendor != "postgresql":
        yield
        return
    connection.ensure_connection()
    with connection.connection.transaction():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('statement_timeout', %s, true), set_config('lock_timeout', %s, true)",
                [f"{statement * 1000:.0f}ms", f"{lock * 1000:.0f}ms"],
            )
        yield
