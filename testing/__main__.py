"""`python -m testing` runs the test suite on SQLite and on PostgreSQL, both at the same time.

Long forms of tests, marked thorough, are left out; `--thorough` runs them alone, and a file or a test that is asked
for by name runs whole. What the database makes no difference to runs in one of the two runs. All other arguments go
to pytest. TEST_DATABASE_URL names a PostgreSQL server to use; without it, one is started for the time of the tests.
What this machine cannot run is said at the very end, and is a failure where CI=true.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from testing import chromium, postgres, programs
from testing.watchdog import watched_run

# Which tests marked once run on PostgreSQL, by the beginnings of their paths; the others run on SQLite. Shared by
# measured time, so that both runs take about as long: of the short forms of tests, and of the long ones.
ONCE_ON_POSTGRESQL = tuple(f"brainlog/tests/browser/test_{letter}" for letter in "bdnopqsuz")
THOROUGH_ONCE_ON_POSTGRESQL = (
    "brainlog/tests/browser",
    *(f"operations/tests/{part}" for part in ("backups", "chaos", "test_")),
    "testing",
)

# Of hypothesis, for `make attack`: each database tries other examples, so half as many on each find as much.
SEEDS = {"SQLite": "--hypothesis-seed=0", "PostgreSQL": "--hypothesis-seed=1"}


def main(arguments: list[str]) -> int:
    """Run the tests and return the exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    missing = programs.missing_programs()
    if not chromium.find_chromium():
        arguments = ["--without-browser", *arguments]
        missing.append(f"The browser tests did not run, for want of Chromium: {chromium.HOW_TO_GET_IT}.")
    with ExitStack() as stack:
        stack.enter_context(watched_run())
        if has_postgresql():
            shared = ",".join(THOROUGH_ONCE_ON_POSTGRESQL if "--thorough" in arguments else ONCE_ON_POSTGRESQL)
            on_sqlite = Suite("SQLite", [*chosen_by(arguments, "thorough_on_sqlite"), f"--not-once={shared}"])
            suites = [stack.enter_context(on_sqlite)]
            url = stack.enter_context(postgres_url())  # Meanwhile the other run collects its tests.
            on_postgresql = Suite("PostgreSQL", [*chosen_by(arguments), f"--once={shared}"], url)
            suites.append(stack.enter_context(on_postgresql))
        else:
            missing.append(f"The tests did not run on PostgreSQL, for want of one: {postgres.HOW_TO_GET_IT}.")
            suites = [stack.enter_context(Suite("SQLite", chosen_by(arguments)))]
        runs = [suite.finish() for suite in suites]
    print()
    for _, summary in runs:
        print(summary)
    for sentence in missing:
        print(sentence)
    passed = all(ok for ok, _ in runs) and not (missing and os.environ.get("CI") == "true")
    return 0 if passed else 1


def chosen_by(arguments: list[str], *more_markers: str) -> list[str]:
    """The arguments for pytest, which choose between short and long forms. Of several -m, pytest heeds the last."""
    long_forms = " or ".join(["thorough", *more_markers])
    others = [argument for argument in arguments if argument != "--thorough"]
    if others != arguments:
        return ["-m", long_forms, *others]
    is_named = any(argument.partition("::")[0].endswith(".py") for argument in arguments)
    return others if is_named else ["-m", f"not ({long_forms})", *others]


def has_postgresql() -> bool:
    if os.environ.get("TEST_DATABASE_URL"):
        return True
    try:
        postgres.find_binaries()
    except postgres.PostgresMissing:
        return False
    return True


def environment_of_run() -> dict[str, str]:
    """The environment of this process without its databases, and with bytecode.

    Tests start Python hundreds of times, and each start compiles all of Brain Log where no bytecode is written.
    """
    left_out = "DATABASE_URL", "PYTHONDONTWRITEBYTECODE"
    return {name: value for name, value in os.environ.items() if not any(part in name for part in left_out)}


@contextmanager
def postgres_url() -> Iterator[str]:
    """Yield the URL of a PostgreSQL server."""
    if url := os.environ.get("TEST_DATABASE_URL"):
        yield url
    else:
        with postgres.throwaway_cluster() as cluster:
            yield cluster.url


class Suite:
    """A run of pytest on one database. The one on SQLite is watched, any other shown when it is over."""

    def __init__(self, name: str, arguments: list[str], database_url: str | None = None):
        self.name = name
        self.start = time.monotonic()
        environment = environment_of_run()
        if database_url:
            environment["DATABASE_URL"] = database_url
        self.output = tempfile.TemporaryFile() if database_url else None  # noqa: SIM115
        self.child = subprocess.Popen(
            # Two at once do not share what pytest remembers.
            [sys.executable, "-m", "pytest", "-o", f"cache_dir=.pytest_cache/{name}", SEEDS[name], *arguments],
            env=environment,
            stdout=self.output,
            stderr=subprocess.STDOUT if self.output else None,
        )

    def __enter__(self) -> "Suite":
        return self

    def finish(self) -> tuple[bool, str]:
        """Wait for the end. Return whether all is well, and a line that says so."""
        if not self.output:
            print(f"\n{self.name}", flush=True)
        code = self.child.wait()
        if self.output:
            print(f"\n{self.name}", flush=True)
            self.output.seek(0)
            shutil.copyfileobj(self.output, sys.stdout.buffer)
        # "No tests ran" is exit code 5, and no success either.
        result = "passed" if code == 0 else f"FAILED (pytest's exit code {code})"
        return code == 0, f"{self.name}: {result} in {time.monotonic() - self.start:.0f} s"

    def __exit__(self, kind, interruption, traceback) -> None:
        if self.child.poll() is None:
            if getattr(interruption, "code", None) != 128 + signal.SIGINT:  # Ctrl-C has reached pytest already.
                self.child.send_signal(signal.SIGINT)
            try:
                self.child.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.child.kill()
        if self.output:
            self.output.close()


def interrupt(number, frame) -> None:
    """End the tests in good order: the server is stopped, and its files are removed."""
    # A second Ctrl-C must not interrupt the clean-up.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
