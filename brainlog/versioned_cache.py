"""What was computed from a person's answers, kept under the version of the answers it was computed from.

Nothing is removed on a save: the save counts the version up, and the older figure's key is not asked
for again. So no figure can be stale, whichever process computed it and whichever cache keeps it.
"""

import logging
from collections.abc import Callable
from dataclasses import asdict
from typing import TypeVar

from django.core.cache import caches

from brainlog.circuit_breaker import CircuitBreaker

logger = logging.getLogger(__name__)

Figure = TypeVar("Figure")

SECONDS = 300
# A cache that failed is left alone for so long: pages do not wait for it, nor is the log full of it.
REST_SECONDS = 30
breaker = CircuitBreaker()


def remembered(person, name: str, compute: Callable[[], Figure], unpack: Callable[[dict], Figure]) -> Figure:
    """Return what `compute()` returns, a dataclass of numbers, or has returned for the same answers.

    `unpack` makes one of its `asdict()` again, or raises. The figure must hang on nothing but the
    person's answers and `name`: not on the language, nor on what day it is.
    """
    # The version was read before compute() reads rows: they can be newer than it says, never older.
    # With the time, what a restored database counts a second time has another name than the first time.
    saved_at = person.answers_saved_at and person.answers_saved_at.timestamp()
    key = f"figure:{person.pk}:{person.answers_version}:{saved_at}:{name}"
    kept = ask(caches["figures"].get, key)
    if kept is not None:
        try:
            return unpack(kept)
        except Exception as error:
            # Another release may have meant something else by this name.
            logger.warning("What the cache keeps is no figure (%s): it is computed anew.", type(error).__name__)
    figure = compute()
    ask(caches["figures"].set, key, asdict(figure), SECONDS)
    return figure


def ask(deed: Callable, *arguments):
    """What the cache answers; None if it does not. Whatever is wrong with it, a page can do without."""
    if breaker.is_open:
        return None
    try:
        return deed(*arguments)
    except Exception as error:
        breaker.open(REST_SECONDS)
        logger.warning("The cache failed (%s): it is left alone for %d s.", type(error).__name__, REST_SECONDS)
        return None
