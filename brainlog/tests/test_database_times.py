"""Times are read from PostgreSQL by psycopg's own loader, and are what Django's would return."""

import datetime

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import register_tzloader

from brainlog.database.postgresql.base import UtcLoader

TIMES = (
    "2026-05-04 12:00:00.123456+02",
    "2026-03-29 01:00:00+00",
    "1900-01-01 00:00:00+00",
    "0001-01-01 00:00:00+00",
    "9999-12-31 23:59:59.999999+00",
)


@pytest.fixture
def cursor(db):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no type for times")
    with connection.cursor() as cursor:
        yield cursor


def read(cursor, time: str | None):
    cursor.execute("SELECT %s::timestamptz", [time])
    return cursor.fetchone()[0]


def test_times_are_those_of_djangos_loader(cursor):
    ours = [read(cursor, time) for time in TIMES]
    register_tzloader(datetime.UTC, cursor.cursor)

    assert ours == [read(cursor, time) for time in TIMES]
    assert {time.tzinfo for time in ours} == {datetime.UTC}


def test_no_time_is_none(cursor):
    assert read(cursor, None) is None


def test_a_time_is_the_same_instant_on_a_connection_in_another_zone(cursor):
    cursor.execute("SET LOCAL TIME ZONE 'America/New_York'")

    assert read(cursor, TIMES[0]) == datetime.datetime(2026, 5, 4, 10, 0, 0, 123456, tzinfo=datetime.UTC)


def test_the_loader_is_used(cursor):
    assert (
        cursor.connection.adapters.get_loader(connection.connection.adapters.types["timestamptz"].oid, 0) is UtcLoader
    )
