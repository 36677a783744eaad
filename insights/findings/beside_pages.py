"""Computing without `manage.py work`: one thread of the web process waits, and starts a process if no other computes.

Whether a worker is there is seen by what it does: it claims what waits within seconds. Who sends reminders says
nothing of it, since `manage.py send_reminders` does that too and computes nothing.
"""

import logging
import threading
import time

from django.db import DatabaseError, InterfaceError, close_old_connections, connection
from django.utils import timezone

from brainlog.database.postgresql.base import response_timeout
from insights.findings import child
from insights.models import Computation

logger = logging.getLogger(__name__)

# Seconds between two looks, and that something waits while nothing is computed: a worker looks every two seconds.
LOOK_SECONDS = 1
WAIT_SECONDS = 6
# Seconds that the thread goes on at most. What waits then is asked for again by a button.
MOST_SECONDS = 30 * 60
RESPONSE_TIMEOUT = 5

lock = threading.Lock()
thread: threading.Thread | None = None


def start() -> None:
    """Start the thread, unless it runs: one for all people."""
    global thread
    with lock:
        if thread is None or not thread.is_alive():
            thread = threading.Thread(target=run, name="computations", daemon=True)
            thread.start()


def run() -> None:
    response_timeout.set(RESPONSE_TIMEOUT)
    try:
        wait_and_compute()
    except (DatabaseError, InterfaceError, OSError) as error:
        logger.warning("What waits to be computed is left waiting (%s).", type(error).__name__)
    except Exception:
        logger.exception("What waits to be computed is left waiting.")
    finally:
        connection.close()


def wait_and_compute() -> None:
    ends_at, idle_since = time.monotonic() + MOST_SECONDS, time.monotonic()
    while time.monotonic() < ends_at:
        close_old_connections()
        now = timezone.now()
        if Computation.objects.running(now).exists():
            idle_since = time.monotonic()
        elif not Computation.objects.waiting(now).exists():
            return
        elif time.monotonic() - idle_since >= WAIT_SECONDS:
            with child.computing() as process:
                process.wait(MOST_SECONDS)
            if process.returncode:
                return  # It logs why.
            idle_since = time.monotonic()
        time.sleep(LOOK_SECONDS)
