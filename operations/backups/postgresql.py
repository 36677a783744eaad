"""Backups of PostgreSQL with pg_dump, pg_restore and psql."""

import os
import re
import secrets
import shutil
import threading
from collections.abc import Callable, Container, Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from brainlog.database.connections import driver_connection
from operations.backups import BackupError
from operations.backups.engine import LOCK_TIMEOUT, Dump, Restore
from operations.backups.excluded_tables import EXCLUDED_TABLES
from operations.backups.manifest import Contents
from operations.backups.pipeline import Program, run_pipeline
from operations.backups.progress import LockWait, discard, lock_timeout_message

SUFFIX = "dump"
PROGRAMS = ("pg_dump", "pg_restore", "psql")

# libpq's connection parameters, with the environment variable of each.
ENVIRONMENT_VARIABLES = {
    option.keyword.decode(): option.envvar.decode() for option in pq.Conninfo.get_defaults() if option.envvar
}
# Parameters without a variable. None is secret, so they may appear on a command line.
WITHOUT_VARIABLE = {"keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"}

LOCK_NOT_AVAILABLE = "55P03"
# Seconds between two queries for the sessions that block ours.
POLL_INTERVAL = 0.5

# A description of a session. The server shows the state of other roles' sessions only to members of pg_read_all_stats.
SESSION = """
concat('pid ', a.pid, ', ', coalesce(nullif(a.application_name, ''), 'no application_name'), ' (', a.usename, '), ',
    coalesce(a.state || ' since ' || to_char(coalesce(a.xact_start, a.state_change) AT TIME ZONE 'UTC',
        'YYYY-MM-DD HH24:MI:SS "UTC"'), 'its state is not shown to this role'))
"""
OTHER_SESSIONS = f"""
SELECT {SESSION} FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.usename IS NOT NULL
    AND coalesce(a.backend_type, 'client backend') = 'client backend'
ORDER BY a.pid
"""  # noqa: S608 (constants of this module)
BLOCKING_SESSIONS = f"""
SELECT DISTINCT {SESSION} FROM pg_stat_activity ours, unnest(pg_blocking_pids(ours.pid)) AS of (pid)
JOIN pg_stat_activity a ON a.pid = of.pid
WHERE ours.application_name = %s AND a.application_name <> %s
"""  # noqa: S608 (constants of this module)

# Without tables of extensions, which CREATE EXTENSION makes again, and without partitions, whose rows are counted with
# the partitioned table.
TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
    AND oid NOT IN (SELECT objid FROM pg_depend WHERE classid = 'pg_class'::regclass AND deptype = 'e')
ORDER BY relname
"""

# Drops everything in the schema except what belongs to extensions. The schema itself stays, because the privileges of
# the site's role are granted on it.
EMPTY_PUBLIC = """
DO $$
DECLARE
    statement text;
BEGIN
    FOREACH statement IN ARRAY ARRAY(
        SELECT format('DROP %s IF EXISTS public.%I CASCADE', CASE relkind
            WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE'
            WHEN 'S' THEN 'SEQUENCE' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END, relname)
        FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')
            -- The sequence of an identity column ("i") is dropped with its table.
            AND oid NOT IN (SELECT objid FROM pg_depend WHERE classid = 'pg_class'::regclass AND deptype IN ('e', 'i'))
        UNION ALL
        SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', oid::regprocedure) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
            AND oid NOT IN (SELECT objid FROM pg_depend WHERE classid = 'pg_proc'::regclass AND deptype = 'e')
        UNION ALL
        SELECT format('DROP TYPE IF EXISTS public.%I CASCADE', typname) FROM pg_type
        WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
            AND oid NOT IN (SELECT objid FROM pg_depend WHERE classid = 'pg_type'::regclass AND deptype = 'e')
    )
    LOOP
        EXECUTE statement;
    END LOOP;
END
$$;
"""


def database_name(connection) -> str:
    """The name that a person types to confirm that the database may be replaced."""
    return connection.settings_dict["NAME"]


@contextmanager
def open_dump(connection, write: Callable[[str], None] = discard) -> Iterator[Dump]:
    """Yield a dump and the row counts of the same snapshot, while others may write."""
    with (
        report_blockers(connection_parameters(connection), "backup", LOCK_TIMEOUT, write) as parameters,
        open_session(parameters) as session,
        session.transaction(),
    ):
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        session.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}s'")
        [(snapshot,)] = session.execute("SELECT pg_export_snapshot()").fetchall()
        folder, version = find_programs(session)
        # The snapshot exists on this server only: with several hosts, pg_dump must connect to the same one.
        parameters = pin_host(session, parameters)
        command = [
            *dbname_argument(parameters),
            "--format=custom",
            "--schema=public",
            "--no-owner",
            "--no-privileges",
            "--no-password",
        ]
        command += [f"--snapshot={snapshot}", f"--lock-wait-timeout={LOCK_TIMEOUT}s"]
        command += [f"--exclude-table-data=public.{table}" for table in EXCLUDED_TABLES]
        yield Dump(
            read_contents(session, EXCLUDED_TABLES),
            None,
            [Program([str(folder / "pg_dump"), *command], environment_variables(parameters))],
            {"PostgreSQL": server_version(session), "pg_dump": version},
        )


def is_empty(connection) -> bool:
    with open_session(connection_parameters(connection)) as session:
        return not session.execute(TABLES).fetchall()


def other_users(connection) -> list[str]:
    """Descriptions of the other sessions that are connected to the database."""
    connection.close()
    with open_session(connection_parameters(connection)) as session:
        return [text for (text,) in session.execute(OTHER_SESSIONS).fetchall()]


def restore_to_scratch(connection, restoring: Restore, scratch_url: str | None) -> Contents:
    """Restore an archive into a temporary database, on this server or that of `scratch_url`. Returns its contents."""
    server = parse_url(scratch_url) if scratch_url else connection_parameters(connection)
    with scratch_database(server) as scratch:
        load(scratch, restoring)
        with open_session(scratch) as session:
            return read_contents(session)


def restore(connection, restoring: Restore) -> None:
    """Restore an archive in one transaction: if it fails, nothing has changed.

    With `replace`, everything in the database is dropped first, in the same transaction, which waits at most
    `lock_timeout` seconds for locks. PostgreSQL has no lock for a whole database, so `is_exclusive` has no
    effect: `other_users` is checked before.
    """
    parameters = connection_parameters(connection)
    prologue = f"SET LOCAL lock_timeout = '{restoring.lock_timeout:g}s';\n{EMPTY_PUBLIC}" if restoring.replace else ""
    with report_blockers(parameters, "restore", restoring.lock_timeout, restoring.write) as named:
        load(named, restoring, prologue.encode())
    with open_session(parameters) as session:
        # The planner has no statistics of new tables, which would make the first pages slow.
        session.execute("ANALYZE")


@contextmanager
def report_blockers(
    parameters: dict, command: str, lock_timeout: float, write: Callable[[str], None]
) -> Iterator[dict]:
    """Yield parameters whose sessions are watched: while they wait for a lock, report who holds it.

    If a lock timeout ends the block, raises BackupError with the sessions that held the lock.
    """
    name = f"{parameters.get('application_name', 'brainlog')[:32]} {command} {secrets.token_hex(4)}"
    done, blockers, waiting = threading.Event(), [], LockWait(write, float("inf"))

    def watch():
        # Without a connection for this thread, the wait is not reported, but still ends at its limit.
        with suppress(BackupError), open_session(parameters | {"application_name": "brainlog watch"}) as session:
            while not done.wait(POLL_INTERVAL):
                if found := [text for (text,) in session.execute(BLOCKING_SESSIONS, [name, name]).fetchall()]:
                    blockers[:] = found
                    waiting.update(found)
                else:
                    waiting.end()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield parameters | {"application_name": name}
    except BackupError as error:
        if LOCK_NOT_AVAILABLE in str(error) or isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
            blockers = blockers or ["a session that has ended meanwhile"]
            raise BackupError(lock_timeout_message(blockers, lock_timeout)) from error
        raise
    finally:
        done.set()
        watcher.join()


def load(parameters: dict, restoring: Restore, prologue: bytes = b"") -> None:
    """Run `prologue` and an archive's SQL in one transaction.

    pg_restore alone could neither empty the database in the same transaction nor leave out settings that an older
    server does not know. psql commits at the end of the script, which it never reaches with a truncated archive.
    """
    with open_session(parameters) as session:
        folder, _ = find_programs(session)
        known = {name for (name,) in session.execute("SELECT name FROM pg_settings").fetchall()}
        parameters = pin_host(session, parameters)
    environment = environment_variables(parameters)
    pg_restore = Program(
        [str(folder / "pg_restore"), "--schema=public", "--no-owner", "--no-privileges", "--file=-"], environment
    )
    psql = Program(
        [
            str(folder / "psql"),
            *dbname_argument(parameters),
            "--no-psqlrc",
            "--quiet",
            "--no-password",
            "--set=ON_ERROR_STOP=1",
            "--set=VERBOSITY=verbose",  # Error messages have the error's code.
            "--file=-",
        ],
        environment,
    )

    def script() -> Generator[bytes]:
        yield b"BEGIN;\nSET LOCAL statement_timeout = 0;\n" + prologue
        sql_of_archive = run_pipeline(restoring.archive, *restoring.decryption, pg_restore)
        yield from without_unknown_settings(sql_of_archive, known)
        yield b"COMMIT;\n"

    for _ in run_pipeline(script(), psql):
        pass


def without_unknown_settings(script: Iterator[bytes], known: set[str]) -> Generator[bytes]:
    """Remove the settings at the head of pg_restore's script that the server does not know.

    A newer pg_restore sets parameters of newer servers, such as transaction_timeout.
    """
    head = b""
    for chunk in script:
        head += chunk
        if b"\n-- Name: " in head:  # The first object.
            break
    settings, name, rest = head.partition(b"\n-- Name: ")
    lines = settings.splitlines(keepends=True)
    unknown = {line for line in lines if (found := re.match(rb"SET (\w+) =", line)) and found[1].decode() not in known}
    yield b"".join(line for line in lines if line not in unknown) + name + rest
    yield from script


@contextmanager
def scratch_database(parameters: dict) -> Iterator[dict]:
    """Create an empty database on a server, yield its parameters, and drop it at the end in any case."""
    scratch = f"brainlog_verify_{secrets.token_hex(4)}"
    name = sql.Identifier(scratch)
    try:
        with open_session(parameters) as session:
            try:
                session.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(name))
            except psycopg.errors.InsufficientPrivilege:
                raise BackupError(
                    "This role may not create the temporary database: name a server where it may with --scratch-url."
                ) from None
        yield parameters | {"dbname": scratch}
    finally:
        with open_session(parameters) as session:
            session.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def read_contents(session: psycopg.Connection, excluded: Container[str] = ()) -> Contents:
    """Count the rows of each table, or 0 for excluded tables, and list the applied migrations."""
    rows = {}
    for (table,) in session.execute(TABLES).fetchall():
        if table in excluded:
            rows[table] = 0
            continue
        count = sql.SQL("SELECT count(*) FROM public.{}").format(sql.Identifier(table))
        [(rows[table],)] = session.execute(count).fetchall()
    migrations = (
        session.execute("SELECT app || '.' || name FROM public.django_migrations ORDER BY 1").fetchall()
        if "django_migrations" in rows
        else []
    )
    return Contents(rows, [name for (name,) in migrations])


# ── Connections and programs ──────────────────────────────────────────────────────────────────


def connection_parameters(connection) -> dict:
    """libpq's parameters of a Django connection. Raises BackupError if it goes through a connection pooler."""
    if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        raise BackupError(
            "Backups need a session of their own, which a connection pooler does not provide: "
            "name the server itself in DIRECT_DATABASE_URL."
        )
    known = ENVIRONMENT_VARIABLES.keys() | WITHOUT_VARIABLE
    return {name: value for name, value in connection.get_connection_params().items() if name in known}


def pin_host(session: psycopg.Connection, parameters: dict) -> dict:
    """Replace a list of hosts by the one that the session is connected to."""
    if "," not in str(parameters.get("host", "")):
        return parameters
    return parameters | {"host": session.info.host, "port": session.info.port}


def dbname_argument(parameters: dict) -> list[str]:
    """The command-line argument with the parameters that have no environment variable."""
    given = {name: value for name, value in parameters.items() if name in WITHOUT_VARIABLE}
    return [f"--dbname={make_conninfo('', **given)}"] if given else []


def parse_url(url: str) -> dict:
    try:
        return conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # The original error would repeat the URL with its password.
        raise BackupError("--scratch-url cannot be read: write postgres://user:password@host/name.") from None


def environment_variables(parameters: dict) -> dict[str, str]:
    """The connection parameters as environment variables of PostgreSQL's programs."""
    return {
        ENVIRONMENT_VARIABLES[name]: str(value) for name, value in parameters.items() if name in ENVIRONMENT_VARIABLES
    }


@contextmanager
def open_session(parameters: dict) -> Iterator[psycopg.Connection]:
    try:
        with driver_connection(parameters) as session:
            yield session
    except psycopg.Error as error:
        raise BackupError(f"PostgreSQL reported: {str(error).splitlines()[0]}") from error


def server_version(session: psycopg.Connection) -> str:
    return session.execute("SHOW server_version").fetchone()[0]


def find_programs(session: psycopg.Connection) -> tuple[Path, str]:
    """The folder and version of the newest installed programs. Raises BackupError if the server is newer."""
    # Debian's folders first: the programs in PATH are wrapper scripts that choose among them.
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), *map(Path, os.get_exec_path())]
    complete = [folder for folder in folders if all(shutil.which(name, path=folder) for name in PROGRAMS)]
    found = [(program_version(folder), folder) for folder in complete]
    newest, folder = max(found, key=lambda each: each[0], default=((0,), None))
    needed = session.info.server_version // 10000
    if newest[0] < needed:
        here = f"the newest programs here are of {newest[0]}" if folder else "none of its programs are installed"
        raise BackupError(f"The server is PostgreSQL {needed}, and {here}: install postgresql-client-{needed}.")
    return folder, ".".join(map(str, newest))


def program_version(folder: Path) -> tuple[int, ...]:
    """The version of the programs in a folder. Raises BackupError if they cannot be run."""
    program = Program([str(folder / "pg_dump"), "--version"])
    output = b"".join(run_pipeline(None, program)).decode()
    return tuple(int(number) for number in re.findall(r"\d+", output.partition("(Debian")[0])[:2]) or (0,)
