"""Django's SQLite backend, with two differences.

Connecting makes no file: a mistyped path would be an empty database. And the file, with all that SQLite writes beside
it, is readable by its owner alone.
"""

import os
import sqlite3
from pathlib import Path

from django.db.backends.sqlite3 import base, features

from brainlog.database.sqlite3.files import create_private, make_private


class FileMissing(sqlite3.OperationalError):
    """There is no database file at the path that DATABASE_URL names."""

    # SQLite says CANTOPEN to much; by this name brainlog.database.errors knows the remedy.
    sqlite_errorname = "SQLITE_CANTOPEN_NOFILE"


def is_missing(path: Path) -> bool:
    """Whether there is surely no such file. In a folder that is closed to us there may be one."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False


class DatabaseFeatures(features.DatabaseFeatures):
    # Django asks the database, also for checks of the models alone; every SQLite that we start with has it.
    supports_json_field = True


class DatabaseWrapper(base.DatabaseWrapper):
    features_class = DatabaseFeatures
    # Set by manage.py migrate. Besides it, only a restore makes a new database.
    creates_file = False

    def get_new_connection(self, conn_params):
        if self.is_in_memory_db():
            return super().get_new_connection(conn_params)
        path = Path(conn_params["database"])
        # False as well where the folder is closed to us: SQLite says so in a moment.
        if os.path.isdir(path):
            raise FileMissing(f"{path} is a folder, not a database file")
        if self.creates_file:
            create_private(path)
        elif is_missing(path):
            raise FileMissing(f"there is no database file {path}; manage.py migrate makes a new one")
        make_private(path)
        return super().get_new_connection(conn_params | {"database": f"{path.absolute().as_uri()}?mode=rw"})
