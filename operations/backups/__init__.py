"""Backups: an archive of the whole database, and a manifest that lists its contents."""

from django.core.management import CommandError


class BackupError(CommandError):
    """A backup command failed. The message is one sentence for the person who runs it."""
