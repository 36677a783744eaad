from django.core.management.base import BaseCommand
from django.db import connections

from brainlog.database.urls import session_alias
from operations.backups import BackupError, archives
from operations.backups.arguments import add_backup_arguments, storage_at
from operations.backups.pipeline import stop_like_ctrl_c
from operations.backups.records import record_verification


class Command(BaseCommand):
    help = (
        "Restores a backup into a database made for that and dropped afterwards, and compares it with its manifest. "
        "The site's own database is not touched."
    )

    def add_arguments(self, parser):
        parser.add_argument("name", nargs="?", default="latest", help="the archive's file name, or latest, the default")
        add_backup_arguments(parser)
        parser.add_argument(
            "--scratch-url",
            metavar="URL",
            help="a PostgreSQL server to make that database on, if not the site's: postgres://user@host/name. "
            "Its password belongs into PGPASSFILE: others on the machine can read a command line",
        )

    def run_from_argv(self, argv):
        stop_like_ctrl_c()
        super().run_from_argv(argv)

    def handle(self, *, name, place, identity, scratch_url, **options):
        storage = storage_at(place)
        manifest = archives.find(storage, name)
        connection = connections[session_alias()]
        if manifest.engine == "postgresql" != connection.vendor and not scratch_url:
            raise BackupError(f"{manifest.archive} is of PostgreSQL: name a server to restore it on, --scratch-url.")
        programs = archives.decrypting(manifest, identity)
        archives.check(storage, manifest, self.stderr.write)
        found = archives.ENGINES[manifest.engine].restored_aside(
            connection, archives.read(storage, manifest, self.stderr.write), programs, scratch_url
        )
        if differences := manifest.differences(found):
            raise BackupError(f"{manifest.archive} is not what its manifest says. {' '.join(differences)}")
        self.stdout.write(
            f"{manifest.archive} is good: {sum(found.rows.values()):,} rows of {len(found.rows)} tables, "
            f"{len(found.migrations)} migrations, as its manifest says."
        )
        if reason := record_verification(session_alias(), manifest):
            self.stdout.write(reason)
        if unknown := manifest.unknown_migrations():
            self.stdout.write(
                f"It is of a newer release, and is restored with that: this one does not know {', '.join(unknown)}."
            )
