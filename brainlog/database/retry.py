"""Retries of transactions that conflict with those of other requests."""

from functools import wraps

from django.db import IntegrityError, OperationalError, transaction

ATTEMPTS = 5

# With these codes PostgreSQL rolls back one of several conflicting transactions, and expects the client to retry it.
SERIALIZATION_FAILURE, DEADLOCK_DETECTED = "40001", "40P01"


def retry_on_conflict(function):
    """Run a function in a transaction, and again from its start if another transaction conflicts with it.

    Conflicts are deadlocks, serialization failures, and integrity errors: those include concurrent inserts of the same
    row, and foreign keys to or from rows that changed meanwhile. The next attempt sees what the other transaction did.
    Other errors are not retried. Side effects outside of the database can happen several times.
    Raises OperationalError or IntegrityError when the last of ATTEMPTS fails too.
    """

    @wraps(function)
    def run(*args, **kwargs):
        for attempts_left in reversed(range(ATTEMPTS)):
            try:
                # Durable: within an outer transaction, only that outer one could be retried.
                with transaction.atomic(durable=True):
                    return function(*args, **kwargs)
            except (OperationalError, IntegrityError) as error:
                if not (is_conflict(error) and attempts_left):
                    raise

    return run


def is_conflict(error: Exception) -> bool:
    sqlstate = getattr(error.__cause__, "sqlstate", None)
    return isinstance(error, IntegrityError) or sqlstate in {SERIALIZATION_FAILURE, DEADLOCK_DETECTED}
