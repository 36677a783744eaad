"""Database router: read-only pages read from a replica, if it has everything that the person has saved."""

import datetime
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.utils import timezone

from brainlog.circuit_breaker import CircuitBreaker
from brainlog.database.postgresql.base import response_timeout

REPLICA = "replica"
# Apps whose tables are read from the replica. Sessions, names and permissions are always read from the primary.
ON_REPLICA = {"logs", "reflections", "insights"}
# Seconds, for each answer of the replica.
TIMEOUT = 3

reads_from_replica = ContextVar("reads_from_replica", default=False)
breaker = CircuitBreaker("The replica")


class ReplicaRouter:
    """Sends the reads of a view under @reads_only to the replica, and everything else to the primary."""

    def db_for_read(self, model, **hints):
        return REPLICA if reads_from_replica.get() and model._meta.app_label in ON_REPLICA else "default"

    def db_for_write(self, model, **hints):
        return "default"

    def allow_relation(self, one, other, **hints):
        """The replica has the same rows as the primary."""
        return True

    def allow_migrate(self, db, app_label, **hints):
        """Replication copies migrations to the replica."""
        return False if db == REPLICA else None


def reads_only(view):
    """Let a view that changes nothing read from the replica, if there is one.

    The primary is used if the person has saved something within REPLICA_PIN_SECONDS, or if the replica lags behind what
    they saved. If the replica fails while the view runs, the view runs again on the primary.
    """

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        if request.method in ("GET", "HEAD") and may_use_replica(request.user):
            try:
                with on_replica():
                    if is_replica_current(request.user):
                        return view(request, *args, **kwargs)
            except (OperationalError, InterfaceError, ProgrammingError) as error:
                # ProgrammingError: the replica still lacks a table or column of a new migration.
                breaker.record_failure(error)
        return view(request, *args, **kwargs)

    return wrapped


def may_use_replica(person) -> bool:
    """Whether there is a working replica that is likely to have what this person saved last."""
    if REPLICA not in settings.DATABASES or breaker.is_open or not person.is_authenticated:
        return False
    pin = datetime.timedelta(seconds=settings.REPLICA_PIN_SECONDS)
    return person.answers_saved_at is None or timezone.now() - person.answers_saved_at >= pin


def is_replica_current(person) -> bool:
    """Whether the replica has everything that this person saved. Costs one query by primary key."""
    people = get_user_model()._base_manager.using(REPLICA)
    return people.filter(pk=person.pk, answers_version__gte=person.answers_version).exists()


@contextmanager
def on_replica():
    """Read from the replica, with a shorter timeout than the primary's."""
    token = response_timeout.set(TIMEOUT)
    reads = reads_from_replica.set(True)
    try:
        yield
    finally:
        reads_from_replica.reset(reads)
        response_timeout.reset(token)
