"""Encryption of private texts with AES-256-GCM and the keys in FIELD_ENCRYPTION_KEYS.

The format of a token is `bl1.<key id>.<base64>`: the version, the id of the key, and a random nonce of 96 bits with the
ciphertext and its tag. The associated data (table, column, owner and so on) is not part of the token, but must be the
same for decryption.
"""

import base64
import binascii
import hashlib
import re
import secrets
from functools import lru_cache
from json.encoder import encode_basestring_ascii

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

VERSION = "bl1"
NONCE, TAG = 12, 16  # bytes
TOKEN = re.compile(rf"({VERSION}\.([a-z0-9-]{{1,16}}))\.([A-Za-z0-9_-]{{38,}})", re.ASCII)


class CannotDecryptError(Exception):
    """The message states the reason, and contains nothing of the text."""


class KeyMissingError(CannotDecryptError):
    """Encrypted with a key that is not in FIELD_ENCRYPTION_KEYS."""


class InvalidCiphertextError(CannotDecryptError):
    """The token was altered, was moved from another row or column, or is not encrypted at all."""


def encrypt(text: str, *associated_data: str) -> str:
    """Encrypt a text with the first key. The same text gives another token each time."""
    key_id = current_key_id()
    header, nonce = f"{VERSION}.{key_id}", secrets.token_bytes(NONCE)
    serialized = serialize(header, associated_data)
    ciphertext = cipher(settings.FIELD_ENCRYPTION_KEYS[key_id]).encrypt(nonce, text.encode(), serialized)
    return f"{header}.{as_base64(nonce + ciphertext)}"


def decrypt(token: str, *associated_data: str) -> str:
    """Decrypt a token that was made with this associated data. Raises KeyMissingError or InvalidCiphertextError."""
    match = TOKEN.fullmatch(token)
    if not match:
        if settings.FIELD_ENCRYPTION_READS_PLAINTEXT:
            return token
        raise InvalidCiphertextError("it is not encrypted, and FIELD_ENCRYPTION_KEYS does not say plaintext")
    header, key_id, data = match.groups()
    key = settings.FIELD_ENCRYPTION_KEYS.get(key_id)
    if key is None:
        raise KeyMissingError(f"there is no key {key_id} in FIELD_ENCRYPTION_KEYS")
    try:
        # As base64.urlsafe_b64decode(), in half of the time: a search decrypts thousands of texts.
        raw = binascii.a2b_base64(data.replace("-", "+").replace("_", "/") + "=" * (-len(data) % 4))
        if (rest := len(raw) % 3) and as_base64(raw[-rest:]) != data[-rest - 1 :]:
            raise InvalidCiphertextError("it is not the base64 that was stored")  # The last character has unused bits.
        return cipher(key).decrypt(raw[:NONCE], raw[NONCE:], serialize(header, associated_data)).decode()
    except (InvalidTag, binascii.Error):
        raise InvalidCiphertextError(f"it was not encrypted with the key {key_id} and this associated data") from None


def is_token(stored: str) -> bool:
    """Whether the text has the format of a token."""
    return bool(TOKEN.fullmatch(stored))


def is_current(stored: str) -> bool:
    """Whether the token was made with the first key."""
    return stored.startswith(f"{VERSION}.{current_key_id()}.") and is_token(stored)


def current_key_id() -> str:
    return next(iter(settings.FIELD_ENCRYPTION_KEYS))


def key_ids() -> list[str]:
    """Return the ids of all keys; the first one encrypts."""
    return list(settings.FIELD_ENCRYPTION_KEYS)


def key_fingerprints() -> dict[str, str]:
    """Return a hash of each key by its id, to compare keys without revealing them."""
    return {
        key_id: hashlib.sha256(b"brainlog key of private text:" + key).hexdigest()[:16]
        for key_id, key in settings.FIELD_ENCRYPTION_KEYS.items()
    }


def serialize(header: str, associated_data: tuple[str, ...]) -> bytes:
    """Return what is authenticated with the text. JSON makes it unambiguous: what json.dumps() makes of the list."""
    return f"[{', '.join(map(encode_basestring_ascii, (header, *associated_data)))}]".encode()


def as_base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@lru_cache(maxsize=16)
def cipher(key: bytes) -> AESGCM:
    return AESGCM(key)
