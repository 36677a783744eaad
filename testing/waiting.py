"""Waiting in tests: for a condition, never for a fixed time."""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from subprocess import Popen
from typing import TypeVar

PATIENCE = 60  # seconds: longer than any condition takes on a busy machine
INTERVAL = 0.02

Result = TypeVar("Result")


def wait_until(
    condition: Callable[[], Result],
    what: str | Callable[[], str] = "",
    *,
    seconds: float = PATIENCE,
    process: Popen | None = None,
) -> Result:
    """Return the first true value of `condition()`.

    `what` is for the message of an error: a text, or a function that returns it at that time. Raises TimeoutError after
    so many seconds, and RuntimeError as soon as `process`, on which the condition depends, has ended.
    """

    def described() -> str:
        return what() if callable(what) else what or str(condition)

    until = time.monotonic() + seconds
    while not (result := condition()):
        if process and process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with exit code {process.returncode}. {described()}")
        if time.monotonic() > until:
            raise TimeoutError(f"Not within {seconds} s: {described()}")
        time.sleep(INTERVAL)
    return result


def wait_for_port(port: int, server: Popen) -> None:
    """Wait until a program listens on the port. Raises RuntimeError if `server` ends first, or TimeoutError."""

    def is_open() -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        return False

    wait_until(is_open, f"{server.args[0]} listens", process=server)
