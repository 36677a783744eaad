from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from accounts import sessions
from encryption import cipher
from encryption.fields import private_fields
from encryption.keys import DERIVED, PLAINTEXT
from encryption.mfa_secrets import reencrypt_all
from encryption.reencrypt import EncryptedTable, Outcome, check_all, encrypt_all

PROGRESS_INTERVAL = 1000  # rows


class Command(BaseCommand):
    help = (
        "Encrypt every private text that is not yet encrypted with the first key of FIELD_ENCRYPTION_KEYS, and compute "
        "the hashes by which names are found again. Can run while the site is in use. If interrupted, it resumes "
        "when it is run again. Fails if texts cannot be decrypted; those are not changed."
    )

    def add_arguments(self, parser):
        parser.add_argument("--check", action="store_true", help="Decrypt every text, change nothing.")

    def handle(self, *args, check, **options):
        unreadable = duplicates = 0
        for model in apps.get_models():
            if private_fields(model):
                outcome = self.process(EncryptedTable.of(model), check)
                unreadable += outcome.left.total()
                duplicates += outcome.taken
        unreadable += self.process_second_factors(check)
        if not check:
            self.stdout.write(f"accounts_session: {sessions.reencrypt_all()} sessions encrypted again")
        if unreadable:
            raise CommandError(f"{unreadable} texts cannot be decrypted, and were not changed. Keep every key.")
        if duplicates:
            raise CommandError(f"{duplicates} hashes were not changed. Keep every key.")
        self.stdout.write("Every text can be decrypted." if check else self.obsolete_keys())

    def process(self, table: EncryptedTable, check: bool) -> Outcome:
        reported = 0

        def report_progress(rows):
            nonlocal reported
            if rows - reported >= PROGRESS_INTERVAL:
                reported = rows
                self.stderr.write(f"{table.name}: {rows} rows so far")

        outcome = (check_all if check else encrypt_all)(connection, table, progress=report_progress)
        self.stdout.write(f"{table.name}: " + ("checked" if check else f"{outcome.changed} texts encrypted again"))
        for reason, texts in sorted(outcome.left.items()):
            self.stderr.write(f"{table.name}: {texts} texts cannot be decrypted: {reason}.")
        if outcome.taken:
            self.stderr.write(
                f"{table.name}: {outcome.taken} names are twice in a person's list. The person sees both and can "
                "rename one of them; run this again afterwards."
            )
        return outcome

    def process_second_factors(self, check: bool) -> int:
        """Process the secrets of authenticator apps and recovery codes. Returns how many cannot be decrypted."""
        reencrypted, unreadable = reencrypt_all(check=check)
        self.stdout.write("mfa_authenticator: " + ("checked" if check else f"{reencrypted} secrets encrypted again"))
        if unreadable:
            self.stderr.write(f"mfa_authenticator: {unreadable} secrets cannot be decrypted.")
        return unreadable

    def obsolete_keys(self) -> str:
        """A sentence about the entries of FIELD_ENCRYPTION_KEYS that can be removed now."""
        first, *older = cipher.key_ids()
        older = [key_id for key_id in older if key_id != DERIVED]  # That one is not in FIELD_ENCRYPTION_KEYS.
        if settings.FIELD_ENCRYPTION_READS_PLAINTEXT:
            older.append(PLAINTEXT)
        text = f"Every text is encrypted with the key {first}."
        if not older:
            return text
        return (
            f"{text} Once no process encrypts with another key, this database no longer needs: {', '.join(older)}. "
            "Its older backups still do."
        )
