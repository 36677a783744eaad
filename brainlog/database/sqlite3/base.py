"""Django's SQLite backend, with two differences.

Connecting does not create the file: a mistyped path would give an empty database. And only the owner can read the file
and those that SQLite writes beside it.
"""

import os
import sqlite3
from pathlib import Path

from django.db.backends.sqlite3 import base, features

from brainlog.database.sqlite3.files import create_private, make_private


class FileMissing(sqlite3.OperationalError):
    """There is no database file at the path in DATABASE_URL."""

    # SQLite uses CANTOPEN for several causes. This extended name has a remedy of its own in brainlog.database.errors.
    sqlite_errorname = "SQLITE_CANTOPEN_NOFILE"


def is_missing(path: Path) -> bool:
    """Whether the file is known to be missing. False in a folder without read permission, where it may exist."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


class DatabaseFeatures(features.DatabaseFeatures):
    # Django detects this with a query, for which system checks would need the database. Every supported SQLite has it.
    supports_json_field = True


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures
    # Set by manage.py migrate. Apart from it, only a restore creates a database.
    creates_file = False

    def get_new_connection(self, conn_params):
        if self.is_in_memory_db():
            return super().get_new_connection(conn_params)
        path = Path(conn_params["database"])
        # Also False without permission for the folder; SQLite then raises the error.
        if os.path.isdir(path):
            raise FileMissing(f"{path} is a folder, not a database file")
        if self.creates_file:
            create_private(path)
        elif is_missing(path):
            raise FileMissing(f"there is no database file {path}; manage.py migrate makes a new one")
        make_private(path)
        return super().get_new_connection(conn_params | {"database": f"{path.absolute().as_uri()}?mode=rw"})
