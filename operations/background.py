"""The process beside the pages: `manage.py work`.

It sends reminders in a round at each full minute, and deletes what is not kept any longer. An error ends a round and
never the process: after an outage of the database, the next round goes on. Beside the rounds, a thread has findings
computed (operations/computations.py).
"""

import logging
import os
import threading
import time

from django.db import DatabaseError, InterfaceError, close_old_connections
from django.utils import timezone

from brainlog.database.errors import error_code
from brainlog.database.postgresql.base import response_timeout
from reminders.models import Delivery
from reminders.plans import replan_all
from reminders.rounds import run_round
from reminders.sender import STOP_SECONDS, Sender

logger = logging.getLogger(__name__)

MINUTE = 60
HOUR = 60 * MINUTE
# Seconds that a round waits for the database.
RESPONSE_TIMEOUT = 15
# Seconds by which the clock may differ from what has passed since the round before.
LARGEST_DRIFT = 30
# Batches of old rows that are deleted at once, of 1,000 each.
MOST_BATCHES = 50
# Seconds between two looks at whether the parent process still runs.
PARENT_INTERVAL = 1


def seconds_until_round(wall_time: float) -> float:
    """The seconds until the next full minute: at most 60, however far a clock has jumped, and never 0."""
    return MINUTE - wall_time % MINUTE


class ClockWatch:
    """Finds jumps of the system's clock, by a clock that does not jump."""

    def __init__(self):
        self.last: tuple[float, float] | None = None

    def jump(self, wall_time: float, monotonic_time: float) -> float:
        """The seconds by which the clock has jumped since the last call, or 0."""
        last, self.last = self.last, (wall_time, monotonic_time)
        if last is None:
            return 0
        drift = (wall_time - last[0]) - (monotonic_time - last[1])
        return drift if abs(drift) > LARGEST_DRIFT else 0


class Background:
    """Runs rounds until it is stopped, or until its parent process ends, if one is given."""

    def __init__(self, parent: int | None = None):
        self.parent = parent
        self.stopping = threading.Event()
        self.sender = Sender()
        self.clock = ClockWatch()
        self.cleaned_at: float | None = None  # by the monotonic clock
        self.needs_replanning = True

    def run(self) -> None:
        response_timeout.set(RESPONSE_TIMEOUT)
        logger.info("The background process runs.")
        while not self.stopping.is_set():
            self.attempt_round()
            self.pause(seconds_until_round(time.time()))
        if not self.sender.stop(STOP_SECONDS):
            logger.warning(
                "%d reminders were still being sent: it is unknown whether they arrive.", self.sender.in_hand()
            )
        logger.info("The background process ends.")

    def pause(self, seconds: float) -> None:
        """Wait, but not longer than the process is wanted."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self.stopping.wait(min(left, PARENT_INTERVAL) if self.parent else left):
                return
            if self.parent and os.getppid() != self.parent:
                self.stopping.set()

    def attempt_round(self) -> None:
        """Run a round. Its errors are logged; the next round tries again."""
        close_old_connections()
        try:
            self.run_round()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("A round failed, for the database (%s). The next one tries again.", error_code(error))
        except Exception:
            logger.exception("A round failed. The next one tries again.")
        finally:
            close_old_connections()

    def run_round(self) -> None:
        jump = self.clock.jump(time.time(), time.monotonic())
        if jump:
            logger.warning("The clock jumped by %d s: all plans are computed anew.", jump)
            self.needs_replanning = True
        now = timezone.now()
        done = run_round(now)
        handed_over = self.sender.send_waiting(now)
        if done.due or handed_over:
            logger.info("%d plans due, %d reminders queued, %d to send.", done.due, done.queued, handed_over)
        if self.needs_replanning:
            # The time zone files may be others than those that the plans were computed with.
            logger.info("All plans are computed anew: %d moved.", replan_all(now))
            self.needs_replanning = False
        if not jump:  # The dates of rows are compared with a clock that may be wrong.
            self.clean(now)

    def clean(self, now) -> None:
        """Once an hour, settle and delete what no sender will come back to."""
        if self.cleaned_at is not None and time.monotonic() - self.cleaned_at < HOUR:
            return
        Delivery.objects.settle_lost(now)
        for _number in range(MOST_BATCHES):
            if self.stopping.is_set() or not Delivery.objects.delete_old(now):
                break
        self.cleaned_at = time.monotonic()
