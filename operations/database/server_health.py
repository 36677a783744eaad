"""What a PostgreSQL server says of troubles that grow unseen until it stops: for checkdb, dbreport and /metrics.

Each question is one row of numbers, cheap, and known by its name. A role that is no member of pg_monitor is not shown
other roles' transactions, nor how far replicas are: such numbers are NULL, and left out.
"""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from operations.database.schema import ERROR, WARNING

MEGABYTE, GIGABYTE = 1024**2, 1024**3
MINUTE, HOUR = 60, 3600

# ── From where on it is said ──────────────────────────────────────────────────────────────────

# max_wal_size is 1 GB unless set: a server keeps as much by itself, so only more is a slot's doing.
MOST_WAL_KEPT = GIGABYTE
# Four segments. A replica that restarts comes back before as many are written; less is no sign of trouble.
MOST_WAL_OF_IDLE_SLOT = 64 * MEGABYTE
# What a failover would lose: a minute of saves, or sixteen segments of a bulk load.
MOST_REPLICA_SECONDS, MOST_REPLICA_BYTES = MINUTE, 256 * MEGABYTE
# Autovacuum freezes from 200 million on (autovacuum_freeze_max_age), so twice that means that it does not get through.
# The server takes no more transactions at some 2.1 billion; at 1.5 billion there are days left at most.
OLD_TRANSACTION_ID, DANGEROUS_TRANSACTION_ID = 400_000_000, 1_500_000_000
# A dump of a large database takes less. Vacuum cleans nothing that is newer than the oldest transaction.
LONGEST_TRANSACTION = HOUR
# A request takes seconds. What is idle for five minutes was forgotten, in psql or by a process that hangs.
LONGEST_IDLE = 5 * MINUTE
# Brain Log prepares no transactions, and one that is left behind holds its locks through restarts.
OLDEST_PREPARED = 5 * MINUTE

# ── Questions ─────────────────────────────────────────────────────────────────────────────────

QUESTIONS = {
    # Failing: the last try failed. archive_mode on without a command waits for one, which is as bad.
    "archiver": """
        SELECT (current_setting('archive_mode') <> 'off' AND NOT pg_is_in_recovery()
                AND coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false))::int
                   AS archiving_failed
          FROM pg_stat_archiver""",
    "slots": """
        SELECT count(*) FILTER (WHERE NOT active)::int AS inactive_slots,
               count(*) FILTER (WHERE wal_status = 'lost')::int AS lost_slots,
               coalesce(max(kept) FILTER (WHERE NOT active), 0)::bigint AS inactive_slot_bytes,
               coalesce(max(kept), 0)::bigint AS slot_bytes
          FROM (SELECT active, wal_status,
                       pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                                            ELSE pg_current_wal_lsn() END, restart_lsn) AS kept
                  FROM pg_replication_slots WHERE NOT temporary) AS slots""",
    "replicas": """
        SELECT max(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                                        ELSE pg_current_wal_lsn() END, replay_lsn))::bigint AS replica_lag_bytes,
               max(extract(epoch FROM replay_lag))::float8 AS replica_lag_seconds
          FROM pg_stat_replication WHERE state <> 'backup'""",
    # Of all databases: the oldest one stops the whole server.
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


def troubles(figures: dict) -> Iterator[tuple[str, str]]:
    """Yield (WARNING or ERROR, sentence) for every number that is beyond its limit. What is not known is left out."""

    def beyond(name: str, limit: float) -> bool:
        return (figures.get(name) or 0) > limit

    def in_megabytes(name: str) -> str:
        return f"{figures[name] / MEGABYTE:,.0f} MB"

    if figures.get("archiving_failed"):
        yield (
            ERROR,
            _(
                "archive_command fails: the log piles up on the server's disk, and recovery to a moment ends here. "
                "Look at pg_stat_archiver and the server's log"
            ),
        )
    if figures.get("lost_slots"):
        yield ERROR, _("a replication slot is lost: its replica has to be made anew (pg_replication_slots)")
    if beyond("inactive_slot_bytes", MOST_WAL_OF_IDLE_SLOT):
        yield (
            WARNING,
            _(
                "a replication slot that nothing reads keeps %(size)s of log on the server's disk: let its replica "
                "come back, or SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active"
            )
            % {"size": in_megabytes("inactive_slot_bytes")},
        )
    elif beyond("slot_bytes", MOST_WAL_KEPT):
        yield (
            WARNING,
            _("a replication slot keeps %(size)s of log on the server's disk: its replica does not keep up")
            % {"size": in_megabytes("slot_bytes")},
        )
    if beyond("replica_lag_bytes", MOST_REPLICA_BYTES) or beyond("replica_lag_seconds", MOST_REPLICA_SECONDS):
        yield (
            WARNING,
            _("a replica is %(seconds).0f s and %(bytes).0f MB behind: a failover would lose as much")
            % {
                "seconds": figures.get("replica_lag_seconds") or 0,
                "bytes": (figures.get("replica_lag_bytes") or 0) / MEGABYTE,
            },
        )
    for name in ("transaction_id_age", "multixact_age"):
        if beyond(name, OLD_TRANSACTION_ID):
            yield (
                ERROR if beyond(name, DANGEROUS_TRANSACTION_ID) else WARNING,
                _(
                    "%(name)s is %(millions).0f million, and at 2,100 million the server takes no saves: "
                    "end what holds vacuum up (old transactions, slots, prepared transactions), then VACUUM (FREEZE)"
                )
                % {"name": name, "millions": figures[name] / 1_000_000},
            )
    if beyond("oldest_transaction_seconds", LONGEST_TRANSACTION):
        yield (
            WARNING,
            _("a transaction is open for %(minutes).0f minutes, and vacuum cleans nothing newer (dbreport names it)")
            % {"minutes": figures["oldest_transaction_seconds"] / MINUTE},
        )
    if beyond("idle_in_transaction_seconds", LONGEST_IDLE):
        yield (
            WARNING,
            _(
                "a transaction is idle for %(minutes).0f minutes and holds its locks: dbreport names its process, "
                "SELECT pg_terminate_backend(pid) ends it"
            )
            % {"minutes": figures["idle_in_transaction_seconds"] / MINUTE},
        )
    if beyond("oldest_prepared_seconds", OLDEST_PREPARED):
        yield (
            WARNING,
            _(
                "there are %(count)d prepared transactions, which Brain Log does not make, and they hold locks: "
                "ROLLBACK PREPARED the gid in pg_prepared_xacts"
            )
            % {"count": figures["prepared_transactions"]},
        )
