"""Taking back what was done to the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction


@contextmanager
def undone() -> Iterator[None]:
    """Take back whatever is done to the database in here."""
    block = transaction.atomic()
    # As Django's TestCase does: what wants a transaction of its own is content with this one.
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)
