import base64
import secrets

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = (
        "Print a new key for FIELD_ENCRYPTION_KEYS. Keep a copy apart from the database's backups: what is encrypted "
        "with a lost key cannot be read again. Works before anything is configured."
    )
    requires_system_checks = ()

    def handle(self, *args, **options):
        self.stdout.write(f"{secrets.token_hex(3)}:{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}")
