"""Programs of this machine, run one into the next: pg_dump into age, gpg into pg_restore."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field

from operations.backups import BackupError

CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Program:
    """What to run. Passwords go into `environment`: everybody on the machine can read a command line."""

    arguments: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return os.path.basename(self.arguments[0])

    def start(self, stdin, complaints) -> subprocess.Popen:
        try:
            return subprocess.Popen(  # noqa: S603 (nothing of it comes from outside)
                self.arguments,
                env=os.environ | self.environment,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=complaints,
            )
        except FileNotFoundError:
            raise BackupError(f"{self.name} is not installed on this machine.") from None

    def failure(self, code: int, complaints) -> BackupError:
        complaints.seek(0)
        lines = [line.strip() for line in complaints.read().decode(errors="replace").splitlines()]
        lines = [line.removeprefix(f"{self.name}: ") for line in lines if line] or [f"exit code {code}"]
        # Programs may greet first and give advice last.
        telling = (line for line in lines if any(word in line.lower() for word in ("error", "fail", "fatal")))
        return BackupError(f"{self.name} failed: {next(telling, lines[-1])}")


def through(source: Generator[bytes] | None, *programs: Program) -> Iterator[bytes]:
    """Yield what comes out when `source` goes into the first program, its output into the next, and so on.

    Without a source the first one reads nothing; without programs the source comes out as it is. If
    the source raises, so does this; if a program fails, it is a BackupError. Both come after the
    last bytes: nothing is worth anything before the end. Nothing is left running in any case.
    """
    if not programs:
        yield from source
        return
    children, feeding = [], None
    with ExitStack() as files, ThreadPoolExecutor(1) as pool:
        # Not pipes, which would have to be read before they are full.
        complaints = [files.enter_context(tempfile.TemporaryFile()) for _ in programs]
        try:
            stdin = subprocess.DEVNULL if source is None else subprocess.PIPE
            for program, complaint in zip(programs, complaints, strict=True):
                children.append(program.start(stdin, complaint))
                if len(children) > 1:
                    stdin.close()  # The two programs have it; we would keep the first from noticing the second's end.
                stdin = children[-1].stdout
            if source is not None:
                feeding = pool.submit(feed, source, children[0])
            while chunk := children[-1].stdout.read1(CHUNK):
                yield chunk
            codes = [child.wait() for child in children]
            if feeding:
                feeding.result()
            # Whoever stands before a program that failed can only say that its output was cut off.
            for program, code, complaint in reversed(list(zip(programs, codes, complaints, strict=True))):
                if code:
                    raise program.failure(code, complaint)
        finally:
            for child in children:
                child.kill()
                child.wait()
                child.stdout.close()
            if children and children[0].stdin and not feeding:
                children[0].stdin.close()


def feed(source: Generator[bytes], child: subprocess.Popen) -> None:
    """Write all of `source` to a program.

    One that has read enough and ended well is no failure; the source is then still read to its end,
    where it may find something wrong with itself.
    """
    try:
        with closing(source):
            for chunk in source:
                try:
                    child.stdin.write(chunk)
                except BrokenPipeError:
                    if child.wait():
                        return
    finally:
        with suppress(BrokenPipeError):
            child.stdin.close()


def stop_like_ctrl_c() -> None:
    """Tidy up as after Ctrl-C when systemd or kill ends the command, or its terminal is closed."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as nohup starts what is to outlive the terminal
        signal.signal(signal.SIGHUP, signal.default_int_handler)
