"""Temporary S3-compatible storage: moto's server, which stores everything in memory."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.request import Request, urlopen

from testing.postgres import free_port
from testing.waiting import wait_for_port


@dataclass
class Bucket:
    """A bucket, and how to connect to it."""

    name: str
    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables with the address and credentials of the bucket."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "secret",
        }

    def ask(self, query: str = "", method: str = "GET") -> str:
        """Send an unsigned request about the bucket: moto checks no credentials."""
        with urlopen(Request(f"{self.endpoint}/{self.name}{query}", method=method)) as answer:  # noqa: S310 (always http, our own server)
            return answer.read().decode()


@contextmanager
def throwaway_bucket(name: str = "backups") -> Iterator[Bucket]:
    """Yield a bucket on a new server."""
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-c", "from moto.server import main; main()", "--host=127.0.0.1", f"--port={port}"],
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as server:
        try:
            wait_for_port(port, server)
            bucket = Bucket(name, f"http://127.0.0.1:{port}")
            bucket.ask(method="PUT")
            yield bucket
        finally:
            server.kill()
