"""Context of the current request or management command, for logs and metrics."""

import sys
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from django.http import HttpRequest

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

# The name of the running management command, if any.
COMMAND = sys.argv[1] if Path(sys.argv[0]).name == "manage.py" and len(sys.argv) > 1 else None


@dataclass
class RequestContext:
    """A request, and its use of the database so far."""

    id: str
    request: HttpRequest
    queries: int = 0
    database_seconds: float = 0
    database_error: BaseException | None = None

    @property
    def view(self) -> str:
        return view_of(self.request)


current: ContextVar[RequestContext | None] = ContextVar("request_context", default=None)


def view_of(request: HttpRequest) -> str:
    """Return the view's name. Never log the path: it can contain dates, and any text that a stranger types."""
    match = getattr(request, "resolver_match", None)
    return match.view_name if match else "-"


def route_of(request: HttpRequest) -> str:
    """Return the pattern of the URL, such as /logs/<day:day>/; "-" if none has matched."""
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match else "-"


def method_of(request: HttpRequest) -> str:
    """Return the HTTP method if it is a known one, or else "other": clients can send any text."""
    return request.method if request.method in METHODS else "other"
