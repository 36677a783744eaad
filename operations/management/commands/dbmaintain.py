import time

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, OperationalError

from brainlog.database.errors import is_table_missing
from brainlog.database.urls import reason
from operations.database.maintain import STEPS


class Command(BaseCommand):
    help = (
        "Maintain the database: delete expired sessions, known browsers, rate limits and invitations, reports older "
        "than two years, security events and admin history older than a year; refresh the planner's statistics; "
        "rewrite SQLite's file without deleted rows. Can run at any time while the site is in use; once a week is "
        "enough."
    )

    def handle(self, *args, **options):
        for step in STEPS:
            start = time.monotonic()
            try:
                outcome = step()
            except DatabaseError as error:
                if is_table_missing(error):
                    raise CommandError("Tables are missing. Run manage.py migrate first.") from None
                if not isinstance(error, OperationalError):
                    raise
                raise CommandError(f"The database cannot be reached or did not answer: {reason(error)}") from None
            if outcome:
                self.stdout.write(f"{outcome} ({time.monotonic() - start:.1f} s)")
