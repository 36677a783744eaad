"""An authenticator app (RFC 6238) and a WebAuthn authenticator, in Python, and the pages that set them up."""

import base64
import hashlib
import hmac
import json
import os
import re
import struct
import time
from copy import copy

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.core import signing
from django.urls import reverse
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from accounts.email_address import VERIFY_SALT
from accounts.tests.factories import PASSWORD

CONFIRM, APP_ON = reverse("accounts:confirm"), reverse("accounts:app_on")
CONFIRM_CODE = reverse("accounts:confirm_code")


def code_of(secret: str, later: int = 0) -> str:
    """The six digits that the app shows now, or `later` half minutes from now."""
    counter = struct.pack(">Q", int(time.time()) // 30 + later)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def confirm_by_password(client, password=PASSWORD, then="/"):
    return client.post(CONFIRM, {"password": password, "next": then})


def confirm_by_code(client, code, then="/"):
    return client.post(CONFIRM_CODE, {"code": code, "next": then})


def switch_on(client) -> tuple[str, list[str]]:
    """Switch on codes from an app, with the previous code. Returns the secret and the recovery codes."""
    confirm_by_password(client)
    secret = client.get(APP_ON).context["form"].secret
    response = client.post(APP_ON, {"code": code_of(secret, later=-1)}, follow=True)
    return secret, re.findall(r'<li class="secret">(\d{8})</li>', response.content.decode())


def have_switched_on(client, person) -> tuple[str, list[str]]:
    """Bring about what switch_on() does, without its pages: faster, for tests that begin after it."""
    confirm_by_password(client)
    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    codes = RecoveryCodes.activate(person)
    codes.mark_as_viewed()
    session = client.session
    added = {"method": "mfa", "type": "totp", "reauthenticated": True, "at": time.time()}
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [*session[AUTHENTICATION_METHODS_SESSION_KEY], added]
    session.save()
    return secret, codes.generate_codes()


PRESENT, VERIFIED, HAS_CREDENTIAL = 0x01, 0x04, 0x40


class Device:
    """An authenticator with one passkey, and the browser in which it is used."""

    def __init__(self, host: str = "localhost", counts: bool = True):
        self.host, self.counts, self.counter, self.handle = host, counts, 0, None
        self.origin = f"https://{host}" if host != "localhost" else "http://localhost"
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.identity = os.urandom(16)

    def copy(self) -> "Device":
        return copy(self)

    def add(self, options: dict | None = None, **changed) -> dict:
        """The credential of a new passkey, as a browser sends it."""
        public_key = options["publicKey"] if options else {"challenge": "AAAA", "user": {"id": None}}
        self.handle = public_key["user"]["id"]
        public = ES256.from_cryptography_key(self.key.public_key())
        flags = changed.get("flags", PRESENT | VERIFIED) | HAS_CREDENTIAL
        made = AttestedCredentialData.create(bytes(16), self.identity, public)
        data = AuthenticatorData.create(self.rp_id_hash, flags, self.counter, made)
        return self.credential(
            clientDataJSON=self.client_data("webauthn.create", public_key["challenge"], **changed),
            attestationObject=AttestationObject.create("none", data, {}),
        )

    def use(self, options: dict, flags: int = PRESENT | VERIFIED, handle: str | None = None, **changed) -> dict:
        """The credential that a browser sends when the passkey is used."""
        self.counter += self.counts
        client_data = self.client_data("webauthn.get", options["publicKey"]["challenge"], **changed)
        data = AuthenticatorData.create(self.rp_id_hash, flags, self.counter)
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        credential = self.credential(clientDataJSON=client_data, authenticatorData=data, signature=signature)
        if handle := handle or self.handle:
            credential["response"]["userHandle"] = handle
        return credential

    @property
    def rp_id_hash(self) -> bytes:
        return hashlib.sha256(self.host.encode()).digest()

    def client_data(self, kind: str, challenge: str, /, **changed) -> bytes:
        client_data = {"type": kind, "challenge": challenge, "origin": self.origin}
        return json.dumps(client_data | {name: value for name, value in changed.items() if name != "flags"}).encode()

    def credential(self, **response: bytes) -> dict:
        return {
            "id": websafe_encode(self.identity),
            "rawId": websafe_encode(self.identity),
            "type": "public-key",
            "response": {name: websafe_encode(value) for name, value in response.items()},
            "clientExtensionResults": {"credProps": {"rk": True}},
        }


def new_credential() -> dict:
    """The credential of a new passkey, as a browser sends it."""
    return Device().add()


def confirmation_token(person) -> str:
    """The token of the link that confirms the person's address."""
    return signing.dumps({"person": person.pk, "email": person.email}, salt=VERIFY_SALT)
