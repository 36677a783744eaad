"""Instruments requests and queries: request ids, a log of slow queries, Server-Timing, and Prometheus metrics."""

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
from operations.request_context import RequestContext, current, method_of

request_log = logging.getLogger("brainlog.request")
slow_log = logging.getLogger("brainlog.slow")

REQUEST_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
LITERAL = re.compile(r"'(?:[^']|'')*(?:'|$)")
PLACEHOLDERS = re.compile(r"%s(?:, %s)+")
LONGEST_SQL = 2000


class InstrumentationMiddleware:
    """Assigns an id to each request, and logs its duration and its time in the database.

    Stands before most other middleware, so that their work and their error responses are included.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        start = time.perf_counter()
        request_context = request.request_context = RequestContext(request_id(request), request)
        before = current.set(request_context)
        try:
            response = self.get_response(request)
            seconds = time.perf_counter() - start
            record(request_context, response, seconds)
        finally:
            current.reset(before)
        response.headers["X-Request-ID"] = request_context.id
        if is_staff(request):
            response.headers["Server-Timing"] = server_timing(request_context, seconds)
        return response


def request_id(request) -> str:
    """Return the id that a proxy assigned to the request, or a new one."""
    given = request.headers.get("X-Request-ID", "")
    return given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def record(request_context: RequestContext, response, seconds: float):
    method, view = method_of(request_context.request), request_context.view
    metrics.REQUEST_SECONDS.labels(method, view, f"{response.status_code // 100}xx").observe(seconds)
    facts = {
        "method": method,
        "status": response.status_code,
        "duration_ms": milliseconds(seconds),
        "queries": request_context.queries,
        "database_ms": milliseconds(request_context.database_seconds),
    }
    request_log.info("%s %s %d", method, view, response.status_code, extra=facts)


def is_staff(request) -> bool:
    """Whether the user is known to be staff. Does not load the user, which would cost a query."""
    user = getattr(request, "user", None)
    if user is None or getattr(user, "_wrapped", None) is empty:
        return False
    return user.is_staff


def server_timing(request_context: RequestContext, seconds: float) -> str:
    """Return the value of the Server-Timing header, for the browser's network panel. Times are in milliseconds."""
    database = milliseconds(request_context.database_seconds)
    return f'total;dur={milliseconds(seconds)}, db;dur={database};desc="{request_context.queries} queries"'


def milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)


def measure_query(execute, sql, params, many, context):
    """Measure one statement; for Django's `execute_wrappers`."""
    request_context = current.get()
    start = time.perf_counter()
    try:
        result = execute(sql, params, many, context)
        if context["connection"].alias == DEFAULT_DB_ALIAS:
            database.record_answer()
        return result
    except Error as error:
        metrics.DATABASE_ERRORS.labels(class_of(error)).inc()
        if request_context:
            request_context.database_error = error
        raise
    finally:
        seconds = time.perf_counter() - start
        metrics.QUERY_SECONDS.observe(seconds)
        if request_context:
            request_context.queries += 1
            request_context.database_seconds += seconds
        if seconds * 1000 >= settings.SLOW_QUERY_MS:
            metrics.SLOW_QUERIES.inc()
            facts = {"duration_ms": milliseconds(seconds), "sql": without_values(sql)}
            slow_log.warning("Slow query", extra=facts)


def class_of(error: Error) -> str:
    """Return the class of the SQLSTATE, its first two characters, such as 23 for a violated constraint."""
    cause = error.__cause__
    if sqlstate := getattr(cause, "sqlstate", None):
        return sqlstate[:2]
    return getattr(cause, "sqlite_errorname", None) or "connection"


def without_values(sql) -> str:
    """Return a statement on one line, with placeholders instead of parameters, and with its literals masked."""
    text = sql if isinstance(sql, str) else sql.as_string(None)
    text = PLACEHOLDERS.sub("%s, …", LITERAL.sub("'…'", " ".join(text.split())))
    return text if len(text) <= LONGEST_SQL else text[:LONGEST_SQL] + " …"


def instrument_connection(connection, **_):
    """Receives `connection_created`, which is sent each time a connection is reopened: installs the wrapper once."""
    if measure_query not in connection.execute_wrappers:
        connection.execute_wrappers.append(measure_query)


def count_exception(request, **_):
    """Receives `got_request_exception`: counts exceptions that no view has handled."""
    error = sys.exc_info()[1]
    metrics.EXCEPTIONS.labels(type(error).__name__).inc()
    request_context = current.get()
    if isinstance(error, Error) and not (request_context and request_context.database_error):
        # No statement has failed, so the connection could not be opened.
        metrics.DATABASE_ERRORS.labels(class_of(error)).inc()
