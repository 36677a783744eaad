"""PostgreSQL's log: the settings in docs/database.md keep answers out of it.

Django puts the values into the statement before it sends it, so the server cannot tell them apart.
"""

import threading

import psycopg
import pytest

from testing.postgres import WITHOUT_FSYNC, throwaway_cluster
from testing.waiting import wait_until

pytestmark = pytest.mark.once

CANARY = "kanarienvogel"
EAGER = WITHOUT_FSYNC + "log_lock_waits = on\ndeadlock_timeout = 10ms\n"
DISCREET = """
log_statement = 'none'
log_min_duration_statement = -1
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
"""


def log_of_failures(configuration: str) -> str:
    """The log of a rejected row, a duplicate name, and a wait for a lock."""
    with throwaway_cluster(configuration) as cluster:
        cluster.execute("CREATE TABLE days (rating integer CHECK (rating < 11), note text UNIQUE)")
        with psycopg.connect(cluster.url, cursor_factory=psycopg.ClientCursor, autocommit=True) as connection:
            insert = "INSERT INTO days VALUES (%s, %s)"
            connection.execute(insert, [1, CANARY])
            for values in ([99, CANARY], [2, CANARY]):
                with pytest.raises(psycopg.IntegrityError):
                    connection.execute(insert, values)
            with psycopg.connect(cluster.url) as holder:
                holder.execute("LOCK TABLE days")
                waiter = threading.Thread(target=connection.execute, args=[insert, [3, f"{CANARY} again"]])
                waiter.start()
                wait_until(lambda: "still waiting" in (cluster.folder / "log").read_text())
                log = (cluster.folder / "log").read_text()
                holder.rollback()
                waiter.join()
        return log


def test_by_default_the_server_logs_answers():
    log = log_of_failures(EAGER)

    assert f"Failing row contains (99, {CANARY})" in log
    assert f"STATEMENT:  INSERT INTO days VALUES (2, '{CANARY}')" in log  # noqa: S608


def test_with_these_settings_the_server_logs_no_answers():
    log = log_of_failures(EAGER + DISCREET)

    assert CANARY not in log
    assert 'violates check constraint "days_rating_check"' in log
    assert "still waiting" in log
