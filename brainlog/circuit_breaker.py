"""Circuit breakers: after a server has failed, requests stop using it for a while instead of waiting for it."""

import logging
import threading
import time
from math import inf

from django.db import connections

from brainlog.database.connections import separate_connection
from brainlog.database.errors import NO_RESPONSE, error_code
from brainlog.database.postgresql.base import response_timeout

logger = logging.getLogger(__name__)

BYPASS_SECONDS = 30


class CircuitBreaker:
    """Open while a server is bypassed: for BYPASS_SECONDS after an error, so that the log holds one line per period."""

    def __init__(self, name: str):
        self.name = name
        self.open_until = 0.0

    @property
    def is_open(self) -> bool:
        return time.monotonic() < self.open_until

    def open(self, seconds: float = BYPASS_SECONDS) -> None:
        self.open_until = time.monotonic() + seconds

    def record_failure(self, error: Exception) -> None:
        self.open()
        logger.warning("%s failed (%s): bypassed for %d s.", self.name, type(error).__name__, BYPASS_SECONDS)

    def close(self) -> None:
        self.open_until = 0.0


# ── The database ──────────────────────────────────────────────────────────────────────────────

# Seconds between two probes of a database that is down, and the timeout of each.
PROBE_INTERVAL = 0.25
PROBE_SECONDS = 2
# Seconds without any answer until the breaker opens, by the prefix of the probe's error code. A database that does not
# respond may be a serverless one that is starting, which takes up to five seconds. No other code is an outage: a server
# that has no connection left, or refuses logins, still answers on its open connections.
OUTAGES = {NO_RESPONSE: 5, "08": PROBE_INTERVAL, "57P": PROBE_INTERVAL}
POOLER_REFUSED = "08P01"  # The pooler's queue was full. Requests that have a connection continue, so it is no outage.

# Connection parameters of a probe: without them, a connection whose server was lost would stay open for hours.
PROBE_OPTIONS = {
    "connect_timeout": PROBE_SECONDS,
    "tcp_user_timeout": PROBE_SECONDS * 1000,  # milliseconds
    "keepalives_idle": 2,
    "keepalives_interval": 2,
}


class DatabaseBreaker(CircuitBreaker):
    """Open while the database is down; closes as soon as it answers.

    A background thread probes the database. It starts after an error that indicates an outage, or when a page takes
    long (operations/worker.py), so a healthy database is never probed. The answer to any other statement closes the
    breaker too.
    """

    def __init__(self):
        super().__init__("The database")
        self.lock = threading.Lock()
        self.probing_since: float | None = None
        self.answered_at = 0.0
        self.code = NO_RESPONSE  # The error code that opened the breaker.
        self.times_opened = 0

    def start_probing(self) -> None:
        """Start the thread that probes the database, unless it runs already."""
        with self.lock:
            if self.probing_since is None:
                threading.Thread(target=self.probe_until_answered, name="database", daemon=True).start()
                self.probing_since = time.monotonic()
                return
        # The probe itself can block where no timeout applies, for example in a DNS lookup.
        self.open_if_unanswered(NO_RESPONSE)

    def record_answer(self) -> None:
        """Note that the database has answered a statement."""
        self.answered_at = time.monotonic()
        if self.is_open:
            self.close()

    def probe_until_answered(self) -> None:
        response_timeout.set(PROBE_SECONDS)  # Applies to this thread only.
        try:
            while code := outage_code(probe_failure()):
                self.open_if_unanswered(code)
                time.sleep(PROBE_INTERVAL)
        finally:
            with self.lock:
                self.probing_since = None
            self.close()

    def open_if_unanswered(self, code: str) -> None:
        """Open the breaker if there has been no answer for as long as OUTAGES says for this code."""
        unanswered_since = max(self.probing_since or inf, self.answered_at)
        if time.monotonic() - unanswered_since >= OUTAGES[code]:
            self.open_with_code(code)

    def open_with_code(self, code: str) -> None:
        with self.lock:
            if self.is_open:
                return
            self.code = code
            self.open(inf)
            self.times_opened += 1
        logger.warning("The database is down (%s): requests are refused at once until it answers.", code)

    def close(self) -> None:
        with self.lock:
            was_open = self.is_open
            super().close()
        if was_open:
            logger.info("The database answers again.")


def probe_failure() -> str | None:
    """Send the smallest possible query. Return the code of the error, or None."""
    try:
        with separate_connection(connections["default"], options=PROBE_OPTIONS) as probe, probe.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception as error:
        return error_code(error)
    return None


def outage_code(code: str | None) -> str | None:
    """Return the key in OUTAGES for an error code; None if the code does not indicate an outage."""
    if code is None or code == POOLER_REFUSED:
        return None
    return next((prefix for prefix in OUTAGES if code.startswith(prefix)), None)


database = DatabaseBreaker()
