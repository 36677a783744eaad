"""Questions to a database that an operator asks before and after a change: `manage.py checkdb`."""

import statistics
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings as configuration
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from brainlog.database.errors import MISSING_PRIVILEGE, error_code
from brainlog.database.postgresql.base import response_timeout
from brainlog.database.sqlite3.files import not_writable, readable_by_others
from brainlog.database.urls import is_local
from operations.backups.progress import megabytes
from operations.database import integrity, privileges, server_health, stored_texts
from operations.database.schema import ERROR, OK, WARNING, applied_migrations, expected_tables, problems

ROUND_TRIPS = 5
MOST_LAG = 5  # seconds: about as long as a person's pages stay with the primary after a save

LOOKS_AT_LAG = 10
# Backups are made every night; one may fail.
OLDEST_BACKUP = timedelta(days=2)

# A lock is waited for as long as a save may take, a statement as long as a report may; then it is said who holds it.
# In seconds, as is how long an answer of a server is waited for that says nothing at all.
LONGEST_WAIT, LONGEST_STATEMENT, PATIENCE = 3, 30, 40
LOCK_NOT_AVAILABLE, STATEMENT_TIMEOUT = "55P03", "57014"


@dataclass(frozen=True)
class Check:
    """What was found out. `status` is OK, WARNING or ERROR."""

    database: str
    name: str
    status: str
    text: str

    def __str__(self):
        return f"{self.status:8}{self.database}: {self.name}: {self.text}"


def inspect(configured: BaseDatabaseWrapper) -> Iterator[Check]:
    """Yield what there is to say about one of DATABASES, over connections of its own."""
    connection = unpooled(configured)
    questions = POSTGRESQL_QUESTIONS if connection.vendor == "postgresql" else SQLITE_QUESTIONS
    limit = response_timeout.set(PATIENCE)
    try:
        for name, question in questions.items():
            try:
                with bounded(connection) if question in ABOUT_TABLES else nullcontext():
                    findings = list(question(connection))
            except DatabaseError as error:
                findings = [(ERROR, text) for text in words_for(connection, error)]
            except ImproperlyConfigured as error:
                findings = [(ERROR, str(error))]
            for status, text in findings:
                yield Check(connection.alias, name, status, text)
            if connection.connection is None or not connection.is_usable():
                return  # It is gone, and has said so.
    finally:
        response_timeout.reset(limit)
        connection.close()


@contextmanager
def bounded(connection) -> Iterator[None]:
    """Ask within a transaction whose statements are given up after a while. Holds behind a pooler, too."""
    if connection.vendor != "postgresql":
        yield  # A locked file is waited for as long as the timeout in its OPTIONS.
        return
    # A transaction of the driver's: this connection may be none that Django knows by name.
    with connection.connection.transaction():
        rows(
            connection,
            "SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true)",
            *(f"{LONGEST_WAIT}s", f"{LONGEST_STATEMENT}s"),
        )
        yield


def words_for(connection, error: DatabaseError) -> Iterator[str]:
    """What kept a question from being answered."""
    code = error_code(error)
    if code == MISSING_PRIVILEGE:
        yield f"cannot be asked: {reason(error)}; the line about privileges names the remedy"
    elif code in {LOCK_NOT_AVAILABLE, STATEMENT_TIMEOUT}:
        try:
            with bounded(connection):
                holders = lock_holders(connection)
        except DatabaseError:
            holders = []  # The reason below is the first one.
        yield from holders
        if not holders:
            yield f"no answer in time: {reason(error)}"
    else:
        yield reason(error)


def lock_holders(connection) -> list[str]:
    """Who keeps tables from being read: the holder of an exclusive lock, or one who waits for it, and for whom."""
    found = rows(
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


def unpooled(configured: BaseDatabaseWrapper) -> BaseDatabaseWrapper:
    """A connection to the same database that has not been used before."""
    fresh = configured.copy()
    fresh.settings_dict["OPTIONS"].pop("pool", None)
    return fresh


def reason(error: Exception) -> str:
    """The first line of what the driver says, which names no password."""
    return str(error).strip().partition("\n")[0] or type(error).__name__


def rows(connection, sql: str, *parameters) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


# ── Both databases ───────────────────────────────────────────────────────────────────────────────


def connected(connection):
    connection.ensure_connection()
    took = []
    for _ in range(ROUND_TRIPS):
        start = time.monotonic()
        rows(connection, "SELECT 1")
        took.append(time.monotonic() - start)
    yield OK, f"a round trip takes {statistics.median(took) * 1000:.1f} ms (median of {ROUND_TRIPS})"


def migrations(connection):
    loader, applied = MigrationLoader(None), applied_migrations(connection)
    missing = [f"{app}.{name}" for app, name in loader.graph.nodes if (app, name) not in applied]
    # Of apps that are not installed, nobody can say whether a migration is missing in the code.
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


def schema(connection):
    found = list(problems(connection))
    if connection.vendor == "postgresql":
        found += integrity.problems(connection, expected_tables(connection))
    yield from found
    if all(status == OK for status, _ in found):
        yield OK, "every table, column, constraint and index of the applied migrations is there and valid"


def texts(connection):
    """Of one way to the rows: they are the same."""
    if connection.alias == "default":
        applied = applied_migrations(connection)
        unmigrated = {app for app, name in MigrationLoader(None).disk_migrations if (app, name) not in applied}
        yield from stored_texts.problems(connection, unmigrated)


def backup(connection):
    """How old the newest good backup is, where this configuration says that there should be any."""
    if not configuration.BACKUP_TO or connection.alias != "default" or not has_table(connection, "operations_backup"):
        return
    found = rows(connection, "SELECT made_at, size FROM operations_backup ORDER BY made_at DESC LIMIT 1")
    if not found:
        yield WARNING, "none of this database is recorded: run manage.py backup"
        return
    [(made_at, size)] = found
    [(verified_at,)] = rows(connection, "SELECT max(verified_at) FROM operations_backup")
    age = timezone.now() - instant(made_at)
    text = f"the newest is of {instant(made_at):%Y-%m-%d %H:%M} UTC, {megabytes(size)}"
    text += f"; last verified {instant(verified_at):%Y-%m-%d}" if verified_at else "; none is recorded as verified"
    if age > OLDEST_BACKUP:
        yield WARNING, f"no backup for {age.days} days: {text}"
    else:
        yield OK, text


def has_table(connection, table: str) -> bool:
    with connection.cursor() as cursor:
        return table in connection.introspection.table_names(cursor)


def instant(value) -> datetime:
    """A time as a driver gives it: SQLite's has no time zone, and may be a text."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


# ── SQLite ───────────────────────────────────────────────────────────────────────────────────────


def sqlite_version(connection):
    yield OK, f"SQLite {connection.Database.sqlite_version}, file {connection.settings_dict['NAME']}"
    [(mode,)] = rows(connection, "PRAGMA journal_mode")
    if mode == "wal":
        yield OK, "journal_mode wal: readers go on while somebody writes"
    else:
        yield WARNING, f"journal_mode {mode}: readers and writers wait for each other"


def sqlite_files(connection):
    for path in readable_by_others(connection.settings_dict["NAME"]):
        yield WARNING, f"{path.name} can be read by others on this machine: as its owner, chmod 600 {path}"
    for path in not_writable(connection.settings_dict["NAME"]):
        yield ERROR, f"{path.name} cannot be written by this process: chmod u+w {path}, if it is this user's"


def sqlite_integrity(connection):
    # Takes the lock that a save takes, and gives it back.
    rows(connection, "BEGIN IMMEDIATE")
    rows(connection, "ROLLBACK")
    damage = [text for (text,) in rows(connection, "PRAGMA quick_check") if text != "ok"]
    if damage:
        yield ERROR, f"the file is damaged: {damage[0]}; restore a backup"
    orphans = {table for table, *_ in rows(connection, "PRAGMA foreign_key_check")}
    for table in sorted(orphans):
        yield ERROR, f"{table} has rows that belong to nothing (PRAGMA foreign_key_check)"
    if not damage and not orphans:
        yield OK, "quick_check and foreign_key_check find nothing"


# ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────────

# Value that endangers data or saves, and what happens with it.
DANGERS = {
    ("fsync", "off"): "a power cut can destroy the database",
    ("full_page_writes", "off"): "a power cut can destroy the database",
    ("synchronous_commit", "off"): "a crash loses the newest saves, though people were told that they are saved",
    ("zero_damaged_pages", "on"): "damaged rows disappear without a word",
    ("default_transaction_read_only", "on"): "nothing can be saved",
}
TOLD = [
    *("max_connections", "shared_buffers", "statement_timeout", "idle_in_transaction_session_timeout", "TimeZone"),
    *("server_encoding", "fsync", "synchronous_commit", "full_page_writes", "wal_level", "data_checksums"),
]


def settings(connection):
    names = {*TOLD, *(name for name, _ in DANGERS)}
    found = dict(rows(connection, "SELECT name, current_setting(name) FROM pg_settings WHERE name = ANY(%s)", [*names]))
    [(version,)] = rows(connection, "SELECT current_setting('server_version')")
    yield OK, f"PostgreSQL {version}: " + ", ".join(f"{name} {found[name]}" for name in TOLD if name in found)
    # Neon's servers keep nothing themselves: their log goes to several storage servers before a commit returns.
    kept_elsewhere = {"fsync", "full_page_writes"} if connection.connection.info.host.endswith(".neon.tech") else set()
    for (name, value), consequence in DANGERS.items():
        if found.get(name) == value and name not in kept_elsewhere:
            yield WARNING, f"{name} is {value}: {consequence}"
    if found["server_encoding"] != "UTF8":
        yield ERROR, f"server_encoding is {found['server_encoding']}: not everything people write can be stored"


def tls(connection):
    wire = connection.connection.pgconn
    host = wire.host.decode()
    if wire.ssl_in_use:
        # Behind a pooler this is about the pooler's own connection; ours is encrypted in any case.
        [(version, cipher)] = rows(connection, "SELECT version, cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        mode = connection.settings_dict["OPTIONS"].get("sslmode", "prefer")
        is_verified = mode.startswith("verify-")
        text = f"in use, {version} {cipher}" if version else "in use as far as the pooler"
        yield OK, f"{text}; sslmode {mode} {'checks' if is_verified else 'does not check'} who answers"
    elif is_local(host):
        yield OK, "not in use; the server is on this machine"
    elif connection.settings_dict.get("ALLOWS_CLEARTEXT"):
        yield WARNING, f"not in use: answers travel readable to {host}, as allow_cleartext=true in the URL accepts"
    else:
        yield WARNING, f"not in use: passwords and answers travel readable to {host}; add sslmode=require to the URL"


def pooling(connection):
    """Who answers is compared with who greeted, and with who answers another connection of ours."""
    is_configured = connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS", False)
    greeted = connection.connection.pgconn.backend_pid
    [(answers,)] = rows(connection, "SELECT pg_backend_pid()")
    other = connection.copy()
    try:
        [(answers_other,)] = rows(other, "SELECT pg_backend_pid()")
    finally:
        other.close()
    if answers == answers_other:
        yield OK, "through a transaction pooler: two of our connections were answered by one of the server's"
        if connection.alias == "direct":
            yield ERROR, "DIRECT_DATABASE_URL leads to a transaction pooler: migrate and backup need the server itself"
        elif not is_configured:
            yield ERROR, "the URL does not say that this is a transaction pooler: add pgbouncer=true"
    elif greeted != answers:
        yield OK, "through a pooler or proxy: another process answers than the one that greeted us"
    else:
        yield (
            OK,
            "direct: the process that greeted us answers"
            + (", though the URL says pgbouncer=true" if is_configured else ""),
        )


def hosts(connection):
    """Each host of a URL with several: after a failover the next one has to be there, and no two may take saves."""
    host, port = connection.settings_dict["HOST"], str(connection.settings_dict["PORT"])
    names = host.split(",")
    if len(names) == 1:
        return
    ports = port.split(",") if "," in port else [port] * len(names)
    primaries = []
    for name, number in zip(names, ports, strict=True):
        place = f"[{name}]:{number or 5432}" if ":" in name else f"{name}:{number or 5432}"
        with closing(connection.copy()) as one:
            one.settings_dict |= {"HOST": name, "PORT": number}
            one.settings_dict["OPTIONS"] = one.settings_dict["OPTIONS"] | {"target_session_attrs": "any"}
            try:
                [(is_replica,)] = rows(one, "SELECT pg_is_in_recovery()")
            except DatabaseError as error:
                yield WARNING, f"{place} does not answer, so a failover would not find it: {reason(error)}"
                continue
        yield OK, f"{place} answers, and is {'a replica' if is_replica else 'a primary'}"
        primaries += [] if is_replica else [place]
    if len(primaries) > 1:
        yield ERROR, f"{' and '.join(primaries)} both take saves, and rows part ways: stop the one that was replaced"


def server_figures(connection):
    """Troubles of the server that grow unseen. What this role is not shown is left out."""
    figures, unknown = {}, []
    for name, question in server_health.QUESTIONS.items():
        try:
            with bounded(connection), connection.cursor() as cursor:
                cursor.execute(question)
                figures |= dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))
        except DatabaseError as error:
            unknown.append(f"{name} ({reason(error)})")
    found = list(server_health.troubles(figures))
    yield from found
    if not found:
        yield OK, "archiving, replication slots, replicas, transactions and transaction ids are as they should be"
    if unknown:
        yield OK, f"not known here: {', '.join(unknown)}"


def replication(connection):
    [(is_replica,)] = rows(connection, "SELECT pg_is_in_recovery()")
    if not is_replica:
        yield (WARNING, "is a primary: was it promoted?") if connection.alias == "replica" else (OK, "is the primary")
        return
    if connection.alias != "replica":
        yield ERROR, "is a replica, or still recovering: nothing can be saved here"
    for _ in range(LOOKS_AT_LAG):
        [(lag, is_receiving)] = rows(
            connection,
            """SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
                      ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END,
                      EXISTS (SELECT FROM pg_stat_wal_receiver)""",
        )
        if not is_receiving or (lag is not None and lag <= MOST_LAG):
            break
        # Where nobody had saved for an hour, what has just arrived looks an hour late.
        time.sleep(0.1)
    if not is_receiving:
        yield WARNING, "is a replica that receives nothing from its primary: what it shows grows old"
    elif lag is None or lag > MOST_LAG:
        yield WARNING, f"is a replica, {'an unknown time' if lag is None else f'{lag:.0f} s'} behind its primary"
    else:
        yield OK, f"is a replica, {lag:.1f} s behind its primary"


SQLITE_QUESTIONS = {
    "connection": connected,
    "server": sqlite_version,
    "files": sqlite_files,
    "integrity": sqlite_integrity,
    "migrations": migrations,
    "schema": schema,
    "texts": texts,
    "backup": backup,
}
POSTGRESQL_QUESTIONS = {
    "connection": connected,
    "server": settings,
    "tls": tls,
    "hosts": hosts,
    "pooling": pooling,
    "replication": replication,
    "health": server_figures,
    "privileges": privileges.problems,
    "migrations": migrations,
    "schema": schema,
    "texts": texts,
    "backup": backup,
}
# What may meet a lock. The others compare connections and times, which a transaction would hold still.
ABOUT_TABLES = {privileges.problems, migrations, schema, texts, backup}
