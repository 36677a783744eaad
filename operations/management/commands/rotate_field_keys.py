from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from accounts import sessions
from encryption import cipher
from encryption.fields import private_fields
from encryption.keys import DERIVED, PLAINTEXT
from encryption.mfa_secrets import reencrypt_all
from encryption.reencrypt import EncryptedTable, check_all, encrypt_all


class Command(BaseCommand):
    help = (
        "Encrypt every private text that is not yet encrypted with the first key of FIELD_ENCRYPTION_KEYS, and compute "
        "the hashes anew by which names are found. People can go on writing meanwhile. Interrupted, it goes on where "
        "it stopped when it is run again. Fails if there are texts that cannot be read; those are left as they are."
    )

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="Read every text, change nothing.")

    def handle(self, *args, check, **options):
        left = taken = 0
        for model in apps.get_models():
            if not private_fields(model):
                continue
            table = EncryptedTable.of(model)
            self.told = 0

            def progress(rows, table=table):
                if rows - self.told >= 1000:
                    self.told = rows
                    self.stderr.write(f"{table.name}: {rows} rows so far")

            run = check_all if check else encrypt_all
            outcome = run(connection, table, progress=progress)
            self.stdout.write(f"{table.name}: " + ("read" if check else f"{outcome.changed} texts encrypted anew"))
            for reason, texts in sorted(outcome.left.items()):
                self.stderr.write(f"{table.name}: {texts} texts cannot be read: {reason}.")
            if outcome.taken:
                self.stderr.write(
                    f"{table.name}: {outcome.taken} names are in a person's list twice. They see both, and can rename "
                    "one of them; run this again afterwards."
                )
            left += outcome.left.total()
            taken += outcome.taken
        left += self.second_factors(check)
        if not check:
            self.stdout.write(f"accounts_session: {sessions.reencrypt_all()} sessions encrypted anew")
        if left:
            raise CommandError(f"{left} texts cannot be read, and were left as they are. Keep every key you have.")
        if taken:
            raise CommandError(f"{taken} hashes were left as they are. Keep every key you have.")
        self.stdout.write("Every text can be read." if check else self.what_may_go())

    def second_factors(self, check: bool) -> int:
        """The secrets of codes from apps and recovery codes. Returns how many cannot be read."""
        resealed, unreadable = reencrypt_all(check=check)
        self.stdout.write("mfa_authenticator: " + ("read" if check else f"{resealed} secrets encrypted anew"))
        if unreadable:
            self.stderr.write(f"mfa_authenticator: {unreadable} secrets cannot be read.")
        return unreadable

    def what_may_go(self) -> str:
        """What can be taken out of FIELD_ENCRYPTION_KEYS now."""
        first, *older = cipher.key_ids()
        older = [key_id for key_id in older if key_id != DERIVED]  # Nobody has put that one there.
        if settings.FIELD_ENCRYPTION_READS_PLAINTEXT:
            older.append(PLAINTEXT)
        said = f"Every text is encrypted with the key {first}."
        if not older:
            return said
        return (
            f"{said} Once no process encrypts with another one any more, this database needs no longer: "
            f"{', '.join(older)}. Its older backups still do."
        )
