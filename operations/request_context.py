"""Who is at work right now: one request, or a command. Log lines and figures are marked with it."""

import sys
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

from django.http import HttpRequest

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

# The name of the management command that runs, if one does.
COMMAND = sys.argv[1] if Path(sys.argv[0]).name == "manage.py" and len(sys.argv) > 1 else None


@dataclass
class Observation:
    """One request, and what it has asked of the database so far."""

    id: str
    request: HttpRequest
    queries: int = 0
    database_seconds: float = 0
    database_error: BaseException | None = None

    @property
    def view(self) -> str:
        return view_of(self.request)


current: ContextVar[Observation | None] = ContextVar("observation", default=None)


def view_of(request: HttpRequest) -> str:
    """The view's name, never the path: paths hold dates, and anything a stranger types."""
    match = getattr(request, "resolver_match", None)
    return match.view_name if match else "-"


def route_of(request: HttpRequest) -> str:
    """The pattern of the address, such as logs/<day:day>/; "-" where none has matched."""
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match else "-"


def method_of(request: HttpRequest) -> str:
    """The method if it is a known one: whoever sends the request could write anything there."""
    return request.method if request.method in METHODS else "other"
