"""Error codes of real databases."""

from pathlib import Path

import pytest
from django.db import Error, OperationalError
from django.db.utils import ConnectionHandler

from brainlog.database.errors import NO_RESPONSE, UNREACHABLE, error_code, remedy_for
from brainlog.database.postgresql.base import response_timeout
from brainlog.database.urls import database_from_url
from testing.postgres import free_port, throwaway_cluster

ROOT = Path("/")

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def databases_of_our_own(django_db_blocker):
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="module")
def cluster():
    with throwaway_cluster("max_connections = 10") as cluster:
        cluster.execute("CREATE ROLE app LOGIN PASSWORD 'app'")
        cluster.execute("CREATE ROLE guest LOGIN PASSWORD 'guest' CONNECTION LIMIT 0")
        cluster.execute("CREATE ROLE no_login PASSWORD 'no_login'")
        cluster.execute("CREATE TABLE pages (number int)")
        yield cluster


def error_from(url: str, *statements: str) -> Error:
    """The error that Django raises when it connects and executes these statements."""
    connection = ConnectionHandler({"default": database_from_url(url, ROOT)})["default"]
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    except Error as error:
        return error
    finally:
        connection.close()
    raise AssertionError("There was no error.")


@pytest.mark.parametrize(
    ("change", "to", "code", "says"),
    [
        ("{password}", "wrong", "28P01", "refuses the login"),
        ("brainlog:{password}", "no_login:no_login", "28000", "refuses the login"),
        ("brainlog:{password}", "guest:guest", "53300", "no connection left"),
        ("/postgres", "/nowhere", "3D000", "no database of this name"),
        ("/postgres", "/postgres?sslmode=require", "TLS", "cannot be encrypted"),
        (":{port}", ":{free_port}", UNREACHABLE, "cannot be reached"),
        ("127.0.0.1", "no-such-host.invalid", UNREACHABLE, "cannot be reached"),
    ],
)
def test_codes_of_refused_connections(cluster, change, to, code, says):
    """libpq does not pass the SQLSTATE on here."""
    facts = {"password": cluster.password, "port": cluster.port, "free_port": free_port()}
    error = error_from(cluster.url.replace(change.format(**facts), to.format(**facts)))

    assert error_code(error) == code
    assert says in remedy_for(code)


@pytest.mark.parametrize(
    ("statements", "code", "says"),
    [
        (["SET statement_timeout = 1", "SELECT pg_sleep(9)"], "57014", "longer than statement_timeout"),
        (["SELECT pg_terminate_backend(pg_backend_pid())"], "57P01", "stopping, starting or has crashed"),
        (["SET default_transaction_read_only = on", "INSERT INTO pages VALUES (1)"], "25006", "takes no writes"),
        (["SELECT secret FROM nowhere"], "42P01", None),
        (["SELECT 1/0"], "22012", None),
        (["SELECT ("], "42601", None),
    ],
)
def test_codes_of_failed_statements(cluster, statements, code, says):
    error = error_from(cluster.url, *statements)

    assert error_code(error) == code
    assert says in remedy_for(code) if says else remedy_for(code) is None


@pytest.mark.parametrize(
    ("sqlstate", "says"),
    [
        ("08P01", "pooler in front of the database"),
        ("25P03", "idle or open for too long"),
        ("40001", "Transactions conflicted"),
        ("40P01", "Transactions conflicted"),
        ("53100", "disk is full"),
        ("53200", "lacks memory"),
        ("53300", "no connection left"),
        ("42501", "lacks a privilege"),
        ("3F000", "sees no schema"),
        ("55P03", "stayed locked"),
        ("57P03", "stopping, starting or has crashed"),
        ("58030", "cannot read or write its files"),
        ("XX001", "data is damaged"),
        ("XX002", "REINDEX mends it"),
        ("23505", None),
        ("54001", None),
        ("XX000", None),
    ],
)
def test_codes_of_other_server_errors(cluster, sqlstate, says):
    """The error is raised by a statement: running out of memory, for example, would affect the whole machine."""
    error = error_from(cluster.url, f"DO $$ BEGIN RAISE 'no' USING ERRCODE = '{sqlstate}'; END $$")

    assert error_code(error) == sqlstate
    assert says in remedy_for(sqlstate) if says else remedy_for(sqlstate) is None


def test_code_of_an_exhausted_pool(cluster):
    connections = [
        ConnectionHandler({"default": database_from_url(f"{cluster.url}?connection_limit=1&pool_timeout=0.1", ROOT)})
        for _ in range(2)
    ]
    holder, waiting = (handler["default"] for handler in connections)
    try:
        holder.ensure_connection()
        with pytest.raises(OperationalError) as failure:
            waiting.ensure_connection()
    finally:
        holder.close()
        holder.close_pool()

    assert error_code(failure.value) == "pool"
    assert "connection_limit" in remedy_for("pool")


@pytest.mark.parametrize(
    ("path", "statements", "code", "says"),
    [
        ("db", ["PRAGMA max_page_count = 2", "CREATE TABLE a (b)", "CREATE TABLE c (d)"], "SQLITE_FULL", "is full"),
        ("db", ["PRAGMA query_only = on", "CREATE TABLE a (b)"], "SQLITE_READONLY", "takes no writes"),
        ("nothing", [], "SQLITE_CANTOPEN_NOFILE", "is not there"),
        ("no/folder/db", [], "SQLITE_CANTOPEN_NOFILE", "is not there"),
        ("", [], "SQLITE_CANTOPEN_NOFILE", "is not there"),
        ("db", ["SELECT secret FROM nowhere"], "SQLITE_ERROR", None),
        ("db", ["CREATE TABLE a (b PRIMARY KEY)", *["INSERT INTO a VALUES (1)"] * 2], "SQLITE_CONSTRAINT", None),
    ],
)
def test_a_file(tmp_path, path, statements, code, says):
    (tmp_path / "db").touch()

    error = error_from(f"sqlite:///{tmp_path / path}", *statements)

    assert not (tmp_path / "nothing").exists()
    assert error_code(error).startswith(code)
    assert says in remedy_for(code) if says else remedy_for(error_code(error)) is None


def test_other_exceptions_have_no_remedy():
    assert remedy_for(error_code(ValueError("too many"))) is None
    assert remedy_for(error_code(None)) is None


def test_code_of_a_server_that_does_not_respond(cluster):
    """The connection is open, and the server's timeouts are paused, too: only our timeout ends the wait."""
    connection = ConnectionHandler({"default": database_from_url(f"{cluster.url}?connect_timeout=2", ROOT)})["default"]
    token = response_timeout.set(0.2)
    try:
        connection.ensure_connection()
        cluster.pause()
        with pytest.raises(OperationalError) as in_a_statement, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.close()
        with pytest.raises(OperationalError) as while_connecting:
            connection.ensure_connection()
    finally:
        cluster.resume()
        response_timeout.reset(token)
        connection.close()

    assert error_code(in_a_statement.value) == error_code(while_connecting.value) == NO_RESPONSE
    assert "did not answer" in remedy_for(NO_RESPONSE)
