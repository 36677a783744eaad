"""The HTTP client of reminders: what it reaches, what it refuses, and that it always comes to an end."""

import socket
import threading

import pytest

from brainlog.reminder_servers import Origin
from reminders import http_client
from reminders.channels import SendingError
from reminders.tests.servers import NAME, http_server, raw_server

pytestmark = pytest.mark.once

PUBLIC = "93.184.216.34"


@pytest.fixture
def soon(monkeypatch):
    """Half a second for everything."""
    monkeypatch.setattr(http_client, "SECONDS", 0.5)


@pytest.fixture
def resolver(monkeypatch):
    """Stands in for the name servers: `resolver(NAME, [addresses], [addresses of the second answer])`."""

    class Resolver:
        def __init__(self):
            self.answers, self.asked = {}, []

        def __call__(self, name, *answers):
            self.answers[name] = list(answers)

        def getaddrinfo(self, host, port, family=0, type=0, *more):
            self.asked.append(host)
            answers = self.answers.get(host)
            if answers is None:
                raise socket.gaierror
            addresses = answers.pop(0) if len(answers) > 1 else answers[0]
            return [
                (socket.AF_INET6, type, 6, "", (address, port, 0, 0))
                if ":" in address
                else (socket.AF_INET, type, 6, "", (address, port))
                for address in addresses
            ]

    resolver = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", resolver.getaddrinfo)
    return resolver


def post(origin: Origin, path="/", is_named=False, **options):
    return http_client.post(origin, path, {"X-Token": "secret"}, b"content", is_named=is_named, **options)


def code_of(*arguments, **options) -> str:
    with pytest.raises(SendingError) as error:
        post(*arguments, **options)
    return error.value.code


# ── What is reached ───────────────────────────────────────────────────────────────────────────────


def test_a_server_that_the_operator_named_is_asked_also_in_a_private_network(trusted, certificates):
    with http_server(certificates) as server:
        answer = post(server.origin, "/a/path?query=1", is_named=True, reads_body=True)

    assert (answer.status, answer.body) == (200, b'{"id": "1"}')
    [request] = server.asked
    assert (request.path, request.body) == ("/a/path?query=1", b"content")
    assert request.headers["X-Token"] == "secret"
    assert request.headers["Host"] == f"127.0.0.1:{server.origin.port}"


def test_the_certificate_and_the_host_are_those_of_the_name(trusted, certificates, resolver):
    resolver(NAME, ["127.0.0.1"])
    with http_server(certificates) as server:
        answer = post(Origin("https", NAME, server.origin.port), is_named=True)

    assert answer.status == 200
    assert server.asked[0].headers["Host"] == f"{NAME}:{server.origin.port}"
    assert resolver.asked == [NAME]


def test_a_certificate_of_another_name_is_refused(trusted, certificates, resolver):
    resolver("other.example.org", ["127.0.0.1"])
    with http_server(certificates) as server:
        assert code_of(Origin("https", "other.example.org", server.origin.port), is_named=True) == "certificate"

    assert server.asked == []


def test_a_certificate_of_an_unknown_authority_is_refused(certificates):
    with http_server(certificates) as server:
        assert code_of(server.origin, is_named=True) == "certificate"

    assert server.asked == []


def test_a_server_without_tls_is_not_asked_for_it(trusted):
    with http_server() as server:
        assert code_of(Origin("https", "127.0.0.1", server.origin.port), is_named=True) == "tls"

    assert server.asked == []


def test_the_second_address_is_tried_if_the_first_is_not_there(resolver):
    with http_server() as server:
        resolver(NAME, ["127.0.0.9", "127.0.0.1"])
        assert post(Origin("http", NAME, server.origin.port), is_named=True).status == 200


def test_neither_proxies_nor_netrc_of_the_environment_are_used(monkeypatch, tmp_path):
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with http_server() as server, http_server() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, str(proxy.origin))
        post(server.origin, is_named=True)

    assert proxy.asked == []
    assert "Authorization" not in server.asked[0].headers


# ── What is refused ───────────────────────────────────────────────────────────────────────────────

SPECIAL = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "10.0.0.8", "172.16.0.1", "172.31.255.255", "192.168.1.1"),  # noqa: S104
    *("169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.7"),
    *("203.0.113.9", "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16"),
    *("::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:93.184.216.34", "64:ff9b::7f00:1", "64:ff9b:1::7f00:1"),
    *("2002:7f00:1::", "2002:5db8:d822::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "3fff::1"),
    *("fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%lo", "2a00:1450::1%1", "fec0::1", "ff02::1", "ff0e::1", "100::1"),
    *("5f00::1", "not an address", ""),
]


@pytest.mark.parametrize("address", SPECIAL)
def test_special_addresses_are_not_public(address):
    assert not http_client.is_public(address)


@pytest.mark.parametrize(
    "address", [PUBLIC, "8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.1", "172.32.0.1", "2606:4700::1111"]
)
def test_addresses_of_the_internet_are_public(address):
    assert http_client.is_public(address)


@pytest.mark.parametrize("addresses", [["127.0.0.1"], [PUBLIC, "127.0.0.1"], [PUBLIC, "::1"], ["::ffff:10.0.0.1"]])
def test_a_name_is_refused_if_any_of_its_addresses_is_special(resolver, addresses):
    with http_server() as server:
        resolver(NAME, addresses)

        assert code_of(Origin("http", NAME, server.origin.port)) == "not public"

    assert server.asked == []


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "localhost", "127.0.0.1", "１２７.0.0.1"]
)
def test_other_spellings_of_this_machine_are_refused(host):
    """By the system's own resolver: what it makes of them is checked."""
    with http_server() as server:
        assert code_of(Origin("http", host, server.origin.port)) in {"not public", "dns"}

    assert server.asked == []


def test_a_name_server_that_changes_its_answer_gains_nothing(resolver, monkeypatch):
    """Rebinding: the first answer is public, the second is this machine. The connection goes to the first."""
    connected = []
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: connected.append(address))
    monkeypatch.setattr(socket.socket, "sendall", lambda self, data: None)
    monkeypatch.setattr(socket.socket, "recv_into", lambda self, buffer: 0)
    resolver(NAME, [PUBLIC], ["127.0.0.1"])

    assert code_of(Origin("http", NAME, 80)) == "unreachable"

    assert connected == [(PUBLIC, 80)]
    assert resolver.asked == [NAME]


def test_a_redirect_is_an_answer_and_is_not_followed():
    with http_server() as server, http_server() as other:
        server.will_answer(307, Location=str(other.origin))

        assert post(server.origin, is_named=True).status == 307

    assert other.asked == []


@pytest.mark.parametrize("path", ["/a b", "/a\r\nX-Injected: 1", "/\x00", "/ä"])
def test_a_path_that_would_become_another_request_is_refused(path):
    with http_server() as server:
        assert code_of(server.origin, path, is_named=True) == "no http"

    assert server.asked == []


# ── Time and size ─────────────────────────────────────────────────────────────────────────────────


def swallow(connection, over):
    over.wait(20)


def drip_headers(connection, over):
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while not over.wait(0.05):
        connection.sendall(b"x")


def drip_body(connection, over):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
    while not over.wait(0.05):
        connection.sendall(b"x")


@pytest.mark.parametrize("talk", [swallow, drip_headers, drip_body])
def test_a_server_that_is_slow_ends_at_the_time_limit(soon, talk):
    with raw_server(talk) as origin:
        assert code_of(origin, is_named=True, reads_body=True) == "timeout"


def test_a_server_that_never_finishes_its_handshake_ends_at_the_time_limit(soon, trusted):
    with raw_server(swallow) as origin:
        assert code_of(Origin("https", origin.host, origin.port), is_named=True) == "timeout"


def test_a_resolver_that_hangs_ends_at_the_time_limit(soon, monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: over.wait(20))

    assert code_of(Origin("https", NAME, 443)) == "timeout"
    over.set()


def test_resolvers_that_hang_keep_no_more_than_so_many_threads(soon, monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: over.wait(20))
    monkeypatch.setattr(http_client, "lookups", threading.BoundedSemaphore(1))
    before = threading.active_count()

    assert [code_of(Origin("https", NAME, 443)) for _number in range(3)] == ["timeout"] * 3
    assert threading.active_count() <= before + 1
    over.set()


def test_a_thread_that_cannot_start_keeps_no_slot(monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't start new thread")

    slots = threading.BoundedSemaphore(1)
    monkeypatch.setattr(http_client, "lookups", slots)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuse)
        assert code_of(Origin("https", NAME, 443)) == "timeout"

    assert slots.acquire(blocking=False)


def test_a_kernel_without_a_family_leaves_the_addresses_of_the_other(resolver, monkeypatch):
    with http_server() as server:
        resolver(NAME, ["2606:4700::1", "127.0.0.1"])
        real = socket.socket

        def without_v6(family=-1, *args, **more):
            if family == socket.AF_INET6:
                raise OSError(97, "Address family not supported by protocol")
            return real(family, *args, **more)

        monkeypatch.setattr(socket, "socket", without_v6)
        assert post(Origin("http", NAME, server.origin.port), is_named=True).status == 200


ENDLESS = [
    (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    (b"HTTP/1.1 200 OK\r\n", b"X-More: of these\r\n"),
    (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 1000),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"5\r\nabcde\r\n"),
]


@pytest.mark.parametrize(("first", "then"), ENDLESS, ids=["continue", "headers", "body", "chunks"])
def test_an_endless_answer_is_read_no_further_than_the_limit(first, then):
    def talk(connection, over):
        connection.sendall(first)
        while not over.is_set():
            connection.sendall(then)

    with raw_server(talk) as origin:
        assert code_of(origin, is_named=True, reads_body=True) in {"answer too long", "no http"}


def test_a_long_body_is_not_read_where_only_the_status_counts():
    def talk(connection, over):
        connection.sendall(b"HTTP/1.1 201 Created\r\n\r\n" + b"x" * 10_000_000)

    with raw_server(talk) as origin:
        answer = post(origin, is_named=True)

    assert (answer.status, answer.body) == (201, b"")


@pytest.mark.parametrize(
    "said", [b"", b"SSH-2.0-OpenSSH\r\n", b"\x15\x03\x01\x00\x02\x02\x16", b"HTTP/1.1 abc\r\n\r\n"]
)
def test_what_is_no_http_is_an_error_with_a_word(said):
    with raw_server(lambda connection, over: connection.sendall(said)) as origin:
        assert code_of(origin, is_named=True) in {"no http", "unreachable"}


def test_a_server_that_is_not_there_is_an_error_with_a_word(resolver):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        resolver(NAME, ["127.0.0.1"])
        assert code_of(Origin("http", NAME, unused.getsockname()[1]), is_named=True) == "refused"
    assert code_of(Origin("http", "nowhere.example.org", 80)) == "dns"


def test_an_error_contains_no_address(resolver):
    resolver(NAME, ["10.0.0.8"])
    with pytest.raises(SendingError) as error:
        post(Origin("https", NAME, 443), "/capability")

    assert str(error.value) == "not public"
    assert error.value.__cause__ is None
