"""Response times of probes and pages while the database hangs, and while clients are slow.

    .venv/bin/python -m benchmarks.serving
    .venv/bin/python -m benchmarks.serving --worker-class gthread    # gunicorn's own, for comparison

Starts a PostgreSQL and gunicorn with 2 workers of 4 threads, as in production. Takes about two minutes.
"""

import argparse
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from urllib.parse import urlsplit

from testing.gunicorn import Site, manage, throwaway_site
from testing.postgres import Cluster, throwaway_cluster

TIMEOUT = 60  # seconds, for one response
MAX_DURATION = 10  # seconds, for one line of the report
PAGES = 16
SLOW_CLIENTS = (8, 100)
REQUESTS = 30
# Makes each page look up a session in the database.
WITH_SESSION = {"Cookie": f"sessionid={'x' * 32}"}


def main(worker_class: str | None) -> None:
    options = {"GUNICORN_CMD_ARGS": f"--worker-class={worker_class}"} if worker_class else {}
    with throwaway_cluster() as cluster:
        url = cluster.create_database("brainlog")
        manage(url, "migrate", "--verbosity=0").check_returncode()
        with warm_site(url, **options) as site:
            hung_database(site, cluster)
        for number in SLOW_CLIENTS:
            for name, client in CLIENTS.items():
                with warm_site(url, **options) as site, client(site, number):
                    report(f"a page, {number} clients {name}", ask_often(site, "/", WITH_SESSION))


def hung_database(site: Site, cluster: Cluster) -> None:
    report("a page, normal operation", ask_often(site, "/", WITH_SESSION))
    cluster.pause()
    try:
        threads = [threading.Thread(target=ask, args=(site, "/", WITH_SESSION)) for _ in range(PAGES)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        report(f"/healthz, {PAGES} pages are waiting", ask_often(site, "/healthz"))
        time.sleep(7)
        report("/healthz, the circuit breaker is open", ask_often(site, "/healthz"))
        report("/readyz", ask_often(site, "/readyz"))
        report("a page", ask_often(site, "/", WITH_SESSION))
    finally:
        cluster.resume()
    began = time.monotonic()
    while ask(site, "/", WITH_SESSION)[1] == 503:
        time.sleep(0.01)
    print(f"{'until the first page without an error':60} {time.monotonic() - began:8.3f} s")
    for thread in threads:
        thread.join()


def ask(site: Site, path: str, headers: dict[str, str] | None = None) -> tuple[float, int]:
    """Seconds and status of one request on a connection of its own; status 0: no response within TIMEOUT."""
    began = time.monotonic()
    with closing(http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=TIMEOUT)) as connection:
        try:
            connection.request("GET", path, headers=headers or {})
            status = connection.getresponse().status
        except OSError:
            status = 0
    return time.monotonic() - began, status


def ask_often(site: Site, *request) -> list[tuple[float, int]]:
    answers, until = [], time.monotonic() + MAX_DURATION
    while len(answers) < REQUESTS and time.monotonic() < until:
        answers.append(ask(site, *request))
    return answers


@contextmanager
def warm_site(url: str, **options: str) -> Iterator[Site]:
    """Yield a server whose workers have answered each kind of request once."""
    with throwaway_site(url, **options) as site:
        for path in ("/", "/healthz", "/readyz") * 5:
            ask(site, path, WITH_SESSION)
        yield site


def report(name: str, answers: list[tuple[float, int]]) -> None:
    seconds = sorted(answer[0] for answer in answers)
    statuses = ", ".join(sorted({str(answer[1]) for answer in answers}))
    print(
        f"{name:60} median {seconds[len(seconds) // 2]:8.3f} s, slowest {seconds[-1]:8.3f} s ({statuses})", flush=True
    )


# ── Slow clients ──────────────────────────────────────────────────────────────────────────────

HEAD = b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n"


@contextmanager
def sending(site: Site, number: int, beginning: bytes, more: bytes = b"") -> Iterator[None]:
    """Keep `number` connections open that send `beginning`, and then `more` once a second."""
    host, port = urlsplit(site.url).netloc.split(":")
    is_over = threading.Event()

    def connect() -> socket.socket:
        # A small buffer, so that the server cannot send much to a client that does not read.
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(5)
        client.connect((host, int(port)))
        client.sendall(beginning)
        return client

    def keep_sending() -> None:
        while not is_over.wait(1):
            for position, client in enumerate(clients):
                try:
                    client.sendall(more)
                except OSError:  # The server closed the connection: open a new one.
                    client.close()
                    clients[position] = connect()

    with ExitStack() as stack:
        clients = [connect() for _ in range(number)]
        time.sleep(1)
        thread = threading.Thread(target=keep_sending)
        thread.start()
        stack.callback(lambda: [client.close() for client in clients])
        stack.callback(thread.join)
        stack.callback(is_over.set)
        yield


CLIENTS = {
    "that send nothing": lambda site, number: sending(site, number, b""),
    "that send the head, a byte a second": lambda site, number: sending(site, number, HEAD, b"x"),
    "that send the body, a byte a second": lambda site, number: sending(
        site, number, HEAD + b"Content-Length: 10000\r\n\r\nusername=", b"x"
    ),
    "that do not read the response": lambda site, number: sending(site, number, (GET + b"\r\n") * 40),
    "that stay connected after the response": lambda site, number: sending(
        site, number, GET + b"Connection: close\r\n\r\n"
    ),
}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker-class")
    main(parser.parse_args().worker_class)
