"""A vulnerable site with one hole of each kind that the scanners should find.

Its data is invented, and it listens on this machine only.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from urllib.parse import parse_qsl
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

START = b"""<!doctype html><title>Holes</title>
<a href="/echo?text=a">echo</a> <a href="/go?to=/">go</a> <a href="/row?id=1">row</a> <a href="/wall">wall</a>
<form action="/row" method="get"><input type="hidden" name="id" value="1"><button>Go</button></form>
<form action="/wall" method="post"><input type="hidden" name="text" value="hello"><button>Go</button></form>"""
ROWS = "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO things VALUES (1, 'one'), (2, 'two')"


class Leaky:
    """The site. Each path is one hole."""

    def __init__(self):
        self.wall = ""
        self.database = sqlite3.connect(":memory:", check_same_thread=False)
        self.database.executescript(ROWS)

    def __call__(self, environ, start_response):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        sent = environ["QUERY_STRING"] + "&" + environ["wsgi.input"].read(length).decode(errors="replace")
        status, headers, page = self.answer(environ["PATH_INFO"], dict(parse_qsl(sent)))
        start_response(status, [("Content-Type", "text/html"), ("Set-Cookie", "session=1"), *headers])
        return [page]

    def answer(self, path: str, values: dict[str, str]) -> tuple[str, list[tuple[str, str]], bytes]:
        text = values.get("text", "")
        if path == "/echo":
            return "200 OK", [], f"<p>{text}</p>".encode()
        if path == "/go":
            to, _, more = values.get("to", "/").partition("\n")
            name, _, value = more.partition(":")
            return "302 Found", [("Location", to.strip()), *([(name.strip(), value.strip())] if value else [])], b""
        if path == "/row":
            return "200 OK", [], self.row(values.get("id", "1")).encode()
        if path == "/wall":
            self.wall += f"<p>{text}</p>" if text else ""
            return "200 OK", [], b"<p>Saved</p>" if text else self.wall.encode()
        return ("200 OK", [], START) if path == "/" else ("404 Not Found", [], b"<p>Nothing here</p>")

    def row(self, number: str) -> str:
        try:
            rows = self.database.execute(f"SELECT name FROM things WHERE id = {number}").fetchall()  # noqa: S608 (the hole)
        except (sqlite3.Error, sqlite3.Warning) as error:
            return f"<p>sqlite3.OperationalError: {error}</p>"
        return f"<p>{rows}</p>"


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        """Say nothing."""


@contextmanager
def leaky_site() -> Iterator[str]:
    """Yield its address."""
    with make_server("127.0.0.1", 0, Leaky(), WSGIServer, Quiet) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
