"""System checks: what must be true before Brain Log faces the internet."""

import ipaddress
import os

from django.conf import settings
from django.core.checks import Error, Warning, register

from brainlog.database import is_postgresql
from brainlog.keys import DERIVED

ENCRYPTED = {"require", "verify-ca", "verify-full"}


@register()
def databases_are_reached_by_tls(app_configs, **kwargs):
    """Answers do not cross a network in the clear."""
    if settings.DEBUG:
        return []
    return [
        Error(
            f"The connection to the database “{alias}” is not encrypted.",
            hint="Add sslmode=require to its URL, or better sslmode=verify-full with sslrootcert.",
            id="brainlog.E001",
        )
        for alias, database in settings.DATABASES.items()
        if is_postgresql(database) and not is_local(host_of(database)) and not is_encrypted(database)
    ]


def host_of(database: dict) -> str:
    """As libpq finds it: one that the URL does not name, its own variables may."""
    return os.environ.get("PGHOSTADDR") or database["HOST"] or os.environ.get("PGHOST", "")


def is_local(host: str) -> bool:
    """Whether it is this machine: a socket, or an address of the loopback."""
    if not host or host.startswith("/") or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_encrypted(database: dict) -> bool:
    return database.get("OPTIONS", {}).get("sslmode") in ENCRYPTED


@register()
def private_text_has_a_key_of_its_own(app_configs, **kwargs):
    """SECRET_KEY may be changed at any time, and what was encrypted with it would be lost."""
    if list(settings.FIELD_ENCRYPTION_KEYS) != [DERIVED]:
        return []
    return [
        Warning(
            "FIELD_ENCRYPTION_KEYS is not set: private text is encrypted with a key made from SECRET_KEY.",
            hint="Put what manage.py make_key prints into .env, then run manage.py rotate_field_keys.",
            id="brainlog.W001",
        )
    ]
