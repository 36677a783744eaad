"""Secrets of second factors in allauth's table, encrypted with the keys of private texts and bound to their owner.

allauth encrypts and decrypts secrets without naming their owner, so the row supplies the associated data. Saving a row
encrypts its new secrets for its owner and type of factor; loading a row attaches both to its tokens. A secret that was
copied to another account cannot be decrypted there.

A passkey has no secret. Its row has a seal instead: a hash of the credential, encrypted for the owner. Without the
keys, a passkey can neither be moved to another account nor be inserted into the table.
"""

import hashlib
import json
from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.db.models.signals import post_init, pre_save
from django.dispatch import receiver

from encryption import cipher
from encryption.cipher import CannotDecryptError, InvalidCiphertextError
from encryption.fields import associated_data

TABLE, COLUMN = "mfa_authenticator", "data"
SEAL = "seal"
# Encrypted keys of the JSON column: the secret of an app, the seed of recovery codes, the seal of a passkey.
NAMES = ("secret", "seed", SEAL)


class UnboundToken(str):
    """A new ciphertext without an owner, which is never accepted. Saving its row encrypts it again for the owner."""

    __slots__ = ()


class StoredToken(str):
    """A ciphertext with the associated data of the row from which it was loaded."""

    associated_data: tuple[str, ...]

    def __new__(cls, token: str, data: tuple[str, ...]):
        stored = super().__new__(cls, token)
        stored.associated_data = data
        return stored


def encrypt(text: str) -> str:
    return UnboundToken(cipher.encrypt(text, TABLE, COLUMN))


def decrypt(token: str) -> str:
    """Return the secret. Raises CannotDecryptError, also for clear text while the keys contain `plaintext`.

    The application never stores these secrets in clear text, so such a value was inserted into the database.
    """
    if not isinstance(token, StoredToken):
        raise InvalidCiphertextError("it is not bound to an owner")
    if not cipher.is_token(token):
        raise InvalidCiphertextError("it is not encrypted")
    return cipher.decrypt(token, *token.associated_data)


def check_seal(passkey: Authenticator):
    """Raise CannotDecryptError if this passkey was not added by its owner."""
    if decrypt(passkey.data.get(SEAL, "")) != fingerprint(passkey.data):
        raise InvalidCiphertextError("the seal is of another passkey")


def fingerprint(data: dict) -> str:
    """Return a hash of the credential that does not depend on the order of keys in its JSON."""
    return hashlib.sha256(json.dumps(data.get("credential"), sort_keys=True).encode()).hexdigest()


def associated_data_of(user_id: int, kind: str) -> tuple[str, ...]:
    """Return the associated data of a secret."""
    return associated_data(TABLE, COLUMN, user_id, kind)


# Rows


@receiver(post_init, sender=Authenticator, dispatch_uid="encryption.mfa_secrets")
def mark(instance, **kwargs):
    """Attach the associated data of a loaded row to its tokens."""
    if instance.pk and instance.user_id and "data" in instance.__dict__:
        data = associated_data_of(instance.user_id, instance.type)
        instance.data = replaced(
            instance.data, lambda text: text if isinstance(text, UnboundToken) else StoredToken(text, data)
        )


@receiver(pre_save, sender=Authenticator, dispatch_uid="encryption.mfa_secrets")
def bind(instance, raw=False, **kwargs):
    """Encrypt new secrets for the owner of the row, and add the seal of a new passkey."""
    if raw or "data" not in instance.__dict__:
        return
    data = associated_data_of(instance.user_id, instance.type)
    if instance.type == Authenticator.Type.WEBAUTHN and instance._state.adding:
        instance.data = {**instance.data, SEAL: encrypt(fingerprint(instance.data))}

    def bound(text: str) -> str:
        if not isinstance(text, UnboundToken):
            return text
        return StoredToken(cipher.encrypt(cipher.decrypt(text, TABLE, COLUMN), *data), data)

    instance.data = replaced(instance.data, bound)


def reencrypt_all(*, check: bool = False) -> tuple[int, int]:
    """Encrypt all secrets with the first key. Returns the numbers of changed and of unreadable secrets.

    A row that a login changes meanwhile is read again. With `check`, nothing is written.
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
            data = associated_data_of(row.user_id, row.type)
            new = row.data | {name: cipher.encrypt(text, *data) for name, text in texts.items()}
            if Authenticator.objects.filter(pk=pk, data=row.data).update(data=new):
                reencrypted += len(texts)
                break
    return reencrypted, unreadable


def is_current(token) -> bool:
    return isinstance(token, str) and cipher.is_current(token)


def replaced(data: dict, replacement: Callable[[str], str]) -> dict:
    """Return the JSON of a row with its encrypted texts replaced."""
    return data | {name: replacement(data[name]) for name in NAMES if isinstance(data.get(name), str)}
