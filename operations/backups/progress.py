"""Progress messages of long operations, and time limits for waiting on locks."""

import time
from collections.abc import Callable, Generator
from contextlib import closing

from operations.backups import BackupError

# Seconds between two messages. An operation that takes less time prints none.
INTERVAL = 5


def discard(message: str) -> None:
    """The `write` of callers that want no progress messages."""


class LockWait:
    """A wait for locks of others: reports every few seconds who holds them, and ends after a limit."""

    def __init__(self, write: Callable[[str], None], limit: float):
        self.write, self.limit = write, limit
        self.end()

    def end(self) -> None:
        """The lock was granted. The next wait counts from its own beginning."""
        self.started = self.reported = None

    def update(self, blockers: list[str]) -> None:
        """The wait goes on. Raises BackupError when the limit is reached."""
        now = time.monotonic()
        if self.started is None:
            self.started = self.reported = now
        if now - self.started >= self.limit:
            raise BackupError(lock_timeout_message(blockers, self.limit))
        if now - self.reported >= INTERVAL:
            self.reported = now
            self.write(f"Waiting for {now - self.started:.0f} s of at most {self.limit:g}: {'; '.join(blockers)}")


def lock_timeout_message(blockers: list[str], seconds: float) -> str:
    return f"Gave up after waiting for {seconds:g} s; nothing was changed. Blocked by: {'; '.join(blockers)}."


def report_progress(
    chunks: Generator[bytes], write: Callable[[str], None], verb: str, total: int | None = None
) -> Generator[bytes]:
    """Yield the chunks, and report every few seconds how many bytes were stored, checked or restored."""
    size, reported = 0, time.monotonic()
    with closing(chunks):
        for chunk in chunks:
            size += len(chunk)
            if time.monotonic() - reported >= INTERVAL:
                reported = time.monotonic()
                write(f"{verb} {megabytes(size)}" + (f" of {megabytes(total)}" if total else ""))
            yield chunk


def megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
