"""Backups in one storage location: create, find, read and check them, and remove those past their retention."""

import datetime
import hashlib
import platform
import re
import secrets
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import asdict, dataclass
from types import ModuleType

import django
from django.utils import timezone

from encryption.cipher import key_fingerprints
from operations.backups import BackupError, postgresql, sqlite
from operations.backups.encryption import Encryption
from operations.backups.excluded_tables import EXCLUDED_TABLES
from operations.backups.manifest import Manifest
from operations.backups.pipeline import Program, run_pipeline
from operations.backups.progress import report_progress
from operations.backups.retention import select_kept
from operations.backups.storage import Storage

ENGINES: dict[str, ModuleType] = {"postgresql": postgresql, "sqlite": sqlite}

TIMESTAMP_FORMAT = "%Y-%m-%dT%H%M%SZ"
ARCHIVE_NAME = re.compile(r"brainlog-(\d{4}-\d\d-\d\dT\d{6}Z)-[0-9a-f]{4}\.(?:dump|sqlite3)(?:\.age|\.gpg)?")
# Seconds. A younger backup without a manifest may still be in progress; an older one was interrupted.
MAX_DURATION = 24 * 60 * 60


@dataclass(frozen=True)
class Archive:
    """The file of an archive, identified by its name."""

    name: str
    timestamp: datetime.datetime

    @property
    def manifest(self) -> str:
        return f"{self.name}.json"


def parse_archives(names: Iterable[str]) -> list[Archive]:
    """All archives among the names of files, complete or not, oldest first."""
    found = []
    for name in names:
        if match := ARCHIVE_NAME.fullmatch(name):
            timestamp = datetime.datetime.strptime(match[1], TIMESTAMP_FORMAT).replace(tzinfo=datetime.UTC)
            found.append(Archive(name, timestamp))
    return sorted(found, key=lambda archive: (archive.timestamp, archive.name))


def complete_archives(names: list[str]) -> list[Archive]:
    """The archives that have a manifest, oldest first."""
    return [archive for archive in parse_archives(names) if archive.manifest in names]


def create_backup(
    storage: Storage, connection, encryption: Encryption | None, write: Callable[[str], None]
) -> Manifest:
    """Store an archive of the database, and then its manifest. `write` takes progress messages.

    If this fails, no archive with a manifest appears in the storage.
    """
    started = timezone.now()
    engine = ENGINES[connection.vendor]
    # The random part keeps two servers with the same schedule from writing the same file.
    stem = f"brainlog-{started.astimezone(datetime.UTC).strftime(TIMESTAMP_FORMAT)}-{secrets.token_hex(2)}"
    name = ".".join([stem, engine.SUFFIX, *([encryption.method] if encryption else [])])
    sha256, size = hashlib.sha256(), 0
    with engine.open_dump(connection, write) as dump:
        if not dump.contents.rows:
            raise BackupError("There is nothing to back up, not even a table: is DATABASE_URL the right one?")
        programs = [*dump.programs, *([encryption.encryption_program()] if encryption else [])]
        with storage.writer(name) as writer:
            for chunk in report_progress(run_pipeline(dump.source, *programs), write, "Stored"):
                sha256.update(chunk)
                size += len(chunk)
                writer.write(chunk)
    manifest = Manifest(
        **asdict(dump.contents),
        archive=name,
        size=size,
        sha256=sha256.hexdigest(),
        engine=connection.vendor,
        encryption=encryption.method if encryption else None,
        recipient=encryption.recipient if encryption else None,
        versions=dump.versions | {"Django": django.__version__, "Python": platform.python_version()},
        started=started.isoformat(timespec="seconds"),
        finished=timezone.now().isoformat(timespec="seconds"),
        keys=key_fingerprints(),
        excluded_tables=sorted(dump.contents.rows.keys() & EXCLUDED_TABLES.keys()),
    )
    with storage.writer(f"{name}.json") as writer:
        writer.write(manifest.to_json())
    return manifest


def find_manifest(storage: Storage, name: str) -> Manifest:
    """Return the manifest of a backup, by the name of its archive or `latest`."""
    names = storage.names()
    complete = complete_archives(names)
    if name == "latest" and complete:
        name = complete[-1].name
    if name not in [archive.name for archive in complete]:
        missing = "no backup" if name == "latest" else f"no {name}" if name not in names else f"no manifest of {name}"
        raise BackupError(f"There is {missing} in {storage.location}.")
    return Manifest.from_json(b"".join(storage.read(f"{name}.json")), f"{name}.json")


def read_archive(
    storage: Storage, manifest: Manifest, write: Callable[[str], None], verb: str = "Restored"
) -> Generator[bytes]:
    """Yield the stored bytes of an archive. Raises BackupError at the end if they do not match the manifest."""
    return report_progress(manifest.verify(storage.read(manifest.archive)), write, verb, manifest.size)


def verify_archive(storage: Storage, manifest: Manifest, write: Callable[[str], None]) -> None:
    """Raise BackupError unless the stored bytes match the manifest. Called before an archive is used."""
    for _ in read_archive(storage, manifest, write, "Checked"):
        pass


def decryption_programs(manifest: Manifest, identity: str | None) -> list[Program]:
    """The programs that turn the stored bytes into the engine's own archive format."""
    if not manifest.encryption:
        return []
    return [Encryption(manifest.encryption, manifest.recipient).decryption_program(identity)]


def remove_expired(storage: Storage, daily: int, weekly: int, monthly: int) -> Iterator[str]:
    """Remove backups past their retention, and remains of interrupted ones. Yields the names of removed files."""
    names = storage.names()
    complete = complete_archives(names)
    keep = select_kept([archive.timestamp for archive in complete], daily, weekly, monthly)
    for archive in parse_archives(names):
        if archive not in complete:
            if (timezone.now() - archive.timestamp).total_seconds() > MAX_DURATION:
                storage.delete(archive.name)
                yield archive.name
        elif archive.timestamp not in keep:
            # The manifest first: if this is interrupted, the remaining archive counts as incomplete.
            storage.delete(archive.manifest)
            storage.delete(archive.name)
            yield archive.name
    for path in storage.unfinished_files("brainlog-", older_than=MAX_DURATION):
        path.unlink(missing_ok=True)
        yield path.name
