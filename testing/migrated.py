"""Migrated databases: the migrations run once per test run, and databases are copies of the result."""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

from testing.gunicorn import manage
from testing.postgres import find_binaries
from testing.watchdog import RUN


def migrate(database_url: str) -> str:
    """Make all tables in an empty database, as `manage.py migrate` does. Returns the database's URL."""
    if RUN not in os.environ:
        must_migrate(database_url)
        return database_url
    sqlite = database_url.removeprefix("sqlite:///") if database_url.startswith("sqlite:") else None
    template = Path(os.environ[RUN]) / ("tables.sqlite3" if sqlite else "tables.sql")
    with (template.with_suffix(".lock")).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Both runs use the same template.
        is_new = not template.exists()
        if is_new:
            must_migrate(database_url)
            if sqlite:
                shutil.copy(sqlite, template)
            else:
                run("pg_dump", "--no-owner", "--no-privileges", f"--file={template}", database_url)
    if sqlite and not is_new:
        shutil.copy(template, sqlite)
    elif not is_new:
        run("psql", "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--file={template}", database_url)
    return database_url


def must_migrate(database_url: str) -> None:
    result = manage(database_url, "migrate", "--verbosity=0")
    if result.returncode:
        raise RuntimeError(result.stderr)


def run(program: str, *arguments: str) -> None:
    command = [str(find_binaries() / program), *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
