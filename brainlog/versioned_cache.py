"""Versioned cache: values computed from a person's answers, stored under the version of those answers.

Saving answers increments the version, so that a value of older answers is never looked up again. A value therefore
cannot be stale, whichever process computed it and whichever cache stores it, and nothing has to be invalidated.
"""

from collections.abc import Callable
from dataclasses import asdict
from logging import getLogger
from typing import TypeVar

from django.core.cache import caches

from brainlog.circuit_breaker import CircuitBreaker

logger = getLogger(__name__)

Value = TypeVar("Value")

SECONDS = 300
breaker = CircuitBreaker("The cache")


def cached(
    person,
    name: str,
    compute: Callable[[], Value],
    unpack: Callable[[dict], Value],
    pack: Callable[[Value], dict] = asdict,
) -> Value:
    """Return what `compute()` returns, a dataclass of numbers, from the cache if it holds it for these answers.

    `unpack` turns the result of `pack()` back into the dataclass, or raises. The value may depend on the person's
    answers and on `name` only, not on the language or the current day.
    """
    # The version was read before compute() reads the rows, so they can be newer than the version, but never older.
    # The time of the last save is part of the key, because a database restored from a backup counts versions again.
    saved_at = person.answers_saved_at and person.answers_saved_at.timestamp()
    key = f"summary:{person.pk}:{person.answers_version}:{saved_at}:{name}"
    stored = call_cache(caches["summaries"].get, key)
    if stored is not None:
        try:
            return unpack(stored)
        except Exception as error:
            # Another release may have stored another format under this name.
            logger.warning("A cached value has an unknown format (%s) and is computed again.", type(error).__name__)
    value = compute()
    call_cache(caches["summaries"].set, key, pack(value), SECONDS)
    return value


def call_cache(operation: Callable, *arguments):
    """Return the result of a cache operation; None after any error, because pages work without the cache."""
    if breaker.is_open:
        return None
    try:
        return operation(*arguments)
    except Exception as error:
        breaker.record_failure(error)
        return None
