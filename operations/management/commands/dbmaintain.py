import time
from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, OperationalError, connections, transaction
from django.utils import timezone

from accounts.models import Invitation, KnownBrowser, SecurityEvent, Throttle
from brainlog.database.errors import is_table_missing
from brainlog.database.sqlite3.files import rewrite
from brainlog.database.urls import reason, session_alias
from operations.models import DatabaseReport

REPORTS_KEPT = timedelta(days=2 * 365)
STAFF_HISTORY_KEPT = timedelta(days=365)
EVENTS_KEPT = timedelta(days=365)
INVITATIONS_KEPT = timedelta(days=30)
REWRITE_PATIENCE = 5  # seconds


class Command(BaseCommand):
    help = (
        "Keep the database in order: remove expired sessions, known browsers, tries and invitations, reports older "
        "than two years, security events and what staff did in the admin more than a year ago, refresh what the "
        "database knows of its tables to plan queries by, and rewrite SQLite's file without what was deleted. Safe to "
        "run at any time, while people use Brain Log; once a week is enough."
    )

    def handle(self, *args, **options):
        for step in STEPS:
            start = time.monotonic()
            try:
                done = step()
            except DatabaseError as error:
                if is_table_missing(error):
                    raise CommandError("Tables are missing. Run manage.py migrate first.") from None
                if not isinstance(error, OperationalError):
                    raise
                raise CommandError(f"The database cannot be reached or did not answer: {reason(error)}") from None
            if done:
                self.stdout.write(f"{done} ({time.monotonic() - start:.1f} s)")


def remove_sessions() -> str:
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    return "Removed sessions that have expired."


def remove_known_browsers() -> str:
    count, _ = KnownBrowser.objects.filter(used_at__lt=timezone.now() - KnownBrowser.VALID_FOR).delete()
    return f"Removed {count} browsers without a login for more than a year."


def remove_tries() -> str:
    count = Throttle.objects.delete_expired()
    return f"Removed {count} tries to log in that do not count any more."


def remove_invitations() -> str:
    count, _ = Invitation.objects.filter(expires_at__lt=timezone.now() - INVITATIONS_KEPT).delete()
    return f"Removed {count} invitations that were good for nobody for a month."


def remove_security_events() -> str:
    count, _ = SecurityEvent.objects.filter(at__lt=timezone.now() - EVENTS_KEPT).delete()
    return f"Removed {count} security events older than a year."


def remove_reports() -> str:
    count, _ = DatabaseReport.objects.filter(taken_at__lt=timezone.now() - REPORTS_KEPT).delete()
    return f"Removed {count} database reports older than two years."


def remove_staff_history() -> str:
    count, _ = LogEntry.objects.filter(action_time__lt=timezone.now() - STAFF_HISTORY_KEPT).delete()
    return f"Removed {count} entries older than a year of what staff did in the admin."


def rewrite_file() -> str:
    """Remove what was deleted from SQLite's files. Returns '' on PostgreSQL."""
    session = connections[session_alias()]
    if session.vendor != "sqlite":
        return ""
    if rewrite(session.settings_dict["NAME"], REWRITE_PATIENCE):
        return "Rewrote the database file: nothing deleted is left in it."
    return "The database file is in use and was not rewritten: deleted names may be left in it until the next run."


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
    session, refused = connections[alias], []

    def note(diagnostic):
        if diagnostic.severity_nonlocalized == "WARNING":
            refused.append(diagnostic)

    with transaction.atomic(using=alias), session.cursor() as cursor:
        # A limit that is right for pages would be wrong here.
        cursor.execute("SELECT set_config('statement_timeout', '0', true)")
        tables = session.introspection.table_names(cursor)
        session.connection.add_notice_handler(note)
        try:
            cursor.execute("ANALYZE " + ", ".join(map(session.ops.quote_name, tables)))
        finally:
            session.connection.remove_notice_handler(note)
    if refused:
        return (
            f"Analyzed {len(tables) - len(refused)} tables and skipped {len(refused)}, which belong to another role: "
            "run this as their owner, whom DIRECT_DATABASE_URL may name."
        )
    return f"Analyzed {len(tables)} tables."


STEPS = (
    remove_sessions,
    remove_known_browsers,
    remove_tries,
    remove_invitations,
    remove_security_events,
    remove_reports,
    remove_staff_history,
    analyze,
    rewrite_file,
)
