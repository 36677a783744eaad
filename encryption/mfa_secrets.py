"""Secrets of the second factor, encrypted in the database with the keys of private text."""

from allauth.mfa.models import Authenticator

from encryption import cipher
from encryption.cipher import CannotDecryptError, NotGenuineError

PLACE = ("mfa_authenticator", "data")


def encrypt(text: str) -> str:
    return cipher.encrypt(text, *PLACE)


def decrypt(ciphertext: str) -> str:
    """The secret. Raises CannotDecryptError, also for clear text while `plaintext` stands among the keys.

    A secret in clear text was written past the application.
    """
    if not cipher.is_token(ciphertext):
        raise NotGenuineError("it is not encrypted")
    return cipher.decrypt(ciphertext, *PLACE)


def reencrypt_all(*, check: bool = False) -> tuple[int, int]:
    """Encrypt every secret with the first key. Returns how many were encrypted anew, and how many cannot be read.

    Whoever uses a code meanwhile changes the same row, which is then read again. `check` reads alone.
    """
    reencrypted = unreadable = 0
    for pk in list(Authenticator.objects.exclude(type=Authenticator.Type.WEBAUTHN).values_list("pk", flat=True)):
        while (data := Authenticator.objects.filter(pk=pk).values_list("data", flat=True).first()) is not None:
            tokens = {token for token in texts_in(data) if cipher.is_token(token)}
            try:
                opened = {token: decrypt(token) for token in tokens if check or not cipher.is_current(token)}
            except CannotDecryptError:
                unreadable += 1
                break
            if check or not opened:
                break
            new = replaced(data, {token: encrypt(text) for token, text in opened.items()})
            if Authenticator.objects.filter(pk=pk, data=data).update(data=new):
                reencrypted += len(opened)
                break
    return reencrypted, unreadable


def texts_in(data: dict) -> list[str]:
    """The secret or seed, and codes in a list."""
    values = [each for value in data.values() for each in (value if isinstance(value, list) else [value])]
    return [value for value in values if isinstance(value, str)]


def replaced(data: dict, tokens: dict[str, str]) -> dict:
    return {
        name: [tokens.get(each, each) for each in value] if isinstance(value, list) else tokens.get(value, value)
        for name, value in data.items()
    }
