"""manage.py dbreport on a PostgreSQL server with activity."""

import json
import threading
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from django.db.utils import ConnectionHandler

from brainlog.database.urls import database_from_url
from operations.database import stats
from operations.database.report import as_text
from operations.database.stats import collect, with_growth
from testing.gunicorn import manage
from testing.migrated import migrate
from testing.postgres import WITHOUT_FSYNC, free_port, throwaway_cluster, throwaway_replica
from testing.waiting import wait_until

pytestmark = [pytest.mark.once, pytest.mark.thorough]

COUNTING = WITHOUT_FSYNC + "shared_preload_libraries = 'pg_stat_statements'\n"
CANARY = "kanarienvogel"


@pytest.fixture(scope="module")
def cluster():
    with throwaway_cluster(COUNTING) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def url(cluster):
    url = migrate(cluster.create_database("watched"))
    cluster.execute("CREATE SCHEMA extensions", database="watched")
    cluster.execute("CREATE EXTENSION pg_stat_statements SCHEMA extensions", database="watched")
    return url


@contextmanager
def reached_as(alias: str, url: str):
    """Register a database under an alias."""
    handler = ConnectionHandler({"default": {}, alias: database_from_url(url, Path())})
    connections[alias] = handler[alias]
    yield
    connections[alias].close()
    del connections[alias]


@pytest.fixture
def report(url, django_db_blocker):
    """Collect the statistics of the database at `url`, or at another one."""

    def report(there=url) -> dict:
        with django_db_blocker.unblock(), reached_as("watched", there):
            return collect("watched")

    return report


def test_open_transactions_and_waits_for_locks(url, report):
    with psycopg.connect(url, application_name="left open") as holder:
        holder.execute("LOCK TABLE logs_dose IN SHARE ROW EXCLUSIVE MODE")
        holder.execute("SELECT %s::text", [CANARY])
        with psycopg.connect(url, application_name="kept waiting") as waiter:
            thread = threading.Thread(target=waiter.execute, args=["LOCK TABLE logs_dose IN EXCLUSIVE MODE"])
            thread.start()
            wait_until(lambda: holder.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone())
            found = report()
            holder.rollback()
            thread.join()

    assert [row["application"] for row in found["transactions"]] == ["left open", "kept waiting"]
    assert found["transactions"][0]["state"] == "idle in transaction"
    assert found["transactions"][0]["age"] >= found["transactions"][1]["age"] > 0
    (lock,) = found["locks"]
    assert (lock["application"], lock["mode"], lock["table"]) == ("kept waiting", "ExclusiveLock", "logs_dose")
    assert lock["blocked_by"] == [found["transactions"][0]["pid"]]
    assert {"left open", "kept waiting"} <= {row["application"] for row in found["connections"]}
    text = "\n".join(as_text(with_growth(found, None)))
    assert "kept waiting" in text
    assert CANARY not in json.dumps(found) + text


def test_a_locked_table_is_reported_as_missing(url, report, monkeypatch):
    """Only the sizes of tables are unknown then."""
    monkeypatch.setattr(stats, "QUERY_TIMEOUT", 0.2)
    with psycopg.connect(url) as holder:
        holder.execute("LOCK TABLE logs_dose IN ACCESS EXCLUSIVE MODE")
        found = report()

    assert found["missing"]["tables"] in {"LockNotAvailable", "QueryCanceled"}
    assert found["tables"] == [] != found["connections"]
    assert f"Unknown: {found['missing']['tables']}." in "\n".join(as_text(with_growth(found, None)))


def test_statements_are_reported_without_values(cluster, url, report):
    cluster.execute("SELECT extensions.pg_stat_statements_reset()", database="watched")
    sql = f"SELECT pg_sleep(0.05), 'found' FROM accounts_user RIGHT JOIN (SELECT 1) AS one ON username = '{CANARY}'"  # noqa: S608
    with psycopg.connect(url) as connection:
        for _ in range(3):
            connection.execute(sql)
    cluster.execute(f"CREATE ROLE {CANARY} PASSWORD 'a secret'", database="watched")

    found = report()

    (statement,) = [row for row in found["statements"] if "username = $" in row["sql"]]
    assert statement["calls"] == 3
    assert statement["total_ms"] >= statement["max_ms"] >= statement["mean_ms"] > 0
    assert CANARY not in json.dumps(found["statements"])
    assert "a secret" not in json.dumps(found)


def test_dead_rows_scans_and_errors_are_counted(cluster, report):
    execute = cluster.execute
    before = {row["table"]: row for row in report()["tables"]}["auth_group"]
    execute("INSERT INTO auth_group (name) SELECT generate_series(1, 50)", database="watched")
    execute("DELETE FROM auth_group", database="watched")
    execute("SELECT count(*) FROM auth_group", database="watched")
    with pytest.raises(psycopg.Error):
        execute("SELECT 1/0", database="watched")
    execute("ANALYZE auth_group", database="watched")

    found = report()

    after = {row["table"]: row for row in found["tables"]}["auth_group"]
    assert after["dead_rows"] >= 50
    assert after["sequential_scans"] > before["sequential_scans"]
    assert after["analyzed_at"] is not None
    assert found["database"]["rollbacks"] > 0
    assert found["database"]["connections"] >= 1
    assert found["database"]["connections_limit"] == 100
    assert 0 < found["database"]["cache_hit_ratio"] <= 1


def test_index_use(url, report):
    def scans(found, index):
        return next(row["scans"] for row in found["indexes"] if row["index"] == index)

    before = report()
    with psycopg.connect(url) as connection:
        connection.execute("SET enable_seqscan = off")
        connection.execute("SELECT * FROM auth_permission WHERE id = 1")
    after = report()

    assert scans(after, "auth_permission_pkey") - scans(before, "auth_permission_pkey") == 1
    assert all(row["is_valid"] for row in after["indexes"])


def test_the_lag_of_replicas(cluster, report):
    with throwaway_replica(cluster) as replica:
        cluster.execute("CREATE TABLE sent_over ()", database="watched")
        wait_until(lambda: replica.execute("SELECT to_regclass('sent_over')", database="watched")[0][0])
        there = report()
        on_the_replica = report(replica.url_of("watched"))
    cluster.execute(f"SELECT pg_drop_replication_slot('replica_{replica.port}')")
    cluster.execute("DROP TABLE sent_over", database="watched")

    (row,) = there["replicas"]
    assert (row["state"], row["sync_state"]) == ("streaming", "async")
    assert row["behind_bytes"] >= 0
    assert there["database"]["behind_primary"] is None
    assert on_the_replica["database"]["behind_primary"] >= 0


def test_a_role_without_privileges_gets_a_partial_report(cluster, url, report):
    cluster.execute("CREATE ROLE plain LOGIN PASSWORD 'plain'", database="watched")
    cluster.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO plain", database="watched")
    plain = f"postgres://plain:plain@127.0.0.1:{cluster.port}/watched"

    found = report(plain)

    assert found["database"]["bytes"] > 0
    assert "logs_dailylog" in {row["table"] for row in found["tables"]}
    assert found["missing"]["statements"] in {"InsufficientPrivilege", "UndefinedTable"}


def test_an_unreachable_database_is_one_sentence(cluster):
    result = manage(f"postgres://brainlog:secret@127.0.0.1:{free_port()}/watched", "dbreport")

    assert result.returncode == 1
    assert result.stderr.startswith("CommandError: The database cannot be reached")
    assert "Traceback" not in result.stderr and "secret" not in result.stderr


def test_a_database_without_tables_is_one_sentence(cluster):
    for command in ("dbreport", "dbmaintain"):
        result = manage(cluster.url_of("template1"), command)
        assert result.returncode == 1
        assert "manage.py migrate first" in result.stderr
        assert "Traceback" not in result.stderr


def test_tables_of_another_owner_are_skipped_by_analyze(cluster, url, report):
    cluster.execute("CREATE ROLE app LOGIN PASSWORD 'app'", database="watched")
    cluster.execute("GRANT SELECT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO app", database="watched")

    as_app = manage(f"postgres://app:app@127.0.0.1:{cluster.port}/watched", "dbmaintain")
    as_owner = manage(url, "dbmaintain")

    assert (as_app.returncode, as_owner.returncode) == (0, 0), as_app.stderr + as_owner.stderr
    assert "Analyzed 0 tables and skipped" in as_app.stdout
    assert "run this as their owner" in as_app.stdout
    assert "skipped" not in as_owner.stdout
    assert {row["table"] for row in report()["tables"] if row["analyzed_at"] is None} == set()
