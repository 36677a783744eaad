import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections

from brainlog.database import session_alias

# One migrate at a time in a database: any number will do, as long as nobody else uses it.
ADVISORY_LOCK = 7_263_018_551
# Another transaction held the lock for too long, or each waited for the other.
LOCK_NOT_AVAILABLE, DEADLOCK = "55P03", "40P01"
LONGEST_PAUSE = 5  # seconds


class Command(migrate.Command):
    help = (
        "Django's migrate, for a database that people are using. On PostgreSQL a change that does not get its lock in "
        "time gives way and is tried again, and a second migrate waits for the first. Uses DIRECT_DATABASE_URL, if set."
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

    def handle(self, *args, lock_timeout, retries, **options):
        connection = connections[options["database"]]
        if connection.vendor != "postgresql" or options["plan"] or options["check_unapplied"]:
            return super().handle(*args, **options)
        if connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS"):
            # What is set for a session there would be set for whoever gets it next.
            self.stderr.write("Behind a pooler locks are waited for without limit: set DIRECT_DATABASE_URL.")
            return super().handle(*args, **options)

        def say(text):
            if options["verbosity"]:
                self.stdout.write(text)
                self.stdout.flush()  # Whoever watches a deployment sees why it takes so long.

        with alone(connection, say), timeouts(connection, lock_timeout):
            for attempt in range(1, retries + 2):
                try:
                    return super().handle(*args, **options)
                except OperationalError as error:
                    if getattr(error.__cause__, "sqlstate", "") not in {LOCK_NOT_AVAILABLE, DEADLOCK}:
                        raise
                    say(f"\n  Did not get its lock within {lock_timeout:g} s (try {attempt} of {retries + 1}).")
                # Whoever queued behind us goes first.
                time.sleep(min(attempt / 2, LONGEST_PAUSE))
        raise CommandError(
            "A transaction holds the lock that a migration needs. What was applied stays applied; "
            "end that transaction, or wait for it, and run migrate again."
        )


@contextmanager
def alone(connection, say) -> Iterator[None]:
    """Wait until no other migrate is at work in this database, and keep others waiting."""
    has_waited = False
    # Asked again and again: a session that waits inside a query holds up CREATE INDEX CONCURRENTLY.
    while not ask(connection, "SELECT pg_try_advisory_lock(%s)", ADVISORY_LOCK):
        if not has_waited:
            say("Waiting for another migrate to finish.")
        has_waited = True
        time.sleep(0.5)
    try:
        yield
    finally:
        if connection.is_usable():  # A lost session has lost its locks.
            ask(connection, "SELECT pg_advisory_unlock(%s)", ADVISORY_LOCK)


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
