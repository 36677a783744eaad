"""Backups: an archive of the whole database, and beside it a manifest that says what must be in it."""

from django.core.management import CommandError


class BackupError(CommandError):
    """What went wrong, in one sentence for whoever ran the command."""
