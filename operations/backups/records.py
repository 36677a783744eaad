"""What the database knows of its backups. It is where web processes, cron and metrics meet, on whichever machines."""

import datetime
from pathlib import Path

from django.db import DatabaseError, connections
from django.utils import timezone

from operations.backups.manifest import Manifest
from operations.models import Backup

KEPT = datetime.timedelta(days=2 * 365)


def record_backup(alias: str, manifest: Manifest) -> str:
    """Note a good backup. Returns why that was not possible, or ''. The backup is good in any case."""
    made_at = datetime.datetime.fromisoformat(manifest.started)
    try:
        backups = Backup.objects.using(alias)
        backups.create(archive=manifest.archive, made_at=made_at, size=manifest.size)
        backups.filter(made_at__lt=timezone.now() - KEPT).delete()
    except DatabaseError:
        return (
            "It is good, but was not recorded for metrics and reports: the table for that is not there yet (run "
            "manage.py migrate), or cannot be written."
        )
    return ""


def record_verification(alias: str, manifest: Manifest) -> str:
    """Note that a backup was verified just now. Returns why that was not possible, or ''."""
    connection = connections[alias]
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return UNKNOWN  # Nor is a database made for this.
    try:
        found = Backup.objects.using(alias).filter(archive=manifest.archive).update(verified_at=timezone.now())
    except DatabaseError:
        return UNKNOWN
    return "" if found else UNKNOWN


UNKNOWN = "It was not recorded as verified: the database that DATABASE_URL names here has not recorded this backup."
