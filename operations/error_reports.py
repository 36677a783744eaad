"""Error reports for Django's error page (DEBUG) and its mails to administrators, without personal data.

Local variables can contain answers, passwords and decrypted texts, and so can messages, cookies, forms and headers. So
a report is not Django's with parts removed, but is built from what cannot contain them: classes, error codes of the
database, lines of code, and the names and types of variables.
"""

import platform
import traceback
from collections.abc import Iterator

import django
from django.utils.html import format_html
from django.views.debug import ExceptionReporter

from operations.log_formatters import exception_chain, exception_name
from operations.request_context import method_of, route_of, view_of

# The innermost frames are enough, also of an infinite recursion.
MOST_FRAMES = 50

NOTE = """\
Messages and values are omitted: they can contain what people write. With DEBUG, the console shows the messages."""

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{}</title>
</head>
<body>
<h1>{}</h1>
<pre>{}</pre>
</body>
</html>
"""


class PrivateReporter(ExceptionReporter):
    """A report without personal data, which may be shown, mailed and forwarded. For DEFAULT_EXCEPTION_REPORTER."""

    def get_traceback_text(self):
        # Without an exception, Django passes a text.
        error = self.exc_value if isinstance(self.exc_value, BaseException) else None
        exceptions = [line for each in reversed(list(exception_chain(error))) for line in ("", *exception_lines(each))]
        return "\n".join([*self.facts(), *exceptions, "", NOTE, ""])

    def get_traceback_html(self):
        name = self.exc_type.__name__ if self.exc_type else "An error"
        return format_html(PAGE, name, name, self.get_traceback_text())

    def facts(self) -> Iterator[str]:
        if self.request:
            yield f"Request: {method_of(self.request)} {route_of(self.request)}"
            yield f"View: {view_of(self.request)}"
        if request_context := getattr(self.request, "request_context", None):
            yield f"Request id: {request_context.id}"
        yield f"Python {platform.python_version()}, Django {django.get_version()}"


def exception_lines(error: BaseException) -> Iterator[str]:
    """Yield the lines of one exception: its class, and its traceback with the local variables of each frame."""
    yield exception_name(error)
    if template := getattr(error, "template_debug", None):
        yield f"  In template {template['name']}, line {template['line']}: {template['during']}"
    frames = list(traceback.walk_tb(error.__traceback__))[-MOST_FRAMES:]
    summaries = traceback.extract_tb(error.__traceback__, limit=-MOST_FRAMES)
    for (frame, _line), summary in zip(frames, summaries, strict=True):
        yield summaries.format_frame_summary(summary).rstrip()
        for name, value in frame.f_locals.items():
            yield f"      {name}: {type_of(value)}"


def type_of(value) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
