"""What an authenticator app does, by RFC 6238; and the way through our pages to switch it on."""

import base64
import hashlib
import hmac
import json
import os
import re
import struct
import time

from cryptography.hazmat.primitives.asymmetric import ec
from django.core import signing
from django.urls import reverse
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from accounts.recovery import VERIFY_SALT
from accounts.tests.factories import PASSWORD

CONFIRM, APP_ON = reverse("accounts:confirm"), reverse("accounts:app_on")


def code_of(secret: str, later: int = 0) -> str:
    """The six digits the app shows, now or that many half minutes later."""
    counter = struct.pack(">Q", int(time.time()) // 30 + later)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    start = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[start : start + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def confirm_by_password(client, password=PASSWORD, then="/"):
    return client.post(CONFIRM, {"password": password, "next": then})


def switch_on(client) -> tuple[str, list[str]]:
    """Switch on codes from an app, with the code before the one of now. Returns the secret and the recovery codes."""
    confirm_by_password(client)
    secret = client.get(APP_ON).context["form"].secret
    response = client.post(APP_ON, {"code": code_of(secret, later=-1)}, follow=True)
    return secret, re.findall(r'<li class="secret">(\d{8})</li>', response.content.decode())


def a_passkey() -> dict:
    """What a browser says of a passkey that it has just made."""
    key = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    identity = os.urandom(16)
    proof = AuthenticatorData.create(
        hashlib.sha256(b"localhost").digest(), 0x45, 0, AttestedCredentialData.create(bytes(16), identity, key)
    )
    client_data = json.dumps({"type": "webauthn.create", "challenge": "AAAA", "origin": "http://localhost"}).encode()
    return {
        "id": websafe_encode(identity),
        "rawId": websafe_encode(identity),
        "type": "public-key",
        "response": {
            "clientDataJSON": websafe_encode(client_data),
            "attestationObject": websafe_encode(AttestationObject.create("none", proof, {})),
        },
        "clientExtensionResults": {"credProps": {"rk": True}},
    }


def signed_address(person) -> str:
    """The token in the mail that asks to confirm the person's address."""
    return signing.dumps({"person": person.pk, "email": person.email}, salt=VERIFY_SALT)
