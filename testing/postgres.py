"""Temporary PostgreSQL servers, started from the machine's binaries and removed afterwards."""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from testing.programs import ProgramMissing
from testing.waiting import wait_until

HOW_TO_GET_IT = "apt-get install postgresql, or name a server in the environment variable TEST_DATABASE_URL"

CONFIGURATION = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
"""

# Faster: test servers need not survive a power cut, so they do not wait for the disk. Not for tests of crashes.
WITHOUT_FSYNC = """
fsync = off
synchronous_commit = off
full_page_writes = off
"""


class PostgresMissing(ProgramMissing):
    """PostgreSQL is not installed on this machine."""

    def __init__(self):
        super().__init__(f"PostgreSQL is not installed: {HOW_TO_GET_IT}")


@dataclass
class Cluster:
    """A PostgreSQL server with a temporary data folder."""

    binaries: Path
    folder: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        """The value of DATABASE_URL for its default database."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        return f"postgres://brainlog:{self.password}@127.0.0.1:{self.port}/{database}"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def create(self, configuration: str = WITHOUT_FSYNC) -> None:
        """Make the data folder. All connections require the password, also over the socket."""
        password_file = self.folder / "password"
        password_file.write_text(self.password)
        self.give_to_postgres(self.folder, password_file)
        login = ["--username=brainlog", "--auth=scram-sha-256", f"--pwfile={password_file}"]
        self.run("initdb", f"--pgdata={self.data}", *login, "--encoding=UTF8", "--no-locale", "--no-sync")
        self.configure(CONFIGURATION.format(port=self.port, folder=self.folder) + configuration)

    def create_as_replica_of(self, primary: "Cluster", configuration: str = WITHOUT_FSYNC) -> None:
        """Make the data folder as a copy of another server's, which it then replicates."""
        self.give_to_postgres(self.folder)
        # With a replication slot, the primary keeps the write-ahead log that the replica has not read yet.
        copy = [
            "--write-recovery-conf",
            "--create-slot",
            f"--slot=replica_{self.port}",
            "--checkpoint=fast",
            "--no-sync",
        ]
        self.run("pg_basebackup", f"--pgdata={self.data}", f"--dbname={primary.url}", *copy)
        self.configure(CONFIGURATION.format(port=self.port, folder=self.folder) + configuration)

    def configure(self, lines: str) -> None:
        """Add settings; a later one wins. Takes effect at the next start."""
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(f"\n{lines}\n")

    def start(self) -> None:
        """Start the server, and wait until it accepts connections."""
        self.control("start", f"--log={self.folder / 'log'}")

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server: `fast` shuts it down cleanly, `immediate` aborts it without a checkpoint."""
        self.control("stop", f"--mode={mode}")

    def promote(self) -> None:
        """Promote a replica, so that it accepts writes."""
        self.control("promote")

    def control(self, action: str, *arguments: str) -> None:
        self.run("pg_ctl", action, f"--pgdata={self.data}", "--wait", "--silent", *arguments)

    def kill(self) -> None:
        """kill -9 for the server and all its processes, as when the kernel runs out of memory."""
        processes = self.send(signal.SIGKILL)
        wait_until(lambda: not any(is_running(process) for process in processes), "the server's processes end")
        # Should the process id be in use again, the next server would take these files for a running server's.
        for lock in (self.data / "postmaster.pid", self.folder / f".s.PGSQL.{self.port}.lock"):
            lock.unlink(missing_ok=True)

    def pause(self) -> None:
        """Pause the server: its connections stay open, and it does not answer."""
        self.send(signal.SIGSTOP)

    def resume(self) -> None:
        self.send(signal.SIGCONT)

    def send(self, number: signal.Signals) -> list[int]:
        """Send a signal to all processes of the server. Returns their ids."""
        processes = self.processes()
        for process in processes:
            with suppress(ProcessLookupError):  # A session may have ended in the meantime.
                os.kill(process, number)
        return processes

    def processes(self) -> list[int]:
        """The ids of the server's process and of its children."""
        server = int((self.data / "postmaster.pid").read_text().split()[0])
        table = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        rows = [line.split() for line in table.splitlines()]
        return [server, *(int(pid) for pid, parent in rows if int(parent) == server)]

    def execute(self, sql: str, *parameters, database: str = "postgres") -> list[tuple]:
        """Run one statement over a new connection, and return its rows, if it has any."""
        with psycopg.connect(self.url_of(database), autocommit=True) as connection:
            cursor = connection.execute(sql, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def create_database(self, name: str) -> str:
        """Make an empty database and return its URL."""
        self.execute(f'CREATE DATABASE "{name}"')
        return self.url_of(name)

    @staticmethod
    def give_to_postgres(*paths: Path) -> None:
        if os.geteuid() == 0:
            for path in paths:
                shutil.chown(path, "postgres")

    def run(self, program: str, *arguments: str) -> None:
        """Run a program of PostgreSQL as the user that owns the data. Raises RuntimeError with its output."""
        command = [str(self.binaries / program), *arguments]
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root. runuser is not on every PATH.
            runuser = shutil.which("runuser") or "/usr/sbin/runuser"
            command = [runuser, "-u", "postgres", "--", *command]
        # A file, not a pipe: the server inherits it, and reading a pipe would end with the server only.
        with tempfile.TemporaryFile("w+") as output:
            result = subprocess.run(
                command,
                cwd=self.folder,
                # The caller's PGHOST, PGOPTIONS and so on are about another server.
                env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # In a session of its own: Ctrl-C ends the tests, which then stop the server.
                start_new_session=True,
            )
            if result.returncode:
                output.seek(0)
                log = self.folder / "log"
                raise RuntimeError(f"{program} failed:\n{output.read()}{log.read_text() if log.exists() else ''}")


def find_binaries() -> Path:
    """Return the folder with the newest PostgreSQL server's programs. Raises PostgresMissing."""
    folders = []
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True)
        folders.append(Path(answer.stdout.strip()))
    for root, pattern in (
        ("/usr/lib/postgresql", "*/bin"),
        ("/opt/homebrew/opt", "postgresql*/bin"),
        ("/usr/local/opt", "postgresql*/bin"),
    ):
        found = Path(root).glob(pattern)
        folders += sorted(found, key=lambda path: [int(n) for n in re.findall(r"\d+", str(path))], reverse=True)
    for folder in folders:
        # Some packages contain only the client programs.
        if all((folder / program).exists() for program in ("initdb", "pg_ctl", "postgres")):
            return folder
    raise PostgresMissing


def free_port() -> int:
    """Return a free port of this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def is_running(process: int) -> bool:
    """Whether a process is running, and not a zombie."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True).stdout
    return bool(state.strip()) and not state.startswith("Z")


@contextmanager
def throwaway_cluster(configuration: str = WITHOUT_FSYNC, within: Path | None = None) -> Iterator[Cluster]:
    """Yield a running PostgreSQL server, which is removed afterwards.

    `within` is the parent of its folder, for tests that need another disk, for example.
    """
    with _cluster(within) as cluster:
        cluster.create(configuration)
        cluster.start()
        yield cluster


@contextmanager
def throwaway_replica(primary: Cluster, configuration: str = WITHOUT_FSYNC) -> Iterator[Cluster]:
    """Yield a running read-only replica of `primary`."""
    with _cluster(password=primary.password) as cluster:
        cluster.create_as_replica_of(primary, configuration)
        cluster.start()
        yield cluster


@contextmanager
def throwaway_copy(base: Path, password: str, configuration: str = WITHOUT_FSYNC) -> Iterator[Cluster]:
    """Yield a server that is made of a base backup, a folder from pg_basebackup, and started by the caller."""
    with _cluster(password=password) as cluster:
        cluster.give_to_postgres(cluster.folder)
        cluster.run("/bin/cp", "-Rp", str(base), str(cluster.data))
        cluster.configure(CONFIGURATION.format(port=cluster.port, folder=cluster.folder) + configuration)
        yield cluster


@contextmanager
def _cluster(within: Path | None = None, password: str | None = None) -> Iterator[Cluster]:
    """Yield a server that is still to be created and started; stop it and remove its folder."""
    binaries = find_binaries()
    with tempfile.TemporaryDirectory(prefix="brainlog-pg-", dir=within, ignore_cleanup_errors=True) as folder:
        cluster = Cluster(binaries, Path(folder), free_port(), password or secrets.token_urlsafe(24))
        try:
            yield cluster
        finally:
            if (cluster.data / "postmaster.pid").exists():
                cluster.resume()  # A paused server does not react to a stop.
                cluster.stop()
