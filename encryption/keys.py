"""Parser of FIELD_ENCRYPTION_KEYS, `id:base64,…`: the first key encrypts, all keys decrypt."""

import base64
import binascii
import re

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.core.exceptions import ImproperlyConfigured

VARIABLE = "FIELD_ENCRYPTION_KEYS"
BYTES = 32
# An entry of this word instead of a key allows reading texts that are not encrypted yet.
PLAINTEXT = "plaintext"
# The id of the key that is derived from SECRET_KEY, with DEBUG only.
DERIVED = "debug"


def parse_keys(text: str) -> tuple[dict[str, bytes], bool]:
    """Return the keys by id, in order, and whether texts that are not encrypted may be read.

    Raises ImproperlyConfigured with a message that repeats no key.
    """
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    keys: dict[str, bytes] = {}
    for number, entry in enumerate(entries, 1):
        if entry == PLAINTEXT:
            continue
        key_id, colon, encoded = entry.partition(":")
        if not colon or not re.fullmatch(r"[a-z0-9-]{1,16}", key_id):
            # The message does not repeat the id, because an invalid id may be the key.
            raise ImproperlyConfigured(
                f"Key {number} in {VARIABLE} does not begin with an id of at most 16 small letters and digits, "
                "and a colon: write it as manage.py make_key prints it."
            )
        if key_id in keys:
            raise ImproperlyConfigured(f"{VARIABLE} has two keys with the id {key_id}.")
        key = decode(encoded)
        if key is None:
            raise ImproperlyConfigured(f"The key {key_id} in {VARIABLE} is not valid base64: is it truncated?")
        if len(key) != BYTES:
            raise ImproperlyConfigured(f"The key {key_id} in {VARIABLE} has {len(key)} bytes instead of {BYTES}.")
        if key in keys.values():
            raise ImproperlyConfigured(f"The key {key_id} in {VARIABLE} is also there under another id.")
        keys[key_id] = key
    if entries and not keys:
        raise ImproperlyConfigured(f"{VARIABLE} has no key: manage.py make_key prints one.")
    return keys, PLAINTEXT in entries


def decode(text: str) -> bytes | None:
    """Decode base64 in either alphabet, with or without padding; None if it is invalid."""
    text = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return None


def derive_key(secret: str) -> bytes:
    """Derive a key from SECRET_KEY, for development."""
    return HKDF(SHA256(), BYTES, salt=None, info=b"Brain Log private text").derive(secret.encode())
