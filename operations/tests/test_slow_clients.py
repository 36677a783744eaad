"""A real gunicorn, started by the line of the Procfile, with slow and idle clients."""

import http.client
import os
import random
import re
import shlex
import socket
import struct
import subprocess
from contextlib import closing, contextmanager, suppress
from urllib.parse import urlsplit

import pytest

from testing.gunicorn import ROOT, environment_with, throwaway_site
from testing.migrated import migrate
from testing.postgres import free_port
from testing.waiting import PATIENCE

pytestmark = pytest.mark.once

# More than the site has threads: 2 × 4.
CLIENTS = 16
FORM = "Content-Type: application/x-www-form-urlencoded"
POST = f"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\n{FORM}\r\n"
GET = "GET /accounts/login/ HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def database_url(tmp_path_factory) -> str:
    return migrate(f"sqlite:///{tmp_path_factory.mktemp('slow')}/db.sqlite3")


@pytest.fixture(scope="module")
def site(database_url):
    with throwaway_site(database_url) as site:
        yield site


@contextmanager
def clients(site, beginning: str, receive_buffer: int = 65536):
    """Yield connections that have sent the beginning of a request."""
    host, port = urlsplit(site.url).netloc.split(":")
    sockets = []
    try:
        for _ in range(CLIENTS):
            sockets.append(client := socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            client.settimeout(PATIENCE)
            client.connect((host, int(port)))
            client.sendall(beginning.encode())
        yield sockets
    finally:
        for client in sockets:
            client.close()


def status_of_page(site) -> int:
    with closing(http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=PATIENCE)) as connection:
        connection.request("GET", "/accounts/login/")
        return connection.getresponse().status


@pytest.mark.parametrize(
    "beginning",
    ["", GET, POST + "Content-Length: 1000\r\n\r\nusername=", POST + "Transfer-Encoding: chunked\r\n\r\n5\r\nuser"],
    ids=["connected ahead of time", "in the head", "in the body", "in the middle of a chunk"],
)
def test_slow_senders_do_not_occupy_threads(site, beginning):
    with clients(site, beginning) as slow:
        for _ in range(3):
            assert status_of_page(site) == 200
            for client in slow:
                client.sendall(b"x" if beginning and "chunked" not in beginning else b"")
        if "chunked" not in beginning:  # A chunked body is not read: the response does not wait for it.
            assert not any(has_answer(client) for client in slow)


def has_answer(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        client.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    finally:
        client.settimeout(PATIENCE)
    return True


@pytest.mark.thorough
def test_clients_that_do_not_read_do_not_occupy_threads(site):
    with clients(site, (GET + "\r\n") * 400, receive_buffer=1024):
        assert [status_of_page(site) for _ in range(3)] == [200] * 3


@pytest.mark.thorough
def test_idle_clients_do_not_occupy_threads(site):
    with clients(site, GET + "Connection: close\r\n\r\n") as staying:
        assert [status_of_page(site) for _ in range(3)] == [200] * 3
        for client in staying:
            assert client.recv(12) == b"HTTP/1.1 200"
        # The server closes idle connections.
        for client in staying:
            while client.recv(65536):
                pass


@pytest.fixture(scope="module")
def impatient_site(database_url, tmp_path_factory):
    """A site with a timeout of two seconds for the head of a request and of three for the body."""
    folder = tmp_path_factory.mktemp("impatient")
    (folder / "impatient.py").write_text(
        "from operations import worker\n"
        "from operations.worker import Worker\n"
        "worker.HEAD_SECONDS, worker.BODY_SECONDS, worker.LONGEST_BODY = 2, 3, 100_000\n"
    )
    options = {"PYTHONPATH": str(folder), "GUNICORN_CMD_ARGS": "--worker-class=impatient.Worker"}
    with throwaway_site(database_url, **options) as site:
        yield site


@pytest.mark.parametrize(
    "beginning",
    [GET, POST + "Content-Length: 1000\r\n\r\nusername="],
    ids=["head", "body"],
)
def test_an_incomplete_request_ends_in_408(impatient_site, beginning):
    with clients(impatient_site, beginning) as slow:
        for client in slow:
            assert client.recv(12) == b"HTTP/1.1 408"
    # The request did not reach the application, so nothing of it was saved.
    assert "accounts:login" not in impatient_site.log and "Traceback" not in impatient_site.log


# With the cookie: CsrfViewMiddleware then reads the form, in which it looks for the token.
LONG = POST + f"Cookie: csrftoken={'x' * 32}\r\nContent-Length: 200000\r\n\r\nusername="


@pytest.mark.thorough
def test_a_slow_long_body_ends_in_400(impatient_site):
    """A thread reads it until the timeout; no form processes the incomplete body."""
    with clients(impatient_site, LONG) as slow:
        for client in slow:
            assert client.recv(12) == b"HTTP/1.1 400"
    assert status_of_page(impatient_site) == 200
    assert "Traceback" not in impatient_site.log


@pytest.mark.thorough
def test_a_truncated_long_body_ends_in_400(impatient_site):
    """It would look like a shorter form, and only the beginning of a long note would be saved."""
    with clients(impatient_site, LONG) as cut:
        for client in cut:
            client.sendall(b"x" * 100_000)
            client.shutdown(socket.SHUT_WR)
            assert client.recv(12) == b"HTTP/1.1 400"
    assert "Traceback" not in impatient_site.log


@pytest.mark.thorough
def test_a_truncated_body_does_not_reach_the_application(impatient_site):
    with clients(impatient_site, POST + "Content-Length: 1000\r\n\r\nusername=") as cut:
        for client in cut:
            client.shutdown(socket.SHUT_WR)
            assert client.recv(12) == b""
    assert status_of_page(impatient_site) == 200


@pytest.mark.thorough
def test_a_connection_without_a_request_is_closed_without_a_response(impatient_site):
    with clients(impatient_site, "") as idle:
        assert [client.recv(1) for client in idle] == [b""] * CLIENTS


@pytest.mark.thorough
def test_a_body_can_arrive_in_parts_and_after_100_continue(site):
    with clients(site, POST + "Content-Length: 14\r\nExpect: 100-continue\r\n\r\n") as asking:
        for client in asking:
            assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
            client.sendall(b"username")
            client.sendall(b"=anyon")
            assert client.recv(65536).startswith(b"HTTP/1.1 403 ")  # The form has no CSRF token.


@pytest.mark.thorough
def test_requests_can_be_pipelined(site):
    host, port = urlsplit(site.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as client:
        body = POST + "Content-Length: 3\r\n\r\na=b"
        client.sendall((body + GET + "\r\n" + GET + "Connection: close\r\n\r\n").encode())
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    assert re.findall(rb"HTTP/1.1 (\d+) ", answer) == [b"403", b"200", b"200"]


@pytest.mark.thorough
def test_more_connections_than_worker_connections(database_url):
    """The oldest connections without a complete request are closed."""
    options = "--worker-connections=10"
    with (
        throwaway_site(database_url, workers=1, GUNICORN_CMD_ARGS=options) as site,
        clients(site, GET) as first,
        clients(site, GET),
    ):
        assert status_of_page(site) == 200
        with suppress(ConnectionResetError):
            assert first[0].recv(12) == b""


@pytest.mark.thorough
def test_the_commands_of_procfile_and_readme(database_url):
    """They have no protective options: all are in gunicorn.conf.py."""
    [web] = re.findall(r"^web: (.*)$", (ROOT / "Procfile").read_text(), re.MULTILINE)
    [readme] = re.findall(r"^    \.venv/bin/(gunicorn .*)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    for line in (web, readme):
        port = free_port()
        line = line.replace("0.0.0.0:${PORT:-8000}", f"127.0.0.1:{port}").replace(":8000", f":{port}")  # noqa: S104
        binaries = {"PATH": f"{ROOT}/.venv/bin:{os.environ['PATH']}"}
        settings = subprocess.run(
            [*shlex.split(line), "--print-config"],
            cwd=ROOT, env=environment_with(database_url) | binaries, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        assert re.search(r"worker_class += .*operations.worker.Worker", settings), settings
        assert re.search(r"control_socket_disable += True", settings)
        assert re.search(r"workers += 2\n", settings) and re.search(r"threads += 4\n", settings)


@pytest.mark.thorough
def test_clients_can_disconnect_at_any_moment(database_url):
    """Also by a reset, and when the limit of connections is reached: no worker ends."""
    request = (
        POST + "Expect: 100-continue\r\nContent-Length: 30\r\n\r\n" + "username=anyone&password=wrong1" + GET + "\r\n"
    )
    chance = random.Random(1)
    with throwaway_site(database_url, GUNICORN_CMD_ARGS="--worker-connections=20") as site:
        host, port = urlsplit(site.url).netloc.split(":")
        staying = []
        for _ in range(500):
            client = socket.create_connection((host, int(port)), timeout=PATIENCE)
            client.sendall(request[: chance.randrange(len(request) + 1)].encode())
            if chance.random() < 0.3:
                staying.append(client)
                continue
            if chance.random() < 0.5:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        assert status_of_page(site) == 200
        for client in staying:
            client.close()
        assert status_of_page(site) == 200
        assert site.log.count("Booting worker") == 2 and "Traceback" not in site.log
