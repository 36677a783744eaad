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
    """What to run. Passwords go into `environment`: everybody on the machine can read a command line.

    `hint` is what to look at if it fails.
    """

    arguments: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""

    @property
    def name(self) -> str:
        return os.path.basename(self.arguments[0])

    def start(self, stdin, complaints) -> subprocess.Popen:
        try:
            return subprocess.Popen(  # noqa: S603 (nothing of it comes from outside)
                self.arguments,
                env=in_english(os.environ) | self.environment,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=complaints,
            )
        except FileNotFoundError:
            raise BackupError(f"{self.name} is not installed on this machine.") from None

    def failure(self, code: int, said: str) -> BackupError:
        lines = [line.strip() for line in said.splitlines()]
        lines = [line.removeprefix(f"{self.name}: ") for line in lines if line] or [f"exit code {code}"]
        # Programs may greet first and give advice last.
        telling = (line for line in lines if any(word in line.lower() for word in ("error", "fail", "fatal")))
        sentence = f"{self.name} failed: {next(telling, lines[-1])}"
        if hint := REMEDY if any(words in said for words in OTHER_LIBRARY) else self.hint:
            sentence = f"{sentence.rstrip('.')}. {hint}"
        return BackupError(sentence)


# What the system says of a program whose libraries are of another version than the program.
OTHER_LIBRARY = ("undefined symbol", "symbol lookup error", "error while loading shared libraries", "version `")
REMEDY = (
    "The program and its libraries are of different versions, as after an upgrade that was not finished. Install both "
    "of one version (for PostgreSQL on Debian: apt-get install --reinstall libpq5 postgresql-client-15, with your "
    "server's number), see that LD_LIBRARY_PATH is empty, and run this again in a new shell."
)


def in_english(environment: Mapping[str, str]) -> dict[str, str]:
    """The same, but programs report errors in English, which is searched for words. Names keep their encoding."""
    found = {name: value for name, value in environment.items() if name not in ("LC_ALL", "LANGUAGE")}
    characters = environment.get("LC_ALL") or environment.get("LC_CTYPE") or environment.get("LANG")
    return found | ({"LC_CTYPE": characters} if characters else {}) | {"LC_MESSAGES": "C"}


def is_cut_off(code: int, said: str) -> bool:
    """Whether a program failed only because the next one had ended and took no more of its output."""
    return code == -signal.SIGPIPE or "broken pipe" in said.lower()


def through(source: Generator[bytes] | None, *programs: Program) -> Iterator[bytes]:
    """Yield what comes out when `source` goes into the first program, its output into the next, and so on.

    Without a source the first one reads nothing; without programs the source comes out as it is. If
    the source raises, so does this; if a program fails, it is a BackupError. Both come after the
    last bytes: nothing is worth anything before the end. Nothing is left running in any case.

    Of several programs that failed, the first is the cause: those after it got half of their input. One that
    was cut off is no cause, but a consequence of one that ended after it.
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
            failed = [
                (program, code, text_in(complaint))
                for program, code, complaint in zip(programs, codes, complaints, strict=True)
                if code
            ]
            if failed:
                causes = [(program, code, said) for program, code, said in failed if not is_cut_off(code, said)]
                program, code, said = causes[0] if causes else failed[-1]
                raise program.failure(code, said)
        finally:
            for child in children:
                child.kill()
                child.wait()
                child.stdout.close()
            if children and children[0].stdin and not feeding:
                children[0].stdin.close()


def text_in(complaint) -> str:
    complaint.seek(0)
    return complaint.read().decode(errors="replace")


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
