"""Command-line arguments that verify_backup and restore share: where backups are stored, and the private key."""

from django.conf import settings

from operations.backups import BackupError
from operations.backups.storage import Storage


def add_backup_arguments(parser) -> None:
    parser.add_argument(
        "--from", dest="location", default=settings.BACKUP_TO, help="a folder, or s3://bucket/prefix [BACKUP_TO]"
    )
    parser.add_argument("--identity", metavar="FILE", help="the private key for an archive encrypted with age")


def open_storage(location: str) -> Storage:
    if not location:
        raise BackupError("The location of the backups is missing: use --from, or BACKUP_TO in the environment.")
    return Storage(location)
