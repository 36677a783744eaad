"""Instrumentation of requests and queries: request ids, Server-Timing, slow queries."""

import json
import re

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import User
from accounts.tests.factories import make_person
from operations.instrumentation import without_values
from operations.log_formatters import JsonFormatter
from operations.tests.log_capture import lines_during
from testing.gunicorn import manage

ID = re.compile(r"[0-9a-f]{32}")


def records(caplog, name):
    return [record for record in caplog.records if record.name == f"brainlog.{name}"]


# Request ids


def test_every_response_has_an_id(client, db):
    ids = {client.get(path)["X-Request-ID"] for path in ("/", "/logs/", "/nowhere/", "/static/nothing.css")}

    assert len(ids) == 4
    assert all(ID.fullmatch(each) for each in ids)


@pytest.mark.parametrize("given", ["abc-123", "A" * 64, "7b1c6c2e-5a55-4a57-8bb4-9e6f6b3f6d3c"])
def test_the_id_of_a_proxy_is_kept(client, db, given):
    assert client.get("/", headers={"X-Request-ID": given})["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "A" * 65, "a b", "a\nb", "a\n", "ä", "<b>", '"', "x;y"])
def test_a_malformed_id_is_replaced(client, db, given):
    assert ID.fullmatch(client.get("/", headers={"X-Request-ID": given})["X-Request-ID"])


# The line of a request


def test_a_request_has_one_line(client, db, caplog):
    client.force_login(make_person())
    client.get("/logs/?page=1")

    (record,) = records(caplog, "request")
    assert record.getMessage() == "GET logs:history 200"
    assert (record.method, record.status) == ("GET", 200)
    assert record.queries >= 3
    assert record.duration_ms >= record.database_ms > 0


def test_an_unknown_method_is_not_logged(client, db, caplog):
    client.generic("KANARIENVOGEL", "/")

    (record,) = records(caplog, "request")
    assert record.getMessage() == "other today 405"


def test_queries_are_counted_per_request(client, db, caplog):
    client.force_login(make_person())
    for _ in range(2):
        client.get("/accounts/profile/")

    first, second = records(caplog, "request")
    assert first.queries == second.queries > 0


# Server-Timing


@pytest.mark.parametrize("facts", [{"is_staff": True}, {"is_staff": True, "is_superuser": True}], ids=str)
def test_staff_gets_server_timing(client, db, facts):
    client.force_login(make_person(**facts))

    timing = client.get("/accounts/profile/")["Server-Timing"]

    assert re.fullmatch(r'total;dur=[\d.]+, db;dur=[\d.]+;desc="[1-9]\d* queries"', timing)


@pytest.mark.parametrize("facts", [{}, {"is_superuser": True}], ids=str)
def test_others_get_no_server_timing(client, db, facts):
    assert "Server-Timing" not in client.get("/")
    client.force_login(make_person(**facts))
    assert "Server-Timing" not in client.get("/")


def test_the_timing_costs_no_query(client, db, django_assert_num_queries):
    """Not even on pages whose view does not read the person."""
    client.force_login(make_person(is_staff=True))

    with django_assert_num_queries(0):
        response = client.get("/static/nothing.css", headers={"host": "evil.example"})

    assert "Server-Timing" not in response


# Slow queries


def test_a_slow_query_is_logged_without_its_values(client, db, caplog, settings):
    settings.SLOW_QUERY_MS = 0
    make_person(username="kanarienvogel")
    caplog.clear()

    client.post("/accounts/login/", {"username": "kanarienvogel", "password": "kanarienvogel"})

    slow = records(caplog, "slow")
    assert any('FROM "accounts_user" WHERE' in record.sql and "%s" in record.sql for record in slow)
    assert all(record.duration_ms >= 0 for record in slow)
    assert [record for record in slow if "kanarienvogel" in str(vars(record))] == []


def test_a_query_that_fails_is_logged_too(db, caplog, settings):
    settings.SLOW_QUERY_MS = 0
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT nothing, 'kanarienvogel")

    assert "SELECT nothing, '…'" in [record.sql for record in records(caplog, "slow")]


def test_a_quick_query_is_not_logged(db, caplog):
    User.objects.count()

    assert records(caplog, "slow") == []


def test_many_rows_at_once_are_one_statement(db, caplog, settings):
    settings.SLOW_QUERY_MS = 0
    with connection.cursor() as cursor:
        cursor.executemany("SELECT %s", [["a"], ["b"]]) if connection.vendor == "postgresql" else cursor.executemany(
            "DELETE FROM accounts_user WHERE id = %s", [[1], [2]]
        )

    assert len(records(caplog, "slow")) == 1


def test_a_reopened_connection_is_instrumented_once(transactional_db, caplog, settings):
    for _ in range(3):
        connection.close()
        connection.ensure_connection()
    settings.SLOW_QUERY_MS = 0

    User.objects.count()

    assert len(records(caplog, "slow")) == 1


def test_a_command_logs_its_slow_queries(tmp_path):
    (tmp_path / "db.sqlite3").touch()  # Only migrate creates this table.
    database = f"sqlite:///{tmp_path}/db.sqlite3"

    result = manage(database, "showmigrations", SLOW_QUERY_MS="0", LOG_FORMAT="text")

    assert result.returncode == 0
    pattern = r"WARNING brainlog\.slow \[- showmigrations\] Slow query duration_ms=\S+ sql=SELECT name"
    assert re.search(pattern, result.stderr), result.stderr


def test_a_slow_query_names_its_view(client, db, settings):
    settings.SLOW_QUERY_MS = 0
    client.force_login(make_person())

    def ask():
        client.get("/logs/2026-05-04/")
        User.objects.count()

    lines = [json.loads(line) for line in lines_during(ask, JsonFormatter())]

    views = [line["view"] for line in lines if line["logger"] == "brainlog.slow"]
    # The session is read before the URL is resolved.
    assert set(views[:-1]) <= {"-", "logs:day"}
    assert "logs:day" in views
    assert views[-1] == "-"


@pytest.mark.parametrize(
    ("sql", "logged"),
    [
        ("SELECT  1\n  FROM x", "SELECT 1 FROM x"),
        ("SELECT 'a secret'", "SELECT '…'"),
        ("SELECT 'it''s secret', 'so is this'", "SELECT '…', '…'"),
        ("SELECT 'never closed, secret", "SELECT '…'"),
        ("WHERE id IN (%s, %s, %s, %s)", "WHERE id IN (%s, …)"),
        ("WHERE a = %s AND b = %s", "WHERE a = %s AND b = %s"),
        ("x" * 5000, "x" * 2000 + " …"),
    ],
)
def test_literals_and_long_statements_are_masked(sql, logged):
    assert without_values(sql) == logged


def test_a_composed_statement_is_masked():
    from psycopg.sql import SQL, Identifier, Literal

    composed = SQL("SELECT {} FROM {}").format(Literal("a secret"), Identifier("accounts_user"))

    assert without_values(composed) == "SELECT '…' FROM \"accounts_user\""
