"""Two addresses for balancers and monitors: /healthz, the process is up; /readyz, it can serve people."""

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
from brainlog.database.errors import MISSING_PRIVILEGE, NO_SCHEMA, code_of, is_table_missing
from brainlog.database.postgresql.base import patience
from operations.database.applied_migrations import applied_migrations
from operations.installation import faults

# The apps whose rows people's pages write.
WRITTEN = {"accounts", "logs", "reflections"}

logger = logging.getLogger(__name__)

SECONDS = 1

NOT_READY = {
    "database": "the database gave no good answer within a second",
    "privileges": "the database role lacks a privilege, or sees no schema; manage.py checkdb names it and the remedy",
    "migrations": "the database lacks migrations of this release; manage.py migrate applies them",
    "installation": "files of this release are missing; manage.py check --deploy names them",
}


class ProbesMiddleware:
    """Answers the two addresses before all else: without session, host check, or redirect to https."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.readiness = Readiness()

    def __call__(self, request):
        if request.path_info not in {"/healthz", "/readyz"}:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        reason = self.readiness.reason_against() if request.path_info == "/readyz" else None
        answer = {"status": "unavailable", "reason": reason} if reason else {"status": "ok"}
        response = JsonResponse(answer, status=503 if reason else 200, headers={"Cache-Control": "no-store"})
        if request.method == "HEAD":
            response.content = b""  # Or gunicorn drops it, with a warning each time.
        return response


class Readiness:
    """Whether the database can serve this release, asked once at a time and answered within a second.

    The question is asked in a thread of its own, for libpq waits two seconds at least, and for ever
    once it is connected. While one is on its way, all who want to know wait for that one's answer.
    """

    def __init__(self):
        self.lock = threading.Lock()
        self.question: Future | None = None
        self.last_reason: str | None = None

    def reason_against(self) -> str | None:
        """Return why not, a word of NOT_READY, or None when all is well."""
        reason = "database" if database.is_open else self.ask()
        self.log_change(reason)
        return reason

    def ask(self) -> str | None:
        with self.lock:
            if self.question is None or self.question.done():
                question = Future()
                # A daemon: the process need not wait for the answer when it is told to end.
                threading.Thread(target=answer, args=(question,), name="readyz", daemon=True).start()
                # Not before: a thread that could not be started would never answer.
                self.question = question
            question = self.question
        try:
            return question.result(timeout=SECONDS)
        except TimeoutError:
            return "database"

    def log_change(self, reason: str | None) -> None:
        """Monitors ask every few seconds; the log says once what has changed."""
        with self.lock:
            if reason == self.last_reason:
                return
            self.last_reason = reason
        if reason:
            logger.warning("Not ready: %s.", NOT_READY[reason])
        else:
            logger.info("Ready again.")


def answer(question: Future) -> None:
    # For this thread alone: a server lost while it thinks must not be waited for, or nobody asks again.
    patience.set(2 * SECONDS)
    try:
        # During a rollout, more migrations may be applied than this release has.
        if not migrations_on_disk() <= migrations_in_database():
            question.set_result("migrations")
        else:
            question.set_result(None if is_installed() else "installation")
    except Exception as error:
        # Any other error is one of the database too, and what it says stays here: monitors are strangers.
        missing = "migrations" if is_table_missing(error) else "database"
        question.set_result("privileges" if code_of(error) in {MISSING_PRIVILEGE, NO_SCHEMA} else missing)


@cache
def is_installed() -> bool:
    """Whether pages can be made at all. gunicorn.conf.py refuses to start otherwise; other servers do not read it."""
    return not faults()


@cache
def migrations_on_disk() -> frozenset[tuple[str, str]]:
    """The (app, name) of every migration in this release."""
    return frozenset(MigrationLoader(None).disk_migrations)


def migrations_in_database() -> set[tuple[str, str]]:
    """The (app, name) of every applied migration. Raises Error if the database role cannot write this app's tables.

    Uses a separate connection: the pool may be exhausted.
    """
    with separate_connection(connections["default"], options=PROBE_OPTIONS) as connection:
        applied = applied_migrations(connection)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                refuse_if_not_writable(cursor)
        return applied


def refuse_if_not_writable(cursor) -> None:
    """Raise Error (SQLSTATE 42501) where this role may not save in one of our own tables: every save would fail."""
    tables = [model._meta.db_table for model in apps.get_models() if model.__module__.split(".")[0] in WRITTEN]
    cursor.execute(
        """SELECT c.relname FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) asked
           WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(%s) AND c.relkind IN ('r', 'p')
             AND NOT has_any_column_privilege(c.oid, asked) LIMIT 1""",
        [tables],
    )
    if cursor.fetchone():
        raise Error("a privilege is missing") from psycopg.errors.InsufficientPrivilege()
