"""Measurements of problems that grow unnoticed until a PostgreSQL server stops: for checkdb, dbreport and /metrics.

Each query is cheap and returns one row of numbers. A role that is no member of pg_monitor sees neither other roles'
transactions nor the lag of replicas: such numbers are NULL, and left out.
"""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from operations.database.findings import ERROR, WARNING, Finding

MEGABYTE, GIGABYTE = 1024**2, 1024**3
MINUTE, HOUR = 60, 3600

# ── Limits ────────────────────────────────────────────────────────────────────────────────────

# max_wal_size is 1 GB unless set: a server keeps that much without any slot.
MAX_SLOT_WAL = GIGABYTE
# Four segments. A replica that restarts is back before that much is written.
MAX_INACTIVE_SLOT_WAL = 64 * MEGABYTE
# What a failover would lose: a minute of saves, or sixteen segments of a bulk load.
MAX_REPLICA_LAG_SECONDS, MAX_REPLICA_LAG_BYTES = MINUTE, 256 * MEGABYTE
# Autovacuum freezes from 200 million on (autovacuum_freeze_max_age), so twice that means that it does not keep up.
# The server refuses transactions at some 2.1 billion; at 1.5 billion there are days left at most.
OLD_TRANSACTION_ID, DANGEROUS_TRANSACTION_ID = 400_000_000, 1_500_000_000
# A dump of a large database takes less. Vacuum removes no row that was deleted after the oldest transaction began.
MAX_TRANSACTION_SECONDS = HOUR
# A request takes seconds. A transaction idle for five minutes was left open, in psql or by a process that hangs.
MAX_IDLE_SECONDS = 5 * MINUTE
# Brain Log prepares no transactions, and one that is left behind holds its locks through restarts.
MAX_PREPARED_SECONDS = 5 * MINUTE

# ── Queries ───────────────────────────────────────────────────────────────────────────────────

# The position of the log on a primary or a replica.
WAL_POSITION = "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END"

QUERIES = {
    # The last try failed. archive_mode on without an archive_command waits for one, which keeps the log as well.
    "archiver": """
        SELECT (current_setting('archive_mode') <> 'off' AND NOT pg_is_in_recovery()
                AND coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false))::int
                   AS archiving_failed
          FROM pg_stat_archiver""",
    "slots": f"""
        SELECT count(*) FILTER (WHERE NOT active)::int AS inactive_slots,
               count(*) FILTER (WHERE wal_status = 'lost')::int AS lost_slots,
               coalesce(max(kept) FILTER (WHERE NOT active), 0)::bigint AS inactive_slot_bytes,
               coalesce(max(kept), 0)::bigint AS slot_bytes
          FROM (SELECT active, wal_status,
                       pg_wal_lsn_diff({WAL_POSITION}, restart_lsn) AS kept
                  FROM pg_replication_slots WHERE NOT temporary) AS slots""",  # noqa: S608 (a text of ours)
    "replicas": f"""
        SELECT max(pg_wal_lsn_diff({WAL_POSITION}, replay_lsn))::bigint AS replica_lag_bytes,
               max(extract(epoch FROM replay_lag))::float8 AS replica_lag_seconds
          FROM pg_stat_replication WHERE state <> 'backup'""",  # noqa: S608 (a text of ours)
    # Of all databases: the oldest transaction id stops the whole server.
    "transaction_ids": """
        SELECT max(age(datfrozenxid))::bigint AS transaction_id_age, max(mxid_age(datminmxid))::bigint AS multixact_age
          FROM pg_database""",
    "transactions": """
        SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8
                   AS oldest_transaction_seconds,
               coalesce(max(extract(epoch FROM clock_timestamp() - state_change))
                        FILTER (WHERE state LIKE 'idle in transaction%'), 0)::float8 AS idle_in_transaction_seconds
          FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()""",
    "prepared": """
        SELECT count(*)::int AS prepared_transactions,
               coalesce(max(extract(epoch FROM clock_timestamp() - prepared)), 0)::float8 AS oldest_prepared_seconds
          FROM pg_prepared_xacts""",
}


def problems(measurements: dict) -> Iterator[Finding]:
    """Yield a WARNING or ERROR for each measurement beyond its limit. Unknown ones are left out."""

    def exceeds(name: str, limit: float) -> bool:
        return (measurements.get(name) or 0) > limit

    def in_megabytes(name: str) -> str:
        return f"{measurements[name] / MEGABYTE:,.0f} MB"

    if measurements.get("archiving_failed"):
        yield (
            ERROR,
            _(
                "archive_command fails: the log fills the server's disk, and point-in-time recovery ends here. "
                "Look at pg_stat_archiver and the server's log"
            ),
        )
    if measurements.get("lost_slots"):
        yield ERROR, _("a replication slot is lost: its replica must be rebuilt (pg_replication_slots)")
    if exceeds("inactive_slot_bytes", MAX_INACTIVE_SLOT_WAL):
        yield (
            WARNING,
            _(
                "a replication slot without a replica keeps %(size)s of log on the server's disk: start its replica, "
                "or SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active"
            )
            % {"size": in_megabytes("inactive_slot_bytes")},
        )
    elif exceeds("slot_bytes", MAX_SLOT_WAL):
        yield (
            WARNING,
            _("a replication slot keeps %(size)s of log on the server's disk: its replica does not keep up")
            % {"size": in_megabytes("slot_bytes")},
        )
    if exceeds("replica_lag_bytes", MAX_REPLICA_LAG_BYTES) or exceeds("replica_lag_seconds", MAX_REPLICA_LAG_SECONDS):
        yield (
            WARNING,
            _("a replica is %(seconds).0f s and %(bytes).0f MB behind: a failover would lose as much")
            % {
                "seconds": measurements.get("replica_lag_seconds") or 0,
                "bytes": (measurements.get("replica_lag_bytes") or 0) / MEGABYTE,
            },
        )
    for name in ("transaction_id_age", "multixact_age"):
        if exceeds(name, OLD_TRANSACTION_ID):
            yield (
                ERROR if exceeds(name, DANGEROUS_TRANSACTION_ID) else WARNING,
                _(
                    "%(name)s is %(millions).0f million, and at 2,100 million the server refuses writes: end what "
                    "holds vacuum back (old transactions, slots, prepared transactions), then VACUUM (FREEZE)"
                )
                % {"name": name, "millions": measurements[name] / 1_000_000},
            )
    if exceeds("oldest_transaction_seconds", MAX_TRANSACTION_SECONDS):
        yield (
            WARNING,
            _("a transaction is open for %(minutes).0f minutes, and vacuum removes no newer rows (dbreport lists it)")
            % {"minutes": measurements["oldest_transaction_seconds"] / MINUTE},
        )
    if exceeds("idle_in_transaction_seconds", MAX_IDLE_SECONDS):
        yield (
            WARNING,
            _(
                "a transaction is idle for %(minutes).0f minutes and holds its locks: dbreport lists its process, "
                "SELECT pg_terminate_backend(pid) ends it"
            )
            % {"minutes": measurements["idle_in_transaction_seconds"] / MINUTE},
        )
    if exceeds("oldest_prepared_seconds", MAX_PREPARED_SECONDS):
        yield (
            WARNING,
            _(
                "there are %(count)d prepared transactions, which Brain Log does not create, and they hold locks: "
                "ROLLBACK PREPARED the gid in pg_prepared_xacts"
            )
            % {"count": measurements["prepared_transactions"]},
        )
