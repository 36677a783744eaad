"""Starting over where the database asks for it, or where somebody else was faster."""

from functools import wraps

from django.db import IntegrityError, OperationalError, transaction

ATTEMPTS = 5

# PostgreSQL ends one of several transactions that stand in each other's way, and means it to come again.
SERIALIZATION_FAILURE, DEADLOCK_DETECTED = "40001", "40P01"


def retried(deed):
    """Run a function in one transaction, and from its beginning again when that one had to give way.

    So it does, too, where a row was made that somebody else has made just now, or where one was taken
    away on which somebody has just hung another: the next attempt sees what they did. Nothing else is
    tried again. What the function does besides the database it may do several times.
    Raises OperationalError or IntegrityError when the last of ATTEMPTS had to give way too.
    """

    @wraps(deed)
    def run(*args, **kwargs):
        for attempts_left in reversed(range(ATTEMPTS)):
            try:
                # Durable: within somebody else's transaction only that one could start over.
                with transaction.atomic(durable=True):
                    return deed(*args, **kwargs)
            except (OperationalError, IntegrityError) as error:
                if not (had_to_give_way(error) and attempts_left):
                    raise

    return run


def had_to_give_way(error: Exception) -> bool:
    sqlstate = getattr(error.__cause__, "sqlstate", None)
    return isinstance(error, IntegrityError) or sqlstate in {SERIALIZATION_FAILURE, DEADLOCK_DETECTED}
