"""Secrets of the second factor in allauth's table, encrypted for their owner with the keys of private text.

allauth encrypts and decrypts texts without saying whose they are, so the row supplies the associated data:
saving a row binds its new tokens to its owner and its kind of factor, and reading a row marks its tokens with
both. What was copied to another account is not readable there.

A passkey has no secret. Its row carries a seal instead: a fingerprint of the credential, encrypted for the
owner. Without the keys, a passkey can neither be moved to another account nor be written into the table.
"""

import hashlib
import json
from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.db.models.signals import post_init, pre_save
from django.dispatch import receiver

from encryption import cipher
from encryption.cipher import CannotDecryptError, InvalidCiphertextError
from encryption.fields import place

TABLE, COLUMN = "mfa_authenticator", "data"
SEAL = "seal"
# What is encrypted in the column: the secret of an app, the seed of recovery codes, the seal of a passkey.
NAMES = ("secret", "seed", SEAL)


class UnboundToken(str):
    """A new ciphertext. Saving its row encrypts it again, for that row: unbound it is never readable."""

    __slots__ = ()


class StoredToken(str):
    """A ciphertext with the place that the row it was read from supplies."""

    place: tuple[str, ...]

    def __new__(cls, token: str, where: tuple[str, ...]):
        stored = super().__new__(cls, token)
        stored.place = where
        return stored


def encrypt(text: str) -> str:
    return UnboundToken(cipher.encrypt(text, TABLE, COLUMN))


def decrypt(token: str) -> str:
    """The secret. Raises CannotDecryptError, also for clear text while `plaintext` stands among the keys.

    A secret in clear text was written past the application.
    """
    if not isinstance(token, StoredToken):
        raise InvalidCiphertextError("it is not bound to an owner")
    if not cipher.is_token(token):
        raise InvalidCiphertextError("it is not encrypted")
    return cipher.decrypt(token, *token.place)


def check_seal(passkey: Authenticator):
    """Raise CannotDecryptError if this passkey was not added by its owner."""
    if decrypt(passkey.data.get(SEAL, "")) != fingerprint(passkey.data):
        raise InvalidCiphertextError("the seal is of another passkey")


def fingerprint(data: dict) -> str:
    """A hash of the credential, however the database orders its JSON."""
    return hashlib.sha256(json.dumps(data.get("credential"), sort_keys=True).encode()).hexdigest()


def place_of(user_id: int, kind: str) -> tuple[str, ...]:
    """What a secret is bound to."""
    return place(TABLE, COLUMN, user_id, kind)


# Rows


@receiver(post_init, sender=Authenticator, dispatch_uid="encryption.mfa_secrets")
def mark(instance, **kwargs):
    """Mark the tokens that were read with whose they have to be."""
    if instance.pk and instance.user_id and "data" in instance.__dict__:
        where = place_of(instance.user_id, instance.type)
        instance.data = replaced(
            instance.data, lambda text: text if isinstance(text, UnboundToken) else StoredToken(text, where)
        )


@receiver(pre_save, sender=Authenticator, dispatch_uid="encryption.mfa_secrets")
def bind(instance, raw=False, **kwargs):
    """Bind new tokens to the row, and seal a new passkey."""
    if raw or "data" not in instance.__dict__:
        return
    where = place_of(instance.user_id, instance.type)
    if instance.type == Authenticator.Type.WEBAUTHN and instance._state.adding:
        instance.data = {**instance.data, SEAL: encrypt(fingerprint(instance.data))}

    def bound(text: str) -> str:
        if not isinstance(text, UnboundToken):
            return text
        return StoredToken(cipher.encrypt(cipher.decrypt(text, TABLE, COLUMN), *where), where)

    instance.data = replaced(instance.data, bound)


def reencrypt_all(*, check: bool = False) -> tuple[int, int]:
    """Encrypt every secret with the first key. Returns how many were encrypted anew, and how many cannot be read.

    Whoever uses a code meanwhile changes the same row, which is then read again. `check` reads alone.
    """
    reencrypted = unreadable = 0
    for pk in list(Authenticator.objects.values_list("pk", flat=True)):
        while row := Authenticator.objects.filter(pk=pk).first():
            stored = {name: row.data[name] for name in NAMES if name in row.data}
            try:
                texts = {name: decrypt(token) for name, token in stored.items() if check or not is_current(token)}
                if row.type == Authenticator.Type.WEBAUTHN:
                    check_seal(row)
            except CannotDecryptError:
                unreadable += 1
                break
            if check or not texts:
                break
            where = place_of(row.user_id, row.type)
            new = row.data | {name: cipher.encrypt(text, *where) for name, text in texts.items()}
            if Authenticator.objects.filter(pk=pk, data=row.data).update(data=new):
                reencrypted += len(texts)
                break
    return reencrypted, unreadable


def is_current(token) -> bool:
    return isinstance(token, str) and cipher.is_current(token)


def replaced(data: dict, replacement: Callable[[str], str]) -> dict:
    """The data with other texts in place of those that are encrypted."""
    return data | {name: replacement(data[name]) for name in NAMES if isinstance(data.get(name), str)}
