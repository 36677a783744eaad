"""Log lines, as JSON or as text, that hold nothing of what people write.

An exception's message may: PostgreSQL quotes the row it refused, Python the value it could not
read. What is written of an exception is its class, the database's code and names for it, and where
in the code it happened. Paths hold dates, so a line about a request has the pattern of its address.
With `reveal=True`, for one's own machine, everything is shown.
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

# What a record carries besides what logging itself puts there.
MARKS = {"request_id", "view"}
STANDARD = {*RESERVED_ATTRS, *MARKS}


class PrivateFormatter(logging.Formatter):
    """Marks each line with its request, and leaves out what may be somebody's."""

    def __init__(self, *args, reveal: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.reveal = reveal

    def format(self, record):
        record = copy.copy(record)
        record.exc_text = None  # another formatter may have left its own there
        request = getattr(record, "request", None)
        # Django logs a refusal when our middleware is done already.
        observation = current.get() or getattr(request, "observation", None)
        record.request_id = observation.id if observation else "-"
        record.view = observation.view if observation else COMMAND or "-"
        if not self.reveal:
            record.msg, record.args = message_of(record), ()
        if not record.name.startswith("brainlog"):
            for name in extras_of(record):
                delattr(record, name)
        return super().format(record)

    def formatException(self, ei):
        return super().formatException(ei) if self.reveal else told(ei[1])


class JsonFormatter(PrivateFormatter, JsonFormatterOfLibrary):
    """One JSON object a line."""

    def __init__(self, **kwargs):
        names = {"levelname": "level", "name": "logger", "exc_info": "exception"}
        fields = ["levelname", "name", "message", "request_id", "view", "process"]
        super().__init__(fields, rename_fields=names, timestamp="time", json_ensure_ascii=False, **kwargs)


class TextFormatter(PrivateFormatter):
    """One readable line, in UTC, with what else is known at its end."""

    converter = time.gmtime
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self, **kwargs):
        super().__init__("{asctime} {levelname} {name} [{request_id} {view}] {message}", style="{", **kwargs)

    def formatMessage(self, record):
        more = "".join(f" {name}={getattr(record, name)}" for name in extras_of(record))
        return super().formatMessage(record) + more


class PrivateEmailHandler(AdminEmailHandler):
    """Mails a record to ADMINS with a PrivateReporter's report; its subject holds nothing of anybody's either."""

    def emit(self, record):
        record = copy.copy(record)
        record.msg, record.args = message_of(record), ()
        super().emit(record)


def extras_of(record) -> list[str]:
    """The names of what the caller has added to a record."""
    return [name for name in vars(record) if name not in STANDARD]


def message_of(record) -> str:
    """What a record says, without what came from outside."""
    if isinstance(record.msg, BaseException):
        return name_of(record.msg)
    if hasattr(record, "request") and record.name.startswith(("django.request", "django.security")):
        return refusal(record)
    if record.name == "gunicorn.error":
        # What follows is an address on the internet, a path, or the malformed request itself.
        for beginning in ("Invalid request", "Error handling request"):
            if str(record.msg).startswith(beginning):
                return beginning
    if isinstance(record.args, Mapping):
        record.args = {key: without_message(value) for key, value in record.args.items()}
    elif record.args:
        record.args = tuple(map(without_message, record.args))
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        # Arguments that do not go with the text; logging itself would print them all.
        return str(record.msg)


def refusal(record) -> str:
    """Django's line about a request that ended in an error, or was refused."""
    if record.name == "django.security.DisallowedHost":
        return record.getMessage()  # the host asked for, which ALLOWED_HOSTS may lack
    phrase = responses.get(record.status_code, "Refused")
    if record.name == "django.security.csrf" and record.args:
        # After the dash comes the address of the page the form was on.
        phrase += f" ({str(record.args[0]).partition(' - ')[0]})"
    return f"{phrase}: {method_of(record.request)} {route_of(record.request)}"


def without_message(value):
    return name_of(value) if isinstance(value, BaseException) else value


def told(error: BaseException | None) -> str:
    """An exception and what led to it, the first cause first, without any message."""
    lines = []
    for each in reversed(list(chain_of(error))):
        lines.append(name_of(each))
        lines += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames_of(each)]
    return "\n".join(lines)


def chain_of(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception, those it gathers, and its causes."""
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


def name_of(error: BaseException) -> str:
    """The class of an exception, and of a database's the code and the names of what it is about."""
    kind = type(error)
    facts = []
    if code := getattr(error, "sqlstate", None) or getattr(error, "sqlite_errorname", None):
        facts.append(str(code))
    if diagnostics := getattr(error, "diag", None):
        for what in ("table", "column", "constraint"):
            if name := getattr(diagnostics, f"{what}_name", None):
                facts.append(f"{what} {name}")
    return f"{kind.__module__}.{kind.__qualname__}" + (f" ({', '.join(facts)})" if facts else "")
