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
        "the blind indexes of names again. People can go on writing meanwhile. After an interruption, the next run "
        "continues where it stopped. Fails if there are texts that cannot be read; those are not changed."
    )

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="Decrypt every text, and change nothing.")

    def handle(self, *args, check, **options):
        unreadable = duplicates = 0
        for model in apps.get_models():
            if not private_fields(model):
                continue
            table = EncryptedTable.of(model)
            self.reported = 0

            def progress(rows, table=table):
                if rows - self.reported >= 1000:
                    self.reported = rows
                    self.stderr.write(f"{table.name}: {rows} rows so far")

            run = check_all if check else encrypt_all
            outcome = run(connection, table, progress=progress)
            self.stdout.write(f"{table.name}: " + ("read" if check else f"{outcome.changed} texts encrypted again"))
            for reason, texts in sorted(outcome.unreadable.items()):
                self.stderr.write(f"{table.name}: {texts} texts cannot be read: {reason}.")
            if outcome.duplicates:
                self.stderr.write(
                    f"{table.name}: {outcome.duplicates} names are twice in the list of a person, who sees both and "
                    "can rename one of them. Run this again afterwards."
                )
            unreadable += outcome.unreadable.total()
            duplicates += outcome.duplicates
        unreadable += self.second_factors(check)
        if not check:
            self.stdout.write(f"accounts_session: {sessions.reencrypt_all()} sessions encrypted again")
        if unreadable:
            raise CommandError(f"{unreadable} texts cannot be read, and were not changed. Keep every key you have.")
        if duplicates:
            raise CommandError(f"{duplicates} hashes were not changed. Keep every key you have.")
        self.stdout.write("Every text can be read." if check else self.removable_keys())

    def second_factors(self, check: bool) -> int:
        """Re-encrypt the secrets of second factors. Returns how many cannot be read."""
        changed, unreadable = reencrypt_all(check=check)
        self.stdout.write("mfa_authenticator: " + ("read" if check else f"{changed} secrets encrypted again"))
        if unreadable:
            self.stderr.write(f"mfa_authenticator: {unreadable} secrets cannot be read.")
        return unreadable

    def removable_keys(self) -> str:
        """Return a message about the keys that can be removed from FIELD_ENCRYPTION_KEYS."""
        first, *older = cipher.key_ids()
        older = [key_id for key_id in older if key_id != DERIVED]  # That one is not in the variable.
        if settings.FIELD_ENCRYPTION_READS_PLAINTEXT:
            older.append(PLAINTEXT)
        message = f"Every text is encrypted with the key {first}."
        if not older:
            return message
        return (
            f"{message} When no process encrypts with another key any more, this database no longer needs: "
            f"{', '.join(older)}. Its older backups still do."
        )
