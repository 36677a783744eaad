import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import DatabaseError, OperationalError, connections
from django.db.migrations.exceptions import MigrationSchemaMissing

from brainlog.database.errors import MISSING_PRIVILEGE, NO_SCHEMA, error_code
from brainlog.database.postgresql.base import response_timeout
from brainlog.database.urls import reason, session_alias
from operations.database.check import unpooled

# One migrate at a time in a database: any number will do, as long as nobody else uses it.
ADVISORY_LOCK = 7_263_018_551
# Another transaction held the lock for too long, or each waited for the other.
LOCK_NOT_AVAILABLE, DEADLOCK = "55P03", "40P01"
LONGEST_PAUSE = 5  # seconds
# Seconds to wait for a second session: a pooler with a single connection would never give it.
SECOND_SESSION = 10


class Command(migrate.Command):
    help = (
        "Django's migrate, for a database that people are using. On PostgreSQL a change that does not get its lock in "
        "time gives way and is tried again, and a second migrate waits for the first. Uses DIRECT_DATABASE_URL, if "
        "set. On SQLite it makes the database file, if there is none."
    )

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.set_defaults(database=session_alias())
        parser.add_argument(
            "--lock-timeout",
            type=float,
            default=2,
            metavar="SECONDS",
            help="How long a change waits for its lock, and pages behind it (default: 2; 0 waits forever).",
        )
        parser.add_argument("--retries", type=int, default=30, help="How often it is tried again (default: 30).")

    def execute(self, *args, **options):
        connection = connections[options["database"]]
        is_looking = options["plan"] or options["check_unapplied"]
        if connection.vendor == "sqlite" and not is_looking:
            name = connection.settings_dict["NAME"]
            if not (connection.is_in_memory_db() or Path(name).exists() or options["verbosity"] == 0):
                self.stdout.write(f"Making the database file {name}.")
            connection.creates_file = True
        return super().execute(*args, **options)

    def handle(self, *args, lock_timeout, retries, **options):
        connection = connections[options["database"]]
        try:
            if connection.vendor != "postgresql" or options["plan"] or options["check_unapplied"]:
                return super().handle(*args, **options)
            with alone(connection, self.told(options)):
                return self.migrate_server(connection, lock_timeout, retries, *args, **options)
        except DatabaseError as error:
            # Django says what failed in its first step in words of its own.
            cause = error.__context__ if isinstance(error, MigrationSchemaMissing) else error
            if error_code(cause) not in {MISSING_PRIVILEGE, NO_SCHEMA}:
                raise
            raise CommandError(
                f"This role may not change the tables: {reason(cause)}. Run migrate as their owner, whose URL "
                "belongs in DIRECT_DATABASE_URL."
            ) from error

    def migrate_server(self, connection, lock_timeout, retries, *args, **options):
        if not has_session_of_its_own(connection):
            # What is set for a session there would be set for the client that is lent it next.
            self.stderr.write("Behind a pooler locks are waited for without limit: set DIRECT_DATABASE_URL.")
            return super().handle(*args, **options)
        say = self.told(options)
        with timeouts(connection, lock_timeout):
            for attempt in range(1, retries + 2):
                try:
                    return super().handle(*args, **options)
                except OperationalError as error:
                    if getattr(error.__cause__, "sqlstate", "") not in {LOCK_NOT_AVAILABLE, DEADLOCK}:
                        raise
                    say(f"\n  Did not get its lock within {lock_timeout:g} s (try {attempt} of {retries + 1}).")
                # What queued behind us goes first.
                time.sleep(min(attempt / 2, LONGEST_PAUSE))
        raise CommandError(
            "A transaction holds the lock that a migration needs. What was applied stays applied; "
            "end that transaction, or wait for it, and run migrate again."
        )

    def told(self, options):
        """Return the function that prints a line, if the verbosity asks for any."""

        def say(text):
            if options["verbosity"]:
                self.stdout.write(text)
                self.stdout.flush()  # The log of a deployment then shows why it takes so long.

        return say


@contextmanager
def alone(connection, say) -> Iterator[None]:
    """Wait until no other migrate is at work in this database, and keep others waiting.

    The lock is one of a transaction, which stays open on a second connection for as long as the migrations take. The
    lock of a session would not do: a transaction pooler lends the next statement another session, and keeps the lock
    in the one that it took back.
    """
    has_waited = False
    with closing(unpooled(connection)) as holder:
        # Asked again and again: a session that waits inside a query holds up CREATE INDEX CONCURRENTLY.
        while not has_lock(holder):
            holder.rollback()
            if not has_waited:
                say("Waiting for another migrate to finish.")
            has_waited = True
            time.sleep(0.5)
        limit = response_timeout.set(SECOND_SESSION)
        try:
            ask(connection, "SELECT 1")
        except OperationalError as error:
            raise CommandError(
                f"migrate needs two connections at once, and the second was not given within {SECOND_SESSION} s "
                f"({reason(error)}). Set DIRECT_DATABASE_URL to the server itself, or raise the pooler's pool size."
            ) from error
        finally:
            response_timeout.reset(limit)
        yield
        # Closing the connection ends its transaction, and with it the lock.


def has_lock(holder) -> bool:
    """Begin a transaction, and try to take the lock in it. Holds no snapshot, so nothing waits for it."""
    holder.set_autocommit(False)
    # The transaction does nothing for as long as the migrations take.
    ask(holder, "SELECT set_config('idle_in_transaction_session_timeout', '0', true)")
    return ask(holder, "SELECT pg_try_advisory_xact_lock(%s)", ADVISORY_LOCK)


def has_session_of_its_own(connection) -> bool:
    """Whether statements are answered by the process that greeted us, and no pooler is known to be in between."""
    if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
        return False
    return ask(connection, "SELECT pg_backend_pid()") == connection.connection.pgconn.backend_pid


@contextmanager
def timeouts(connection, lock_timeout: float) -> Iterator[None]:
    """Limit the waiting for locks in this session; building an index may take as long as it does."""
    ask(
        connection,
        "SELECT set_config('lock_timeout', %s, false), set_config('statement_timeout', '0', false)",
        f"{round(lock_timeout * 1000)}ms",
    )
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
                cursor.execute("RESET statement_timeout")


def ask(connection, sql: str, *parameters):
    """The first value of the first row."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()[0]
