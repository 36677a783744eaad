"""What Django's page of an error (DEBUG) and its mails to administrators say of it: where, never with what.

Local variables hold answers, passwords and decrypted text, and so do messages, cookies, forms and headers.
So a report is not Django's with parts blackened, it is made of what cannot be somebody's: classes, the
database's codes, lines of code, and names and types of variables.
"""

import platform
import traceback
from collections.abc import Iterator

import django
from django.utils.html import format_html
from django.views.debug import ExceptionReporter

from operations.log_formatters import chain_of, name_of
from operations.request_context import method_of, route_of, view_of

# Of a recursion without end there is no more to see.
MOST_FRAMES = 50

NOTE = """\
Messages and values are left out: they may hold what people write. With DEBUG, the console shows the messages."""

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
    """For DEFAULT_EXCEPTION_REPORTER: a report that may be shown, mailed and passed on."""

    def get_traceback_text(self):
        # Django hands over a text in place of an exception when there is none.
        error = self.exc_value if isinstance(self.exc_value, BaseException) else None
        exceptions = [line for each in reversed(list(chain_of(error))) for line in ("", *told(each))]
        return "\n".join([*self.facts(), *exceptions, "", NOTE, ""])

    def get_traceback_html(self):
        name = self.exc_type.__name__ if self.exc_type else "An error"
        return format_html(PAGE, name, name, self.get_traceback_text())

    def facts(self) -> Iterator[str]:
        if self.request:
            yield f"Request: {method_of(self.request)} {route_of(self.request)}"
            yield f"View: {view_of(self.request)}"
        if observation := getattr(self.request, "observation", None):
            yield f"Request id: {observation.id}"
        yield f"Python {platform.python_version()}, Django {django.get_version()}"


def told(error: BaseException) -> Iterator[str]:
    """One exception, line by line: its class, and the way to it with what each function had at hand."""
    yield name_of(error)
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
