"""Backups of PostgreSQL, by its own programs: pg_dump, pg_restore and psql."""

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from operations.backups import BackupError
from operations.backups.dump import Dump
from operations.backups.manifest import Contents
from operations.backups.programs import Program, through

SUFFIX = "dump"
PROGRAMS = ("pg_dump", "pg_restore", "psql")

# libpq's parameters, and the environment variables in which its programs take them.
VARIABLES = {option.keyword.decode(): option.envvar.decode() for option in pq.Conninfo.get_defaults() if option.envvar}
# Those that have none. They are no secrets, so a command line may show them.
WITHOUT_VARIABLE = {"keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"}

# Rather than wait for ever behind a migration that waits for somebody else.
LOCK_WAIT = "5min"

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
def dumping(connection) -> Iterator[Dump]:
    """Count the rows, and yield a dump of the same moment, whatever others write meanwhile."""
    parameters = parameters_of(connection)
    with connected(parameters) as session, session.transaction():
        session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
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
        command += [f"--snapshot={snapshot}", f"--lock-wait-timeout={LOCK_WAIT}"]
        yield Dump(
            contents_of(session),
            None,
            [Program([str(folder / "pg_dump"), *command], environment_of(parameters))],
            {"PostgreSQL": server_version(session), "pg_dump": version},
        )


def is_empty(connection) -> bool:
    with connected(parameters_of(connection)) as session:
        return not session.execute(TABLES).fetchall()


def restored_aside(
    connection, archive: Generator[bytes], decrypting: list[Program], scratch_url: str | None
) -> Contents:
    """Restore an archive into a database made for that, on our server or that of `scratch_url`. Return its contents."""
    with scratch_database(parameters_from(scratch_url) if scratch_url else parameters_of(connection)) as scratch:
        load(scratch, archive, decrypting)
        with connected(scratch) as session:
            return contents_of(session)


def restore(connection, archive: Generator[bytes], decrypting: list[Program], replace: bool) -> None:
    """Put what is in an archive into the database, in one transaction: if it fails, nothing has changed.

    `replace` takes away all there is first, in the same transaction.
    """
    parameters = parameters_of(connection)
    first = f"SET LOCAL lock_timeout = '{LOCK_WAIT}';\n{EMPTY_PUBLIC}" if replace else ""
    load(parameters, archive, decrypting, first.encode())
    with connected(parameters) as session:
        # Without statistics, the first pages would be slow.
        session.execute("ANALYZE")


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


def contents_of(session: psycopg.Connection) -> Contents:
    rows = {}
    for (table,) in session.execute(TABLES).fetchall():
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
        with psycopg.connect(**parameters, autocommit=True) as session:
            # Counting takes its time, and so does waiting for pg_dump. What is right for pages is not for this.
            session.execute("SET statement_timeout = 0")
            session.execute("SET idle_in_transaction_session_timeout = 0")
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
    answer = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True)  # noqa: S603 (a folder found by us)
    return tuple(int(number) for number in re.findall(r"\d+", answer.stdout.partition("(Debian")[0])[:2]) or (0,)
