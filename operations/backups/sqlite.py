"""Backups of SQLite: a copy of the database file, made while others read and write.

SQLite reads and writes files instead of streams, so that an unencrypted copy is in TMPDIR meanwhile, even if the
archive is encrypted. Only its owner can read it. It is removed at the end in any case (see
`pipeline.interrupt_on_signals`), except after kill -9.
"""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from brainlog.database.sqlite3.files import create_private, empty_write_ahead_log, make_private
from operations.backups import BackupError
from operations.backups.engine import LOCK_TIMEOUT, Dump, Restore
from operations.backups.excluded_tables import EXCLUDED_TABLES
from operations.backups.manifest import Contents
from operations.backups.pipeline import CHUNK_SIZE, run_pipeline
from operations.backups.progress import LockWait, discard

SUFFIX = "sqlite3"
BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def database_name(connection) -> str:
    """The name that a person types to confirm that the database may be replaced."""
    return Path(connection.settings_dict["NAME"]).name


@contextmanager
def open_dump(connection, write: Callable[[str], None] = discard) -> Iterator[Dump]:
    """Yield a dump of a copy of the database, and the row counts of the copy, while others may write."""
    with temporary_file() as path:
        live_path = existing_path(connection)
        with open_database(live_path, busy_timeout=1) as live, open_database(path) as copy:
            copy_database(live, copy, live_path, LockWait(write, LOCK_TIMEOUT))
            # The archive is one file: a copy of a database in WAL mode would need a second one beside it.
            copy.execute("PRAGMA journal_mode=DELETE")
            delete_excluded_rows(copy)
            contents = read_contents(copy)
        yield Dump(contents, read_chunks(path), [], {"SQLite": sqlite3.sqlite_version})


def existing_path(connection) -> Path:
    """The path of the database file. Raises BackupError if it does not exist."""
    path = Path(connection.settings_dict["NAME"])
    if not path.is_file():
        raise BackupError(f"There is no database file {path}: is DATABASE_URL the right one?")
    return path


def delete_excluded_rows(copy: sqlite3.Connection) -> None:
    """Delete the rows of excluded tables, and rewrite the file: its free pages would still contain them."""
    with copy:
        for table in table_names(copy):
            if table in EXCLUDED_TABLES:
                copy.execute(f'DELETE FROM "{table}"')  # noqa: S608 (constants of this program)
    copy.execute("VACUUM")


def is_empty(connection) -> bool:
    if not Path(connection.settings_dict["NAME"]).exists():
        return True  # The restore creates it once the archive is verified.
    with open_database(connection.settings_dict["NAME"]) as live:
        return not read_contents(live).rows


def other_users(connection) -> list[str]:
    """Descriptions of the processes that use the database now.

    An idle site is not among them: it opens the database for each request.
    """
    path = connection.settings_dict["NAME"]
    connection.close()
    with open_database(path, is_exclusive=True, busy_timeout=1) as live:
        try:
            live.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return processes_using(path)
    return []


def processes_using(path) -> list[str]:
    """Descriptions of the other processes that have a file open, as far as the system shows them to this user."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # The process has ended, or belongs to another user.
            if folder.name != str(os.getpid()) and any(is_same_file(link, path) for link in (folder / "fd").iterdir()):
                found.append(f"process {folder.name} ({(folder / 'comm').read_text().strip()})")
    return found or ["a process that this system does not name"]


def is_same_file(link: Path, path) -> bool:
    try:
        return os.path.samefile(link, path)
    except OSError:
        return False


def restore_to_scratch(connection, restoring: Restore, scratch_url: str | None) -> Contents:
    """Restore an archive into a temporary file. Returns its contents."""
    with open_archive(restoring) as copy:
        return read_contents(copy)


def restore(connection, restoring: Restore) -> None:
    """Replace the database by that of an archive, in one transaction: readers see the old one or the new one.

    With `is_exclusive`, others can neither read nor write until it is done. If another process has begun a transaction
    already, nothing is changed. `replace` has no effect, because the whole file is replaced in any case.
    """
    path = connection.settings_dict["NAME"]
    with open_archive(restoring) as copy:
        create_private(path)
        with open_database(path, restoring.is_exclusive, busy_timeout=1) as live:
            try:
                copy_database(copy, live, path, LockWait(restoring.write, restoring.lock_timeout))
            except sqlite3.Error as error:
                raise BackupError(f"The database could not be replaced, and is unchanged: {error}.") from error
    empty_write_ahead_log(path)  # It contains the replaced pages.


def copy_database(source: sqlite3.Connection, target: sqlite3.Connection, path, waiting: LockWait) -> None:
    """Copy one database into another. sqlite3 alone would retry without a limit and without a message."""

    def report(status, remaining, total):
        if status in BUSY:
            waiting.update(processes_using(path))
        else:
            waiting.end()

    source.backup(target, progress=report)


@contextmanager
def open_archive(restoring: Restore) -> Iterator[sqlite3.Connection]:
    """Unpack an archive into a temporary file, and yield a connection to it. Raises BackupError if it is damaged."""
    with temporary_file() as path:
        with path.open("wb") as file:
            for chunk in run_pipeline(restoring.archive, *restoring.decryption):
                file.write(chunk)
        with open_database(path) as copy:
            try:
                [(verdict,), *_] = copy.execute("PRAGMA integrity_check").fetchall()
            except sqlite3.DatabaseError as error:
                verdict = str(error)
            if verdict != "ok":
                raise BackupError(f"The database in the archive is damaged: {verdict}.")
            yield copy


@contextmanager
def temporary_file() -> Iterator[Path]:
    """Yield an empty file that only its owner can read. SQLite gives the files beside it the same permissions."""
    with tempfile.TemporaryDirectory(prefix="brainlog-backup-") as folder:
        path = Path(folder) / "copy"
        create_private(path)
        yield path


@contextmanager
def open_database(path, is_exclusive: bool = False, busy_timeout: float = 20) -> Iterator[sqlite3.Connection]:
    """Open an existing file; SQLite would create an empty database at a mistyped path.

    With `is_exclusive`, the file is locked against others from the first statement on. `busy_timeout` is how many
    seconds SQLite itself waits for locks, without a message.
    """
    try:
        make_private(path)
        uri = f"{Path(path).absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True, timeout=busy_timeout)) as connection:
            if is_exclusive:
                connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            yield connection
    except sqlite3.Error as error:
        raise BackupError(f"SQLite reported: {error}.") from error


def read_contents(connection: sqlite3.Connection) -> Contents:
    rows = {}
    for table in table_names(connection):
        [(rows[table],)] = connection.execute(f'SELECT count(*) FROM "{table}"').fetchall()  # noqa: S608 (names of existing tables)
    migrations = (
        connection.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1").fetchall()
        if "django_migrations" in rows
        else []
    )
    return Contents(rows, [name for (name,) in migrations])


def table_names(connection: sqlite3.Connection) -> list[str]:
    tables = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY name"
    )
    return [name for (name,) in tables.fetchall()]


def read_chunks(path: Path) -> Generator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_SIZE):
            yield chunk
