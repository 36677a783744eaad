"""Signs of life during long work."""

import time
from collections.abc import Callable, Generator
from contextlib import closing

from operations.backups import BackupError

SECONDS = 5


def silent(text: str) -> None:
    """Says nothing: for callers who do not want to know how far it is."""


class Waiting:
    """A wait for others: says every few seconds for whom, and ends after a limit."""

    def __init__(self, write: Callable[[str], None], limit: float):
        self.write, self.limit = write, limit
        self.over()

    def over(self) -> None:
        """They are out of the way."""
        self.since = self.last = None

    def note(self, others: list[str]) -> None:
        """They are in the way at this moment. Raises BackupError when the limit is reached."""
        now = time.monotonic()
        if self.since is None:
            self.since = self.last = now
        if now - self.since >= self.limit:
            raise BackupError(given_up(others, self.limit))
        if now - self.last >= SECONDS:
            self.last = now
            self.write(f"Waiting for {now - self.since:.0f} s of at most {self.limit:g}: {'; '.join(others)}")


def given_up(others: list[str], seconds: float) -> str:
    return f"Gave up after waiting for {seconds:g} s, and nothing was changed. In the way: {'; '.join(others)}."


def told(
    chunks: Generator[bytes], write: Callable[[str], None], deed: str, total: int | None = None
) -> Generator[bytes]:
    """Pass on bytes, and say every few seconds how many were stored, checked or restored. Short work says nothing."""
    size, last = 0, time.monotonic()
    with closing(chunks):
        for chunk in chunks:
            size += len(chunk)
            if time.monotonic() - last >= SECONDS:
                last = time.monotonic()
                write(f"{deed} {megabytes(size)}" + (f" of {megabytes(total)}" if total else ""))
            yield chunk


def megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
