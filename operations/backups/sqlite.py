"""Backups of SQLite: a copy of the database file, made while others read and write.

SQLite writes and reads files, not streams, so there is a copy in plaintext in TMPDIR meanwhile, even of
what is archived encrypted: readable by its owner alone, and gone at the end, however that comes
(`programs.stop_like_ctrl_c`), unless by kill -9.
"""

import sqlite3
import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from operations.backups import BackupError
from operations.backups.dump import Dump
from operations.backups.manifest import Contents
from operations.backups.programs import CHUNK, Program, through

SUFFIX = "sqlite3"


def name_of(connection) -> str:
    """The database's name, as it is typed to confirm that it may be replaced."""
    return Path(connection.settings_dict["NAME"]).name


@contextmanager
def dumping(connection) -> Iterator[Dump]:
    """Copy the database, and yield the copy."""
    with place_for_copy() as path:
        with opened(existing(connection)) as live, opened(path) as copy:
            live.backup(copy)
            # In one file, whatever the live one does: nothing beside the archive belongs to it.
            copy.execute("PRAGMA journal_mode=DELETE")
            contents = contents_of(copy)
        yield Dump(contents, bytes_of(path), [], {"SQLite": sqlite3.sqlite_version})


def existing(connection) -> Path:
    """The database file. Raises BackupError where there is none: to open it would make an empty one."""
    path = Path(connection.settings_dict["NAME"])
    if not path.is_file():
        raise BackupError(f"There is no database file {path}: is DATABASE_URL the right one?")
    return path


def is_empty(connection) -> bool:
    if not Path(connection.settings_dict["NAME"]).exists():
        return True  # A restore makes it, once the archive is known to be whole.
    with opened(connection.settings_dict["NAME"]) as live:
        return not contents_of(live).rows


def restored_aside(connection, archive: Generator[bytes], decrypting: list[Program], scratch_url):
    """Restore an archive into a temporary file, and return its contents."""
    with unpacked(archive, decrypting) as copy:
        return contents_of(copy)


def restore(connection, archive: Generator[bytes], decrypting: list[Program], replace: bool) -> None:
    """Make the database what the archive is: in one transaction, so that who reads sees the old one or the new one."""
    with unpacked(archive, decrypting) as copy, opened(connection.settings_dict["NAME"]) as live:
        try:
            copy.backup(live)
        except sqlite3.Error as error:
            raise BackupError(f"The database could not be replaced, and is as it was: {error}.") from error


@contextmanager
def unpacked(archive: Generator[bytes], decrypting: list[Program]) -> Iterator[sqlite3.Connection]:
    """Yield the database in an archive, in a temporary file. Raises BackupError if it is damaged."""
    with place_for_copy() as path:
        with path.open("wb") as file:
            for chunk in through(archive, *decrypting):
                file.write(chunk)
        with opened(path) as copy:
            try:
                [(verdict,), *_] = copy.execute("PRAGMA integrity_check").fetchall()
            except sqlite3.DatabaseError as error:
                verdict = str(error)
            if verdict != "ok":
                raise BackupError(f"The database in the archive is damaged: {verdict}.")
            yield copy


@contextmanager
def place_for_copy() -> Iterator[Path]:
    """Yield an empty file that nobody else can read. What SQLite puts beside it gets the same rights."""
    with tempfile.TemporaryDirectory(prefix="brainlog-backup-") as folder:
        path = Path(folder) / "copy"
        path.touch(mode=0o600)
        yield path


@contextmanager
def opened(path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(path, timeout=20)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise BackupError(f"SQLite said: {error}.") from error


def contents_of(connection: sqlite3.Connection) -> Contents:
    tables = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY name"
    ).fetchall()
    rows = {}
    for (table,) in tables:
        [(rows[table],)] = connection.execute(f'SELECT count(*) FROM "{table}"').fetchall()  # noqa: S608 (names that the database has)
    migrations = (
        connection.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1").fetchall()
        if "django_migrations" in rows
        else []
    )
    return Contents(rows, [name for (name,) in migrations])


def bytes_of(path: Path) -> Generator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
