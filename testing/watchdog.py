"""Cleans up after a test run, even if the run was killed: ends its processes and removes its temporary files.

The run holds one end of a pipe. This program, a process of its own, waits at the other end until the
kernel closes the pipe, which it does when the run ends in any way. All processes of a run carry the name of
its folder in their environment, and all temporary files are made in that folder.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

RUN = "BRAINLOG_TEST_RUN"
PATIENCE = 10  # seconds for a PostgreSQL server to stop


@contextmanager
def watched_run(*more_folders: Path) -> Iterator[None]:
    """Start the watchdog for this process and all that it starts. Does nothing within a run that is watched already.

    `more_folders` exist already and are removed at the end, too.
    """
    if RUN in os.environ:
        yield
        return
    folder = tempfile.mkdtemp(prefix="brainlog-run-")
    os.chmod(folder, 0o711)  # noqa: S103 (PostgreSQL, which may run as another user, has its folder in it)
    before = {name: os.environ.get(name) for name in (RUN, "TMPDIR")}
    command = [sys.executable, "-I", "-S", __file__, folder, *map(str, more_folders)]
    # In a session of its own: Ctrl-C is for the run.
    watchdog = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
    os.environ |= {RUN: folder, "TMPDIR": folder}
    tempfile.tempdir = None  # tempfile reads TMPDIR again.
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
        tempfile.tempdir = None
        watchdog.stdin.close()
        watchdog.wait()


def end_processes(folder: Path) -> None:
    """Kill all processes of the run, and those that they have started."""
    until = time.monotonic() + PATIENCE
    while processes := processes_of(folder):
        servers = named_in_files(folder, "postmaster.pid") if time.monotonic() < until else set()
        for process in processes:
            with suppress(ProcessLookupError):
                # A PostgreSQL server stops at once by SIGQUIT and removes its shared memory.
                os.kill(process, signal.SIGQUIT if process in servers else signal.SIGKILL)
                os.kill(process, signal.SIGCONT)  # A test may have paused it.
        time.sleep(0.05)


def processes_of(folder: Path) -> set[int]:
    """The processes that carry the run's name in their environment, its servers with a pid file, and their descendants.

    PostgreSQL and Redis overwrite their environment with their titles.
    """
    # The environment comes after the command. Without one itself, ps does not find itself.
    command = ["ps", "axeww", "-o", "pid=,ppid=,stat=,command="]
    table = subprocess.run(command, env={"PATH": os.environ.get("PATH", os.defpath)}, capture_output=True, text=True)
    rows = [line.split(maxsplit=3) for line in table.stdout.splitlines()]
    alive = [row for row in rows if not row[2].startswith("Z")]
    found = {int(row[0]) for row in alive if f"{RUN}={folder}" in row[-1].split()}
    found |= named_in_files(folder, "*.pid") & {int(row[0]) for row in alive}
    while more := {int(row[0]) for row in alive if int(row[1]) in found} - found:
        found |= more
    return found - {os.getpid()}


def named_in_files(folder: Path, pattern: str) -> set[int]:
    """The ids in the run's pid files that match the pattern, whether these processes run or not."""
    found = set()
    for file in folder.glob(f"**/{pattern}"):
        with suppress(OSError, ValueError, IndexError):
            found.add(int(file.read_text().split()[0]))
    return found


def main(folder: Path, *more_folders: Path) -> None:
    sys.stdin.buffer.read()
    end_processes(folder)
    for each in (folder, *more_folders):
        shutil.rmtree(each, ignore_errors=True)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
