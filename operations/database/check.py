"""Checks of the configured databases before and after a change: `manage.py checkdb`."""

import statistics
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from psycopg.errors import LockNotAvailable, QueryCanceled

from brainlog.database.connections import separate_connection, time_limits
from brainlog.database.errors import MISSING_PRIVILEGE, error_code
from brainlog.database.postgresql.base import response_timeout
from operations.backups.progress import megabytes
from operations.database import check_postgresql, check_sqlite, integrity, privileges, schema, stored_texts
from operations.database.applied_migrations import applied_migrations
from operations.database.findings import ERROR, OK, WARNING
from operations.database.queries import fetch_rows, first_line
from reminders.models import SenderState
from support.models import HelpLine

ROUND_TRIPS = 5
# Backups are made every night; one may fail.
MAX_BACKUP_AGE = timedelta(days=2)
START_SENDER = "run manage.py work, or manage.py send_reminders each minute"
# Most computations take seconds, one after the other.
LONGEST_WAIT = timedelta(minutes=10)

# Seconds. A lock is waited for as long as a save may take, a statement runs as long as a report may, and a server that
# is connected and silent gets a little longer.
LOCK_TIMEOUT, STATEMENT_TIMEOUT, RESPONSE_TIMEOUT = 3, 30, 40
TIMEOUTS = {LockNotAvailable.sqlstate, QueryCanceled.sqlstate}


@dataclass(frozen=True)
class CheckResult:
    """One finding of a check. `status` is OK, WARNING or ERROR."""

    database: str
    name: str
    status: str
    text: str

    def __str__(self):
        return f"{self.status:8}{self.database}: {self.name}: {self.text}"


def check_database(configured: BaseDatabaseWrapper) -> Iterator[CheckResult]:
    """Run all checks of one configured database over separate connections."""
    checks = POSTGRESQL_CHECKS if configured.vendor == "postgresql" else SQLITE_CHECKS
    limit = response_timeout.set(RESPONSE_TIMEOUT)
    try:
        with separate_connection(configured) as connection:
            for name, check in checks.items():
                for status, text in findings_of(check, connection):
                    yield CheckResult(connection.alias, name, status, text)
                if connection.connection is None or not connection.is_usable():
                    return  # The connection is lost, which the last finding says.
    finally:
        response_timeout.reset(limit)


def findings_of(check, connection) -> list[tuple[str, str]]:
    """The findings of one check; if it fails, the reason as errors."""
    try:
        with limits(connection) if check in READS_TABLES else nullcontext():
            return list(check(connection))
    except DatabaseError as error:
        return [(ERROR, text) for text in failure_texts(connection, error)]
    except ImproperlyConfigured as error:
        return [(ERROR, str(error))]


def limits(connection):
    """Time limits for a check that reads tables. SQLite waits for a locked file as long as its OPTIONS say."""
    return time_limits(connection, statement=STATEMENT_TIMEOUT, lock=LOCK_TIMEOUT)


def failure_texts(connection, error: DatabaseError) -> Iterator[str]:
    """Why a check failed: a missing privilege, the holders of locks, or the driver's message."""
    code = error_code(error)
    if code == MISSING_PRIVILEGE:
        yield f"cannot be checked: {first_line(error)}; the line about privileges names the remedy"
    elif code in TIMEOUTS:
        try:
            with limits(connection):
                holders = lock_holders(connection)
        except DatabaseError:
            holders = []  # The first error is the one to report.
        yield from holders
        if not holders:
            yield f"no answer in time: {first_line(error)}"
    else:
        yield first_line(error)


def lock_holders(connection) -> list[str]:
    """The processes that keep tables from being read: they hold an exclusive lock, or wait for one and block others."""
    found = fetch_rows(
        connection,
        """SELECT l.relation::regclass::text, l.granted, l.pid, a.application_name, a.state,
                  extract(epoch FROM clock_timestamp() - a.xact_start)::int, pg_blocking_pids(l.pid)
           FROM pg_locks l JOIN pg_stat_activity a USING (pid) JOIN pg_class c ON c.oid = l.relation
           WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.pid <> pg_backend_pid()
             AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
             AND c.relkind IN ('r', 'p') AND c.relnamespace = ANY(current_schemas(false)::regnamespace[])
           ORDER BY l.granted DESC, 1""",
    )
    return [
        f"{table} cannot be read: process {pid} ({application or 'no name'}{', ' + state if state else ''}, "
        f"{'since an unknown time' if seconds is None else f'open for {seconds} s'}) "
        + ("holds it locked" if is_granted else f"waits to lock it, behind process {', '.join(map(str, blockers))}")
        + f"; SELECT pg_terminate_backend({pid if is_granted or not blockers else blockers[0]}) ends it"
        for table, is_granted, pid, application, state, seconds, blockers in found
    ]


# ── Checks of both databases ──────────────────────────────────────────────────────────────────


def check_connection(connection):
    connection.ensure_connection()
    durations = []
    for _ in range(ROUND_TRIPS):
        start = time.monotonic()
        fetch_rows(connection, "SELECT 1")
        durations.append(time.monotonic() - start)
    yield OK, f"a round trip takes {statistics.median(durations) * 1000:.1f} ms (median of {ROUND_TRIPS})"


def check_migrations(connection):
    loader, applied = MigrationLoader(None), applied_migrations(connection)
    missing = [f"{app}.{name}" for app, name in loader.graph.nodes if (app, name) not in applied]
    # Migrations of apps that are not installed cannot be compared: this code does not know them.
    unknown = [
        f"{app}.{name}"
        for app, name in applied
        if app in loader.migrated_apps and (app, name) not in loader.disk_migrations
    ]
    if missing:
        yield ERROR, f"not applied: {', '.join(sorted(missing))}; run manage.py migrate"
    if unknown:
        yield WARNING, f"applied, but unknown to this code: {', '.join(sorted(unknown))}; is it an older release?"
    if not missing and not unknown:
        yield OK, f"all {len(loader.graph.nodes)} are applied"


def check_schema(connection):
    found = list(schema.problems(connection))
    if connection.vendor == "postgresql":
        found += integrity.problems(connection, schema.expected_tables(connection))
    yield from found
    if all(status == OK for status, _ in found):
        yield OK, "every table, column, constraint and index of the applied migrations exists and is valid"


def check_texts(connection):
    """Check the texts of one alias only: the other URLs lead to the same rows."""
    if connection.alias == "default":
        applied = applied_migrations(connection)
        unmigrated = {app for app, name in MigrationLoader(None).disk_migrations if (app, name) not in applied}
        yield from stored_texts.problems(connection, unmigrated)


def check_backup(connection):
    """Check the age of the newest backup, if BACKUP_TO is configured."""
    if not settings.BACKUP_TO or connection.alias != "default" or not has_table(connection, "operations_backup"):
        return
    newest = fetch_rows(connection, "SELECT made_at, size FROM operations_backup ORDER BY made_at DESC LIMIT 1")
    if not newest:
        yield WARNING, "none of this database is recorded: run manage.py backup"
        return
    [(made_at, size)] = newest
    [(verified_at,)] = fetch_rows(connection, "SELECT max(verified_at) FROM operations_backup")
    age = timezone.now() - as_utc(made_at)
    text = f"the newest is of {as_utc(made_at):%Y-%m-%d %H:%M} UTC, {megabytes(size)}"
    text += f"; last verified {as_utc(verified_at):%Y-%m-%d}" if verified_at else "; none is recorded as verified"
    if age > MAX_BACKUP_AGE:
        yield WARNING, f"no backup for {age.days} days: {text}"
    else:
        yield OK, text


def check_reminders(connection):
    """Whether a sender runs, where there are people to remind. Without one, nothing fails: reminders just stay out."""
    if not has_table(connection, "reminders_senderstate"):
        return  # The check of migrations reports it.
    plans = """FROM reminders_plan WHERE next_at IS NOT NULL
               AND EXISTS (SELECT 1 FROM reminders_channel WHERE user_id = reminders_plan.user_id)"""
    if not fetch_rows(connection, f"SELECT 1 {plans} LIMIT 1"):  # noqa: S608 (a text of ours)
        yield OK, "no one is to be reminded"
        return
    [(seen_at,)] = fetch_rows(connection, "SELECT max(seen_at) FROM reminders_senderstate")
    if seen_at is None:
        yield WARNING, f"reminders are switched on, and none was ever sent: {START_SENDER}"
    elif (silent_for := timezone.now() - as_utc(seen_at)) > SenderState.SILENT_AFTER:
        minutes = int(silent_for.total_seconds() // 60)
        yield WARNING, f"reminders are switched on, and no process has sent any for {minutes} minutes: {START_SENDER}"
    else:
        yield OK, "a process that sends them runs"


def check_computations(connection):
    """Whether a process computes what was asked for. Pages show older findings meanwhile, or that they wait."""
    if not has_table(connection, "insights_computation"):
        return  # The check of migrations reports it.
    now = timezone.now()
    # One whose process was lost waits since then. Nothing is computed for deactivated accounts.
    waiting = """SELECT count(*), min(coalesce(lease_until, requested_at)) FROM insights_computation
                 JOIN accounts_user ON accounts_user.id = user_id
                 WHERE is_active AND (state = 'queued' OR state = 'running' AND lease_until <= %s)"""
    [(number, oldest)] = fetch_rows(connection, waiting, connection.ops.adapt_datetimefield_value(now))
    [(failed,)] = fetch_rows(connection, "SELECT count(*) FROM insights_computation WHERE state = 'failed'")
    waits_for = now - as_utc(oldest) if number else timedelta()
    if waits_for > LONGEST_WAIT:
        minutes = int(waits_for.total_seconds() // 60)
        yield WARNING, f"{number} wait, the oldest for {minutes} minutes: run manage.py work, or see its log"
    if failed:
        yield WARNING, f"{failed} failed, see the log; they are tried again when their people ask or save answers"
    if waits_for <= LONGEST_WAIT and not failed:
        yield OK, "none failed, and none waits for long"


def check_help_lines(connection):
    """Whether all help lines were checked lately: support/checks.py."""
    if not has_table(connection, "support_helpline"):
        return  # The check of migrations reports it.
    days, now = HelpLine.CHECKED_EVERY.days, timezone.now()
    oldest = now.date() - HelpLine.CHECKED_EVERY
    unchecked = (
        "SELECT name, country FROM support_helpline WHERE checked_on < %s OR checked_on IS NULL ORDER BY country, id"
    )
    names = ", ".join(f"{name} ({country})" for name, country in fetch_rows(connection, unchecked, oldest))
    if names:
        yield WARNING, f"not checked for {days} days, see the admin: {names}"
    else:
        yield OK, f"all were checked in the last {days} days"


def has_table(connection, table: str) -> bool:
    with connection.cursor() as cursor:
        return table in connection.introspection.table_names(cursor)


def as_utc(value) -> datetime:
    """A driver's timestamp in UTC. SQLite's has no time zone, and may be a text."""
    timestamp = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return timestamp.astimezone(UTC) if timestamp.tzinfo else timestamp.replace(tzinfo=UTC)


SQLITE_CHECKS = {
    "connection": check_connection,
    **check_sqlite.CHECKS,
    "migrations": check_migrations,
    "schema": check_schema,
    "texts": check_texts,
    "backup": check_backup,
    "reminders": check_reminders,
    "computations": check_computations,
    "help-lines": check_help_lines,
}
POSTGRESQL_CHECKS = {
    "connection": check_connection,
    **check_postgresql.CHECKS,
    "privileges": privileges.problems,
    "migrations": check_migrations,
    "schema": check_schema,
    "texts": check_texts,
    "backup": check_backup,
    "reminders": check_reminders,
    "computations": check_computations,
    "help-lines": check_help_lines,
}
# These can meet a lock, so they run within time limits, in a transaction. The others compare connections and clocks,
# which do not change within a transaction.
READS_TABLES = {
    *(privileges.problems, check_migrations, check_schema, check_texts, check_backup),
    *(check_reminders, check_computations, check_help_lines),
}
