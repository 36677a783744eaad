"""Blind indexes: keyed hashes by which the row of an encrypted text is found.

A hash reads `bi1.<key id>.<base64>`: the version, the id of its key, and the HMAC-SHA-256 of the text with its
place. Each key of FIELD_ENCRYPTION_KEYS gives another hash of the same text, so a look-up tries all of them.
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


def hash_of(text: str, *place: str) -> str:
    """The hash under the first key, to be stored."""
    return hash_under(cipher.current_key_id(), text, place)


def hashes_of(text: str, *place: str) -> list[str]:
    """Everything that may be stored for this text: its hash under each key.

    While texts that are not encrypted may be read, the text itself too: the release before stored that.
    """
    hashes = [hash_under(key_id, text, place) for key_id in cipher.key_ids()]
    return [*hashes, text] if settings.FIELD_ENCRYPTION_READS_PLAINTEXT else hashes


def is_comparable(stored: str) -> bool:
    """Whether hashes_of() of the same text would find it. False while its key is missing."""
    match = HASH.fullmatch(stored)
    return match[1] in settings.FIELD_ENCRYPTION_KEYS if match else settings.FIELD_ENCRYPTION_READS_PLAINTEXT


def is_current(stored: str) -> bool:
    """Whether it was made with the first key."""
    match = HASH.fullmatch(stored)
    return bool(match) and match[1] == cipher.current_key_id()


def hash_under(key_id: str, text: str, place: tuple[str, ...]) -> str:
    header = f"{VERSION}.{key_id}"
    message = cipher.bound(header, (*place, text))
    digest = hmac.digest(derived(settings.FIELD_ENCRYPTION_KEYS[key_id]), message, hashlib.sha256)
    return f"{header}.{cipher.as_base64(digest)}"


@lru_cache(maxsize=16)
def derived(key: bytes) -> bytes:
    """A key of its own for hashes: a key serves one purpose."""
    return HKDF(SHA256(), 32, salt=None, info=CONTEXT).derive(key)
