"""A small SQLite database with people in it, commands that work on it, and a key of age."""

import io
import sqlite3
import subprocess
from contextlib import closing

import pytest

from operations.tests.backups.archives import PEOPLE, add_people
from operations.tests.backups.databases import run_command
from testing.migrated import migrate


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """A database with people in it, to copy."""
    path = tmp_path_factory.mktemp("template") / "db.sqlite3"
    migrate(f"sqlite:///{path}")
    add_people(path, PEOPLE)
    return path


@pytest.fixture
def database(template, tmp_path):
    path = tmp_path / "db.sqlite3"
    with closing(sqlite3.connect(template)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
        target.execute("PRAGMA journal_mode=WAL")
    return path


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "backups"


@pytest.fixture
def run(database, folder, monkeypatch, django_db_blocker):
    """Run a command with that database and folder, and return its output or the message of its error."""

    def run(*arguments, at=None, fails=False, typed="", **environment):
        backup_to = environment.pop("BACKUP_TO", str(folder))
        with monkeypatch.context() as patch, django_db_blocker.unblock():
            patch.setattr("sys.stdin", io.StringIO(typed))
            for name, value in environment.items():
                patch.setenv(name, value)
            return run_command(f"sqlite:///{at or database}", backup_to, *arguments, fails=fails)

    return run


@pytest.fixture
def backup(run, folder):
    """Make a backup, and return its archive."""

    def backup(*arguments, **environment):
        return folder / run("backup", *arguments, **environment).split()[0]

    return backup


@pytest.fixture(scope="session")
def age_key(tmp_path_factory):
    """The file of a private key, and its public key."""
    path = tmp_path_factory.mktemp("age") / "key.txt"
    subprocess.run(["age-keygen", "-o", path], check=True, capture_output=True)
    return path, path.read_text().partition("public key: ")[2].split()[0]
