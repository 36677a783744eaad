"""Where backups are kept: a folder of this machine, or a bucket of S3-compatible storage."""

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

# S3 takes 10,000 parts, which makes 160 GB, and four of them are in memory while the network is slow.
PART = 16 * 1024 * 1024
PARTS_AT_ONCE = 4
CHUNK = 1024 * 1024


class Storage:
    """Files by name, in one place. A name appears when its file is whole; before that, there is nothing."""

    def __init__(self, place: str, create: bool = False):
        """Open `s3://bucket/prefix` or a folder. For a bucket, the AWS_… variables say who we are and where it is."""
        self.place = place
        self.folder = None
        with self.errors():
            if place.startswith("s3://"):
                self.store = from_url(place, client_options={"allow_http": self.is_http_allowed()})
                return
            if "://" in place:
                raise BackupError(f"Backups go to a folder or to s3://bucket/prefix, not to {place}.")
            self.folder = Path(place).absolute()
            if create:
                for folder in reversed([self.folder, *self.folder.parents]):  # The mode is for the last one only.
                    folder.mkdir(mode=0o700, exist_ok=True)
            self.store = LocalStore(self.folder)

    def is_http_allowed(self) -> bool:
        """Whether an endpoint has no TLS and is meant so. Raises BackupError for one that cannot be used.

        Without a scheme, the library would end the process in a way that nobody can catch; of http:// it would
        say that the builder of a request failed.
        """
        is_meant = os.environ.get("AWS_ALLOW_HTTP", "").lower() in ("true", "1", "yes", "on")
        for name in ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"):
            try:
                endpoint = urlsplit(os.environ.get(name) or "https://host")
                host = endpoint.hostname
            except ValueError:
                host = None
            if not host or endpoint.scheme not in ("https", "http"):
                raise BackupError(f"{name} must begin with https:// and a host name.")
            if endpoint.scheme == "http" and not is_meant:
                if not is_local(host):
                    raise BackupError(
                        f"{name} begins with http://, and so backups and access keys would cross the network in the "
                        "clear. Write https://, or set AWS_ALLOW_HTTP=true if that network is yours alone."
                    )
                is_meant = True
        return is_meant

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Say in one sentence what the storage said in pages."""
        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            reason, _, details = str(error).partition("<?xml")
            message = re.search(r"<Message>(.*?)</Message>", details)
            reason = message[1] if message else reason.split("\n")[0].strip()
            raise BackupError(f"{self.place} cannot be used: {reason}") from error

    @contextmanager
    def writer(self, name: str) -> Iterator:
        """Yield something to write a new file with. It appears under its name if the block ends without an error."""
        before = os.umask(0o077)  # Nobody else on this machine may read it.
        try:
            with (
                self.errors(),
                obstore.open_writer(self.store, name, buffer_size=PART, max_concurrency=PARTS_AT_ONCE) as writer,
            ):
                yield writer
            self.sync(name)
        finally:
            os.umask(before)

    def sync(self, name: str) -> None:
        """Return when a file is on the disk, its name included: a power cut must not take it back."""
        if self.folder:
            for path in (self.folder / name, self.folder):
                descriptor = os.open(path, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)

    def read(self, name: str) -> Iterator[bytes]:
        """Yield a file's bytes."""
        with self.errors():
            yield from map(bytes, obstore.get(self.store, name).stream(min_chunk_size=CHUNK))

    def names(self) -> list[str]:
        """The names of all files, ours or not."""
        with self.errors():
            return [file["path"] for file in obstore.list_with_delimiter(self.store)["objects"]]

    def delete(self, name: str) -> None:
        with self.errors():
            obstore.delete(self.store, name)

    def unfinished(self, prefix: str, older_than: float) -> list[Path]:
        """Files that a killed backup was still writing, last touched before that many seconds.

        Only in a folder: what a bucket holds of them, a rule of the bucket removes (see docs/database.md).
        """
        paths = self.folder.glob(f"{prefix}*#*") if self.folder else []
        return [path for path in paths if time.time() - path.stat().st_mtime > older_than]
