"""The files of an SQLite database: their permissions, and erasing what deleted rows leave in them."""

import os
import sqlite3
import stat
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

from django.db import connections, transaction

# Suffixes of the files that SQLite creates beside the database, with the permissions of the database file.
COMPANIONS = ("-wal", "-shm", "-journal")
OTHERS = 0o007


def is_file(database) -> bool:
    """Whether the database is a file, rather than a database in memory or a URI."""
    return not str(database).startswith((":memory:", "file:"))


def create_private(database) -> None:
    """Create an empty file that only its owner can read and write, if it is missing.

    SQLite would create it with the permissions of the umask, and its companion files with the same.
    """
    with suppress(OSError):  # It exists, or its folder is missing or not writable: then SQLite raises the error.
        os.close(os.open(database, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def make_private(database) -> None:
    """Remove the permissions of all other users of this machine from the existing files.

    Permissions of the group alone (660) are kept: they were set on purpose, for two users that share the file.
    """
    if not is_file(database):
        return
    for path in files_of(database):
        with suppress(OSError):  # It is missing, or belongs to another user: checkdb warns.
            mode = path.stat().st_mode
            # A mistyped path may name a folder or a device, whose permissions are kept.
            if stat.S_ISREG(mode) and mode & OTHERS:
                path.chmod(0o600)


def files_of(database) -> list[Path]:
    return [Path(f"{database}{suffix}") for suffix in ("", *COMPANIONS)]


def readable_by_others(database) -> list[Path]:
    """Return the files that other users of this machine may read or write."""
    existing = [path for path in files_of(database) if path.is_file()] if is_file(database) else []
    return [path for path in existing if path.stat().st_mode & OTHERS]


def not_writable(database) -> list[Path]:
    """Return the files that this process cannot write; and the folder, where SQLite creates the companion files."""
    if not is_file(database):
        return []
    existing = [path for path in (*files_of(database), Path(database).parent) if path.exists()]
    return [path for path in existing if not os.access(path, os.W_OK)]


# ── Erasing deleted rows ──────────────────────────────────────────────────────────────────────

# PRAGMA secure_delete overwrites deleted rows, with two exceptions: the write-ahead log keeps the former pages, and
# where SQLite moves rows to another page, a few copies remain. The log is emptied at once; VACUUM removes the copies.


def erase_deleted_after_commit(alias: str = "default") -> None:
    """Empty the write-ahead log when the transaction is committed. Does nothing on PostgreSQL.

    If other connections are reading at that moment, `dbmaintain` empties it later.
    """
    connection = connections[alias]
    if connection.vendor == "sqlite":
        database = connection.settings_dict["NAME"]
        transaction.on_commit(partial(empty_write_ahead_log, database), using=alias, robust=True)


def empty_write_ahead_log(database) -> bool:
    """Write the log into the database and truncate it. Returns False if other connections prevent it."""
    return erase(database, is_rewritten=False, seconds=0)


def rewrite(database, seconds: float) -> bool:
    """Rewrite the whole file without deleted rows. Returns False if others write for longer than `seconds`.

    Readers continue meanwhile; writers wait until it is finished.
    """
    return erase(database, is_rewritten=True, seconds=seconds)


def erase(database, is_rewritten: bool, seconds: float) -> bool:
    if not is_file(database):
        return True
    try:
        with closing(
            sqlite3.connect(f"{Path(database).absolute().as_uri()}?mode=rw", uri=True, timeout=seconds)
        ) as connection:
            if is_rewritten:
                connection.execute("VACUUM")
            [(is_busy, _, _)] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.OperationalError:
        return False
    return not is_busy
