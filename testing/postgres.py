"""PostgreSQL servers of our own, started from the machine's binaries and gone afterwards."""

import os
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HOW_TO_GET_IT = "apt-get install postgresql, or name a server in the environment variable TEST_DATABASE_URL"

# A test server may lose everything in a power cut, so it need not wait for the disk.
CONFIGURATION = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
fsync = off
synchronous_commit = off
full_page_writes = off
"""


class PostgresMissing(Exception):
    """This machine has no PostgreSQL we could start."""


@dataclass
class Cluster:
    """A PostgreSQL server with its data in a folder of its own."""

    binaries: Path
    folder: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        """The address of a database on it, as DATABASE_URL wants it."""
        return f"postgres://brainlog:{self.password}@127.0.0.1:{self.port}/postgres"

    def create(self) -> None:
        """Make the data folder. Everybody needs the password, on the socket too."""
        password_file = self.folder / "password"
        password_file.write_text(self.password)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
            shutil.chown(password_file, "postgres")
        login = ["--username=brainlog", "--auth=scram-sha-256", f"--pwfile={password_file}"]
        self._run("initdb", *login, "--encoding=UTF8", "--no-locale", "--no-sync")
        with (self.folder / "data" / "postgresql.conf").open("a") as file:
            file.write(CONFIGURATION.format(port=self.port, folder=self.folder))

    def start(self) -> None:
        """Start the server, and return when it answers."""
        self._run("pg_ctl", "start", "--wait", "--silent", f"--log={self.folder / 'log'}")

    def stop(self) -> None:
        """Stop the server at once, without writing anything more."""
        self._run("pg_ctl", "stop", "--wait", "--silent", "--mode=immediate")

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.binaries / program), f"--pgdata={self.folder / 'data'}", *arguments]
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root. Where runuser lies, not every PATH leads.
            runuser = shutil.which("runuser") or "/usr/sbin/runuser"
            command = [runuser, "-u", "postgres", "--", *command]
        # A file, not a pipe: the server inherits it, and a pipe would be read until the server's end.
        with tempfile.TemporaryFile("w+") as output:
            result = subprocess.run(
                command,
                cwd=self.folder,
                # The caller's PGHOST, PGOPTIONS and so on are about another server.
                env={name: value for name, value in os.environ.items() if not name.startswith("PG")},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for the tests; the server is stopped by us, afterwards.
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
        # Some packages bring the client's programs alone.
        if all((folder / program).exists() for program in ("initdb", "pg_ctl", "postgres")):
            return folder
    raise PostgresMissing


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextmanager
def throwaway_cluster() -> Iterator[Cluster]:
    """Yield a running PostgreSQL server that nothing is left of afterwards."""
    binaries = find_binaries()
    with tempfile.TemporaryDirectory(prefix="brainlog-pg-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(binaries, Path(folder), free_port(), secrets.token_urlsafe(24))
        cluster.create()
        try:
            cluster.start()
            yield cluster
        finally:
            if (cluster.folder / "data" / "postmaster.pid").exists():
                cluster.stop()
