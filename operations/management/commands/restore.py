from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections
from django.utils import timezone

from brainlog.database.urls import session_alias
from encryption.cipher import key_fingerprints
from operations.backups import BackupError, archives
from operations.backups.arguments import add_backup_arguments, open_storage
from operations.backups.engine import Restore
from operations.backups.pipeline import interrupt_on_signals
from reminders.models import Channel
from reminders.plans import skip_overdue


def parse_timeout(text: str) -> float:
    """Parse a number of seconds from 0.001 to a day. 0 is refused: PostgreSQL takes it for no limit."""
    seconds = float(text)
    if not 0.001 <= seconds <= 86_400:
        raise ValueError
    return seconds


class Command(BaseCommand):
    help = (
        "Restores a backup into the site's database in one transaction, then migrates and checks it. "
        "Stop the site first: what it saves meanwhile would be lost."
    )

    def add_arguments(self, parser):
        parser.add_argument("name", help="the archive's file name, or latest")
        add_backup_arguments(parser)
        parser.add_argument(
            "--replace", action="store_true", help="replace the contents of the database; asks for its name first"
        )
        parser.add_argument(
            "--without-keys",
            action="store_true",
            help="restore even if encryption keys of private text are missing here",
        )
        parser.add_argument(
            "--while-connected",
            action="store_true",
            help="replace the database even if others are connected: what they saved since the backup and save "
            "meanwhile is lost",
        )
        parser.add_argument(
            "--lock-timeout",
            type=parse_timeout,
            default=60,
            metavar="SECONDS",
            help="how long to wait for transactions of others; after that, it fails and nothing is changed [60]",
        )
        parser.add_argument("--confirm", metavar="DATABASE", help="the database's name, for use without a terminal")

    def run_from_argv(self, argv):
        interrupt_on_signals()
        super().run_from_argv(argv)

    def handle(
        self,
        *,
        name,
        location,
        identity,
        replace,
        confirm,
        without_keys,
        while_connected,
        lock_timeout,
        **options,
    ):
        storage = open_storage(location)
        manifest = archives.find_manifest(storage, name)
        connection = connections[session_alias()]
        if manifest.engine != connection.vendor:
            raise BackupError(f"{manifest.archive} is of {manifest.engine}, and the database is {connection.vendor}.")
        self.check_migrations(manifest)
        if not without_keys:
            self.check_keys(manifest)
        programs = archives.decryption_programs(manifest, identity)
        archives.verify_archive(storage, manifest, self.stderr.write)
        engine = archives.ENGINES[connection.vendor]
        if not engine.is_empty(connection):
            if replace and not while_connected:
                self.check_no_other_users(engine, connection)
            self.confirm(engine.database_name(connection), replace, confirm)
            if not while_connected:
                self.check_no_other_users(engine, connection)  # Others may have connected while the name was typed.
        restoring = Restore(
            archives.read_archive(storage, manifest, self.stderr.write),
            programs,
            replace=replace,
            is_exclusive=not while_connected,
            lock_timeout=lock_timeout,
            write=self.stderr.write,
        )
        engine.restore(connection, restoring)
        self.stdout.write(
            f"Restored {manifest.archive}: {sum(manifest.rows.values()):,} rows, as of {manifest.started}. "
            "Backups have no sessions: people log in again, and add their devices for reminders again."
        )
        call_command("migrate", database=session_alias(), interactive=False)
        # A device ends with its login. New logins will get the keys of those that are not in the backup.
        Channel.objects.of_ended_logins(timezone.now()).delete()
        # Reminders that were due since the backup may have been sent, which the backup cannot know.
        if skipped := skip_overdue():
            self.stdout.write(f"Left out the reminders of {skipped} people that were due since then.")
        self.check_database()

    def check_migrations(self, manifest):
        """Raise BackupError if a newer release made the backup: this one can neither migrate nor read it."""
        if unknown := manifest.unknown_migrations():
            raise BackupError(
                f"{manifest.archive} is of a newer release: this one does not have {', '.join(unknown)}. "
                "Restore it with the release that made it, which can also reverse migrations with manage.py migrate."
            )

    def check_no_other_users(self, engine, connection):
        """Raise BackupError if others use the database, such as a site that was not stopped."""
        if others := engine.other_users(connection):
            raise BackupError(
                f"Others are using the database {engine.database_name(connection)}, and what they save would be lost: "
                f"{'; '.join(others)}. Stop the site first, or restore --while-connected."
            )

    def check_keys(self, manifest):
        """Raise BackupError if private text in the archive may be encrypted with keys that are missing here."""
        available = key_fingerprints()
        if missing := [key_id for key_id, value in manifest.keys.items() if available.get(key_id) != value]:
            raise BackupError(
                f"FIELD_ENCRYPTION_KEYS lacks {', '.join(missing)}, which private text in {manifest.archive} may be "
                "encrypted with. Add them, or restore with --without-keys: until then, that text is unreadable."
            )

    def check_database(self):
        try:
            call_command("checkdb")
        except SystemExit as end:
            if end.code not in (0, 1):  # 1: only warnings
                raise BackupError(
                    "The backup is restored, but checkdb found errors in the database: see above."
                ) from None

    def confirm(self, database, replace, confirmed):
        """Raise BackupError unless the name of the database that is to be replaced was typed or given."""
        if not replace:
            raise BackupError(f"The database {database} is not empty: --replace replaces all its contents.")
        if confirmed is None:
            try:
                confirmed = input(f"The contents of the database {database} will be replaced. Type its name to go on: ")
            except EOFError:
                raise BackupError("There is no terminal: give the name of the database with --confirm.") from None
        if confirmed != database:
            raise BackupError(f"Nothing was changed: the database is named {database}.")
