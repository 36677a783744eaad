"""Brain Log in gunicorn, as it runs in production: several processes with several threads each."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from testing.postgres import free_port
from testing.waiting import wait_for_port

ROOT = Path(__file__).resolve().parents[1]


def environment_with(database_url: str, **more: str) -> dict[str, str]:
    """The environment of a Brain Log process that uses that database, with the settings of the tests."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "DJANGO_"))}
    chosen = {"DATABASE_URL": database_url} | more
    return inherited | {"DJANGO_SETTINGS_MODULE": "testing.settings", "CHOSEN_BY_A_TEST": " ".join(chosen)} | chosen


def manage(database_url: str, *arguments: str, code: Path = ROOT, **environment: str) -> subprocess.CompletedProcess:
    """Run `manage.py …` of the code in a folder. The result has its exit code and both outputs."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=code,
        env=environment_with(database_url, **environment),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


@dataclass
class Site:
    """A running Brain Log."""

    url: str
    process: subprocess.Popen
    log_file: Path

    @property
    def log(self) -> str:
        """The log so far."""
        return self.log_file.read_text()


@contextmanager
def throwaway_site(
    database_url: str, workers: int = 2, threads: int = 4, code: Path = ROOT, **environment: str
) -> Iterator[Site]:
    """Yield Brain Log served by gunicorn, from the code in a folder. Its database has been migrated by the caller."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="brainlog-site-") as folder:
        log_file = Path(folder) / "log"
        command = [sys.executable, "-m", "gunicorn", "brainlog.wsgi", f"--bind=127.0.0.1:{port}"]
        command += [f"--workers={workers}", f"--threads={threads}"]
        with (
            log_file.open("w") as log,
            subprocess.Popen(
                command,
                cwd=code,
                env=environment_with(database_url, **environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            ) as server,
        ):
            try:
                wait_for_port(port, server)
                yield Site(f"http://127.0.0.1:{port}", server, log_file)
            finally:
                server.terminate()
                try:
                    server.wait(timeout=10)
                except subprocess.TimeoutExpired:
                    os.killpg(server.pid, signal.SIGKILL)  # Otherwise its workers would continue to run.
