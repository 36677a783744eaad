"""Reads the settings of the servers that reminders are handed to, and of the key that signs web push.

Parsers raise ImproperlyConfigured with one message for each fault, which repeats no secret.
"""

import base64
import binascii
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

# Where the browsers of these makers receive messages: Google, Mozilla, Microsoft, Apple.
PUSH_SERVICES = (
    *("fcm.googleapis.com", "updates.push.services.mozilla.com", "*.push.services.mozilla.com"),
    *("*.notify.windows.com", "web.push.apple.com", "*.push.apple.com"),
)
PORTS = {"https": 443, "http": 80}

LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
NAME = rf"{LABEL}(?:\.{LABEL})*"
# Neither backslashes nor userinfo, nor anything else that two parsers could read in two ways.
SERVER = re.compile(rf"(ntfy|gotify)\+(https?)://({NAME}|\[[0-9a-f:.]+\])(?::([0-9]{{1,5}}))?/?", re.ASCII)
SERVICE = re.compile(rf"(\*\.)?({NAME})(?::([0-9]{{1,5}}))?", re.ASCII)
CONTACT = re.compile(rf"mailto:[\w.+%-]{{1,64}}@({NAME})|https://({NAME})", re.ASCII | re.IGNORECASE)
# Names that no push service can write to: Apple's refuses every message that is signed with one.
RESERVED_NAMES = {"localhost", "local", "localdomain", "internal", "invalid", "test", "example", "lan", "home", "arpa"}


@dataclass(frozen=True)
class Origin:
    """Scheme, host and port of a server. The only thing of a URL that decides where a request goes."""

    scheme: str
    host: str  # a name in small letters, or an address without brackets
    port: int

    def __str__(self):
        return f"{self.scheme}://{self.netloc}"

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True)
class ReminderServer:
    """A server of REMINDER_SERVERS. Only the operator names one, so it may be in a private network."""

    kind: str  # ntfy or gotify
    origin: Origin


@dataclass(frozen=True)
class PushService:
    """An entry of REMINDER_PUSH_SERVICES: a host, with `*.` all hosts below it.

    One with a port is this very server, which may be in a private network.
    """

    host: str
    includes_hosts_below: bool = False
    port: int | None = None

    @property
    def is_named_server(self) -> bool:
        return self.port is not None

    def includes(self, origin: Origin) -> bool:
        if origin.scheme != "https" or origin.port != (self.port or PORTS["https"]):
            return False
        return origin.host.endswith(f".{self.host}") if self.includes_hosts_below else origin.host == self.host


def parse_servers(texts: Iterable[str]) -> tuple[ReminderServer, ...]:
    servers = []
    for number, text in enumerate(texts, 1):
        match = SERVER.fullmatch(text.lower())
        host = match[3].strip("[]") if match else ""
        port = int(match[4] or PORTS[match[2]]) if match else 0
        if not host or not is_valid_port(port) or not is_host(host):
            raise ImproperlyConfigured(
                f"REMINDER_SERVERS: entry {number} must be such as ntfy+https://ntfy.example.org or "
                "gotify+https://push.example.org:8443, without user, path and query."
            )
        servers.append(ReminderServer(match[1], Origin(match[2], host, port)))
    if len(set(servers)) < len(servers):
        raise ImproperlyConfigured("REMINDER_SERVERS: names a server twice.")
    return tuple(servers)


def parse_push_services(texts: Iterable[str]) -> tuple[PushService, ...]:
    services = []
    for number, text in enumerate(texts, 1):
        match = SERVICE.fullmatch(text.lower())
        is_valid = match and (match[3] is None or not match[1] and is_valid_port(int(match[3])))
        # `*.com` would allow everyone's hosts. So would `*.co.uk` and `*.github.io`, which only a list of such suffixes
        # could distinguish: docs/reminders.md says so to the operator.
        if not is_valid or not is_host(match[2]) or match[1] and "." not in match[2]:
            raise ImproperlyConfigured(
                f"REMINDER_PUSH_SERVICES: entry {number} must be such as push.example.org, *.push.example.org or "
                "push.example.org:8443."
            )
        services.append(PushService(match[2], bool(match[1]), int(match[3]) if match[3] else None))
    return tuple(services)


def parse_push_key(text: str) -> str:
    """Check the private key: 32 bytes in base64, as make_key prints them."""
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        number = decode(text)
        if len(number) != 32:
            raise ValueError
        ec.derive_private_key(int.from_bytes(number), ec.SECP256R1())
    except (ValueError, binascii.Error):
        raise ImproperlyConfigured("REMINDER_PUSH_KEY: is no key. manage.py make_key --push prints one.") from None
    return text


def parse_push_contact(text: str) -> str:
    """Check where push services can write to if this server misbehaves: a mailto: or https: address."""
    match = CONTACT.fullmatch(text)
    name = (match[1] or match[2]).lower() if match else ""
    if "." not in name or name.rpartition(".")[2] in RESERVED_NAMES or is_address(name) or not is_host(name):
        raise ImproperlyConfigured(
            "REMINDER_PUSH_CONTACT: must be such as mailto:keeper@example.org or https://log.example.org, with a "
            "public host name, without port and path. Push services refuse others."
        )
    return text


def decode(text: str) -> bytes:
    """Decode base64url, with or without padding. Raises binascii.Error, which is a ValueError."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*={0,2}", text, re.ASCII):
        raise binascii.Error
    text = text.rstrip("=")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(data: bytes) -> str:
    """Encode as base64url without padding, as all of web push does."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def is_valid_port(port: int) -> bool:
    return 0 < port < 65_536


def is_host(host: str) -> bool:
    """Whether it is a whole address, or a name that no resolver takes for an address, such as 2130706433 or 127.1."""
    last = host.rpartition(".")[2]
    is_name = len(host) <= 253 and ":" not in host and not re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last)
    return is_name or is_address(host)


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
