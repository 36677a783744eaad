"""Rollback of changes to the database within a test."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction


@contextmanager
def rolled_back() -> Iterator[None]:
    """Roll back all changes of the block."""
    block = transaction.atomic()
    # As in Django's TestCase: atomic(durable=True) is allowed within this transaction.
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)
