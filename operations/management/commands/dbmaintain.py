import time
from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError, connections, transaction
from django.utils import timezone

from brainlog.database import session_alias
from operations.models import DatabaseReport

REPORTS_KEPT = timedelta(days=2 * 365)


class Command(BaseCommand):
    help = (
        "Keep the database in order: remove expired sessions and reports older than two years, and refresh what the "
        "database knows of its tables to plan queries by. Safe to run at any time, while people use Brain Log; "
        "once a week is enough."
    )

    def handle(self, *args, **options):
        for step in (remove_sessions, remove_reports, analyze):
            start = time.monotonic()
            try:
                done = step()
            except ProgrammingError:
                raise CommandError("Tables are missing. Run manage.py migrate first.") from None
            except OperationalError as error:
                raise CommandError(f"The database cannot be reached or did not answer: {error}".strip()) from None
            self.stdout.write(f"{done} ({time.monotonic() - start:.1f} s)")


def remove_sessions() -> str:
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    return "Removed sessions that have expired."


def remove_reports() -> str:
    count, _ = DatabaseReport.objects.filter(taken_at__lt=timezone.now() - REPORTS_KEPT).delete()
    return f"Removed {count} database reports older than two years."


def analyze() -> str:
    """Let the database look at samples of its tables, so that it chooses the right indexes."""
    alias = session_alias()
    if connections[alias].vendor == "sqlite":
        with connections[alias].cursor() as cursor:
            # A sample of each index; PRAGMA optimize would do the same, for the tables of this connection alone.
            cursor.execute("PRAGMA analysis_limit = 1000")
            cursor.execute("ANALYZE")
        return "Analyzed all tables."
    return analyze_postgresql(alias)


def analyze_postgresql(alias: str) -> str:
    connection, refused = connections[alias], []

    def note(diagnostic):
        if diagnostic.severity_nonlocalized == "WARNING":
            refused.append(diagnostic)

    with transaction.atomic(using=alias), connection.cursor() as cursor:
        # A limit that is right for pages would be wrong here.
        cursor.execute("SELECT set_config('statement_timeout', '0', true)")
        tables = connection.introspection.table_names(cursor)
        connection.connection.add_notice_handler(note)
        try:
            cursor.execute("ANALYZE " + ", ".join(map(connection.ops.quote_name, tables)))
        finally:
            connection.connection.remove_notice_handler(note)
    if refused:
        return (
            f"Analyzed {len(tables) - len(refused)} tables and skipped {len(refused)}, which belong to another role: "
            "run this as their owner, whom DIRECT_DATABASE_URL may name."
        )
    return f"Analyzed {len(tables)} tables."
