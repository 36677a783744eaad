import sqlite3
import threading
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.utils import ConnectionHandler
from hypothesis import example, given, strategies as st

from brainlog.database import database_from_url

BASE = Path("/srv/brainlog")

on_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="on PostgreSQL this is another matter")
on_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs PostgreSQL")


def read(url: str) -> dict:
    return database_from_url(url, BASE)


# SQLite


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///db.sqlite3", "/srv/brainlog/db.sqlite3"),
        ("sqlite:///data/my%20log.sqlite3", "/srv/brainlog/data/my log.sqlite3"),
        ("sqlite:////var/lib/brainlog.sqlite3", "/var/lib/brainlog.sqlite3"),
        ("sqlite:////data/%C3%BCnal.sqlite3", "/data/ünal.sqlite3"),
    ],
)
def test_a_file(url, path, tmp_path, monkeypatch):
    """Wherever the program is started from."""
    monkeypatch.chdir(tmp_path)

    assert str(read(url)["NAME"]) == path
    assert read(url)["ENGINE"] == "django.db.backends.sqlite3"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:"])
def test_a_file_without_a_name_is_refused(url):
    with pytest.raises(ImproperlyConfigured, match="names no file"):
        read(url)


@on_sqlite
def test_readers_go_on_while_somebody_writes(db):
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (20_000,)
        assert cursor.execute("PRAGMA foreign_keys").fetchone() == (1,)


@on_sqlite
@pytest.mark.django_db(transaction=True)
def test_a_transaction_takes_the_write_lock_when_it_begins():
    with transaction.atomic():
        other = sqlite3.connect(connection.settings_dict["NAME"], timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        assert other.execute("SELECT count(*) FROM accounts_user").fetchone() == (0,)
        other.close()


@on_sqlite
@pytest.mark.django_db(transaction=True)
def test_who_comes_second_waits_for_the_lock():
    has_lock, order = threading.Event(), []

    def first():
        other = sqlite3.connect(connection.settings_dict["NAME"], timeout=0, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        has_lock.set()
        second_is_about_to_begin.wait(10)
        order.append("first")
        other.execute("COMMIT")
        other.close()

    second_is_about_to_begin = threading.Event()
    thread = threading.Thread(target=first)
    thread.start()
    has_lock.wait(10)
    second_is_about_to_begin.set()
    with transaction.atomic():
        order.append("second")
    thread.join()

    assert order == ["first", "second"]


# PostgreSQL


def test_every_part_of_the_url_finds_its_place():
    found = read("postgres://maria:secret@db.example.org:6432/brainlog?sslmode=require&connect_timeout=5")

    assert {name: found[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")} == {
        "NAME": "brainlog",
        "USER": "maria",
        "PASSWORD": "secret",
        "HOST": "db.example.org",
        "PORT": 6432,
        "OPTIONS": {"sslmode": "require", "connect_timeout": "5"},
    }


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "POSTGRES"])
def test_both_names_of_the_scheme_are_understood(scheme):
    assert read(f"{scheme}://host/name")["ENGINE"] == "django.db.backends.postgresql"


def test_what_is_left_out_is_left_to_the_server():
    found = read("postgres:///brainlog")

    assert [found[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "OPTIONS")] == ["", "", "", "", {}]


def test_a_kept_connection_is_checked_before_it_is_used_again():
    found = read("postgres://host/name")

    assert (found["CONN_MAX_AGE"], found["CONN_HEALTH_CHECKS"]) == (600, True)


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20))
@example("p@ss:w/o?r#d%")
def test_any_password_can_be_written(password):
    found = read(f"postgres://{quote(password, safe='')}:{quote(password, safe='')}@host:5432/name")

    assert (found["USER"], found["PASSWORD"], found["HOST"]) == (password, password, "host")


@pytest.mark.parametrize("url", ["postgres://maria:secret@host", "postgres://maria:secret@host/", "postgres:"])
def test_a_database_without_a_name_is_refused(url):
    with pytest.raises(ImproperlyConfigured, match="names no database"):
        read(url)


@pytest.mark.parametrize("port", ["x", "99999", "-1", "5432x"])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(ImproperlyConfigured, match="port"):
        read(f"postgres://maria:secret@host:{port}/name")


@pytest.mark.parametrize(
    "url", ["", "mysql://host/name", "db.sqlite3", "/srv/db.sqlite3", "postgres", "http://host/name"]
)
def test_anything_else_is_refused(url):
    with pytest.raises(ImproperlyConfigured, match="must start with"):
        read(url)


def words_of(error: BaseException | None) -> str:
    """What a traceback shows of an error and of what led to it."""
    if error is None:
        return ""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return f"{error} {words_of(before)}"


@pytest.mark.parametrize(
    "url",
    [
        "mysql://maria:s3cr3t@host/name",
        "postgres://maria:s3cr3t@host",
        "postgres://maria:s3cr3t@host:x/name",
        "postgres://maria:s3cr3t@host:99999/name",
        "postgres://maria:s3cr3t/more@host/name",
        "postgres://maria:s3cr3t#more@host/name",
        "postgres://maria:s3cr3t?more@host/name",
        "postgres://maria:s3cr3t[@host/name",
        "postgres://maria:s3cr3t@[::1/name",
        "postgres://maria:s3cr3t\u2100@host/name",
        "s3cr3t",
    ],
    ids=ascii,
)
def test_a_password_never_appears_in_an_error(url):
    with pytest.raises(ImproperlyConfigured) as refusal:
        read(url)

    assert "s3cr3t" not in words_of(refusal.value)


@on_postgresql
def test_a_real_connection(db):
    """The parts of the URL these tests run with lead to its server, and what follows the ? reaches it."""
    there = connection.settings_dict
    options = "application_name=brainlog%20test&options=-c%20statement_timeout%3D4321"
    url = f"postgres://{there['USER']}:{there['PASSWORD']}@{there['HOST']}:{there['PORT']}/{there['NAME']}?{options}"

    with ConnectionHandler({"default": read(url)})["default"].cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('application_name'), current_setting('statement_timeout')")
        answer = cursor.fetchone()
        cursor.connection.close()

    assert answer == (there["USER"], "brainlog test", "4321ms")


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_connection_the_server_has_ended_is_opened_again():
    """As after a restart of the server, between two requests."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    there = connection.settings_dict
    other = ConnectionHandler({"default": there | {"TIME_ZONE": None}})["default"]
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    other.close()

    # What Django does when the next request begins.
    connection.close_if_unusable_or_obsolete()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone()[0] != pid
