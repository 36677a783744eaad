"""The backups in one place: making one, finding one, reading one, and removing what is not to be kept."""

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
from operations.backups.left_out import LEFT_OUT
from operations.backups.manifest import Manifest
from operations.backups.pipeline import Program, through
from operations.backups.progress import told
from operations.backups.retention import kept
from operations.backups.storage import Storage

ENGINES: dict[str, ModuleType] = {"postgresql": postgresql, "sqlite": sqlite}

STAMP = "%Y-%m-%dT%H%M%SZ"
ARCHIVE = re.compile(r"brainlog-(\d{4}-\d\d-\d\dT\d{6}Z)-[0-9a-f]{4}\.(?:dump|sqlite3)(?:\.age|\.gpg)?")
# A backup that is still being made is younger than this, in seconds.
ABANDONED = 24 * 60 * 60


@dataclass(frozen=True)
class Archive:
    """A file of ours, by its name."""

    name: str
    stamp: datetime.datetime

    @property
    def manifest(self) -> str:
        return f"{self.name}.json"


def archives_among(names: Iterable[str]) -> list[Archive]:
    """All that is an archive of ours by its name, whole or not, oldest first."""
    found = []
    for name in names:
        if match := ARCHIVE.fullmatch(name):
            stamp = datetime.datetime.strptime(match[1], STAMP).replace(tzinfo=datetime.UTC)
            found.append(Archive(name, stamp))
    return sorted(found, key=lambda archive: (archive.stamp, archive.name))


def whole_among(names: list[str]) -> list[Archive]:
    """The archives that have their manifest, oldest first."""
    return [archive for archive in archives_among(names) if archive.manifest in names]


def make(storage: Storage, connection, encryption: Encryption | None, write: Callable[[str], None]) -> Manifest:
    """Write an archive of the database and then its manifest, or nothing. `write` is told how far it is."""
    started = timezone.now()
    engine = ENGINES[connection.vendor]
    # Two servers with the same timer must not write one file.
    stem = f"brainlog-{started.astimezone(datetime.UTC).strftime(STAMP)}-{secrets.token_hex(2)}"
    name = ".".join([stem, engine.SUFFIX, *([encryption.method] if encryption else [])])
    sha256, size = hashlib.sha256(), 0
    with engine.dumping(connection, write) as dump:
        if not dump.contents.rows:
            raise BackupError("There is nothing to back up, not even a table: is DATABASE_URL the right one?")
        programs = [*dump.programs, *([encryption.encrypting()] if encryption else [])]
        with storage.writer(name) as writer:
            for chunk in told(through(dump.source, *programs), write, "Stored"):
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
        left_out=sorted(dump.contents.rows.keys() & LEFT_OUT.keys()),
    )
    with storage.writer(f"{name}.json") as writer:
        writer.write(manifest.to_json())
    return manifest


def find(storage: Storage, name: str) -> Manifest:
    """Return the manifest of a backup by the name of its archive, or of the `latest`."""
    names = storage.names()
    whole = whole_among(names)
    if name == "latest" and whole:
        name = whole[-1].name
    if name not in [archive.name for archive in whole]:
        what = "no backup" if name == "latest" else f"no {name}" if name not in names else f"no manifest of {name}"
        raise BackupError(f"There is {what} in {storage.place}.")
    return Manifest.from_json(b"".join(storage.read(f"{name}.json")), f"{name}.json")


def read(
    storage: Storage, manifest: Manifest, write: Callable[[str], None], deed: str = "Restored"
) -> Generator[bytes]:
    """Yield the stored bytes of an archive. Raises BackupError at their end if they are not those of its manifest."""
    return told(manifest.check(storage.read(manifest.archive)), write, deed, manifest.size)


def check(storage: Storage, manifest: Manifest, write: Callable[[str], None]) -> None:
    """Raise BackupError unless the stored bytes are those of the manifest: before anything is done with them."""
    for _ in read(storage, manifest, write, "Checked"):
        pass


def decrypting(manifest: Manifest, identity: str | None) -> list[Program]:
    """The programs that make a database's archive of what is stored."""
    if not manifest.encryption:
        return []
    return [Encryption(manifest.encryption, manifest.recipient).decrypting(identity)]


def remove_outdated(storage: Storage, daily: int, weekly: int, monthly: int) -> Iterator[str]:
    """Remove the backups that are not to be kept, and what killed ones left a day ago. Yield the names."""
    names = storage.names()
    whole = whole_among(names)
    keep = kept([archive.stamp for archive in whole], daily, weekly, monthly)
    for archive in archives_among(names):
        if archive not in whole:
            if (timezone.now() - archive.stamp).total_seconds() > ABANDONED:
                storage.delete(archive.name)
                yield archive.name
        elif archive.stamp not in keep:
            # The manifest first: if we are interrupted, what is left does not look whole.
            storage.delete(archive.manifest)
            storage.delete(archive.name)
            yield archive.name
    for path in storage.unfinished("brainlog-", older_than=ABANDONED):
        path.unlink(missing_ok=True)
        yield path.name
