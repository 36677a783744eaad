"""Which database answers: the primary, or, to a page that only shows, a replica that has all the person saved."""

import datetime
import logging
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.utils import timezone

from brainlog.circuit_breaker import CircuitBreaker
from brainlog.database.postgresql.base import patience

logger = logging.getLogger(__name__)

REPLICA = "replica"
# Nobody's session, name or rights: those are always the primary's.
ON_REPLICA = {"logs", "reflections", "insights"}
# A replica that failed is left alone for so long: pages do not wait for it, nor is the log full of it.
REST_SECONDS = 30
# In seconds, for each of its answers.
PATIENCE = 3

reads_from_replica = ContextVar("reads_from_replica", default=False)
breaker = CircuitBreaker()


class ReplicaRouter:
    """Sends the reads of a view under @reads_only to the replica, and everything else to the primary."""

    def db_for_read(self, model, **hints):
        return REPLICA if reads_from_replica.get() and model._meta.app_label in ON_REPLICA else "default"

    def db_for_write(self, model, **hints):
        return "default"

    def allow_relation(self, one, other, **hints):
        """They are the same rows."""
        return True

    def allow_migrate(self, db, app_label, **hints):
        """What the primary is migrated to arrives at the replica by itself."""
        return False if db == REPLICA else None


def reads_only(view):
    """Let a view that changes nothing read from the replica, if there is one.

    Not if the person saved something a moment ago, nor if the replica has not got all they saved. If it
    fails half-way, the page is made once more from the primary.
    """

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if request.method in ("GET", "HEAD") and may_ask_replica(request.user):
            try:
                with on_replica():
                    if has_all_of(request.user):
                        return view(request, *args, **kwargs)
            except (OperationalError, InterfaceError, ProgrammingError) as error:
                # The last: a table or column that a migration has made, and the replica has not got yet.
                rest(error)
        return view(request, *args, **kwargs)

    return wrapped


def may_ask_replica(person) -> bool:
    """Whether there is a replica that works, and is likely to have what this person saved last."""
    if REPLICA not in settings.DATABASES or breaker.is_open or not person.is_authenticated:
        return False
    pin = datetime.timedelta(seconds=settings.REPLICA_PIN_SECONDS)
    return person.answers_saved_at is None or timezone.now() - person.answers_saved_at >= pin


def has_all_of(person) -> bool:
    """Whether the replica has whatever this person saved. Costs it one row by its key."""
    people = get_user_model()._base_manager.using(REPLICA)
    return people.filter(pk=person.pk, answers_version__gte=person.answers_version).exists()


@contextmanager
def on_replica():
    """Read from the replica, and do not wait for it as one would for the primary."""
    seconds = patience.set(PATIENCE)
    reads = reads_from_replica.set(True)
    try:
        yield
    finally:
        reads_from_replica.reset(reads)
        patience.reset(seconds)


def rest(error: Exception):
    """Go on without the replica for a while."""
    breaker.open(REST_SECONDS)
    logger.warning("The replica failed (%s): the primary reads for %d s.", type(error).__name__, REST_SECONDS)
