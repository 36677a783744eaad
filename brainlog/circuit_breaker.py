"""Circuit breakers: a server that failed is not asked for a while, and what can do without it does not wait for it."""

import logging
import threading
import time
from math import inf

from django.conf import settings
from django.db import connections

from brainlog.database import errors
from brainlog.database.connections import separate_connection
from brainlog.database.postgresql.base import patience

logger = logging.getLogger(__name__)


class CircuitBreaker:
    """Open while the server behind it is not asked: for some seconds, or until it is closed."""

    def __init__(self):
        self.open_until = 0.0

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self.open_until

    def open(self, seconds: float = inf) -> None:
        self.open_until = time.monotonic() + seconds

    def close(self) -> None:
        self.open_until = 0.0


# ── The database ──────────────────────────────────────────────────────────────────────────────

# Seconds between two probes of a database that is away, and at most for each.
PROBE_INTERVAL = 0.25
PROBE_SECONDS = 2
# By how the code of a probe's failure begins, seconds without any answer after which pages are refused. A silent
# database may be a serverless one that wakes up, which takes up to five seconds. Any other code is no outage: a
# server that has no connection left, or refuses new logins, still answers on the connections there are.
OUTAGES = {errors.SILENT: 5, "08": PROBE_INTERVAL, "57P": PROBE_INTERVAL}
POOLER_GAVE_UP = "08P01"  # Its queue was full: the pages that have a connection go on.

# libpq's parameters for a probe's connection: a server that is lost on the way must not keep it for hours.
PROBE_OPTIONS = {
    "connect_timeout": PROBE_SECONDS,
    "tcp_user_timeout": PROBE_SECONDS * 1000,  # milliseconds
    "keepalives_idle": 2,
    "keepalives_interval": 2,
}


class DatabaseBreaker(CircuitBreaker):
    """Open while the database is away. Closes by itself: one thread probes until there is an answer.

    A suspicion comes first: an error that says so, or a page that takes long (operations/worker.py). So a healthy
    database is never probed. An answer to any statement closes the breaker, too.
    """

    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()
        self.probing_since: float | None = None
        self.answered_at = 0.0
        self.code = errors.SILENT  # What has opened it.
        self.openings = 0

    def suspect(self) -> None:
        """Have the database probed, unless it is already."""
        with self.lock:
            if self.probing_since is None:
                threading.Thread(target=self.probe_until_answered, name="database", daemon=True).start()
                self.probing_since = time.monotonic()
                return
        # A probe may itself get stuck where it has no time limit, as in a look-up of the host's name.
        self.judge(errors.SILENT)

    def answered(self) -> None:
        """Note an answer of the database to any statement."""
        self.answered_at = time.monotonic()
        if self.is_open:
            self.close()

    def probe_until_answered(self) -> None:
        patience.set(PROBE_SECONDS)  # For this thread alone.
        try:
            while code := outage_code(probe_failure()):
                self.judge(code)
                time.sleep(PROBE_INTERVAL)
        finally:
            with self.lock:
                self.probing_since = None
            self.close()

    def judge(self, code: str) -> None:
        """Open if there has been no answer for as long as this code asks for."""
        began = max(self.probing_since or inf, self.answered_at)
        if time.monotonic() - began >= OUTAGES[code]:
            self.open_for(code)

    def open_for(self, code: str) -> None:
        with self.lock:
            if self.is_open:
                return
            self.code = code
            self.open()
            self.openings += 1
        logger.warning("The database is away (%s): pages are refused at once until it answers.", code)

    def close(self) -> None:
        with self.lock:
            was_open = self.is_open
            super().close()
        if was_open:
            logger.info("The database answers again.")


def probe_failure() -> str | None:
    """The code of what goes wrong when the database is asked the least there is to ask; None if nothing does."""
    try:
        with separate_connection(connections["default"], options=PROBE_OPTIONS) as probe, probe.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception as error:
        return errors.code_of(error)
    return None


def outage_code(code: str | None) -> str | None:
    """The key in OUTAGES, or None if the code speaks of no outage."""
    if code is None or code == POOLER_GAVE_UP:
        return None
    return next((beginning for beginning in OUTAGES if code.startswith(beginning)), None)


database = DatabaseBreaker()


class DatabaseMiddleware:
    """Answers 503 at once while the database is away, and waits for each of its answers as long as a person would.

    Stands behind static files and probes, which do without it. Programs at the console have more time.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if database.is_open and not self.needs_no_database(request):
            return errors.unavailable(request, database.code, "circuit breaker")
        token = patience.set(settings.DATABASE_PATIENCE)
        try:
            return self.get_response(request)
        finally:
            patience.reset(token)

    def needs_no_database(self, request) -> bool:
        """Whether it is a scrape of /metrics, which says itself that the database is away. Programs have no session."""
        return request.path_info == "/metrics" and settings.SESSION_COOKIE_NAME not in request.COOKIES
