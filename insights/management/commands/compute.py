import logging
import os
import signal
import threading
import time

from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError

from brainlog.database.postgresql.base import response_timeout
from insights.findings import claims

logger = logging.getLogger(__name__)

# Reminders and pages come first.
NICENESS = 10
RESPONSE_TIMEOUT = 30
# Seconds between two looks at whether the parent process still runs.
PARENT_INTERVAL = 1
# Seconds more than the longest computation may take, after which the process ends without its consent.
GRACE = 30


class Command(BaseCommand):
    help = (
        "Compute the findings that people wait for, one after the other, until nothing waits. manage.py work and the "
        "pages start it by themselves. Several at once do no harm."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "--with-parent", type=int, metavar="PID", help="end when this process, which started it, has ended"
        )

    def handle(self, *args, with_parent, **options):
        os.nice(NICENESS)
        response_timeout.set(RESPONSE_TIMEOUT)
        take_signals(stop)
        watch = Watch(with_parent)
        watch.start()
        done = 0
        try:
            while (computation := claims.compute_next()) is not None:
                done += 1
                watch.begun_at = time.monotonic()
                logger.info("Computation %d (%s) is finished.", computation.pk, computation.kind)
            take_signals(signal.SIG_DFL)  # Nothing is left to give back.
        except claims.Stopped:
            logger.info("The computation was stopped; another process goes on with it.")
        except (DatabaseError, InterfaceError) as error:
            # What was claimed is claimed again when its lease ends.
            logger.warning("Nothing more is computed, for the database (%s).", type(error).__name__)
            raise SystemExit(1) from None
        self.stdout.write(f"Computed: {done}.")


def take_signals(handler) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)


def stop(number, frame):
    take_signals(signal.SIG_DFL)  # A second one ends it at once.
    raise claims.Stopped


class Watch(threading.Thread):
    """Ends the process with the one that started it, and if a computation does not end at its limit."""

    def __init__(self, parent: int | None):
        super().__init__(name="watch", daemon=True)
        self.parent, self.begun_at = parent, time.monotonic()

    def run(self):
        most = max(claims.LIMITS.values()) + GRACE
        while True:
            time.sleep(PARENT_INTERVAL)
            if self.parent and os.getppid() != self.parent:
                os.kill(os.getpid(), signal.SIGTERM)
                return
            if time.monotonic() - self.begun_at > most:
                os._exit(1)
