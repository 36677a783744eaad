from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connections

from brainlog.database.urls import session_alias
from operations.backups import BackupError, archives
from operations.backups.encryption import Encryption
from operations.backups.pipeline import interrupt_on_signals
from operations.backups.progress import megabytes
from operations.backups.records import record_backup
from operations.backups.storage import Storage


def parse_count(text: str) -> int:
    """Parse the number of backups to keep."""
    if not text.isdecimal():
        raise ValueError
    return int(text)


class Command(BaseCommand):
    help = (
        "Archives the whole database, and a manifest of its contents. The site can stay online meanwhile. "
        "Older backups are removed only if a --keep option is given, and only after the new one is complete."
    )

    def add_arguments(self, parser):
        parser.add_argument("--to", default=settings.BACKUP_TO, help="a folder, or s3://bucket/prefix [BACKUP_TO]")
        parser.add_argument(
            "--encrypt-to",
            metavar="RECIPIENT",
            default=settings.BACKUP_ENCRYPT_TO,
            help="a public key of age or SSH, or the name of a GnuPG key [BACKUP_ENCRYPT_TO]",
        )
        for period, word in (("day", "daily"), ("week", "weekly"), ("month", "monthly")):
            parser.add_argument(
                f"--keep-{word}", type=parse_count, metavar="N", help=f"keep the newest of each of the last N {period}s"
            )

    def run_from_argv(self, argv):
        interrupt_on_signals()
        super().run_from_argv(argv)

    def handle(self, *, to, encrypt_to, keep_daily, keep_weekly, keep_monthly, **options):
        if not to:
            raise BackupError("The location for the backup is missing: use --to, or BACKUP_TO in the environment.")
        storage = Storage(to, create=True)
        manifest = archives.create_backup(
            storage,
            connections[session_alias()],
            Encryption.for_recipient(encrypt_to) if encrypt_to else None,
            self.stderr.write,
        )
        self.stdout.write(
            f"{manifest.archive} in {to}: {sum(manifest.rows.values()):,} rows of {len(manifest.rows)} tables, "
            f"{megabytes(manifest.size)}, {manifest.encryption or 'not'} encrypted."
        )
        if reason := record_backup(session_alias(), manifest):
            self.stderr.write(reason)
        keep = [keep_daily, keep_weekly, keep_monthly]
        if keep != [None, None, None]:
            for name in archives.remove_expired(storage, *(number or 0 for number in keep)):
                self.stdout.write(f"Removed {name}.")
