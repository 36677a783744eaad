"""What a database says of itself: sizes, use, connections, waits, errors. Plain data, ready for JSON.

Sizes are in bytes, durations in seconds unless a name says `_ms`, ratios from 0 to 1. The text of
running queries is never read: it may hold somebody's answers.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, connections
from django.db.models import Max

from brainlog.database.connections import time_limits
from operations.database import server_health, stats_sqlite
from operations.models import Backup

# How many seconds one question may take; on a busy server, a report should not make things worse.
PATIENCE = 10

VITAL_SIGNS = """
SELECT pg_database_size(current_database()) AS size_bytes,
       (SELECT sum(numbackends)::int FROM pg_stat_database) AS connections,
       current_setting('max_connections')::int AS connections_limit
"""

DATABASE = """
SELECT current_database() AS name,
       pg_database_size(current_database()) AS bytes,
       current_setting('server_version') AS server_version,
       pg_postmaster_start_time() AS started_at,
       (SELECT sum(numbackends)::int FROM pg_stat_database) AS connections,
       current_setting('max_connections')::int AS connections_limit,
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
"""

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
    # What is unique is there to refuse rows, whether or not it is ever read.
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
    "slots": """
        SELECT slot_name AS slot, active, wal_status AS state,
               pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                                    ELSE pg_current_wal_lsn() END, restart_lsn)::bigint AS kept_bytes
          FROM pg_replication_slots
         ORDER BY kept_bytes DESC NULLS LAST""",
    "replicas": """
        SELECT coalesce(nullif(application_name, ''), '-') AS application, state, sync_state,
               pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                                    ELSE pg_current_wal_lsn() END, replay_lsn)::bigint AS behind_bytes,
               extract(epoch FROM replay_lag)::float8 AS behind
          FROM pg_stat_replication
         ORDER BY 1""",
}

# Constants are left out of these by PostgreSQL, but not out of every utility statement.
STATEMENTS = """
SELECT calls, total_exec_time AS total_ms, mean_exec_time AS mean_ms, max_exec_time AS max_ms, rows,
       left(regexp_replace(regexp_replace(query, '''([^'']|'''')*''', '''…''', 'g'), '\\s+', ' ', 'g'), 500) AS sql
  FROM {schema}.pg_stat_statements
 WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
   AND query ~* '^\\s*(select|insert|update|delete|with|merge)\\M'
 ORDER BY total_exec_time DESC
 LIMIT 10
"""


def gather(alias: str) -> dict:
    """All figures. What this server or this role does not give is named under `missing`, with the reason."""
    vendor = connections[alias].vendor
    found = gather_postgresql(alias) if vendor == "postgresql" else stats_sqlite.gather(connections[alias])
    found["backups"] = backups(alias)
    return json.loads(json.dumps({"vendor": vendor} | found, cls=DjangoJSONEncoder))


def gather_postgresql(alias: str) -> dict:
    with bounded_cursor(alias, PATIENCE) as cursor:
        found: dict = {"database": rows_of(cursor, DATABASE)[0], "pools": pools(), "missing": {}}
    for name, sql in LISTS.items():
        answer(found, alias, name, sql)
    found["troubles"] = [{"text": text} for _, text in server_health.troubles(watched_figures(alias, PATIENCE))]
    with bounded_cursor(alias, PATIENCE) as cursor:
        schema = rows_of(
            cursor,
            "SELECT quote_ident(nspname) AS name FROM pg_extension "
            "JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'pg_stat_statements'",
        )
    if schema:
        answer(found, alias, "statements", STATEMENTS.format(schema=schema[0]["name"]))
    else:
        found |= {"statements": []}
        found["missing"]["statements"] = "not installed"
    return found


def answer(found: dict, alias: str, name: str, sql: str):
    """Put the rows of a question into `found`, or the reason why there are none."""
    try:
        with bounded_cursor(alias, PATIENCE) as cursor:
            found[name] = rows_of(cursor, sql)
    except DatabaseError as error:
        found[name] = []
        found["missing"][name] = type(error.__cause__).__name__


def vital_signs(alias: str, seconds: float) -> dict[str, int]:
    """The few figures that are asked for again and again."""
    if connections[alias].vendor == "sqlite":
        return stats_sqlite.vital_signs(connections[alias])
    with bounded_cursor(alias, seconds) as cursor:
        return rows_of(cursor, VITAL_SIGNS)[0]


def watched_figures(alias: str, seconds: float) -> dict:
    """The measurements of server_health, and how many of its queries failed. Each is independent of the others."""
    if connections[alias].vendor == "sqlite":
        return {}
    found: dict = {"unanswered_questions": 0}
    for question in server_health.QUESTIONS.values():
        try:
            with bounded_cursor(alias, seconds) as cursor:
                found |= rows_of(cursor, question)[0]
        except DatabaseError:
            found["unanswered_questions"] += 1
    return found


BACKUPS_SHOWN = 5


def backups(alias: str) -> list[dict]:
    """The newest good backups."""
    newest = Backup.objects.using(alias).values("archive", "made_at", "size", "verified_at")[:BACKUPS_SHOWN]
    return [{"bytes": row.pop("size")} | row for row in newest]


def backup_signs(alias: str, seconds: float) -> dict[str, float]:
    """Of the newest good backup: its moment, its size; and when one was last verified. Empty before the first."""
    with time_limits(connections[alias], statement=seconds, lock=seconds):
        newest = Backup.objects.using(alias).first()
        verified_at = Backup.objects.using(alias).aggregate(verified_at=Max("verified_at"))["verified_at"]
    signs: dict[str, float] = {}
    if newest:
        signs |= {"backup_timestamp_seconds": newest.made_at.timestamp(), "backup_size_bytes": newest.size}
    if verified_at:
        signs["backup_verified_timestamp_seconds"] = verified_at.timestamp()
    return signs


@contextmanager
def bounded_cursor(alias: str, seconds: float) -> Iterator:
    """A cursor whose statements are cancelled after some seconds."""
    connection = connections[alias]
    with time_limits(connection, statement=seconds, lock=seconds), connection.cursor() as cursor:
        yield cursor


def rows_of(cursor, sql: str) -> list[dict]:
    cursor.execute(sql)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def pools() -> list[dict]:
    """The pools of this process, as they are configured and used."""
    found = []
    for connection in connections.all():
        options = connection.settings_dict["OPTIONS"].get("pool")
        if not options:
            continue
        stats = connection.pool.get_stats()
        size, available = stats.get("pool_size", 0), stats.get("pool_available", 0)
        row = {"database": connection.alias, "largest": connection.pool.max_size, "timeout": connection.pool.timeout}
        found.append(
            row | {"in_use": size - available, "available": available, "waiting": stats.get("requests_waiting", 0)}
        )
    return found


def unused_indexes(figures: dict) -> list[dict]:
    """The indexes that are only there to be read and never are."""
    return [row for row in figures.get("indexes", []) if row.get("scans") == 0 and not row["enforces"]]


def grown(figures: dict, before: dict | None) -> dict:
    """The figures, with how many bytes the database and each table have grown since the ones before."""
    then = {row["table"]: row["bytes"] for row in before["tables"]} if before else {}
    tables = [row | {"grown": difference(row["bytes"], then.get(row["table"]))} for row in figures["tables"]]
    size = before["database"]["bytes"] if before else None
    database = figures["database"] | {"grown": difference(figures["database"]["bytes"], size)}
    return figures | {"database": database, "tables": tables}


def difference(now: int | None, then: int | None) -> int | None:
    return None if now is None or then is None else now - then
