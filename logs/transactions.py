"""Starting over where the database asks for it."""

from functools import wraps

from django.db import OperationalError, transaction

ATTEMPTS = 5

# PostgreSQL ends one of several transactions that stand in each other's way, and means it to come again.
SERIALIZATION_FAILURE, DEADLOCK_DETECTED = "40001", "40P01"


def retried(deed):
    """Run a function in one transaction, and from its beginning again when that one had to give way.

    Nothing else is tried again. What the function does besides the database it may do several times.
    Raises OperationalError when the last of ATTEMPTS had to give way too.
    """

    @wraps(deed)
    def run(*args, **kwargs):
        for attempts_left in reversed(range(ATTEMPTS)):
            try:
                # Durable: within somebody else's transaction only that one could start over.
                with transaction.atomic(durable=True):
                    return deed(*args, **kwargs)
            except OperationalError as error:
                sqlstate = getattr(error.__cause__, "sqlstate", None)
                if sqlstate not in {SERIALIZATION_FAILURE, DEADLOCK_DETECTED} or not attempts_left:
                    raise

    return run
