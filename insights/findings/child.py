"""A process of its own that computes what waits: `manage.py compute`.

Not a thread: what computes would hold the interpreter of the pages, keep its memory, and could not be ended in time.
"""

import os
import subprocess
import sys
from contextlib import contextmanager

from django.conf import settings

# Seconds that it has to let go of what it computes. Then it is killed, and what it computed is computed again.
STOP_SECONDS = 5


@contextmanager
def computing():
    """Yield the process, a subprocess.Popen, and end it with the block, if it has not ended by itself.

    It ends when nothing waits any longer, and when this process ends. Its log lines go where those of this one go.
    """
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "compute", f"--with-parent={os.getpid()}"]
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, stdin=subprocess.DEVNULL)  # noqa: S603 (our own program)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
