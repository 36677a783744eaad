"""FIELD_ENCRYPTION_KEYS: the keys of private text, `id:base64,…`. The first encrypts, all decrypt."""

import base64
import binascii
import re

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.core.exceptions import ImproperlyConfigured

VARIABLE = "FIELD_ENCRYPTION_KEYS"
BYTES = 32
# The word in place of a key that lets texts be read which no key has encrypted yet.
PLAINTEXT = "plaintext"
DERIVED = "debug"


def keys_in(text: str) -> tuple[dict[str, bytes], bool]:
    """Return the keys by their ids, in order, and whether texts that are not encrypted may be read.

    Raises ImproperlyConfigured with a sentence that repeats no key.
    """
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    keys: dict[str, bytes] = {}
    for number, entry in enumerate(entries, 1):
        if entry == PLAINTEXT:
            continue
        key_id, colon, encoded = entry.partition(":")
        if not colon or not re.fullmatch(r"[a-z0-9-]{1,16}", key_id):
            # Nor is the id repeated: what is no id may be the key.
            raise ImproperlyConfigured(
                f"Key {number} in {VARIABLE} does not begin with an id of at most 16 small letters and digits, "
                "and a colon: write it as manage.py make_key prints it."
            )
        if key_id in keys:
            raise ImproperlyConfigured(f"{VARIABLE} has two keys with the id {key_id}.")
        key = decoded(encoded)
        if key is None:
            raise ImproperlyConfigured(f"The key {key_id} in {VARIABLE} is no base64: is it cut off?")
        if len(key) != BYTES:
            raise ImproperlyConfigured(f"The key {key_id} in {VARIABLE} has {len(key)} bytes instead of {BYTES}.")
        if key in keys.values():
            raise ImproperlyConfigured(f"The key {key_id} in {VARIABLE} stands there under another id, too.")
        keys[key_id] = key
    if entries and not keys:
        raise ImproperlyConfigured(f"{VARIABLE} has no key: manage.py make_key prints one.")
    return keys, PLAINTEXT in entries


def decoded(text: str) -> bytes | None:
    """The bytes of base64 in either alphabet, with or without its padding; None if it is none."""
    text = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return None


def key_from(secret: str) -> bytes:
    """A key made from SECRET_KEY, for trying out."""
    return HKDF(SHA256(), BYTES, salt=None, info=b"Brain Log private text").derive(secret.encode())
