import time
from functools import partial
from pathlib import Path

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import DatabaseError, OperationalError, connections
from django.db.migrations.exceptions import MigrationSchemaMissing
from psycopg.errors import DeadlockDetected, LockNotAvailable

from brainlog.database.errors import MISSING_PRIVILEGE, NO_SCHEMA, code_of
from brainlog.database.urls import reason, session_alias
from operations.database.migration_locks import exclusive_migration, has_own_session, limit_lock_waits

# A transaction held the lock for too long, or two transactions waited for each other.
RETRIED = {LockNotAvailable.sqlstate, DeadlockDetected.sqlstate}
MAX_PAUSE = 5  # seconds


class Command(migrate.Command):
    help = (
        "Django's migrate, for a database in use. On PostgreSQL a change that does not get its lock in time is "
        "cancelled and retried, and a second migrate waits for the first. Uses DIRECT_DATABASE_URL, if set. On SQLite "
        "it creates the database file, if there is none."
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
        parser.add_argument("--retries", type=int, default=30, help="How often it is retried (default: 30).")

    def execute(self, *args, **options):
        connection = connections[options["database"]]
        if connection.vendor == "sqlite" and not is_read_only(options):
            name = connection.settings_dict["NAME"]
            if not (connection.is_in_memory_db() or Path(name).exists() or options["verbosity"] == 0):
                self.stdout.write(f"Creating the database file {name}.")
            connection.creates_file = True
        return super().execute(*args, **options)

    def handle(self, *args, lock_timeout, retries, **options):
        connection = connections[options["database"]]
        try:
            if connection.vendor != "postgresql" or is_read_only(options):
                return super().handle(*args, **options)
            with exclusive_migration(connection, partial(self.write, verbosity=options["verbosity"])):
                return self.migrate_postgresql(connection, lock_timeout, retries, *args, **options)
        except DatabaseError as error:
            # Django replaces the error of its first statement by its own.
            cause = error.__context__ if isinstance(error, MigrationSchemaMissing) else error
            if code_of(cause) not in {MISSING_PRIVILEGE, NO_SCHEMA}:
                raise
            raise CommandError(
                f"This role may not change the tables: {reason(cause)}. Run migrate as their owner, whose URL "
                "belongs in DIRECT_DATABASE_URL."
            ) from error

    def migrate_postgresql(self, connection, seconds, retries, *args, **options):
        if not has_own_session(connection):
            # A session setting would remain for the client that the pooler gives the session to next.
            self.stderr.write("Behind a pooler locks are waited for without limit: set DIRECT_DATABASE_URL.")
            return super().handle(*args, **options)
        with limit_lock_waits(connection, seconds):
            for attempt in range(1, retries + 2):
                try:
                    return super().handle(*args, **options)
                except OperationalError as error:
                    if getattr(error.__cause__, "sqlstate", "") not in RETRIED:
                        raise
                    text = f"\n  Did not get its lock within {seconds:g} s (try {attempt} of {retries + 1})."
                    self.write(text, options["verbosity"])
                # The statements that queued behind this one run first.
                time.sleep(min(attempt / 2, MAX_PAUSE))
        raise CommandError(
            "A transaction holds the lock that a migration needs. What was applied stays applied; "
            "end that transaction, or wait for it, and run migrate again."
        )

    def write(self, text: str, verbosity: int):
        if verbosity:
            self.stdout.write(text)
            self.stdout.flush()  # The log of a deployment shows at once why it takes long.


def is_read_only(options) -> bool:
    return options["plan"] or options["check_unapplied"]
