"""Private text, encrypted for one place: AES-256-GCM, under the keys in FIELD_ENCRYPTION_KEYS.

A token reads `bl1.<key id>.<base64>`: the version, the id of its key, and a nonce of 96 random bits
with what was encrypted and its tag. The place (a table, a column, an owner and so on) is not in it,
but must be the same when it is decrypted.
"""

import base64
import binascii
import hashlib
import json
import re
import secrets
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

VERSION = "bl1"
NONCE, TAG = 12, 16  # bytes
TOKEN = re.compile(rf"({VERSION}\.([a-z0-9-]{{1,16}}))\.([A-Za-z0-9_-]{{38,}})", re.ASCII)


class CannotDecryptError(Exception):
    """The message says why, and nothing of the text."""


class KeyMissingError(CannotDecryptError):
    """Encrypted with a key that is not in FIELD_ENCRYPTION_KEYS."""


class InvalidCiphertextError(CannotDecryptError):
    """Not what was encrypted for this place: altered, moved here from another, or not encrypted at all."""


def encrypt(text: str, *place: str) -> str:
    """The token of a text, under the first key. The same text makes another token each time."""
    key_id = current_key_id()
    header, nonce = f"{VERSION}.{key_id}", secrets.token_bytes(NONCE)
    sealed = cipher(settings.FIELD_ENCRYPTION_KEYS[key_id]).encrypt(nonce, text.encode(), bound(header, place))
    return f"{header}.{as_base64(nonce + sealed)}"


def decrypt(token: str, *place: str) -> str:
    """The text of a token that was made for this place. Raises KeyMissingError or InvalidCiphertextError."""
    match = TOKEN.fullmatch(token)
    if not match:
        if settings.FIELD_ENCRYPTION_READS_PLAINTEXT:
            return token
        raise InvalidCiphertextError("it is not encrypted, and FIELD_ENCRYPTION_KEYS does not say plaintext")
    header, key_id, data = match.groups()
    if key_id not in settings.FIELD_ENCRYPTION_KEYS:
        raise KeyMissingError(f"there is no key {key_id} in FIELD_ENCRYPTION_KEYS")
    try:
        raw = base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))
        if as_base64(raw) != data:
            raise InvalidCiphertextError("it is not the base64 that was stored")  # The last character has idle bits.
        key = settings.FIELD_ENCRYPTION_KEYS[key_id]
        return cipher(key).decrypt(raw[:NONCE], raw[NONCE:], bound(header, place)).decode()
    except (InvalidTag, binascii.Error):
        raise InvalidCiphertextError(f"the key {key_id} did not encrypt this for this place") from None


def is_token(stored: str) -> bool:
    """Whether it has the form of a token."""
    return bool(TOKEN.fullmatch(stored))


def is_current(stored: str) -> bool:
    """Whether it was made with the first key."""
    return stored.startswith(f"{VERSION}.{current_key_id()}.") and is_token(stored)


def current_key_id() -> str:
    return next(iter(settings.FIELD_ENCRYPTION_KEYS))


def key_ids() -> list[str]:
    """The ids of all keys, the one that encrypts first."""
    return list(settings.FIELD_ENCRYPTION_KEYS)


def key_fingerprints() -> dict[str, str]:
    """What tells one key from another by its id, and is no secret itself."""
    return {
        key_id: hashlib.sha256(b"brainlog key of private text:" + key).hexdigest()[:16]
        for key_id, key in settings.FIELD_ENCRYPTION_KEYS.items()
    }


def bound(header: str, place: tuple[str, ...]) -> bytes:
    """What is authenticated with the text. As JSON: no two places look the same."""
    return json.dumps([header, *place]).encode()


def as_base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@lru_cache(maxsize=16)
def cipher(key: bytes) -> AESGCM:
    return AESGCM(key)
