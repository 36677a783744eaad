"""What is computed beside the pages, in `manage.py work`: a thread that starts a process whenever something waits.

The process is niced, and another one than that of reminders: no reminder waits for it. One runs at a time.
"""

import logging
import threading
import time

from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.utils import timezone

from brainlog.database.errors import error_code
from brainlog.database.postgresql.base import response_timeout
from insights.findings import child
from insights.models import Computation

logger = logging.getLogger(__name__)

# Seconds between two looks for what waits, after an error, and between two looks for answers that have changed.
LOOK_SECONDS = 2
BACK_OFF_SECONDS = 60
ASK_SECONDS = 300
RESPONSE_TIMEOUT = 15


class Computations(threading.Thread):
    """Runs until `stopping` is set."""

    def __init__(self, stopping: threading.Event):
        super().__init__(name="computations")
        self.stopping = stopping
        self.asked_at: float | None = None  # by the monotonic clock

    def run(self) -> None:
        response_timeout.set(RESPONSE_TIMEOUT)
        while not self.stopping.is_set():
            self.stopping.wait(self.attempt())
        connection.close()

    def attempt(self) -> float:
        """Ask for what is due, and compute what waits. Returns the seconds until the next time."""
        close_old_connections()
        try:
            self.ask_for_changed()
            is_well = not Computation.objects.waiting(timezone.now()).exists() or self.compute()
            return LOOK_SECONDS if is_well else BACK_OFF_SECONDS
        except (DatabaseError, InterfaceError) as error:
            logger.warning("Nothing is computed for a minute, for the database (%s).", error_code(error))
        except Exception:
            logger.exception("Nothing is computed for a minute.")
        finally:
            close_old_connections()
        return BACK_OFF_SECONDS

    def ask_for_changed(self) -> None:
        """Ask for the findings of people whose answers have changed, so that they are there when a page is opened."""
        if self.asked_at is None or time.monotonic() - self.asked_at >= ASK_SECONDS:
            Computation.objects.ask_for_changed(timezone.now())
            self.asked_at = time.monotonic()

    def compute(self) -> bool:
        """Run the process until it ends, or until this one is to end. Returns whether it ended well."""
        with child.computing() as process:
            while process.poll() is None and not self.stopping.is_set():
                self.stopping.wait(0.2)
        return process.returncode == 0
