"""Locks of `manage.py migrate`: one migrate at a time, and short waits for tables that people use."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import OperationalError

from brainlog.database.connections import separate_connection
from brainlog.database.postgresql.base import patience
from brainlog.database.urls import reason
from operations.database.queries import fetch_value

# Any number that no other program uses in this database.
ADVISORY_LOCK = 7_263_018_551
POLL_INTERVAL = 0.5  # seconds
# Seconds to wait for a second session, which a pooler with a single connection never gives.
SECOND_SESSION_TIMEOUT = 10


@contextmanager
def exclusive_migration(connection, write: Callable[[str], None]) -> Iterator[None]:
    """Wait until no other migrate runs in this database, and keep others waiting.

    The lock belongs to a transaction on a second connection, which stays open while the migrations run. A session's
    lock would fail behind a transaction pooler: the next statement may run in another session, and the lock stays with
    the first one.
    """
    has_waited = False
    with separate_connection(connection) as holder:
        # Polled: a session that waits inside a query has a snapshot, which blocks CREATE INDEX CONCURRENTLY.
        while not has_lock(holder):
            holder.rollback()
            if not has_waited:
                write("Waiting for another migrate to finish.")
            has_waited = True
            time.sleep(POLL_INTERVAL)
        check_second_session(connection)
        yield
        # Closing the connection ends its transaction, which releases the lock.


def has_lock(holder) -> bool:
    """Begin a transaction and try to take the lock in it. It holds no snapshot, so it blocks no other statement."""
    holder.set_autocommit(False)
    # The transaction is idle while the migrations run.
    fetch_value(holder, "SELECT set_config('idle_in_transaction_session_timeout', '0', true)")
    return fetch_value(holder, "SELECT pg_try_advisory_xact_lock(%s)", ADVISORY_LOCK)


def check_second_session(connection) -> None:
    """Raise CommandError if the server gives no second session in time."""
    limit = patience.set(SECOND_SESSION_TIMEOUT)
    try:
        fetch_value(connection, "SELECT 1")
    except OperationalError as error:
        raise CommandError(
            f"migrate needs two connections at once, and the second was not given within {SECOND_SESSION_TIMEOUT} s "
            f"({reason(error)}). Set DIRECT_DATABASE_URL to the server itself, or raise the pooler's pool size."
        ) from error
    finally:
        patience.reset(limit)


def has_own_session(connection) -> bool:
    """Whether the server process that accepted the connection runs its statements, without a known pooler between."""
    if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        return False
    return fetch_value(connection, "SELECT pg_backend_pid()") == connection.connection.pgconn.backend_pid


@contextmanager
def limit_lock_waits(connection, seconds: float) -> Iterator[None]:
    """Limit the waits for locks in this session, but not the statements: an index takes as long as it takes."""
    fetch_value(
        connection,
        "SELECT set_config('lock_timeout', %s, false), set_config('statement_timeout', '0', false)",
        f"{round(seconds * 1000)}ms",
    )
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
                cursor.execute("RESET statement_timeout")
