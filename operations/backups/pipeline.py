"""Pipelines of programs on this machine, such as pg_dump into age, or gpg into pg_restore."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field

from operations.backups import BackupError

CHUNK_SIZE = 1024 * 1024

# Messages of the dynamic linker about libraries of another version than the program.
LIBRARY_ERRORS = ("undefined symbol", "symbol lookup error", "error while loading shared libraries", "version `")
LIBRARY_HINT = (
    "The program and its libraries are of different versions, as after an incomplete upgrade. Install both in the "
    "same version (for PostgreSQL on Debian: apt-get install --reinstall libpq5 postgresql-client-15, with the number "
    "of your server), make sure that LD_LIBRARY_PATH is empty, and run this again in a new shell."
)


@dataclass(frozen=True)
class Program:
    """A program to run. Passwords belong in `environment`: all users of the machine can read command lines.

    `hint` is appended to the error message if it fails.
    """

    arguments: list[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""

    @property
    def name(self) -> str:
        return os.path.basename(self.arguments[0])

    def start(self, stdin, stderr) -> subprocess.Popen:
        try:
            return subprocess.Popen(  # noqa: S603 (the arguments are no user input)
                self.arguments,
                env=with_english_messages(os.environ) | self.environment,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )
        except FileNotFoundError:
            raise BackupError(f"{self.name} is not installed on this machine.") from None

    def failure(self, exit_code: int, stderr: str) -> BackupError:
        lines = [line.strip() for line in stderr.splitlines()]
        lines = [line.removeprefix(f"{self.name}: ") for line in lines if line] or [f"exit code {exit_code}"]
        # The first line may be a banner, and the last one advice.
        errors = (line for line in lines if any(word in line.lower() for word in ("error", "fail", "fatal")))
        sentence = f"{self.name} failed: {next(errors, lines[-1])}"
        if hint := LIBRARY_HINT if any(words in stderr for words in LIBRARY_ERRORS) else self.hint:
            sentence = f"{sentence.rstrip('.')}. {hint}"
        return BackupError(sentence)


def with_english_messages(environment: Mapping[str, str]) -> dict[str, str]:
    """Set the language of messages to English, because they are searched for words. The encoding stays."""
    changed = {name: value for name, value in environment.items() if name not in ("LC_ALL", "LANGUAGE")}
    encoding = environment.get("LC_ALL") or environment.get("LC_CTYPE") or environment.get("LANG")
    return changed | ({"LC_CTYPE": encoding} if encoding else {}) | {"LC_MESSAGES": "C"}


def is_broken_pipe(exit_code: int, stderr: str) -> bool:
    """Whether a program failed only because the next one ended and stopped reading its output."""
    return exit_code == -signal.SIGPIPE or "broken pipe" in stderr.lower()


def run_pipeline(source: Generator[bytes] | None, *programs: Program) -> Iterator[bytes]:
    """Pipe `source` through the programs, and yield the output of the last one.

    Without a source, the first program reads nothing; without programs, the source is yielded unchanged. If the
    source raises, so does this function; if a program fails, it raises BackupError. Both happen after the last
    bytes, so the output is valid only once it has ended. All programs are ended in any case.

    If several programs fail, the error names the first: those after it got incomplete input. A broken pipe is a
    consequence of the failure of a later program, and is named only if there is nothing else.
    """
    if not programs:
        yield from source
        return
    processes, feeding = [], None
    with ExitStack() as files, ThreadPoolExecutor(1) as pool:
        # Files instead of pipes, which block a program when they are full and are not read meanwhile.
        error_files = [files.enter_context(tempfile.TemporaryFile()) for _ in programs]
        try:
            stdin = subprocess.DEVNULL if source is None else subprocess.PIPE
            for program, error_file in zip(programs, error_files, strict=True):
                processes.append(program.start(stdin, error_file))
                if len(processes) > 1:
                    # Both programs have it. Open in this process too, it would hide the end of the second from the
                    # first.
                    stdin.close()
                stdin = processes[-1].stdout
            if source is not None:
                feeding = pool.submit(feed, source, processes[0])
            while chunk := processes[-1].stdout.read1(CHUNK_SIZE):
                yield chunk
            exit_codes = [process.wait() for process in processes]
            if feeding:
                feeding.result()
            failed = [
                (program, exit_code, read_text(error_file))
                for program, exit_code, error_file in zip(programs, exit_codes, error_files, strict=True)
                if exit_code
            ]
            if failed:
                causes = [each for each in failed if not is_broken_pipe(*each[1:])]
                program, exit_code, stderr = causes[0] if causes else failed[-1]
                raise program.failure(exit_code, stderr)
        finally:
            for process in processes:
                process.kill()
                process.wait()
                process.stdout.close()
            if processes and processes[0].stdin and not feeding:
                processes[0].stdin.close()


def read_text(file) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def feed(source: Generator[bytes], process: subprocess.Popen) -> None:
    """Write all of `source` to a program.

    A program that stops reading and exits successfully is no failure. The source is then still read to its end,
    where it may raise an error about its contents, such as a wrong checksum.
    """
    try:
        with closing(source):
            for chunk in source:
                try:
                    process.stdin.write(chunk)
                except BrokenPipeError:
                    if process.wait():
                        return
    finally:
        with suppress(BrokenPipeError):
            process.stdin.close()


def interrupt_on_signals() -> None:
    """Raise KeyboardInterrupt on SIGTERM and SIGHUP too, so that temporary files and programs are cleaned up.

    systemd and `kill` send SIGTERM; SIGHUP comes when the terminal is closed. A command that was started with nohup
    ignores SIGHUP, and keeps ignoring it.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.default_int_handler)
