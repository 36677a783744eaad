"""Blind indexes: keyed hashes of encrypted texts, by which rows are looked up.

The format is `bi1.<key id>.<base64>`: the version, the id of the key, and the HMAC-SHA-256 of the text and its
associated data. Each key of FIELD_ENCRYPTION_KEYS gives another hash of the same text, so a lookup uses all of them.
Without the key, a hash can neither be computed from a guessed text nor compared with that of another person.
"""

import hashlib
import hmac
import re
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from encryption import cipher

VERSION = "bi1"
CONTEXT = b"Brain Log blind index"
HASH = re.compile(rf"{VERSION}\.([a-z0-9-]{{1,16}})\.[A-Za-z0-9_-]{{43}}", re.ASCII)


def hash_of(text: str, *associated_data: str) -> str:
    """Return the hash under the first key, for storing."""
    return hash_with(cipher.current_key_id(), text, associated_data)


def hashes_of(text: str, *associated_data: str) -> list[str]:
    """Return all values that may be stored for this text: its hash under each key.

    With FIELD_ENCRYPTION_READS_PLAINTEXT also the text itself, which the previous release stored.
    """
    hashes = [hash_with(key_id, text, associated_data) for key_id in cipher.key_ids()]
    return [*hashes, text] if settings.FIELD_ENCRYPTION_READS_PLAINTEXT else hashes


def is_comparable(stored: str) -> bool:
    """Whether hashes_of() can find this stored hash. False while its key is missing."""
    match = HASH.fullmatch(stored)
    return match[1] in settings.FIELD_ENCRYPTION_KEYS if match else settings.FIELD_ENCRYPTION_READS_PLAINTEXT


def is_current(stored: str) -> bool:
    """Whether the hash was made with the first key."""
    match = HASH.fullmatch(stored)
    return bool(match) and match[1] == cipher.current_key_id()


def hash_with(key_id: str, text: str, associated_data: tuple[str, ...]) -> str:
    header = f"{VERSION}.{key_id}"
    message = cipher.serialize(header, (*associated_data, text))
    digest = hmac.digest(derive_key(settings.FIELD_ENCRYPTION_KEYS[key_id]), message, hashlib.sha256)
    return f"{header}.{cipher.as_base64(digest)}"


@lru_cache(maxsize=16)
def derive_key(key: bytes) -> bytes:
    """Derive the key for hashes, because a key must serve one purpose only."""
    return HKDF(SHA256(), 32, salt=None, info=CONTEXT).derive(key)
