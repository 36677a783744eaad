"""Servers on this machine that reminders are sent to: ntfy, Gotify, a push service, and ones that misbehave."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from brainlog.reminder_servers import Origin
from testing.certificates import make_certificates

NAME = "push.example.org"  # Of the certificate, besides 127.0.0.1.


@dataclass
class Certificates:
    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "Certificates":
        make_certificates(folder, "a client", names=[NAME])
        return cls(folder)

    @property
    def of_server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "server.crt", self.folder / "server.key")
        return context

    @property
    def of_client(self) -> ssl.SSLContext:
        """Trusts the authority of the tests, and checks names as the product's does."""
        return ssl.create_default_context(cafile=self.folder / "ca.crt")


@dataclass
class Request:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)


@dataclass
class Server:
    """A server, what it was asked, and what it answers: a status, headers and a body, by the request."""

    origin: Origin
    answer: Callable[[Request], tuple[int, dict, bytes]]
    asked: list[Request] = field(default_factory=list)

    def will_answer(self, status: int, body: bytes = b"", **headers: str):
        self.answer = lambda request: (status, headers, body)


@contextmanager
def http_server(certificates: Certificates | None = None) -> Iterator[Server]:
    """A server of HTTP, or with certificates of HTTPS, that answers 200 with the id of a message."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = Request(self.path, dict(self.headers), body)
            server.asked.append(request)
            status, headers, answer = server.answer(request)
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(answer))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *arguments):
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificates:
        listening.socket = certificates.of_server.wrap_socket(listening.socket, server_side=True)
    server = Server(Origin("https" if certificates else "http", "127.0.0.1", listening.server_port), None)
    server.will_answer(200, b'{"id": "1"}')
    threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()


@contextmanager
def raw_server(talk: Callable[[socket.socket, threading.Event], None]) -> Iterator[Origin]:
    """A server that does with each connection what it is asked to, until the event that the test is over."""
    over, listening = threading.Event(), socket.create_server(("127.0.0.1", 0))

    def accept():
        while not over.is_set():
            try:
                connection, _address = listening.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    def serve(connection):
        # An OSError: the client has closed the connection, as it should.
        with connection, suppress(OSError):
            talk(connection, over)

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield Origin("http", "127.0.0.1", listening.getsockname()[1])
    finally:
        over.set()
        listening.close()
