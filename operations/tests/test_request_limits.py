"""A real gunicorn refuses malformed requests before they reach the application."""

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
def test_requests_within_the_limits_are_accepted(site, path, headers):
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
def test_requests_beyond_the_limits_are_refused_and_not_logged(site, path, headers):
    assert 400 <= status_of(site, path, headers) < 500
    assert "canary" not in site.log


# As bytes: no HTTP library sends these


def answer_to(site, *lines: str, rest: str = "") -> str:
    """Send the head of a request, and return everything that the server sends back."""
    host, port = site.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n" + rest).encode("latin-1"))
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode("latin-1")


GET, POST = "GET / HTTP/1.1", "POST / HTTP/1.1"
HOST, CLOSE = "Host: localhost", "Connection: close"
HIDDEN = "GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.mark.parametrize(
    ("lines", "rest"),
    [
        ((POST, HOST, "Content-Length: 4", "Transfer-Encoding: chunked"), "0\r\n\r\n" + HIDDEN),
        ((POST, HOST, "Content-Length: 0", "Content-Length: 50"), HIDDEN),
        ((POST, HOST, "Content-Length: +0"), HIDDEN),
        ((POST, HOST, "Transfer-Encoding : chunked"), "0\r\n\r\n" + HIDDEN),
        ((POST, HOST, "Transfer-Encoding: chunked, identity"), "0\r\n\r\n" + HIDDEN),
        ((POST, HOST, "Transfer-Encoding: xchunked"), "0\r\n\r\n" + HIDDEN),
        ((POST, HOST, CLOSE, "Transfer-Encoding: chunked"), "-1\r\nhidden\r\n0\r\n\r\n"),
    ],
    ids=["length and chunks", "two lengths", "+", "a space", "not chunked in the end", "unknown", "a negative chunk"],
)
def test_request_smuggling_is_refused(site, lines, rest):
    """A proxy that parses it differently would mix up the responses of two people."""
    answer = answer_to(site, *lines, rest=rest)

    assert answer.count("HTTP/1.1 ") == 1
    assert 400 <= int(answer.split()[1]) < 500 or answer.startswith("HTTP/1.1 501 ")
    assert "hidden" not in site.log


@pytest.mark.parametrize(
    "lines",
    [
        (GET, HOST, "X-Header: a", " continued: here"),
        (GET, HOST, "X-Header: a\0b"),
        (GET, HOST, "X-Header: a\rSet-Cookie: b"),
        (GET, HOST, "Host: evil.example"),
        (GET, "Host: evil.example"),
        (GET, "Host: localhost@evil.example"),
        (GET, "Host: localhost:80:80"),
        ("get / HTTP/1.1", HOST),
        ("GET / HTTP/3.7", HOST),
        ("GET /\xff/ HTTP/1.1", HOST),
        ("PROXY TCP4 1.2.3.4 5.6.7.8 1 2", GET, HOST),
    ],
    ids=[
        *("a folded header", "NUL", "a return", "two hosts", "another host", "another behind ours", "two ports"),
        *("a small method", "HTTP 3.7", "a raw byte", "a proxy's greeting"),
    ],
)
def test_malformed_requests_are_refused(site, lines):
    answer = answer_to(site, *lines, CLOSE)

    assert answer.startswith("HTTP/1.1 400 ")
    assert "evil" not in answer and "Traceback" not in site.log


def test_trace_is_refused(site):
    answer = answer_to(site, "TRACE / HTTP/1.1", HOST, CLOSE, "Cookie: sessionid=canary")

    assert answer.startswith("HTTP/1.1 405 ") and "canary" not in answer


@pytest.mark.parametrize(
    "path", ["//evil.example/logs", "http://evil.example/logs", "/\\evil.example/logs", "//evil.example"]
)
def test_no_path_redirects_to_another_host(site, path):
    """Django adds a slash where one is missing, by a redirect."""
    answer = answer_to(site, f"GET {path} HTTP/1.1", HOST, CLOSE, "X-Forwarded-Host: evil.example")

    assert answer.startswith(("HTTP/1.1 404 ", "HTTP/1.1 301 "))
    assert "Location" not in answer or "\r\nLocation: /logs/\r\n" in answer


@pytest.mark.parametrize("header", ["SCRIPT_NAME: /logs", "SCRIPT-NAME: /logs", "PATH_INFO: /", "Path-Info: /"])
def test_no_header_sets_a_path_prefix(site, header):
    answer = answer_to(site, "GET /logs/ HTTP/1.1", HOST, CLOSE, header)

    assert answer.startswith("HTTP/1.1 302 ") and "\r\nLocation: /accounts/login/?next=/logs/\r\n" in answer


@pytest.mark.parametrize(
    "header", ["X-HTTP-Method-Override: POST", "X_FORWARDED_PROTO: https", "X-Original-URL: /admin/"]
)
def test_override_headers_of_other_frameworks_are_ignored(site, header):
    answer = answer_to(site, "GET /reflections/ HTTP/1.1", HOST, CLOSE, header)

    assert answer.startswith("HTTP/1.1 302 ") and "\r\nLocation: /accounts/login/?next=/reflections/\r\n" in answer


def answer_to_a_body(site, body: bytes, **headers) -> tuple[int, str]:
    connection = http.client.HTTPConnection(site.url.removeprefix("http://"))
    headers = {"Content-Type": "application/x-www-form-urlencoded"} | headers
    connection.request("POST", "/accounts/login/", iter([body]) if headers.get("Transfer-Encoding") else body, headers)
    response = connection.getresponse()
    page = response.read().decode()
    connection.close()
    return response.status, page


@pytest.mark.parametrize("kilobytes", [65, 1_000, 3_000])
def test_the_413_page_of_a_large_body_arrives(site, kilobytes):
    """gunicorn closes a connection with an unread body, and the page would be lost."""
    status, page = answer_to_a_body(site, b"username=" + b"%22" * (kilobytes * 1024 // 3))

    assert status == 413 and "go back one page" in page
    assert "Traceback" not in site.log


def test_a_chunked_body_is_empty(site):
    status, page = answer_to_a_body(site, b"username=" + b"x" * 1_000_000, **{"Transfer-Encoding": "chunked"})

    assert status == 403 and "xxx" not in page
