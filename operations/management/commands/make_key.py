import base64
import secrets

from cryptography.hazmat.primitives.asymmetric import ec
from django.core.management.base import BaseCommand

from brainlog.reminder_servers import encode


class Command(BaseCommand):
    help = (
        "Print a new key for FIELD_ENCRYPTION_KEYS. Keep a copy apart from the database's backups: what is encrypted "
        "with a lost key cannot be read again. Works before anything is configured."
    )
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument(
            "--push",
            action="store_true",
            help="print a key for REMINDER_PUSH_KEY instead: a new one ends all messages to devices that were added",
        )

    def handle(self, *args, **options):
        self.stdout.write(push_key() if options["push"] else field_key())


def field_key() -> str:
    return f"{secrets.token_hex(3)}:{base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()}"


def push_key() -> str:
    """The number of a private key of the curve P-256, in base64url."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return encode(number.to_bytes(32))
