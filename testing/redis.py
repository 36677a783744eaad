"""A Redis server of our own, from the machine's binary, that keeps nothing."""

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
        """Its address, as CACHE_URL wants it."""
        return f"redis://127.0.0.1:{self.port}/0"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def throwaway_redis() -> Iterator[Redis]:
    """Yield a Redis on this machine alone, in memory alone."""
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
