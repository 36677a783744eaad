from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections

from brainlog.database.urls import session_alias
from encryption.cipher import key_fingerprints
from operations.backups import BackupError, archives
from operations.backups.arguments import add_backup_arguments, storage_at
from operations.backups.pipeline import stop_like_ctrl_c


def seconds(text: str) -> float:
    """How long to wait, at least a moment: PostgreSQL takes 0 for no limit."""
    if not (found := float(text)) >= 0.001 or found > 86_400:
        raise ValueError
    return found


class Command(BaseCommand):
    help = (
        "Restores a backup into the site's database, all or nothing, then migrates it and checks it. "
        "Stop the site first: what it saves meanwhile would be lost."
    )

    def add_arguments(self, parser):
        parser.add_argument("name", help="the archive's file name, or latest")
        add_backup_arguments(parser)
        parser.add_argument(
            "--replace", action="store_true", help="replace what the database holds; asks for its name first"
        )
        parser.add_argument(
            "--without-keys", action="store_true", help="restore private text that the keys here cannot read"
        )
        parser.add_argument(
            "--while-connected",
            action="store_true",
            help="replace it though others are connected: what they have saved since the backup, and save meanwhile, "
            "is lost",
        )
        parser.add_argument(
            "--lock-timeout",
            type=seconds,
            default=60,
            metavar="SECONDS",
            help="how long to wait for the transactions of others before giving up with nothing changed [60]",
        )
        parser.add_argument("--confirm", metavar="DATABASE", help="the database's name, where nobody can be asked")

    def run_from_argv(self, argv):
        stop_like_ctrl_c()
        super().run_from_argv(argv)

    def handle(
        self,
        *,
        name,
        place,
        identity,
        replace,
        confirm,
        without_keys,
        while_connected,
        lock_timeout,
        **options,
    ):
        storage = storage_at(place)
        manifest = archives.find(storage, name)
        connection = connections[session_alias()]
        if manifest.engine != connection.vendor:
            raise BackupError(f"{manifest.archive} is of {manifest.engine}, and the database is {connection.vendor}.")
        self.check_migrations(manifest)
        if not without_keys:
            self.check_keys(manifest)
        programs = archives.decrypting(manifest, identity)
        archives.check(storage, manifest, self.stderr.write)
        engine = archives.ENGINES[connection.vendor]
        if not engine.is_empty(connection):
            if replace and not while_connected:
                self.expect_alone(engine, connection)
            self.confirm(engine.name_of(connection), replace, confirm)
            if not while_connected:
                self.expect_alone(engine, connection)  # Who came while the name was typed.
        engine.restore(
            connection,
            archives.read(storage, manifest, self.stderr.write),
            programs,
            replace,
            alone=not while_connected,
            patience=lock_timeout,
            write=self.stderr.write,
        )
        self.stdout.write(
            f"Restored {manifest.archive}: {sum(manifest.rows.values()):,} rows, as of {manifest.started}. "
            "Backups hold no sessions: people log in once more."
        )
        call_command("migrate", database=session_alias(), interactive=False)
        self.check_database()

    def check_migrations(self, manifest):
        """Raise BackupError if a newer release made the backup: this one could neither migrate nor read it."""
        if unknown := manifest.unknown_migrations():
            raise BackupError(
                f"{manifest.archive} is of a newer release: this one does not know {', '.join(unknown)}. "
                "Restore it with the release that made it; that one can also go back, with manage.py migrate."
            )

    def expect_alone(self, engine, connection):
        """Raise BackupError if others use the database, as a site does that was not stopped."""
        if others := engine.others_in(connection):
            raise BackupError(
                f"Others are using the database {engine.name_of(connection)}, and what they save would be lost: "
                f"{'; '.join(others)}. Stop the site first, or restore --while-connected."
            )

    def check_keys(self, manifest):
        """Raise BackupError if private text in the archive may be encrypted with keys that are not here."""
        here = key_fingerprints()
        if missing := [key_id for key_id, print_ in manifest.keys.items() if here.get(key_id) != print_]:
            raise BackupError(
                f"FIELD_ENCRYPTION_KEYS lacks {', '.join(missing)}, which private text in {manifest.archive} may be "
                "encrypted with. Add them, or restore it --without-keys: it cannot be read until they are back."
            )

    def check_database(self):
        try:
            call_command("checkdb")
        except SystemExit as end:
            if end.code not in (0, 1):  # 1: nothing but warnings
                raise BackupError(
                    "The backup is restored, but the database is not as it should be: see above."
                ) from None

    def confirm(self, database, replace, confirmed):
        """Raise BackupError unless somebody has typed the name of the database that is to be replaced."""
        if not replace:
            raise BackupError(f"The database {database} is not empty: --replace replaces all that is in it.")
        if confirmed is None:
            try:
                confirmed = input(f"All that is in the database {database} will be replaced. Type its name to go on: ")
            except EOFError:
                raise BackupError("Nobody is there to confirm: give the database's name with --confirm.") from None
        if confirmed != database:
            raise BackupError(f"Nothing was changed: the database is named {database}.")
