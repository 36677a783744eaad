"""Backups of PostgreSQL, by its own programs: pg_dump, pg_restore and psql."""

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
from operations.backups.dump import Dump
from operations.backups.left_out import LEFT_OUT
from operations.backups.manifest import Contents
from operations.backups.pipeline import Program, through
from operations.backups.progress import Waiting, given_up, silent

SUFFIX = "dump"
PROGRAMS = ("pg_dump", "pg_restore", "psql")

# libpq's parameters, and the environment variables in which its programs take them.
VARIABLES = {option.keyword.decode(): option.envvar.decode() for option in pq.Conninfo.get_defaults() if option.envvar}
# Those that have none. They are no secrets, so a command line may show them.
WITHOUT_VARIABLE = {"keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"}

# Seconds, rather than wait for ever behind a migration that waits for another.
LOCK_WAIT = 300
LOCK_NOT_AVAILABLE = "55P03"
# Seconds between two looks at who is in the way.
LOOK = 0.5

# Of other roles, the server shows the state to members of pg_read_all_stats alone.
SESSION = """
concat('pid ', a.pid, ', ', coalesce(nullif(a.application_name, ''), 'no application_name'), ' (', a.usename, '), ',
    coalesce(a.state || ' since ' || to_char(coalesce(a.xact_start, a.state_change) AT TIME ZONE 'UTC',
        'YYYY-MM-DD HH24:MI:SS "UTC"'), 'its state is not shown to this role'))
"""
OTHERS = f"""
SELECT {SESSION} FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.usename IS NOT NULL
    AND coalesce(a.backend_type, 'client backend') = 'client backend'
ORDER BY a.pid
"""  # noqa: S608 (a text of ours)
IN_THE_WAY = f"""
SELECT DISTINCT {SESSION} FROM pg_stat_activity ours, unnest(pg_blocking_pids(ours.pid)) AS of (pid)
JOIN pg_stat_activity a ON a.pid = of.pid
WHERE ours.application_name = %s AND a.application_name <> %s
"""  # noqa: S608 (a text of ours)

# What an extension brought, it brings again; the parts of a partitioned table are counted with it.
TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
    AND oid NOT IN (SELECT objid FROM pg_depend WHERE classid = 'pg_class'::regclass AND deptype = 'e')
ORDER BY relname
"""

# Everything in the schema that no extension brought, but not the schema: it carries the rights of the
# role that the site runs as.
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
            -- The sequence of an identity column goes with its table ("i").
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


def name_of(connection) -> str:
    """The database's name, as it is typed to confirm that it may be replaced."""
    return connection.settings_dict["NAME"]


@contextmanager
def dumping(connection, write: Callable[[str], None] = silent) -> Iterator[Dump]:
    """Count the rows, and yield a dump of the same moment, whatever others write meanwhile."""
    with (
        watched(parameters_of(connection), "backup", LOCK_WAIT, write) as parameters,
        connected(parameters) as session,
        session.transaction(),
    ):
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        session.execute(f"SET LOCAL lock_timeout = '{LOCK_WAIT}s'")
        [(snapshot,)] = session.execute("SELECT pg_export_snapshot()").fetchall()
        folder, version = programs_for(session)
        # The snapshot is this server's: of several hosts, pg_dump must not find another.
        parameters = at_server_of(session, parameters)
        command = [
            *connection_of(parameters),
            "--format=custom",
            "--schema=public",
            "--no-owner",
            "--no-privileges",
            "--no-password",
        ]
        command += [f"--snapshot={snapshot}", f"--lock-wait-timeout={LOCK_WAIT}s"]
        command += [f"--exclude-table-data=public.{table}" for table in LEFT_OUT]
        yield Dump(
            contents_of(session, LEFT_OUT),
            None,
            [Program([str(folder / "pg_dump"), *command], environment_of(parameters))],
            {"PostgreSQL": server_version(session), "pg_dump": version},
        )


def is_empty(connection) -> bool:
    with connected(parameters_of(connection)) as session:
        return not session.execute(TABLES).fetchall()


def others_in(connection) -> list[str]:
    """Who else is connected to the database, a phrase each."""
    connection.close()
    with connected(parameters_of(connection)) as session:
        return [text for (text,) in session.execute(OTHERS).fetchall()]


def restored_aside(
    connection, archive: Generator[bytes], decrypting: list[Program], scratch_url: str | None
) -> Contents:
    """Restore an archive into a database made for that, on our server or that of `scratch_url`. Return its contents."""
    with scratch_database(parameters_from(scratch_url) if scratch_url else parameters_of(connection)) as scratch:
        load(scratch, archive, decrypting)
        with connected(scratch) as session:
            return contents_of(session)


def restore(
    connection,
    archive: Generator[bytes],
    decrypting: list[Program],
    replace: bool,
    alone: bool = False,
    patience: float = LOCK_WAIT,
    write: Callable[[str], None] = silent,
) -> None:
    """Put what is in an archive into the database, in one transaction: if it fails, nothing has changed.

    `replace` takes away all there is first, in the same transaction. It waits `patience` seconds for the locks of
    others; that nobody else is connected (`alone`) is what `others_in` is for.
    """
    parameters = parameters_of(connection)
    first = f"SET LOCAL lock_timeout = '{patience:g}s';\n{EMPTY_PUBLIC}" if replace else ""
    with watched(parameters, "restore", patience, write) as named:
        load(named, archive, decrypting, first.encode())
    with connected(parameters) as session:
        # Without statistics, the first pages would be slow.
        session.execute("ANALYZE")


@contextmanager
def watched(parameters: dict, deed: str, patience: float, write: Callable[[str], None]) -> Iterator[dict]:
    """Yield parameters whose sessions are watched: while a lock keeps them waiting, say every few seconds whose it is.

    Raises BackupError with their names in place of what the server says when such a wait was too long.
    """
    name = f"{parameters.get('application_name', 'brainlog')[:32]} {deed} {secrets.token_hex(4)}"
    done, last, waiting = threading.Event(), [], Waiting(write, float("inf"))

    def watch():
        # Nothing depends on it: without a connection for it, the wait is silent, and still has its end.
        with suppress(BackupError), connected(parameters | {"application_name": "brainlog watch"}) as session:
            while not done.wait(LOOK):
                if others := [text for (text,) in session.execute(IN_THE_WAY, [name, name]).fetchall()]:
                    last[:] = others
                    waiting.note(others)
                else:
                    waiting.over()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield parameters | {"application_name": name}
    except BackupError as error:
        if LOCK_NOT_AVAILABLE in str(error) or isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
            raise BackupError(given_up(last or ["a session that is gone"], patience)) from error
        raise
    finally:
        done.set()
        watcher.join()


def load(parameters: dict, archive: Generator[bytes], decrypting: list[Program], first: bytes = b"") -> None:
    """Run an archive's SQL after `first`, all or nothing.

    pg_restore could do it alone, but it can neither empty the database in the same transaction nor
    leave out settings that an older server does not know. psql commits when it is told to at the
    end, which an archive that was cut off never reaches.
    """
    with connected(parameters) as session:
        folder, _ = programs_for(session)
        known = {name for (name,) in session.execute("SELECT name FROM pg_settings").fetchall()}
        parameters = at_server_of(session, parameters)
    environment = environment_of(parameters)
    restoring = Program(
        [str(folder / "pg_restore"), "--schema=public", "--no-owner", "--no-privileges", "--file=-"], environment
    )
    psql = Program(
        [
            str(folder / "psql"),
            *connection_of(parameters),
            "--no-psqlrc",
            "--quiet",
            "--no-password",
            "--set=ON_ERROR_STOP=1",
            "--set=VERBOSITY=verbose",  # With the error's code.
            "--file=-",
        ],
        environment,
    )

    def script() -> Generator[bytes]:
        yield b"BEGIN;\nSET LOCAL statement_timeout = 0;\n" + first
        yield from without_unknown_settings(through(archive, *decrypting, restoring), known)
        yield b"COMMIT;\n"

    for _ in through(script(), psql):
        pass


def without_unknown_settings(script: Iterator[bytes], known: set[str]) -> Generator[bytes]:
    """Leave out the settings at the head of pg_restore's script that the server does not know.

    A newer pg_restore sets a newer server's settings, such as transaction_timeout.
    """
    head = b""
    for chunk in script:
        head += chunk
        if b"\n-- Name: " in head:  # The first thing to restore.
            break
    settings, name, rest = head.partition(b"\n-- Name: ")
    lines = settings.splitlines(keepends=True)
    unknown = {line for line in lines if (found := re.match(rb"SET (\w+) =", line)) and found[1].decode() not in known}
    yield b"".join(line for line in lines if line not in unknown) + name + rest
    yield from script


@contextmanager
def scratch_database(parameters: dict) -> Iterator[dict]:
    """Make an empty database on a server, yield its parameters, and drop it whatever happens."""
    scratch = f"brainlog_verify_{secrets.token_hex(4)}"
    name = sql.Identifier(scratch)
    try:
        with connected(parameters) as session:
            try:
                session.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(name))
            except psycopg.errors.InsufficientPrivilege:
                raise BackupError(
                    "This role may not create the database to restore into: name a server where one may, --scratch-url."
                ) from None
        yield parameters | {"dbname": scratch}
    finally:
        with connected(parameters) as session:
            session.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def contents_of(session: psycopg.Connection, left_out: Container[str] = ()) -> Contents:
    """What is in the database, or would be without the rows of some tables."""
    rows = {}
    for (table,) in session.execute(TABLES).fetchall():
        if table in left_out:
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


# ── Reaching the server ───────────────────────────────────────────────────────────────────────


def parameters_of(connection) -> dict:
    """libpq's parameters of one of Django's databases. Raises BackupError if it is behind a pooler."""
    if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        raise BackupError(
            "This needs a session of its own, which a pooler does not give: "
            "name the server itself in DIRECT_DATABASE_URL."
        )
    known = VARIABLES.keys() | WITHOUT_VARIABLE
    return {name: value for name, value in connection.get_connection_params().items() if name in known}


def at_server_of(session: psycopg.Connection, parameters: dict) -> dict:
    """The parameters for the one of several hosts that a session was given."""
    if "," not in str(parameters.get("host", "")):
        return parameters
    return parameters | {"host": session.info.host, "port": session.info.port}


def connection_of(parameters: dict) -> list[str]:
    """The argument for a program of PostgreSQL with what no environment variable takes."""
    given = {name: value for name, value in parameters.items() if name in WITHOUT_VARIABLE}
    return [f"--dbname={make_conninfo('', **given)}"] if given else []


def parameters_from(url: str) -> dict:
    try:
        return conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # The cause would repeat the URL, and its password.
        raise BackupError("--scratch-url cannot be read: write postgres://user:password@host/name.") from None


def environment_of(parameters: dict) -> dict[str, str]:
    """The same for a program of PostgreSQL."""
    return {VARIABLES[name]: str(value) for name, value in parameters.items() if name in VARIABLES}


@contextmanager
def connected(parameters: dict) -> Iterator[psycopg.Connection]:
    try:
        with driver_connection(parameters) as session:
            yield session
    except psycopg.Error as error:
        raise BackupError(f"PostgreSQL said: {str(error).splitlines()[0]}") from error


def server_version(session: psycopg.Connection) -> str:
    return session.execute("SHOW server_version").fetchone()[0]


def programs_for(session: psycopg.Connection) -> tuple[Path, str]:
    """The folder and the version of the newest programs here. Raises BackupError if they are older than the server."""
    # Debian's own come first: what it has in PATH are scripts that choose among them.
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), *map(Path, os.get_exec_path())]
    found = [(version_of(folder), folder) for folder in folders if all(shutil.which(p, path=folder) for p in PROGRAMS)]
    newest, folder = max(found, key=lambda each: each[0], default=((0,), None))
    needed = session.info.server_version // 10000
    if newest[0] < needed:
        here = f"the newest programs here are of {newest[0]}" if folder else "there are no programs of it here"
        raise BackupError(f"The server is PostgreSQL {needed}, and {here}: install postgresql-client-{needed}.")
    return folder, ".".join(map(str, newest))


def version_of(folder: Path) -> tuple[int, ...]:
    """The version of the programs in a folder. Raises BackupError if they cannot even say that."""
    program = Program([str(folder / "pg_dump"), "--version"])
    answer = b"".join(through(None, program)).decode()
    return tuple(int(number) for number in re.findall(r"\d+", answer.partition("(Debian")[0])[:2]) or (0,)
