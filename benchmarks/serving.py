"""How long probes and pages take while the database hangs, and while clients send slowly or read nothing.

    .venv/bin/python -m benchmarks.serving
    .venv/bin/python -m benchmarks.serving --worker-class gthread    # gunicorn's own, to compare

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

PATIENCE = 60  # seconds, for one answer
LONG_ENOUGH = 10  # seconds, for one line of the report
PAGES = 16
SLOW_CLIENTS = (8, 100)
ASKED = 30
# Looked up in the database: no page is made without it.
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
    report("a page, all is well", ask_often(site, "/", WITH_SESSION))
    cluster.pause()
    try:
        threads = [threading.Thread(target=ask, args=(site, "/", WITH_SESSION)) for _ in range(PAGES)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        report(f"/healthz, {PAGES} pages wait", ask_often(site, "/healthz"))
        time.sleep(7)
        report("/healthz, the database is known to be away", ask_often(site, "/healthz"))
        report("/readyz", ask_often(site, "/readyz"))
        report("a page", ask_often(site, "/", WITH_SESSION))
    finally:
        cluster.resume()
    began = time.monotonic()
    while ask(site, "/", WITH_SESSION)[1] == 503:
        time.sleep(0.01)
    print(f"{'until a page is whole again':60} {time.monotonic() - began:8.3f} s")
    for thread in threads:
        thread.join()


def ask(site: Site, path: str, headers: dict[str, str] | None = None) -> tuple[float, int]:
    """Seconds and status of one request on a connection of its own; status 0 is none within PATIENCE."""
    began = time.monotonic()
    with closing(http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=PATIENCE)) as connection:
        try:
            connection.request("GET", path, headers=headers or {})
            status = connection.getresponse().status
        except OSError:
            status = 0
    return time.monotonic() - began, status


def ask_often(site: Site, *request) -> list[tuple[float, int]]:
    answers, until = [], time.monotonic() + LONG_ENOUGH
    while len(answers) < ASKED and time.monotonic() < until:
        answers.append(ask(site, *request))
    return answers


@contextmanager
def warm_site(url: str, **options: str) -> Iterator[Site]:
    """Both workers have made each kind of answer once."""
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
ANSWERED = b"GET / HTTP/1.1\r\nHost: localhost\r\n"


@contextmanager
def sending(site: Site, number: int, beginning: bytes, more: bytes = b"") -> Iterator[None]:
    """Keep so many connections open that have sent the beginning of a request, and go on a byte a second."""
    host, port = urlsplit(site.url).netloc.split(":")
    is_over = threading.Event()

    def connect() -> socket.socket:
        # Small, so that the server cannot send much to a client that reads nothing.
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(5)
        client.connect((host, int(port)))
        client.sendall(beginning)
        return client

    def go_on() -> None:
        while not is_over.wait(1):
            for place, client in enumerate(clients):
                try:
                    client.sendall(more)
                except OSError:  # It was refused: come again.
                    client.close()
                    clients[place] = connect()

    with ExitStack() as stack:
        clients = [connect() for _ in range(number)]
        time.sleep(1)
        thread = threading.Thread(target=go_on)
        thread.start()
        stack.callback(lambda: [client.close() for client in clients])
        stack.callback(thread.join)
        stack.callback(is_over.set)
        yield


CLIENTS = {
    "connected, without a byte": lambda site, number: sending(site, number, b""),
    "sending the head, a byte a second": lambda site, number: sending(site, number, HEAD, b"x"),
    "sending the body, a byte a second": lambda site, number: sending(
        site, number, HEAD + b"Content-Length: 10000\r\n\r\nusername=", b"x"
    ),
    "that read no answer": lambda site, number: sending(site, number, (ANSWERED + b"\r\n") * 40),
    "that stay after the answer": lambda site, number: sending(site, number, ANSWERED + b"Connection: close\r\n\r\n"),
}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker-class")
    main(parser.parse_args().worker_class)
