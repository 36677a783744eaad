"""Regular maintenance of the database: deletes expired rows, refreshes planner statistics, compacts SQLite's file."""

from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.db import connections, transaction
from django.utils import timezone

from accounts.models import Invitation, KnownBrowser, SecurityEvent, Throttle
from brainlog.database.sqlite3.files import rewrite
from brainlog.database.urls import session_alias
from operations.models import DatabaseReport
from reminders.models import Channel

REPORTS_KEPT = timedelta(days=2 * 365)
ADMIN_HISTORY_KEPT = timedelta(days=365)
SECURITY_EVENTS_KEPT = timedelta(days=365)
INVITATIONS_KEPT = timedelta(days=30)  # after they have expired
REWRITE_TIMEOUT = 5  # seconds


def delete_sessions() -> str:
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    return "Deleted expired sessions."


def delete_known_browsers() -> str:
    count, _ = KnownBrowser.objects.filter(used_at__lt=timezone.now() - KnownBrowser.VALID_FOR).delete()
    return f"Deleted {count} browsers without a login for more than a year."


def delete_devices_of_ended_logins() -> str:
    count, _ = Channel.objects.of_ended_logins(timezone.now()).delete()
    return f"Deleted {count} devices for reminders on which the login was ended."


def delete_rate_limits() -> str:
    count = Throttle.objects.delete_expired()
    return f"Deleted {count} expired counts of login attempts."


def delete_invitations() -> str:
    count, _ = Invitation.objects.filter(expires_at__lt=timezone.now() - INVITATIONS_KEPT).delete()
    return f"Deleted {count} invitations that expired more than a month ago."


def delete_security_events() -> str:
    count, _ = SecurityEvent.objects.filter(at__lt=timezone.now() - SECURITY_EVENTS_KEPT).delete()
    return f"Deleted {count} security events older than a year."


def delete_reports() -> str:
    count, _ = DatabaseReport.objects.filter(taken_at__lt=timezone.now() - REPORTS_KEPT).delete()
    return f"Deleted {count} database reports older than two years."


def delete_admin_history() -> str:
    count, _ = LogEntry.objects.filter(action_time__lt=timezone.now() - ADMIN_HISTORY_KEPT).delete()
    return f"Deleted {count} entries of the admin's history older than a year."


def rewrite_file() -> str:
    """Remove what was deleted from SQLite's files. Returns '' on PostgreSQL."""
    connection = connections[session_alias()]
    if connection.vendor != "sqlite":
        return ""
    if rewrite(connection.settings_dict["NAME"], REWRITE_TIMEOUT):
        return "Rewrote the database file: it contains nothing deleted."
    return "The database file is in use and was not rewritten: it may contain deleted rows until the next run."


def analyze() -> str:
    """Refresh the samples by which the database chooses indexes."""
    alias = session_alias()
    if connections[alias].vendor == "sqlite":
        with connections[alias].cursor() as cursor:
            # Samples each index. PRAGMA optimize would do so only for the tables that this connection has read.
            cursor.execute("PRAGMA analysis_limit = 1000")
            cursor.execute("ANALYZE")
        return "Analyzed all tables."
    return analyze_postgresql(alias)


def analyze_postgresql(alias: str) -> str:
    connection, refused = connections[alias], []

    def collect_warning(diagnostic):
        if diagnostic.severity_nonlocalized == "WARNING":
            refused.append(diagnostic)

    with transaction.atomic(using=alias), connection.cursor() as cursor:
        # The statement timeout is meant for pages.
        cursor.execute("SELECT set_config('statement_timeout', '0', true)")
        tables = connection.introspection.table_names(cursor)
        connection.connection.add_notice_handler(collect_warning)
        try:
            cursor.execute("ANALYZE " + ", ".join(map(connection.ops.quote_name, tables)))
        finally:
            connection.connection.remove_notice_handler(collect_warning)
    if refused:
        return (
            f"Analyzed {len(tables) - len(refused)} tables and skipped {len(refused)}, which belong to another role: "
            "run this as their owner, with the owner's URL in DIRECT_DATABASE_URL."
        )
    return f"Analyzed {len(tables)} tables."


# Each returns a sentence for the operator, or '' if it does not apply to this database.
STEPS = (
    delete_sessions,
    delete_known_browsers,
    delete_devices_of_ended_logins,
    delete_rate_limits,
    delete_invitations,
    delete_security_events,
    delete_reports,
    delete_admin_history,
    analyze,
    rewrite_file,
)
