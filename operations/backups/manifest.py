"""The manifest of an archive: its contents and checksum. It is stored last, so its presence means a complete backup."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from django.db.migrations.loader import MigrationLoader

from operations.backups import BackupError

# Apps that are installed only where they are configured. Elsewhere, this code does not have their migrations, which are
# not those of a newer release.
OPTIONAL_APPS = {"socialaccount"}


@dataclass
class Contents:
    """Contents of a database: number of rows by table, and names of the applied migrations."""

    rows: dict[str, int]
    migrations: list[str]


@dataclass
class Manifest(Contents):
    """Contents of an archive, facts about the stored file, and when it was made (ISO 8601, UTC)."""

    archive: str
    size: int
    sha256: str
    engine: str
    encryption: str | None
    recipient: str | None
    versions: dict[str, str]
    started: str
    finished: str
    # Fingerprints of the encryption keys of private text, by id: the keys that are needed to read it.
    keys: dict[str, str]
    # Tables whose rows are not in the archive: see excluded_tables.py.
    excluded_tables: list[str]

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), indent=2, sort_keys=True).encode() + b"\n"

    @classmethod
    def from_json(cls, text: bytes, name: str) -> "Manifest":
        try:
            manifest = cls(**json.loads(text))
        except (ValueError, TypeError):
            manifest = None
        if manifest is None or not manifest.is_well_formed():
            raise BackupError(f"{name} is not a manifest, or is damaged.")
        return manifest

    def is_well_formed(self) -> bool:
        """Whether each value has the type that `to_json` writes. The file may have been edited or damaged."""
        lists, tables = (self.migrations, self.excluded_tables), (self.rows, self.versions, self.keys)
        if not all(isinstance(value, list) for value in lists) or not all(isinstance(value, dict) for value in tables):
            return False
        texts = [self.archive, self.sha256, self.engine, self.started, self.finished]
        texts += [*self.migrations, *self.excluded_tables, *self.versions.values(), *self.keys.values()]
        return (
            all(isinstance(text, str) for text in texts)
            and all(isinstance(text, str | None) for text in (self.encryption, self.recipient))
            and all(type(number) is int for number in (self.size, *self.rows.values()))
        )

    def verify(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the chunks of the stored file. Raises BackupError at the end if its size or checksum is wrong."""
        sha256, size = hashlib.sha256(), 0
        for chunk in chunks:
            sha256.update(chunk)
            size += len(chunk)
            yield chunk
        if size != self.size:
            raise BackupError(f"{self.archive} has {size:,} bytes; it was stored with {self.size:,}.")
        if sha256.hexdigest() != self.sha256:
            raise BackupError(f"{self.archive} has changed since it was stored: its SHA-256 differs.")

    def unknown_migrations(self) -> list[str]:
        """Applied migrations that this code does not have: those of a newer release."""
        loader = MigrationLoader(None)
        known = {*loader.disk_migrations, *(key for each in loader.disk_migrations.values() for key in each.replaces)}
        return [
            name
            for name in self.migrations
            if (key := tuple(name.split(".", 1))) not in known and key[0] not in OPTIONAL_APPS
        ]

    def differences(self, found: Contents) -> list[str]:
        """Differences of a restored database from the manifest, one sentence each."""
        sentences = [f"Table {table} is missing." for table in sorted(self.rows.keys() - found.rows.keys())]
        sentences += [f"Table {table} is unexpected." for table in sorted(found.rows.keys() - self.rows.keys())]
        sentences += [
            f"Table {table} has {found.rows[table]:,} rows instead of {self.rows[table]:,}."
            for table in sorted(self.rows.keys() & found.rows.keys())
            if self.rows[table] != found.rows[table]
        ]
        if unequal := sorted(set(self.migrations) ^ set(found.migrations)):
            sentences.append(f"The applied migrations differ: {', '.join(unequal)}.")
        return sentences
