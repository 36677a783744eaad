"""A browser that receives web push, and a push service on this machine that checks what it is sent.

Both are written from the standards (RFC 8188, 8291, 8292) with other libraries than the product's.
"""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from brainlog.reminder_servers import decode, encode
from reminders.push import point_of
from reminders.tests.servers import Certificates, Request, Server, http_server

KEY = "R5Opc6rwHiCGVzo6yp1lEqwnP_1ZVWiYDYBO_6s95b4"
CONTACT = "mailto:keeper@example.org"


@dataclass
class Browser:
    """The keys of one subscription."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def subscription(self, endpoint: str) -> dict:
        """What PushSubscription.toJSON() gives."""
        keys = {"p256dh": encode(point_of(self.key.public_key())), "auth": encode(self.secret)}
        return {"endpoint": endpoint, "expirationTime": None, "keys": keys}

    def decrypt(self, body: bytes) -> bytes:
        """The content of a message in one record. Raises InvalidTag if it is not for this browser."""
        salt, size, length = body[:16], int.from_bytes(body[16:20]), body[20]
        sender, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= size
        own = point_of(self.key.public_key())
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        secret = derive(shared, self.secret, b"WebPush: info\0" + own + sender, 32)
        key = derive(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = derive(secret, salt, b"Content-Encoding: nonce\0", 12)
        content = AESGCM(key).decrypt(nonce, record, None).rstrip(b"\0")
        assert content.endswith(b"\2")  # The last record.
        return content[:-1]


def derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)


@dataclass
class PushService:
    server: Server

    @property
    def endpoint(self) -> str:
        return f"{self.server.origin}/send/{secrets.token_urlsafe(8)}"

    @property
    def asked(self) -> list[Request]:
        return self.server.asked

    def refusal(self, request: Request) -> int | None:
        """The status for a request that a push service does not accept."""
        if request.headers.get("Content-Encoding") != "aes128gcm" or not request.headers.get("TTL", "").isdecimal():
            return 400
        if len(request.headers.get("Topic", "")) > 32 or len(request.body) > 4096:
            return 400
        try:
            claims = claims_of(request)
        except (jwt.InvalidTokenError, KeyError, ValueError):
            return 401
        is_meant = claims["aud"] == str(self.server.origin) and claims["sub"].startswith(("mailto:", "https://"))
        return None if is_meant else 403


def claims_of(request: Request) -> dict:
    """The claims of the request's token, whose signature and expiry are checked. A token lasts a day at most."""
    scheme, _space, values = request.headers["Authorization"].partition(" ")
    parts = dict(part.strip().split("=", 1) for part in values.split(","))
    assert scheme == "vapid"
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(parts["k"]))
    options = {"require": ["exp", "aud", "sub"], "verify_aud": False}
    claims = jwt.decode(parts["t"], public, algorithms=["ES256"], options=options)
    return claims


@contextmanager
def push_service(certificates: Certificates) -> Iterator[PushService]:
    """A service that answers 201 to what it accepts."""
    with http_server(certificates) as server:
        service = PushService(server)
        server.answer = lambda request: (service.refusal(request) or 201, {}, b"")
        yield service


def shown_by(browser: Browser, request: Request) -> dict:
    """What a service worker reads of a message."""
    return json.loads(browser.decrypt(request.body))
