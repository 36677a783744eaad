"""A real gunicorn refuses what no browser sends, before anybody has looked at it."""

import http.client
import socket

import pytest

from testing.gunicorn import throwaway_site

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with throwaway_site(f"sqlite:///{tmp_path_factory.mktemp('limits')}/db.sqlite3", workers=1) as site:
        yield site


def status_of(site, path="/healthz", headers=None) -> int:
    connection = http.client.HTTPConnection(site.url.removeprefix("http://"))
    connection.request("GET", path, headers=headers or {})
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/healthz?" + "x" * 4_000, {}),
        ("/healthz", {f"X-Header-{number}": "x" for number in range(50)}),
        ("/healthz", {"Cookie": "x" * 8_000}),
    ],
    ids=["a long address", "many headers", "large cookies"],
)
def test_what_a_browser_may_send_is_taken(site, path, headers):
    assert status_of(site, path, headers) == 200


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/healthz?" + "canary" * 1_000, {}),
        ("/healthz", {f"X-Header-{number}": "canary" for number in range(70)}),
        ("/healthz", {"Cookie": "canary" * 2_000}),
    ],
    ids=["a longer address", "more headers", "larger cookies"],
)
def test_what_none_sends_is_refused_and_not_repeated_in_the_log(site, path, headers):
    assert 400 <= status_of(site, path, headers) < 500
    assert "canary" not in site.log


def answers_to(site, request: bytes) -> list[bytes]:
    """The first lines of all that is answered to these bytes."""
    host, port = site.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as wire:
        wire.sendall(request)
        wire.shutdown(socket.SHUT_WR)
        said = b"".join(iter(lambda: wire.recv(65536), b""))
    return [line for line in said.split(b"\r\n") if line.startswith(b"HTTP/")]


TWO = b"0\r\n\r\nGET /second HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    "lines",
    [
        [b"Content-Length: 6", b"Transfer-Encoding: chunked"],
        [b"Content-Length: 0", b"Content-Length: 50"],
        [b"Content-Length: +5"],
        [b"Content-Length : 5"],
        [b"Transfer-Encoding: xchunked"],
        [b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"],
    ],
    ids=["both", "two lengths", "no number", "a space", "unknown", "chunked and not"],
)
def test_a_request_whose_end_can_be_read_in_two_ways_is_none(site, lines):
    """Or a proxy that reads it the other way lets one through that it has not seen."""
    request = b"\r\n".join([b"POST /healthz HTTP/1.1", b"Host: localhost", *lines, b"", TWO])

    (answer,) = answers_to(site, request)

    assert answer.split()[1] in {b"400", b"501"}


def test_two_requests_on_one_wire_are_two(site):
    """Or the test above could not fail."""
    request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /second HTTP/1.1\r\nHost: localhost\r\n\r\n"

    assert [answer.split()[1] for answer in answers_to(site, request)] == [b"200", b"404"]


@pytest.mark.parametrize("path", ["/.git/config", "/.env", "/manage.py", "/db.sqlite3"])
def test_its_own_folder_is_not_served(site, path):
    assert status_of(site, path) == 404
