"""Signs of life during long work."""

import time
from collections.abc import Callable, Generator
from contextlib import closing

SECONDS = 5


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
