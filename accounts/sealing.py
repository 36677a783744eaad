"""Secrets of the second factor are encrypted in the database.

`seal` and `unseal` are all that knows the key. It is derived from SECRET_KEY; a key ring takes its
place by changing `key_from` and `known_keys` alone.
"""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"accounts: second factor"
VERSION = "v1:"
NONCE_BYTES = 12


class UnreadableSecret(Exception):
    """Sealed with a key that this server does not have, or changed since."""


def key_from(secret: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())


def known_keys() -> list[bytes]:
    """The key that seals, then all others that may have sealed."""
    return [key_from(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def seal(text: str) -> str:
    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(known_keys()[0]).encrypt(nonce, text.encode(), PURPOSE)
    return VERSION + base64.b64encode(nonce + sealed).decode()


def unseal(sealed: str) -> str:
    """The text. Raises UnreadableSecret: an empty one would be a secret that anybody can guess."""
    try:
        raw = base64.b64decode(sealed.removeprefix(VERSION), validate=True)
    except ValueError as error:
        raise UnreadableSecret from error
    for key in known_keys():
        try:
            return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], PURPOSE).decode()
        except (InvalidTag, ValueError):
            continue
    raise UnreadableSecret
