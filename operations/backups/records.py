"""Records of backups in the database: web processes, cron jobs and metrics read them, on any machine."""

import datetime
from pathlib import Path

from django.db import DatabaseError, connections
from django.utils import timezone

from operations.backups.manifest import Manifest
from operations.models import Backup

RETENTION = datetime.timedelta(days=2 * 365)
NOT_RECORDED = (
    "It was not recorded as verified: the database that DATABASE_URL names here has no record of this backup."
)


def record_backup(alias: str, manifest: Manifest) -> str:
    """Record a complete backup. Returns the reason if that failed, or ''. The backup is complete in any case."""
    made_at = datetime.datetime.fromisoformat(manifest.started)
    try:
        backups = Backup.objects.using(alias)
        backups.create(archive=manifest.archive, made_at=made_at, size=manifest.size)
        backups.filter(made_at__lt=timezone.now() - RETENTION).delete()
    except DatabaseError:
        return (
            "It is good, but was not recorded for metrics and reports: the table for that is missing (run "
            "manage.py migrate), or not writable."
        )
    return ""


def record_verification(alias: str, manifest: Manifest) -> str:
    """Record that a backup was verified now. Returns the reason if that failed, or ''."""
    connection = connections[alias]
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return NOT_RECORDED  # A query would create the file.
    try:
        found = Backup.objects.using(alias).filter(archive=manifest.archive).update(verified_at=timezone.now())
    except DatabaseError:
        return NOT_RECORDED
    return "" if found else NOT_RECORDED
