"""How verify_backup and restore are told where the backups are, and how to read them."""

from django.conf import settings

from operations.backups import BackupError
from operations.backups.storage import Storage


def add_backup_arguments(parser) -> None:
    parser.add_argument(
        "--from", dest="place", default=settings.BACKUP_TO, help="a folder, or s3://bucket/prefix [BACKUP_TO]"
    )
    parser.add_argument("--identity", metavar="FILE", help="the private key for an archive encrypted with age")


def storage_at(place: str) -> Storage:
    if not place:
        raise BackupError("Say where the backups are: --from, or BACKUP_TO in the environment.")
    return Storage(place)
