"""Storage of backups: a folder of this machine, or a bucket of S3-compatible storage."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from brainlog.database.urls import is_local
from operations.backups import BackupError

# S3 accepts 10,000 parts, so an archive may have 160 GB. With a slow network, four parts are in memory.
PART_SIZE = 16 * 1024 * 1024
MAX_CONCURRENCY = 4
CHUNK_SIZE = 1024 * 1024


class Storage:
    """Files by name, in one location. A file appears under its name only when it is complete."""

    def __init__(self, location: str, create: bool = False):
        """Open `s3://bucket/prefix` or a folder. The AWS_… variables have a bucket's credentials and endpoint."""
        self.location = location
        self.folder = None
        with self.convert_errors():
            if location.startswith("s3://"):
                self.store = from_url(location, client_options={"allow_http": self.is_http_allowed()})
                return
            if "://" in location:
                raise BackupError(f"Backups go to a folder or to s3://bucket/prefix, not to {location}.")
            self.folder = Path(location).absolute()
            if create:
                # mkdir(parents=True) would use the mode for the last folder only.
                for folder in reversed([self.folder, *self.folder.parents]):
                    folder.mkdir(mode=0o700, exist_ok=True)
            self.store = LocalStore(self.folder)

    def is_http_allowed(self) -> bool:
        """Whether an endpoint without TLS is configured and allowed. Raises BackupError for an unusable endpoint.

        For an endpoint without a scheme, the library would end the process without an exception; for http:// it
        would report only that the builder of a request failed.
        """
        is_allowed = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("true", "1", "yes", "on")
        for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"):
            try:
                endpoint = urlsplit(os.environ.get(name) or "https://host")
                host = endpoint.hostname
            except ValueError:
                host = None
            if not host or endpoint.scheme not in ("https", "http"):
                raise BackupError(f"{name} must begin with https:// and a host name.")
            if endpoint.scheme == "http" and not is_allowed:
                if not is_local(host):
                    raise BackupError(
                        f"{name} begins with http://, so backups and access keys would cross the network "
                        "unencrypted. Use https://, or set AWS_ALLOW_HTTP=true if that network is private."
                    )
                is_allowed = True
        return is_allowed

    @contextmanager
    def convert_errors(self) -> Iterator[None]:
        """Convert errors of the storage library, which may have pages of XML, to a BackupError of one sentence."""
        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            reason, _, details = str(error).partition("<?xml")
            message = re.search(r"<Message>(.*?)</Message>", details)
            reason = message[1] if message else reason.split("\n")[0].strip()
            raise BackupError(f"{self.location} cannot be used: {reason}") from error

    @contextmanager
    def writer(self, name: str) -> Iterator:
        """Yield a writer for a new file. The file appears under its name if the block ends without an error."""
        before = os.umask(0o077)  # The file is readable by its owner alone.
        try:
            with (
                self.convert_errors(),
                obstore.open_writer(self.store, name, buffer_size=PART_SIZE, max_concurrency=MAX_CONCURRENCY) as writer,
            ):
                yield writer
            self.sync(name)
        finally:
            os.umask(before)

    def sync(self, name: str) -> None:
        """Flush a file and its folder's entry to the disk, so that it survives a power failure."""
        if self.folder:
            for path in (self.folder / name, self.folder):
                descriptor = os.open(path, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)

    def read(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a file."""
        with self.convert_errors():
            yield from map(bytes, obstore.get(self.store, name).stream(min_chunk_size=CHUNK_SIZE))

    def names(self) -> list[str]:
        """The names of all files, backups or not."""
        with self.convert_errors():
            return [file["path"] for file in obstore.list_with_delimiter(self.store)["objects"]]

    def delete(self, name: str) -> None:
        with self.convert_errors():
            obstore.delete(self.store, name)

    def unfinished_files(self, prefix: str, older_than: float) -> list[Path]:
        """Partial files of killed backups in a folder, last modified more than `older_than` seconds ago.

        Partial uploads to a bucket are removed by a lifecycle rule of the bucket (see docs/database.md).
        """
        paths = self.folder.glob(f"{prefix}*#*") if self.folder else []
        return [path for path in paths if time.time() - path.stat().st_mtime > older_than]
