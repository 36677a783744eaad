"""A temporary Redis server without persistence, from the machine's binary."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from testing.postgres import free_port
from testing.programs import find_program
from testing.waiting import wait_for_port


@dataclass
class Redis:
    """A running server."""

    port: int
    process: subprocess.Popen

    @property
    def url(self) -> str:
        """The value of CACHE_URL."""
        return f"redis://127.0.0.1:{self.port}/0"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def throwaway_redis() -> Iterator[Redis]:
    """Yield a Redis server that listens on this machine only and stores data in memory only."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="brainlog-redis-") as folder:
        command = [find_program("redis-server"), "--port", str(port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no", "--dir", folder, "--pidfile", f"{folder}/redis.pid"]
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
        ) as server:
            try:
                wait_for_port(port, server)
                yield Redis(port, server)
            finally:
                server.terminate()
