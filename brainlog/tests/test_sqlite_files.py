"""SQLite's files: their permissions, and the erasure of deleted rows."""

import os
import sqlite3
from contextlib import closing
from io import StringIO
from pathlib import Path
from random import Random

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import PASSWORD, make_person
from brainlog.database.sqlite3.files import empty_write_ahead_log, files_of, make_private, readable_by_others, rewrite
from logs.tests.pages import check_in_url
from operations.tests.backups.databases import commands_use
from personal_data.wipe import wipe_all
from testing.gunicorn import manage

NAME, EMAIL, BROWSER = "kanarienvogel", "canary@example.org", "Kanarienbrowser/7.0"
TRACES = [text.encode() for text in (NAME, EMAIL, BROWSER)]

on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="about SQLite's files")


@pytest.fixture
def open_umask():
    """The umask 0: new files are accessible to all users, unless they are created with another mode."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(database) -> dict[str, str]:
    return {path.name: oct(path.stat().st_mode & 0o777) for path in files_of(database) if path.exists()}


# ── Rights ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.once
def test_database_files_are_created_private(tmp_path, open_umask, django_db_blocker):
    path = tmp_path / "db.sqlite3"
    with django_db_blocker.unblock(), commands_use(f"sqlite:///{path}"):
        connections["default"].creates_file = True  # As with migrate.
        with connections["default"].cursor() as cursor:
            cursor.execute("CREATE TABLE something (id int)")

        assert modes(path) == dict.fromkeys(["db.sqlite3", "db.sqlite3-wal", "db.sqlite3-shm"], "0o600")


@pytest.mark.once
def test_migrate_creates_private_files(tmp_path, open_umask):
    assert manage(f"sqlite:///{tmp_path}/db.sqlite3", "migrate", "auth").returncode == 0

    assert modes(tmp_path / "db.sqlite3") == {"db.sqlite3": "0o600"}


@pytest.mark.once
@pytest.mark.parametrize("before, after", [(0o644, 0o600), (0o666, 0o600), (0o604, 0o600), (0o660, 0o660)])
def test_permissions_of_others_are_removed_and_those_of_a_group_kept(tmp_path, before, after, django_db_blocker):
    path = tmp_path / "db.sqlite3"
    with closing(sqlite3.connect(path)) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE something (id int)")
        for file in files_of(path):
            if file.exists():
                file.chmod(before)
        with django_db_blocker.unblock(), commands_use(f"sqlite:///{path}"):
            connections["default"].ensure_connection()

            assert modes(path) == dict.fromkeys(["db.sqlite3", "db.sqlite3-wal", "db.sqlite3-shm"], oct(after))


@pytest.mark.once
@pytest.mark.parametrize("command", ["migrate", "checkdb", "showmigrations", "backup"])
def test_a_folder_keeps_its_permissions(tmp_path, command):
    """A truncated URL may name /tmp or /srv, to which a command of root would remove everyone's access."""
    folder = tmp_path / "srv"
    folder.mkdir(mode=0o755)
    arguments = [command, "--to", str(tmp_path)] if command == "backup" else [command]

    result = manage(f"sqlite:///{folder}", *arguments)

    said = result.stdout + result.stderr
    assert result.returncode != 0 and (f"{folder} is a folder" in said or f"no database file {folder}" in said)
    assert folder.stat().st_mode & 0o777 == 0o755


@pytest.mark.once
def test_a_device_keeps_its_permissions(tmp_path, open_umask):
    """As with a device such as /dev/null."""
    os.mkfifo(tmp_path / "pipe", 0o644)

    make_private(tmp_path / "pipe")

    assert (tmp_path / "pipe").stat().st_mode & 0o777 == 0o644


@pytest.mark.once
def test_files_of_another_user_are_named(tmp_path):
    path = tmp_path / "db.sqlite3"
    path.touch(mode=0o600)
    assert readable_by_others(path) == []

    path.chmod(0o644)
    assert readable_by_others(path) == [path]
    assert readable_by_others(":memory:") == []


# ── What was deleted ──────────────────────────────────────────────────────────────────────────


def traces() -> set[bytes]:
    """Traces of the person in the files of the database."""
    files = [path.read_bytes() for path in files_of(connection.settings_dict["NAME"]) if path.exists()]
    return {text for text in TRACES for file in files if text in file}


@pytest.fixture
def signed_in(transactional_db):
    """A person with a name, an address and a browser, among others."""
    for number in range(30):
        make_person(username=f"other-{number}")
    person = make_person(username=NAME, email=EMAIL, display_name=NAME)
    client = Client(headers={"user-agent": BROWSER})
    assert client.post(reverse("accounts:login"), {"username": NAME, "password": PASSWORD}).status_code == 302
    client.post(check_in_url("midday"), {"focus_level": "7"})
    assert traces() == {*TRACES}
    return person, client


def delete_own_account(person, client):
    page = client.post(reverse("accounts:delete"), {"password": PASSWORD, "username": NAME})
    assert page.status_code in (200, 302), page.status_code


def delete_in_a_shell(person, client):
    type(person).objects.filter(pk=person.pk).delete()


@on_sqlite
@pytest.mark.parametrize("delete", [delete_own_account, delete_in_a_shell])
def test_nothing_of_a_deleted_person_is_left_in_the_files(signed_in, delete):
    person, client = signed_in

    delete(person, client)

    assert not type(person).objects.filter(pk=person.pk).exists()
    assert traces() == set()


@on_sqlite
def test_with_concurrent_readers_dbmaintain_empties_the_log(signed_in):
    person, _client = signed_in
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM accounts_user").fetchone()
        person.delete()  # Neither refused nor kept waiting.
        assert traces() == {*TRACES}

        output = StringIO()
        call_command("dbmaintain", stdout=output)
        assert "was not rewritten" in output.getvalue()

    output = StringIO()
    call_command("dbmaintain", stdout=output)
    assert "Rewrote the database file" in output.getvalue()
    assert traces() == set()


@on_sqlite
@pytest.mark.django_db
def test_secure_delete_does_not_depend_on_the_build_of_sqlite():
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA secure_delete").fetchone() == (1,)


@pytest.mark.once
def test_rewriting_the_file_removes_copies_of_moved_rows(tmp_path):
    """Without VACUUM, some of these are left, whatever secure_delete says."""
    path = tmp_path / "db.sqlite3"
    random = Random(3)
    there, gone = {}, set()
    with closing(sqlite3.connect(path)) as database:
        database.executescript("PRAGMA journal_mode=WAL; PRAGMA secure_delete=ON; CREATE TABLE u (name UNIQUE, more)")
        for turn in range(40):
            with database:
                for number in range(100):
                    name = f"name-{turn:02}-{number:02}-{random.getrandbits(32):08x}"
                    there[name] = database.execute(
                        "INSERT INTO u VALUES (?, ?)", [name, "x" * random.randrange(400) + name]
                    ).lastrowid
                for name in random.sample(sorted(there), 60):
                    database.execute("DELETE FROM u WHERE rowid = ?", [there.pop(name)])
                    gone.add(name.encode())

        assert rewrite(path, seconds=0)

        content = b"".join(file.read_bytes() for file in files_of(path) if file.exists())
    assert [name for name in gone if name in content] == []
    assert all(name.encode() in content for name in there)


@on_sqlite
def test_a_wipe_empties_the_log(signed_in):
    person, client = signed_in
    wipe_all(person)

    assert not Path(f"{connection.settings_dict['NAME']}-wal").stat().st_size


@pytest.mark.once
def test_emptying_the_log_does_not_create_a_database(tmp_path):
    assert not empty_write_ahead_log(tmp_path / "none.sqlite3")
    assert list(tmp_path.iterdir()) == []
