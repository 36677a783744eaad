from django.core.management.base import BaseCommand
from django.db import connections

from brainlog.database.urls import session_alias
from operations.backups import BackupError, archives
from operations.backups.arguments import add_backup_arguments, open_storage
from operations.backups.engine import Restore
from operations.backups.pipeline import interrupt_on_signals
from operations.backups.records import record_verification


class Command(BaseCommand):
    help = (
        "Restores a backup into a temporary database, compares that with the manifest, and drops it. "
        "The site's own database is not changed."
    )

    def add_arguments(self, parser):
        parser.add_argument("name", nargs="?", default="latest", help="the archive's file name, or latest, the default")
        add_backup_arguments(parser)
        parser.add_argument(
            "--scratch-url",
            metavar="URL",
            help="a PostgreSQL server for the temporary database, if not the site's: postgres://user@host/name. "
            "Its password belongs in PGPASSFILE: other users of the machine can read command lines",
        )

    def run_from_argv(self, argv):
        interrupt_on_signals()
        super().run_from_argv(argv)

    def handle(self, *, name, location, identity, scratch_url, **options):
        storage = open_storage(location)
        manifest = archives.find_manifest(storage, name)
        connection = connections[session_alias()]
        if manifest.engine == "postgresql" != connection.vendor and not scratch_url:
            raise BackupError(f"{manifest.archive} is of PostgreSQL: name a server for it with --scratch-url.")
        programs = archives.decryption_programs(manifest, identity)
        archives.verify_archive(storage, manifest, self.stderr.write)
        restoring = Restore(archives.read_archive(storage, manifest, self.stderr.write), programs)
        found = archives.ENGINES[manifest.engine].restore_to_scratch(connection, restoring, scratch_url)
        if differences := manifest.differences(found):
            raise BackupError(f"{manifest.archive} does not match its manifest. {' '.join(differences)}")
        self.stdout.write(
            f"{manifest.archive} is good: {sum(found.rows.values()):,} rows of {len(found.rows)} tables, "
            f"{len(found.migrations)} migrations, as in its manifest."
        )
        if reason := record_verification(session_alias(), manifest):
            self.stdout.write(reason)
        if unknown := manifest.unknown_migrations():
            self.stdout.write(
                f"It is of a newer release, which is needed to restore it: this one does not have {', '.join(unknown)}."
            )
