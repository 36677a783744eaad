"""Web push: a message to a browser, by the push service of its maker (RFC 8030), encrypted for it (RFC 8291).

The push service learns that this server has a message for this browser, and when. All messages have one length.
"""

import datetime
import functools
import hashlib
import json
import re
import time

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django import forms
from django.conf import settings
from django.contrib.auth.signals import user_logged_out
from django.core.exceptions import ValidationError
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy as _

from accounts import known_browsers
from accounts.models import User
from accounts.sessions import hash_secret
from accounts.user_agents import describe_device
from brainlog.database.retry import retry_on_conflict
from brainlog.forms import HiddenBox
from brainlog.reminder_servers import NAME, Origin, PushService, decode, encode, is_host, is_valid_port
from reminders import http_client
from reminders.channel_forms import ChannelForm
from reminders.channels import GONE, LOGGED_OUT, ChannelKind, Message, SendingError, details_of, explain, register
from reminders.models import Channel

# `https://`, a host, a path. A backslash, a user or a fragment is no part of an address of any push service.
ENDPOINT = re.compile(rf"https://({NAME})(?::([0-9]{{1,5}}))?(/[!$-\[\]-~]*)", re.ASCII)
LONGEST_ENDPOINT, LONGEST_SUBSCRIPTION = 2000, 4000
POINT_BYTES, SECRET_BYTES = 65, 16
# All messages have a multiple of so many bytes: their length does not say which check-in it is.
PADDED_TO = 512
LONGEST_TTL = datetime.timedelta(days=1)
TOKEN_VALID_FOR = datetime.timedelta(hours=12)  # At most 24 hours are allowed.


def endpoint_parts(endpoint: str) -> tuple[Origin, str] | None:
    """The server and the path of an endpoint, read once. None if it is not written as those of push services are."""
    match = ENDPOINT.fullmatch(endpoint) if len(endpoint) <= LONGEST_ENDPOINT else None
    if match is None or not is_host(match[1]) or not is_valid_port(port := int(match[2] or 443)):
        return None
    return Origin("https", match[1], port), match[3]


def service_of(origin: Origin) -> PushService | None:
    """The entry of REMINDER_PUSH_SERVICES that allows the server."""
    return next((service for service in settings.REMINDER_PUSH_SERVICES if service.includes(origin)), None)


@register
class PushKind(ChannelKind):
    slug = Channel.Kind.PUSH
    title = _("On this device")
    template = "reminders/_add_push.html"

    def is_configured(self) -> bool:
        # Without the service worker, no browser shows what it gets.
        return bool(settings.REMINDER_PUSH_KEY) and settings.SERVICE_WORKER

    @property
    def form_class(self):
        return PushForm

    @property
    def public_key(self) -> str:
        """What a browser needs to subscribe: it then accepts messages of this server only."""
        return encode(point_of(private_key(settings.REMINDER_PUSH_KEY).public_key()))

    def prepare(self, channel):
        if not Channel.objects.filter(pk=channel.pk).with_login(timezone.now()).exists():
            raise SendingError(LOGGED_OUT)

    def send(self, channel, message):
        subscription = details_of(channel)
        parts = endpoint_parts(subscription["endpoint"])
        service = parts and service_of(parts[0])
        if service is None:
            raise SendingError("not allowed")
        origin, path = parts
        body = encrypted(subscription, payload_of(message))
        headers = headers_of(message, channel) | {"Authorization": authorization(origin)}
        answer = http_client.post(origin, path, headers, body, is_named=service.is_named_server)
        if not 200 <= answer.status < 300:
            raise SendingError(f"http {answer.status}", is_gone=answer.status in (404, 410))

    def explain(self, code):
        if code == LOGGED_OUT:
            return gettext("You are not logged in on that device any more.")
        if code == GONE:
            return gettext("That device takes no messages any more. Open Brain Log there, or add it again there.")
        if code in {"http 400", "http 401", "http 403", "not allowed"}:
            return gettext("The push service does not accept messages of this server. Please tell its operator.")
        return explain(code)


# ── The message ───────────────────────────────────────────────────────────────────────────────────


def payload_of(message: Message) -> bytes:
    """What the service worker of the browser shows. The spaces at its end are part of no value."""
    said = {"title": message.title, "body": message.body, "url": message.path, "tag": message.tag}
    text = json.dumps(said, ensure_ascii=False).encode()
    return text + b" " * (-len(text) % PADDED_TO)


def encrypted(subscription: dict, payload: bytes) -> bytes:
    from pywebpush import WebPusher  # Half a second: only a process that sends needs it.

    keys = {"p256dh": subscription["p256dh"], "auth": subscription["auth"]}
    return WebPusher({"endpoint": subscription["endpoint"], "keys": keys}).encode(payload)["body"]


def headers_of(message: Message, channel) -> dict[str, str]:
    """The service keeps the message until it is not worth showing any more, for a phone that is off; of those with the
    same topic, it keeps the last."""
    left = min(message.worth_until - timezone.now(), LONGEST_TTL)
    topic = hashlib.sha256(f"{channel.uuid} {message.tag}".encode()).digest()[:24]
    return {
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(max(0, int(left.total_seconds()))),
        "Topic": encode(topic),
        "Urgency": "high",  # Time-sensitive: a phone that saves power shows it in time.
    }


def authorization(origin: Origin) -> str:
    """Proves to the service that this server sends (RFC 8292). Made for each message: the audience differs."""
    from py_vapid import Vapid02

    claims = {
        "sub": settings.REMINDER_PUSH_CONTACT,
        "aud": str(origin),
        "exp": int(time.time() + TOKEN_VALID_FOR.total_seconds()),
    }
    return Vapid02(private_key(settings.REMINDER_PUSH_KEY)).sign(claims)["Authorization"]


@functools.lru_cache(maxsize=4)
def private_key(text: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(decode(text)), ec.SECP256R1())


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


# ── Subscribing ───────────────────────────────────────────────────────────────────────────────────


class PushForm(ChannelForm):
    """What the browser's PushSubscription gives as JSON. It is checked as anything that a person sends."""

    prefix = Channel.Kind.PUSH.value
    subscription = forms.CharField(max_length=LONGEST_SUBSCRIPTION, widget=HiddenBox)

    def clean_subscription(self) -> dict:
        try:
            sent = json.loads(self.cleaned_data["subscription"])
            subscription = {"endpoint": sent["endpoint"], **{name: sent["keys"][name] for name in ("p256dh", "auth")}}
            parts = endpoint_parts(subscription["endpoint"])
            is_valid = bool(parts) and are_keys(subscription["p256dh"], subscription["auth"])
        except (ValueError, TypeError, KeyError, RecursionError):
            is_valid = False
        if not is_valid:
            raise ValidationError(_("Your browser sent something unexpected. Please try again."), "invalid")
        if service_of(parts[0]) is None:
            message = _("This server sends no messages to the push service of your browser. Another browser may work.")
            raise ValidationError(message, "not-allowed")
        return subscription

    def save(self) -> Channel:
        """Store this device. It replaces what was stored for this browser, and for the same browser of other people."""
        if self.request.session.known_browser_id is None:
            known_browsers.remember(self.request, self.person)
        key, browser = self.address_key, self.request.session.known_browser_id
        of_kind = Channel.objects.filter(kind=Channel.Kind.PUSH)
        of_kind.filter(user=self.person, known_browser=browser).exclude(address_key=key).delete()
        label = describe_device(self.request.headers.get("User-Agent", ""))
        channel = Channel.objects.add(
            self.person, Channel.Kind.PUSH, key, label=label, known_browser_id=browser, **self.address
        )
        # Not before: the person may have too many channels, and then nothing changes.
        of_kind.filter(address_key=key).exclude(user=self.person).delete()
        return channel

    @retry_on_conflict
    def renew(self) -> bool:
        """Give this device the address that its browser has now. What waits for it is sent there.

        Returns False if the person does not have this device: a browser never adds itself again after its removal.
        """
        User.objects.select_for_update().get(pk=self.person.pk)
        channel = channel_of_browser(self.request)
        if channel is None:
            return False
        same = Channel.objects.filter(kind=Channel.Kind.PUSH, address_key=self.address_key)
        same.exclude(pk=channel.pk).delete()
        channel.store(address_key=self.address_key, **self.address)
        return True

    @property
    def address_key(self) -> str:
        return hash_secret(self.cleaned_data["subscription"]["endpoint"])

    @property
    def address(self) -> dict:
        """The columns with the address."""
        subscription = self.cleaned_data["subscription"]
        origin, _path = endpoint_parts(subscription["endpoint"])
        return {"destination": origin.netloc[:253], "address": json.dumps(subscription)}


def channel_of_browser(request) -> Channel | None:
    """The channel of the browser that sends the request, if the person has added it."""
    browser = request.session.known_browser_id
    channels = Channel.objects.filter(user=request.user, kind=Channel.Kind.PUSH, known_browser=browser)
    return channels.first() if browser else None


def are_keys(p256dh: str, auth: str) -> bool:
    """Whether it is a point of the curve P-256, and a secret of 16 bytes. Raises ValueError for what is no base64."""
    point, secret = decode(p256dh), decode(auth)
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    return len(point) == POINT_BYTES and len(secret) == SECRET_BYTES


@receiver(user_logged_out, dispatch_uid="reminders.push")
def remove_at_log_out(request, user, **kwargs):
    """A person who logs out ends the messages to this browser."""
    browser = user and request.session.known_browser_id
    if browser:
        Channel.objects.filter(user=user, kind=Channel.Kind.PUSH, known_browser=browser).delete()


@receiver(known_browsers.replaced, dispatch_uid="reminders.push")
def follow_known_browser(person, old, new, **kwargs):
    """After a change of the password, this browser is known by another token."""
    Channel.objects.filter(user=person, kind=Channel.Kind.PUSH, known_browser=old).update(known_browser=new)
