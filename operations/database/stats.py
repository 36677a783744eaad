"""Statistics of a database as plain data for JSON: sizes, use, connections, waits, errors.

Sizes are in bytes, durations in seconds unless a name says `_ms`, ratios from 0 to 1. The text of running queries is
never read: it may contain a person's answers.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, connections
from django.db.models import Max

from brainlog.database.connections import time_limits
from operations.database import computation_stats, reminder_stats, server_health, stats_sqlite
from operations.database.queries import fetch_dicts
from operations.models import Backup

BACKUPS_SHOWN = 5
# Seconds for each query: on a busy server, a report must not make things worse.
QUERY_TIMEOUT = 10

CONNECTIONS = """(SELECT sum(numbackends)::int FROM pg_stat_database) AS connections,
       current_setting('max_connections')::int AS connections_limit"""

DATABASE = f"""
SELECT current_database() AS name,
       pg_database_size(current_database()) AS bytes,
       current_setting('server_version') AS server_version,
       pg_postmaster_start_time() AS started_at,
       {CONNECTIONS},
       current_setting('superuser_reserved_connections')::int AS connections_reserved,
       blks_hit::float8 / nullif(blks_hit + blks_read, 0) AS cache_hit_ratio,
       temp_bytes,
       xact_commit AS commits, xact_rollback AS rollbacks, deadlocks, conflicts, checksum_failures,
       sessions_abandoned, sessions_fatal, sessions_killed,
       stats_reset AS counted_since,
       (SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()) AS transaction_id_age,
       CASE WHEN pg_is_in_recovery()
            THEN extract(epoch FROM now() - pg_last_xact_replay_timestamp())::float8 END AS behind_primary
  FROM pg_stat_database
 WHERE datname = current_database()
"""  # noqa: S608 (a text of ours)

LISTS = {
    "tables": """
        SELECT relname AS "table", n_live_tup AS rows, pg_total_relation_size(relid) AS bytes,
               pg_indexes_size(relid) AS index_bytes, n_dead_tup AS dead_rows,
               seq_scan AS sequential_scans, seq_tup_read AS rows_scanned, coalesce(idx_scan, 0) AS index_scans,
               greatest(last_vacuum, last_autovacuum) AS vacuumed_at,
               greatest(last_analyze, last_autoanalyze) AS analyzed_at
          FROM pg_stat_user_tables
         WHERE schemaname = ANY (current_schemas(false))
         ORDER BY bytes DESC, relname""",
    # A unique index is needed to refuse rows, even if no query reads it.
    "indexes": """
        SELECT used.relname AS "table", used.indexrelname AS index, pg_relation_size(indexrelid) AS bytes,
               idx_scan AS scans, idx_tup_read AS entries_read,
               indisunique OR indisexclusion AS enforces, indisvalid AS is_valid
          FROM pg_stat_user_indexes AS used
          JOIN pg_index USING (indexrelid)
         WHERE schemaname = ANY (current_schemas(false))
         ORDER BY bytes DESC, index""",
    "connections": """
        SELECT coalesce(nullif(application_name, ''), '-') AS application, coalesce(state, '-') AS state,
               count(*) AS count, max(extract(epoch FROM clock_timestamp() - state_change))::float8 AS longest
          FROM pg_stat_activity
         WHERE datid IS NOT NULL
         GROUP BY 1, 2
         ORDER BY count DESC, 1, 2""",
    "transactions": """
        SELECT pid, coalesce(nullif(application_name, ''), '-') AS application, state, wait_event_type AS waits_for,
               extract(epoch FROM clock_timestamp() - xact_start)::float8 AS age
          FROM pg_stat_activity
         WHERE xact_start IS NOT NULL AND backend_type = 'client backend' AND pid <> pg_backend_pid()
         ORDER BY xact_start
         LIMIT 10""",
    "locks": """
        SELECT pid, coalesce(nullif(application_name, ''), '-') AS application, mode,
               relation::regclass::text AS "table", pg_blocking_pids(pid) AS blocked_by,
               extract(epoch FROM clock_timestamp() - waitstart)::float8 AS waiting
          FROM pg_locks
          JOIN pg_stat_activity USING (pid)
         WHERE NOT granted AND datname = current_database()
         ORDER BY waitstart""",
    "slots": f"""
        SELECT slot_name AS slot, active, wal_status AS state,
               pg_wal_lsn_diff({server_health.WAL_POSITION}, restart_lsn)::bigint AS kept_bytes
          FROM pg_replication_slots
         ORDER BY kept_bytes DESC NULLS LAST""",  # noqa: S608 (a text of ours)
    "replicas": f"""
        SELECT coalesce(nullif(application_name, ''), '-') AS application, state, sync_state,
               pg_wal_lsn_diff({server_health.WAL_POSITION}, replay_lsn)::bigint AS behind_bytes,
               extract(epoch FROM replay_lag)::float8 AS behind
          FROM pg_stat_replication
         ORDER BY 1""",  # noqa: S608 (a text of ours)
}

# pg_stat_statements replaces constants in these statements by parameters, but not in every utility statement.
STATEMENTS = """
SELECT calls, total_exec_time AS total_ms, mean_exec_time AS mean_ms, max_exec_time AS max_ms, rows,
       left(regexp_replace(regexp_replace(query, '''([^'']|'''')*''', '''…''', 'g'), '\\s+', ' ', 'g'), 500) AS sql
  FROM {schema}.pg_stat_statements
 WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND query ~* '^\\s*(select|insert|update|delete|with|merge)\\M'
 ORDER BY total_exec_time DESC
 LIMIT 10
"""


def collect(alias: str) -> dict:
    """All statistics. `missing` names those that this server or role does not provide, with the reason."""
    vendor = connections[alias].vendor
    statistics = collect_postgresql(alias) if vendor == "postgresql" else stats_sqlite.collect(connections[alias])
    statistics["backups"] = backups(alias)
    statistics["reminders"] = reminder_stats.recent_deliveries(alias, QUERY_TIMEOUT)
    statistics["computations"] = computation_stats.by_state(alias, QUERY_TIMEOUT)
    return json.loads(json.dumps({"vendor": vendor} | statistics, cls=DjangoJSONEncoder))


def collect_postgresql(alias: str) -> dict:
    with limited_cursor(alias, QUERY_TIMEOUT) as cursor:
        statistics: dict = {"database": fetch_dicts(cursor, DATABASE)[0], "pools": pools(), "missing": {}}
    for name, sql in LISTS.items():
        add_list(statistics, alias, name, sql)
    problems = server_health.problems(health_measurements(alias, QUERY_TIMEOUT))
    statistics["problems"] = [{"text": text} for _, text in problems]
    with limited_cursor(alias, QUERY_TIMEOUT) as cursor:
        schema = fetch_dicts(
            cursor,
            "SELECT quote_ident(nspname) AS name FROM pg_extension "
            "JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'pg_stat_statements'",
        )
    if schema:
        add_list(statistics, alias, "statements", STATEMENTS.format(schema=schema[0]["name"]))
    else:
        statistics |= {"statements": []}
        statistics["missing"]["statements"] = "not installed"
    return statistics


def add_list(statistics: dict, alias: str, name: str, sql: str):
    """Add the rows of a query under its name; if it fails, no rows, and the class of the error under `missing`."""
    try:
        with limited_cursor(alias, QUERY_TIMEOUT) as cursor:
            statistics[name] = fetch_dicts(cursor, sql)
    except DatabaseError as error:
        statistics[name] = []
        statistics["missing"][name] = type(error.__cause__).__name__


# ── For /metrics, which reads them at each scrape ─────────────────────────────────────────────


def size_and_connections(alias: str, seconds: float) -> dict[str, int]:
    if connections[alias].vendor == "sqlite":
        return stats_sqlite.size(connections[alias])
    with limited_cursor(alias, seconds) as cursor:
        return fetch_dicts(cursor, f"SELECT pg_database_size(current_database()) AS size_bytes, {CONNECTIONS}")[0]


def health_measurements(alias: str, seconds: float) -> dict:
    """The measurements of server_health, and how many of its queries failed. They fail independently."""
    if connections[alias].vendor == "sqlite":
        return {}
    measurements: dict = {"health_queries_failed": 0}
    for query in server_health.QUERIES.values():
        try:
            with limited_cursor(alias, seconds) as cursor:
                measurements |= fetch_dicts(cursor, query)[0]
        except DatabaseError:
            measurements["health_queries_failed"] += 1
    return measurements


def backup_measurements(alias: str, seconds: float) -> dict[str, float]:
    """Time and size of the newest backup, and when one was last verified. Empty before the first backup."""
    with time_limits(connections[alias], statement=seconds, lock=seconds):
        newest = Backup.objects.using(alias).first()
        verified_at = Backup.objects.using(alias).aggregate(verified_at=Max("verified_at"))["verified_at"]
    measurements: dict[str, float] = {}
    if newest:
        measurements |= {"backup_timestamp_seconds": newest.made_at.timestamp(), "backup_size_bytes": newest.size}
    if verified_at:
        measurements["backup_verified_timestamp_seconds"] = verified_at.timestamp()
    return measurements


@contextmanager
def limited_cursor(alias: str, seconds: float) -> Iterator:
    """A cursor whose statements are cancelled after some seconds."""
    connection = connections[alias]
    with time_limits(connection, statement=seconds, lock=seconds), connection.cursor() as cursor:
        yield cursor


def pools() -> list[dict]:
    """Size and use of this process's connection pools."""
    rows = []
    for connection in connections.all():
        options = connection.settings_dict["OPTIONS"].get("pool")
        if not options:
            continue
        stats = connection.pool.get_stats()
        size, available = stats.get("pool_size", 0), stats.get("pool_available", 0)
        row = {"database": connection.alias, "largest": connection.pool.max_size, "timeout": connection.pool.timeout}
        rows.append(
            row | {"in_use": size - available, "available": available, "waiting": stats.get("requests_waiting", 0)}
        )
    return rows


def backups(alias: str) -> list[dict]:
    """The newest backups."""
    newest = Backup.objects.using(alias).values("archive", "made_at", "size", "verified_at")[:BACKUPS_SHOWN]
    return [{"bytes": row.pop("size")} | row for row in newest]


def unused_indexes(statistics: dict) -> list[dict]:
    """The indexes that no query has read. Unique ones are needed anyway."""
    return [row for row in statistics.get("indexes", []) if row.get("scans") == 0 and not row["enforces"]]


def with_growth(statistics: dict, previous: dict | None) -> dict:
    """The statistics, with the growth in bytes of the database and each table since the previous ones."""
    sizes = {row["table"]: row["bytes"] for row in previous["tables"]} if previous else {}
    tables = [row | {"growth": difference(row["bytes"], sizes.get(row["table"]))} for row in statistics["tables"]]
    size = previous["database"]["bytes"] if previous else None
    database = statistics["database"] | {"growth": difference(statistics["database"]["bytes"], size)}
    return statistics | {"database": database, "tables": tables}


def difference(now: int | None, before: int | None) -> int | None:
    return None if now is None or before is None else now - before
