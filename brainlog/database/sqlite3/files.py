"""The files of an SQLite database: who may read them, and what deleted rows leave in them."""

import os
import sqlite3
import stat
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

from django.db import connections, transaction

# Those that SQLite makes beside the database, with the rights of the database.
BESIDE = ("-wal", "-shm", "-journal")
OTHERS = 0o007


def is_file(database) -> bool:
    """Whether it is a file, rather than a database in memory or a URI."""
    return not str(database).startswith((":memory:", "file:"))


def create_private(database) -> None:
    """Create the file if it is missing, empty and for its owner alone.

    SQLite would create it with whatever the umask leaves, and its other files with the same rights.
    """
    with suppress(OSError):  # It is there. Or its folder is missing or closed to us: SQLite says so in a moment.
        os.close(os.open(database, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def make_private(database) -> None:
    """Take the rights of all other users of this machine away, from the files that are there.

    Rights of a group alone (660) were given on purpose, so that two users share the file: they stay.
    """
    if not is_file(database):
        return
    for path in files_of(database):
        with suppress(OSError):  # It is missing, or another user's: checkdb warns.
            mode = path.stat().st_mode
            # A folder or a device that a mistyped path names keeps its rights.
            if stat.S_ISREG(mode) and mode & OTHERS:
                path.chmod(0o600)


def files_of(database) -> list[Path]:
    return [Path(f"{database}{suffix}") for suffix in ("", *BESIDE)]


def readable_by_others(database) -> list[Path]:
    """Those files that other users of this machine may read or write."""
    there = [path for path in files_of(database) if path.is_file()] if is_file(database) else []
    return [path for path in there if path.stat().st_mode & OTHERS]


def not_writable(database) -> list[Path]:
    """The files that this process cannot write, and their folder, where SQLite makes those beside the database."""
    if not is_file(database):
        return []
    there = [path for path in (*files_of(database), Path(database).parent) if path.exists()]
    return [path for path in there if not os.access(path, os.W_OK)]


# ── What was deleted ──────────────────────────────────────────────────────────────────────────

# PRAGMA secure_delete overwrites it, with two exceptions: the write-ahead log keeps the pages from before, and where
# SQLite moves rows to another page, a few copies stay behind. The first are removed at once, the second by VACUUM.


def erase_deleted_after_commit(alias: str = "default") -> None:
    """Once the transaction is committed, empty the write-ahead log. Does nothing but on SQLite.

    If others are reading at that moment, `dbmaintain` does it.
    """
    connection = connections[alias]
    if connection.vendor == "sqlite":
        database = connection.settings_dict["NAME"]
        transaction.on_commit(partial(empty_write_ahead_log, database), using=alias, robust=True)


def empty_write_ahead_log(database) -> bool:
    """Write the log into the database and cut it to nothing, unless others are at work. Returns whether it is done."""
    return erase(database, is_rewritten=False, seconds=0)


def rewrite(database, seconds: float) -> bool:
    """Write the whole file anew without anything deleted, unless others are writing for longer than some seconds.

    Readers go on; who wants to write waits until it is done.
    """
    return erase(database, is_rewritten=True, seconds=seconds)


def erase(database, is_rewritten: bool, seconds: float) -> bool:
    if not is_file(database):
        return True
    try:
        with closing(
            sqlite3.connect(f"{Path(database).absolute().as_uri()}?mode=rw", uri=True, timeout=seconds)
        ) as own:
            if is_rewritten:
                own.execute("VACUUM")
            [(is_busy, _, _)] = own.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    except sqlite3.OperationalError:
        return False
    return not is_busy
