"""Backups of SQLite: a copy of the database file, made while others read and write.

SQLite writes and reads files, not streams, so there is a copy in plaintext in TMPDIR meanwhile, even of
what is archived encrypted: readable by its owner alone, and gone at the end, however that comes
(`programs.stop_like_ctrl_c`), unless by kill -9.
"""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from brainlog.database.sqlite3.files import create_private, empty_write_ahead_log, make_private
from operations.backups import BackupError
from operations.backups.dump import Dump
from operations.backups.left_out import LEFT_OUT
from operations.backups.manifest import Contents
from operations.backups.pipeline import CHUNK, Program, through
from operations.backups.progress import Waiting, silent

SUFFIX = "sqlite3"

# Seconds until a backup gives up that waits for others.
LOCK_WAIT = 300
BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def name_of(connection) -> str:
    """The database's name, as it is typed to confirm that it may be replaced."""
    return Path(connection.settings_dict["NAME"]).name


@contextmanager
def dumping(connection, write: Callable[[str], None] = silent) -> Iterator[Dump]:
    """Copy the database, and yield the copy."""
    with place_for_copy() as path:
        live_path = existing(connection)
        with opened(live_path, seconds=1) as live, opened(path) as copy:
            copied(live, copy, live_path, Waiting(write, LOCK_WAIT))
            # In one file, whatever the live one does: nothing beside the archive belongs to it.
            copy.execute("PRAGMA journal_mode=DELETE")
            leave_out(copy)
            contents = contents_of(copy)
        yield Dump(contents, bytes_of(path), [], {"SQLite": sqlite3.sqlite_version})


def existing(connection) -> Path:
    """The path of the database file. Raises BackupError where there is none."""
    path = Path(connection.settings_dict["NAME"])
    if not path.is_file():
        raise BackupError(f"There is no database file {path}: is DATABASE_URL the right one?")
    return path


def leave_out(copy: sqlite3.Connection) -> None:
    """Delete what no backup holds, and write the file anew: deleted rows would stay in its free pages."""
    with copy:
        for table in tables_of(copy):
            if table in LEFT_OUT:
                copy.execute(f'DELETE FROM "{table}"')  # noqa: S608 (names of ours)
    copy.execute("VACUUM")


def is_empty(connection) -> bool:
    if not Path(connection.settings_dict["NAME"]).exists():
        return True  # A restore makes it, once the archive is known to be whole.
    with opened(connection.settings_dict["NAME"]) as live:
        return not contents_of(live).rows


def others_in(connection) -> list[str]:
    """Who has the database open at this moment. A site that is idle has not: its pages open it one by one."""
    path = connection.settings_dict["NAME"]
    connection.close()
    with opened(path, alone=True, seconds=1) as live:
        try:
            live.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return holders_of(path)
    return []


def holders_of(path) -> list[str]:
    """The other processes that have a file open, as far as the system lets us see them."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # It has ended, or is another user's.
            if folder.name != str(os.getpid()) and any(is_same_file(link, path) for link in (folder / "fd").iterdir()):
                found.append(f"process {folder.name} ({(folder / 'comm').read_text().strip()})")
    return found or ["a process that this system does not name"]


def is_same_file(link: Path, path) -> bool:
    try:
        return os.path.samefile(link, path)
    except OSError:
        return False


def restored_aside(connection, archive: Generator[bytes], decrypting: list[Program], scratch_url):
    """Restore an archive into a temporary file, and return its contents."""
    with unpacked(archive, decrypting) as copy:
        return contents_of(copy)


def restore(
    connection,
    archive: Generator[bytes],
    decrypting: list[Program],
    replace: bool,
    alone: bool = False,
    patience: float = LOCK_WAIT,
    write: Callable[[str], None] = silent,
) -> None:
    """Make the database what the archive is: in one transaction, so that who reads sees the old one or the new one.

    With `alone`, others can neither read nor write until it is done; if they are at it already, nothing is changed.
    """
    path = connection.settings_dict["NAME"]
    with unpacked(archive, decrypting) as copy:
        create_private(path)
        with opened(path, alone, seconds=1) as live:
            try:
                copied(copy, live, path, Waiting(write, patience))
            except sqlite3.Error as error:
                raise BackupError(f"The database could not be replaced, and is as it was: {error}.") from error
    empty_write_ahead_log(path)  # What was replaced is in it.


def copied(source: sqlite3.Connection, target: sqlite3.Connection, path, waiting: Waiting) -> None:
    """Copy one database into another. The module would try again for ever, and say nothing."""

    def note(status, remaining, total):
        if status in BUSY:
            waiting.note(holders_of(path))
        else:
            waiting.over()

    source.backup(target, progress=note)


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
        create_private(path)
        yield path


@contextmanager
def opened(path, alone: bool = False, seconds: float = 20) -> Iterator[sqlite3.Connection]:
    """Open a file that is there: a mistyped path would be an empty database.

    With `alone`, the file is locked against all others from the first statement on.
    `seconds` is how long SQLite itself waits while the file is busy; it says nothing meanwhile.
    """
    try:
        make_private(path)
        place = f"{Path(path).absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(place, uri=True, timeout=seconds)) as connection:
            if alone:
                connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            yield connection
    except sqlite3.Error as error:
        raise BackupError(f"SQLite said: {error}.") from error


def contents_of(connection: sqlite3.Connection) -> Contents:
    rows = {}
    for table in tables_of(connection):
        [(rows[table],)] = connection.execute(f'SELECT count(*) FROM "{table}"').fetchall()  # noqa: S608 (names that the database has)
    migrations = (
        connection.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1").fetchall()
        if "django_migrations" in rows
        else []
    )
    return Contents(rows, [name for (name,) in migrations])


def tables_of(connection: sqlite3.Connection) -> list[str]:
    tables = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY name"
    )
    return [name for (name,) in tables.fetchall()]


def bytes_of(path: Path) -> Generator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
