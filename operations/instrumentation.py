"""Observes each request and each query: request ids, slow queries, Server-Timing, and figures for Prometheus."""

import logging
import re
import sys
import time
import uuid

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error
from django.utils.functional import empty

from brainlog.circuit_breaker import database
from operations import metrics
from operations.request_context import Observation, current, method_of

request_log = logging.getLogger("brainlog.request")
slow_log = logging.getLogger("brainlog.slow")

REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
LITERAL = re.compile(r"'(?:[^']|'')*(?:'|$)")
PLACEHOLDERS = re.compile(r"%s(?:, %s)+")
LONGEST_SQL = 2000


class ObservingMiddleware:
    """Names each request, and says how long it took and how long it waited for the database.

    Stands before all other middleware, so that what they do and refuse is observed too.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        start = time.perf_counter()
        observation = request.observation = Observation(id_of(request), request)
        before = current.set(observation)
        try:
            response = self.get_response(request)
            seconds = time.perf_counter() - start
            report(observation, response, seconds)
        finally:
            current.reset(before)
        response.headers["X-Request-ID"] = observation.id
        if is_staff(request):
            response.headers["Server-Timing"] = server_timing(observation, seconds)
        return response


def id_of(request) -> str:
    """The id that a proxy in front gave the request, or a new one."""
    given = request.headers.get("X-Request-ID", "")
    return given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def report(observation: Observation, response, seconds: float):
    method, view = method_of(observation.request), observation.view
    metrics.REQUEST_SECONDS.labels(method, view, f"{response.status_code // 100}xx").observe(seconds)
    facts = {
        "method": method,
        "status": response.status_code,
        "duration_ms": milliseconds(seconds),
        "queries": observation.queries,
        "database_ms": milliseconds(observation.database_seconds),
    }
    request_log.info("%s %s %d", method, view, response.status_code, extra=facts)


def is_staff(request) -> bool:
    """Whether it is known that staff is asking; to find out would cost a query."""
    user = getattr(request, "user", None)
    if user is None or getattr(user, "_wrapped", None) is empty:
        return False
    return user.is_staff


def server_timing(observation: Observation, seconds: float) -> str:
    """The header's value, for the browser's network panel. Times are in milliseconds."""
    database = milliseconds(observation.database_seconds)
    return f'total;dur={milliseconds(seconds)}, db;dur={database};desc="{observation.queries} queries"'


def milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)


def observe_query(execute, sql, params, many, context):
    """Time one statement; for Django's `execute_wrappers`."""
    observation = current.get()
    start = time.perf_counter()
    try:
        result = execute(sql, params, many, context)
        if context["connection"].alias == DEFAULT_DB_ALIAS:
            database.answered()
        return result
    except Error as error:
        metrics.DATABASE_ERRORS.labels(class_of(error)).inc()
        if observation:
            observation.database_error = error
        raise
    finally:
        seconds = time.perf_counter() - start
        metrics.QUERY_SECONDS.observe(seconds)
        if observation:
            observation.queries += 1
            observation.database_seconds += seconds
        if seconds * 1000 >= settings.SLOW_QUERY_MS:
            metrics.SLOW_QUERIES.inc()
            facts = {"duration_ms": milliseconds(seconds), "sql": without_values(sql)}
            slow_log.warning("Slow query", extra=facts)


def class_of(error: Error) -> str:
    """The first two characters of the SQLSTATE: 23 is a broken constraint, 40 a conflict, 57 an intervention."""
    cause = error.__cause__
    if sqlstate := getattr(cause, "sqlstate", None):
        return sqlstate[:2]
    return getattr(cause, "sqlite_errorname", None) or "connection"


def without_values(sql) -> str:
    """A statement as the code wrote it, on one line. Its parameters are not in it; literals, if any, are masked."""
    text = sql if isinstance(sql, str) else sql.as_string(None)
    text = PLACEHOLDERS.sub("%s, …", LITERAL.sub("'…'", " ".join(text.split())))
    return text if len(text) <= LONGEST_SQL else text[:LONGEST_SQL] + " …"


def observe_connection(connection, **_):
    """Receives `connection_created`: connections are opened again, and observed once."""
    if observe_query not in connection.execute_wrappers:
        connection.execute_wrappers.append(observe_query)


def count_exception(request, **_):
    """Receives `got_request_exception`: what no view has handled."""
    error = sys.exc_info()[1]
    metrics.EXCEPTIONS.labels(type(error).__name__).inc()
    observation = current.get()
    if isinstance(error, Error) and not (observation and observation.database_error):
        # No statement has failed, so there was no connection to send one over.
        metrics.DATABASE_ERRORS.labels(class_of(error)).inc()
