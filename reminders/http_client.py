"""The only code that sends HTTP requests for reminders. It reaches no server but the one that was meant.

A person can influence where web push goes, and this server may reach what they cannot: other programs of this machine
and of its network. So the name is resolved once, every address that it has must be a public one, and the connection
goes to an address that was checked: a second answer of the name server changes nothing. Only a server that the
operator named may be in a private network.

`http.client` follows no redirects, knows no proxies, cookies or netrc, and decompresses nothing. What it lacks is here:
one limit of time for everything, and one of size for all that is read, headers included.
"""

import functools
import http.client
import io
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

import certifi

from brainlog.reminder_servers import Origin
from reminders.channels import SendingError

SECONDS = 10
MOST_BYTES = 16 * 1024
# A resolver that hangs keeps a thread for as long as the system lets it; no more than so many at a time.
MOST_LOOKUPS = 32

# https://www.iana.org/assignments/iana-ipv4-special-registry, and what is not assigned for use by one host.
SPECIAL = [
    ipaddress.ip_network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        "168.63.129.16/32",  # Azure's own services, for its machines only.
    )
]
# IPv6 addresses of hosts are assigned from here only. This leaves out loopback, IPv4-mapped and -compatible addresses,
# NAT64 (64:ff9b::/96 and 64:ff9b:1::/48), unique local, link-local, site-local and multicast ones.
ASSIGNED_V6 = ipaddress.ip_network("2000::/3")
SPECIAL_V6 = [
    ipaddress.ip_network(network)
    for network in (
        "2001::/23",  # Protocols of the IETF, Teredo among them: it contains IPv4 addresses.
        "2001:db8::/32",  # Documentation, as the last one.
        "2002::/16",  # 6to4: contains IPv4 addresses.
        "3fff::/20",
    )
]

Address = tuple[int, tuple]  # The family of a socket, and what it connects to.

lookups = threading.BoundedSemaphore(MOST_LOOKUPS)


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


class Deadline:
    """The time until which everything must be done."""

    def __init__(self, seconds: float):
        self.ends_at = time.monotonic() + seconds

    def seconds_left(self) -> float:
        """Raises TimeoutError if it has passed."""
        seconds = self.ends_at - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds


def post(
    origin: Origin, path: str, headers: Mapping[str, str], body: bytes, *, is_named: bool, reads_body: bool = False
) -> Answer:
    """Send a POST request. Raises SendingError with a code, which contains no address.

    `is_named`: the operator named this very server in a setting, so that it may be in a private network.
    Every status is an answer. Without `reads_body`, nothing after the headers is read.
    """
    try:
        return exchange(Deadline(SECONDS), origin, path, headers, body, is_named, reads_body)
    except SendingError:
        raise
    except TimeoutError:
        raise SendingError("timeout") from None
    except ssl.SSLCertVerificationError:
        raise SendingError("certificate") from None
    except ssl.SSLError:
        raise SendingError("tls") from None
    except ConnectionRefusedError:
        raise SendingError("refused") from None
    except OSError:
        raise SendingError("unreachable") from None
    except (http.client.HTTPException, ValueError):
        raise SendingError("no http") from None


def exchange(deadline, origin, path, headers, body, is_named, reads_body) -> Answer:
    addresses = resolve(origin, deadline)
    if not is_named and not all(is_public(sockaddr[0]) for _family, sockaddr in addresses):
        raise SendingError("not public")
    connection = PinnedConnection(origin, addresses, deadline)
    try:
        connection.request("POST", path, body, {"Host": origin.netloc, "User-Agent": "BrainLog", **headers})
        response = connection.getresponse()
        content = response.read() if reads_body else b""
        return Answer(response.status, content)
    finally:
        connection.end()


# ── Addresses ─────────────────────────────────────────────────────────────────────────────────────


def resolve(origin: Origin, deadline: Deadline) -> list[Address]:
    """Every address of the host, in the order of the resolver, which is asked once."""
    slots = lookups
    if not slots.acquire(timeout=deadline.seconds_left()):
        raise SendingError("timeout")
    found: list = []
    thread = threading.Thread(target=look_up, args=(origin, found, slots), name="reminders-lookup", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # The limit of threads is reached: look_up(), which releases the slot, never runs.
        slots.release()
        raise SendingError("timeout") from None
    thread.join(deadline.seconds_left())
    if not found:
        raise SendingError("timeout")
    if isinstance(found[0], Exception):
        raise SendingError("dns")
    return list(dict.fromkeys((family, sockaddr) for family, *_kind, sockaddr in found[0]))


def look_up(origin: Origin, found: list, slots: threading.BoundedSemaphore) -> None:
    """Append what the resolver answers, or its error. Nothing can interrupt it: it runs in a thread of its own."""
    try:
        found.append(socket.getaddrinfo(origin.host, origin.port, type=socket.SOCK_STREAM))
    except Exception as error:
        found.append(error)
    finally:
        slots.release()


def is_public(address: str) -> bool:
    """Whether the address is one of a host on the internet, and contains no other address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if found.version == 4:
        return not any(found in network for network in SPECIAL)
    if found.scope_id:
        return False
    return found in ASSIGNED_V6 and not any(found in network for network in SPECIAL_V6)


# ── Connections ───────────────────────────────────────────────────────────────────────────────────


class PinnedConnection(http.client.HTTPConnection):
    """A connection to one of the given addresses, which ends at the deadline. TLS is for the name of the host."""

    def __init__(self, origin: Origin, addresses: list[Address], deadline: Deadline):
        super().__init__(origin.host, origin.port)
        self.origin, self.addresses, self.deadline = origin, addresses, deadline
        self.connected: socket.socket | None = None

    def connect(self):
        self.connected = connect_to_first(self.addresses, self.deadline)
        if self.origin.scheme == "https":
            self.connected.settimeout(self.deadline.seconds_left())
            self.connected = tls_context().wrap_socket(self.connected, server_hostname=self.origin.host)
        self.sock = BoundedSocket(self.connected, self.deadline)

    def end(self):
        """Close the connection. `close()` is called by http.client itself, before the body of an answer is read."""
        self.close()
        if self.connected:
            self.connected.close()


def connect_to_first(addresses: list[Address], deadline: Deadline) -> socket.socket:
    """Try one address after the other; one that does not respond leaves time for the others."""
    for number, (family, sockaddr) in enumerate(addresses):
        tries_left = len(addresses) - number
        connected = None
        try:
            connected = socket.socket(family, socket.SOCK_STREAM)  # Fails too: a kernel can be without IPv6.
            connected.settimeout(deadline.seconds_left() / tries_left)
            connected.connect(sockaddr)
        except BaseException as error:
            if connected:
                connected.close()
            if tries_left == 1 or not isinstance(error, OSError):
                raise
        else:
            return connected
    raise SendingError("dns")  # No address at all.


class BoundedSocket(io.RawIOBase):
    """What http.client and smtplib need of a socket.

    Every read and write ends at the deadline, and all reads at MOST_BYTES.
    """

    def __init__(self, connected: socket.socket, deadline: Deadline):
        self.connected, self.deadline, self.bytes_left = connected, deadline, MOST_BYTES

    def makefile(self, mode):
        return io.BufferedReader(self)

    def sendall(self, data):
        self.connected.settimeout(self.deadline.seconds_left())
        self.connected.sendall(data)

    def readable(self):
        return True

    def readinto(self, buffer) -> int:
        if not self.bytes_left:
            raise SendingError("answer too long")
        self.connected.settimeout(self.deadline.seconds_left())
        count = self.connected.recv_into(memoryview(buffer)[: self.bytes_left])
        self.bytes_left -= count
        return count

    def close(self):
        """Does nothing: the connection closes its socket itself."""


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Verifies certificates and names. Slim hosts have no list of authorities: that of a package is used too."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
