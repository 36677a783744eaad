"""Probes for load balancers and monitors: /healthz, the process is up; /readyz, it can serve pages."""

import logging
import threading
from concurrent.futures import Future
from functools import cache

import psycopg
from django.apps import apps
from django.db import Error, connections
from django.db.migrations.loader import MigrationLoader
from django.http import HttpResponseNotAllowed, JsonResponse

from brainlog.circuit_breaker import PROBE_OPTIONS, database
from brainlog.database.connections import separate_connection
from brainlog.database.errors import MISSING_PRIVILEGE, NO_SCHEMA, error_code, is_table_missing
from brainlog.database.postgresql.base import response_timeout
from operations.database.applied_migrations import applied_migrations
from operations.installation import faults

# Apps whose tables need write privileges, because pages write to them.
WRITTEN_APPS = {"accounts", "insights", "logs", "reflections", "reminders", "support"}

logger = logging.getLogger(__name__)

TIMEOUT = 1  # seconds

NOT_READY = {
    "database": "the database did not answer correctly within a second",
    "privileges": "the database role lacks a privilege, or sees no schema; manage.py checkdb names it and the remedy",
    "migrations": "the database lacks migrations of this release; manage.py migrate applies them",
    "installation": "files of this release are missing; manage.py check --deploy names them",
}


class ProbesMiddleware:
    """Answers the probes without a session, a check of the host, or a redirect to https."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.readiness = Readiness()

    def __call__(self, request):
        if request.path_info not in {"/healthz", "/readyz"}:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        reason = self.readiness.reason_not_ready() if request.path_info == "/readyz" else None
        answer = {"status": "unavailable", "reason": reason} if reason else {"status": "ok"}
        response = JsonResponse(answer, status=503 if reason else 200, headers={"Cache-Control": "no-store"})
        if request.method == "HEAD":
            response.content = b""  # gunicorn would drop it, with a warning each time.
        return response


class Readiness:
    """Checks whether the database can serve this release: one check at a time, answered within a second.

    The check runs in a thread of its own, because the timeout of libpq is at least two seconds for connecting, and
    unlimited after that. Concurrent probes share one check.
    """

    def __init__(self):
        self.lock = threading.Lock()
        self.check: Future | None = None
        self.last_reason: str | None = None

    def reason_not_ready(self) -> str | None:
        """Return the reason why it is not ready, a key of NOT_READY, or None."""
        reason = "database" if database.is_open else self.run_check()
        self.log_change(reason)
        return reason

    def run_check(self) -> str | None:
        with self.lock:
            if self.check is None or self.check.done():
                check = Future()
                # A daemon thread, so that the process can end without waiting for it.
                threading.Thread(target=complete, args=(check,), name="readyz", daemon=True).start()
                # Set after the start: if the thread could not be started, the check would never complete.
                self.check = check
            check = self.check
        try:
            return check.result(timeout=TIMEOUT)
        except TimeoutError:
            return "database"

    def log_change(self, reason: str | None) -> None:
        """Log changes only, because monitors probe every few seconds."""
        with self.lock:
            if reason == self.last_reason:
                return
            self.last_reason = reason
        if reason:
            logger.warning("Not ready: %s.", NOT_READY[reason])
        else:
            logger.info("Ready again.")


def complete(check: Future) -> None:
    # Applies to this thread only. Without it, a server that never answers would block this check and all later ones.
    response_timeout.set(2 * TIMEOUT)
    try:
        # During a rollout, the database can have more migrations than this release.
        if not migrations_on_disk() <= migrations_in_database():
            check.set_result("migrations")
        else:
            check.set_result(None if is_installed() else "installation")
    except Exception as error:
        # The message of the error is not part of the response, because anyone can request it.
        missing = "migrations" if is_table_missing(error) else "database"
        check.set_result("privileges" if error_code(error) in {MISSING_PRIVILEGE, NO_SCHEMA} else missing)


@cache
def is_installed() -> bool:
    """Whether the files of pages exist. gunicorn.conf.py refuses to start otherwise; other servers do not read it."""
    return not faults()


@cache
def migrations_on_disk() -> frozenset[tuple[str, str]]:
    """Return the (app, name) of every migration in this release."""
    return frozenset(MigrationLoader(None).disk_migrations)


def migrations_in_database() -> set[tuple[str, str]]:
    """Return the (app, name) of every applied migration. Raises Error if the database role cannot write our tables.

    Uses a separate connection, because the pool may be exhausted.
    """
    with separate_connection(connections["default"], options=PROBE_OPTIONS) as connection:
        applied = applied_migrations(connection)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                refuse_if_not_writable(cursor)
        return applied


def refuse_if_not_writable(cursor) -> None:
    """Raise Error (SQLSTATE 42501) if this role has no write privileges on one of our tables: saves would fail."""
    tables = [model._meta.db_table for model in apps.get_models() if model.__module__.split(".")[0] in WRITTEN_APPS]
    cursor.execute(
        """SELECT c.relname FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) asked
           WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(%s) AND c.relkind IN ('r', 'p')
             AND NOT has_any_column_privilege(c.oid, asked) LIMIT 1""",
        [tables],
    )
    if cursor.fetchone():
        raise Error("a privilege is missing") from psycopg.errors.InsufficientPrivilege()
