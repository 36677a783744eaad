"""Log formatters, JSON and text, that never log what people write.

Messages of exceptions can contain it: PostgreSQL quotes the rejected row, Python the value that it could not parse. So
the formatters log of an exception only its class, its database code, the names of table, column and constraint, and the
traceback. Paths contain dates, so a line about a request contains the pattern of the URL instead.
With `reveal=True`, for development, everything is logged.
"""

import copy
import logging
import time
import traceback
from collections.abc import Iterator, Mapping
from http.client import responses

from django.utils.log import AdminEmailHandler
from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter as JsonFormatterOfLibrary

from operations.request_context import COMMAND, current, method_of, route_of

# Attributes that PrivateFormatter adds to each record.
CONTEXT_ATTRS = {"request_id", "view"}
STANDARD_ATTRS = {*RESERVED_ATTRS, *CONTEXT_ATTRS}


class PrivateFormatter(logging.Formatter):
    """Adds the request context to each line, and omits anything that can contain personal data."""

    def __init__(self, *args, reveal: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.reveal = reveal

    def format(self, record):
        record = copy.copy(record)
        record.exc_text = None  # Another formatter may have cached its own text.
        request = getattr(record, "request", None)
        # Django logs error responses after the instrumentation middleware has ended.
        request_context = current.get() or getattr(request, "request_context", None)
        record.request_id = request_context.id if request_context else "-"
        record.view = request_context.view if request_context else COMMAND or "-"
        if not self.reveal:
            record.msg, record.args = message_of(record), ()
        if not record.name.startswith("brainlog"):
            for name in extras_of(record):
                delattr(record, name)
        return super().format(record)

    def formatException(self, ei):
        return super().formatException(ei) if self.reveal else format_exception(ei[1])


class JsonFormatter(PrivateFormatter, JsonFormatterOfLibrary):
    """Formats each record as a JSON object on one line."""

    def __init__(self, **kwargs):
        names = {"levelname": "level", "name": "logger", "exc_info": "exception"}
        fields = ["levelname", "name", "message", "request_id", "view", "process"]
        super().__init__(fields, rename_fields=names, timestamp="time", json_ensure_ascii=False, **kwargs)


class TextFormatter(PrivateFormatter):
    """Formats each record as a line of text, with the time in UTC and the extra attributes at its end."""

    converter = time.gmtime
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self, **kwargs):
        super().__init__("{asctime} {levelname} {name} [{request_id} {view}] {message}", style="{", **kwargs)

    def formatMessage(self, record):
        more = "".join(f" {name}={getattr(record, name)}" for name in extras_of(record))
        return super().formatMessage(record) + more


class PrivateEmailHandler(AdminEmailHandler):
    """Mails a record to ADMINS, with the report of PrivateReporter. The subject has no personal data either."""

    def emit(self, record):
        record = copy.copy(record)
        record.msg, record.args = message_of(record), ()
        super().emit(record)


def extras_of(record) -> list[str]:
    """Return the names of the attributes that the caller has added to a record."""
    return [name for name in vars(record) if name not in STANDARD_ATTRS]


def message_of(record) -> str:
    """Return the message of a record without external input."""
    if isinstance(record.msg, BaseException):
        return exception_name(record.msg)
    if hasattr(record, "request") and record.name.startswith(("django.request", "django.security")):
        return error_response_message(record)
    if record.name == "gunicorn.error":
        # The rest is an IP address, a path, or the malformed request itself.
        for prefix in ("Invalid request", "Error handling request"):
            if str(record.msg).startswith(prefix):
                return prefix
    if isinstance(record.args, Mapping):
        record.args = {key: without_message(value) for key, value in record.args.items()}
    elif record.args:
        record.args = tuple(map(without_message, record.args))
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        # The arguments do not match the format. logging itself would print all of them.
        return str(record.msg)


def error_response_message(record) -> str:
    """Return the message of Django's record about an error response."""
    if record.name == "django.security.DisallowedHost":
        return record.getMessage()  # It contains the host, which ALLOWED_HOSTS may lack.
    phrase = responses.get(record.status_code, "Refused")
    if record.name == "django.security.csrf" and record.args:
        # The part after the dash is the URL of the page with the form.
        phrase += f" ({str(record.args[0]).partition(' - ')[0]})"
    return f"{phrase}: {method_of(record.request)} {route_of(record.request)}"


def without_message(value):
    return exception_name(value) if isinstance(value, BaseException) else value


def format_exception(error: BaseException | None) -> str:
    """Return the traceback of an exception and of its causes, the first cause first, without messages."""
    lines = []
    for each in reversed(list(exception_chain(error))):
        lines.append(exception_name(each))
        lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames_of(each)]
    return "\n".join(lines)


def exception_chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception, the members of an exception group, and their causes."""
    seen, waiting = set(), [error]
    while waiting:
        each = waiting.pop(0)
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions
        waiting.append(each.__cause__ or (None if each.__suppress_context__ else each.__context__))


def frames_of(error: BaseException) -> traceback.StackSummary:
    return traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__), lookup_lines=False)


def exception_name(error: BaseException) -> str:
    """Return the class of an exception; of a database error also its code, and the table, column and constraint."""
    kind = type(error)
    facts = []
    if code := getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None):
        facts.append(str(code))
    if diagnostics := getattr(error, "diag", None):
        for what in ("table", "column", "constraint"):
            if name := getattr(diagnostics, f"{what}_name", None):
                facts.append(f"{what} {name}")
    return f"{kind.__module__}.{kind.__qualname__}" + (f" ({', '.join(facts)})" if facts else "")
