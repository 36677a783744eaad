"""`python -m testing` runs the whole test suite on SQLite, then on PostgreSQL.

Arguments go to pytest. TEST_DATABASE_URL names a PostgreSQL server to use; without it, one is
started for the time of the tests. What this machine cannot run is said at the very end, and is a
failure where CI=true.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from testing import chromium, postgres


def main(arguments: list[str]) -> int:
    """Run the tests and return the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    missing = []
    if not chromium.find_chromium():
        arguments = ["--without-browser", *arguments]
        missing.append(f"The browser tests did not run, for want of Chromium: {chromium.HOW_TO_GET_IT}.")
    runs = [run("SQLite", None, arguments)]
    try:
        with postgres_url() as url:
            runs.append(run("PostgreSQL", url, arguments))
    except postgres.PostgresMissing:
        missing.append(f"The tests did not run on PostgreSQL, for want of one: {postgres.HOW_TO_GET_IT}.")
    print()
    for _, summary in runs:
        print(summary)
    for sentence in missing:
        print(sentence)
    passed = all(ok for ok, _ in runs) and not (missing and os.environ.get("CI") == "true")
    return 0 if passed else 1


@contextmanager
def postgres_url() -> Iterator[str]:
    """Yield the URL of a PostgreSQL server."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
    else:
        with postgres.throwaway_cluster() as cluster:
            yield cluster.url


def run(name: str, database_url: str | None, arguments: list[str]) -> tuple[bool, str]:
    """Run pytest on one database. Return whether all is well, and a line that says so."""
    print(f"\n{name}", flush=True)
    environment = {key: value for key, value in os.environ.items() if "DATABASE_URL" not in key}
    if database_url:
        environment["DATABASE_URL"] = database_url
    start = time.monotonic()
    with subprocess.Popen([sys.executable, "-m", "pytest", *arguments], env=environment) as child:
        try:
            code = child.wait()
        except SystemExit as interruption:
            if interruption.code != 128 + signal.SIGINT:  # Ctrl-C has reached pytest already.
                child.send_signal(signal.SIGINT)
            try:
                child.wait(timeout=15)
            except subprocess.TimeoutExpired:
                child.kill()
            raise
    # "No tests ran" is exit code 5, and no success either.
    result = "passed" if code == 0 else f"FAILED (pytest's exit code {code})"
    return code == 0, f"{name}: {result} in {time.monotonic() - start:.0f} s"


def interrupt(number, frame) -> None:
    """End the tests in good order: the server is stopped, and its files are removed."""
    # Whoever presses Ctrl-C twice must not interrupt that.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
