"""What a round reads of a database with 50,000 plans: by indexes, and as many queries for one as for many."""

from pathlib import Path

import pytest
import time_machine
from django.db import ConnectionHandler, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from brainlog.database.urls import database_from_url
from operations.database import reminder_stats
from reminders import channels, rounds
from reminders.models import Delivery
from reminders.tests.factories import RecordingKind
from testing.migrated import migrate
from testing.postgres import throwaway_cluster

pytestmark = pytest.mark.once

PEOPLE, DUE, DELIVERIES = 50_000, 50, 100_000
NOW = "2026-05-04T12:00Z"
# One of a thousand people is due; all others at some time of the coming day. Two deliveries a person, of 20 days.
FILL = f"""
INSERT INTO accounts_user (id, username, username_key, password, is_superuser, is_staff, is_active, date_joined,
        display_name, email, timezone, theme, week_starts_on, day_ends_at, updated_at, check_in_times)
    SELECT n, 'person-' || n, 'person-' || n, '', false, false, true, now(), '', '', 'UTC', 'system', 'sunday', 0,
        now(), '{{"midday": {{"at": "12:00", "weekdays": [0, 1, 2, 3, 4, 5, 6]}}}}'
    FROM generate_series(1, {PEOPLE}) n;
INSERT INTO accounts_session (session_key, session_data, expire_date, user_id, created_at, seen_at, user_agent,
        is_local)
    SELECT n, '', '2100-01-01', n, now(), '{NOW}', '', false FROM generate_series(1, {PEOPLE}) n;
INSERT INTO reminders_plan (user_id, repeat_minutes, repeats, words, next_at)
    SELECT n, 15, 0, 'neutral', CASE WHEN n % {PEOPLE // DUE} = 0 THEN timestamptz '{NOW}'
        ELSE timestamptz '{NOW}' + (1 + n % 1439) * interval '1 minute' END
    FROM generate_series(1, {PEOPLE}) n;
INSERT INTO reminders_channel (id, user_id, uuid, kind, destination, label, address, address_key, created_at, failures,
        last_error)
    SELECT n, n, gen_random_uuid(), 'push', 'push.example.org', '', '', '1', now(), 0, ''
    FROM generate_series(1, {PEOPLE}) n;
INSERT INTO reminders_delivery (channel_id, user_id, slug, day, due_at, worth_until, state, error)
    SELECT 1 + n % {PEOPLE}, 1 + n % {PEOPLE}, 'midday', date '{NOW}' - 1 - n % 20,
        timestamptz '{NOW}' - (1 + n % 20) * interval '1 day', timestamptz '{NOW}' - (1 + n % 20) * interval '1 day',
        'sent', ''
    FROM generate_series(0, {DELIVERIES} - 1) n ON CONFLICT DO NOTHING;
"""  # noqa: S608 (numbers of ours)
BIG = {"reminders_plan", "reminders_channel", "reminders_delivery", "accounts_user", "accounts_session"}


@pytest.fixture(scope="module")
def big():
    with throwaway_cluster() as cluster:
        migrate(cluster.create_database("reminders"))
        for statement in FILL.split(";\n"):
            if statement.strip():
                cluster.execute(statement, database="reminders")
        cluster.execute("VACUUM ANALYZE", database="reminders")
        yield cluster


@pytest.fixture
def connection(big, django_db_blocker):
    """Use that database as the default one during a test, which is undone."""
    own = connections["default"]
    big_one = ConnectionHandler({"default": database_from_url(big.url_of("reminders"), Path())})["default"]
    with django_db_blocker.unblock():
        connections["default"] = big_one
        try:
            with time_machine.travel(NOW, tick=False):
                yield big_one
        finally:
            connections["default"] = own
            big_one.close()


def scans_of(plan: dict) -> list[tuple[str, str, str]]:
    """Table, kind and index of each scan of a big table in a plan."""
    found = [(plan["Relation Name"], plan["Node Type"], plan.get("Index Name", ""))] if "Relation Name" in plan else []
    if plan["Node Type"] == "Bitmap Index Scan":
        found.append(("", plan["Node Type"], plan["Index Name"]))
    return found + [scan for child in plan.get("Plans", []) for scan in scans_of(child)]


def assert_by_indexes(connection, queries) -> set[str]:
    """Fail if a query reads the whole of a big table. Returns the indexes that are used."""
    indexes = set()
    for sql in (query["sql"] for query in queries.captured_queries):
        if not sql.lstrip().startswith(("SELECT", "UPDATE", "WITH", "DELETE")):
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
            for table, kind, index in scans_of(cursor.fetchone()[0][0]["Plan"]):
                assert not (kind == "Seq Scan" and table in BIG), sql
                indexes.add(index)
    return indexes


def test_a_round_finds_what_is_due_by_the_index_of_due_times(connection, monkeypatch):
    monkeypatch.setitem(channels.KINDS, "push", RecordingKind())
    with CaptureQueriesContext(connection) as queries:
        done = rounds.run_round(timezone.now())
    # Claimed by now, as in each round of a minute: the query is the same.
    indexes = assert_by_indexes(connection, queries)

    assert (done.due, done.queued) == (DUE, DUE)
    assert {"reminder_plan_due", "reminder_delivery_waiting"} <= indexes
    selects = [each["sql"] for each in queries.captured_queries if 'FROM "reminders_plan"' in each["sql"]]
    assert len(selects) == 2  # One batch, and one that finds nothing.
    assert len(queries) <= 30


def test_sending_settling_and_cleaning_read_by_indexes(connection):
    with CaptureQueriesContext(connection) as queries:
        list(Delivery.objects.waiting(timezone.now()).values_list("pk", "channel__destination"))
        Delivery.objects.settle(timezone.now())
        Delivery.objects.settle_lost(timezone.now())
        Delivery.objects.delete_old(timezone.now())
        reminder_stats.measurements("default", 5)
    indexes = assert_by_indexes(connection, queries)

    assert {"reminder_delivery_waiting", "reminder_delivery_due", "reminder_plan_due"} <= indexes
