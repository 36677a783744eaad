"""A request without a server, its processor time taken apart. Needs Django set up."""

import io
import time
from functools import wraps

from django.core.handlers.wsgi import WSGIHandler
from django.template.base import Template

MIDDLEWARE, VIEW, TEMPLATES = range(3)


class Handler(WSGIHandler):
    """Django's own, with a stopwatch around the view and around the outermost template."""

    def __init__(self):
        super().__init__()
        self.depth = 0
        self.all = self.view = self.templates = 0.0

    def make_view_atomic(self, view):
        """Django asks this for the view that it calls."""
        view = super().make_view_atomic(view)

        @wraps(view)
        def timed(*args, **kwargs):
            start = time.thread_time()
            try:
                return view(*args, **kwargs)
            finally:
                self.view += time.thread_time() - start

        return timed

    def ask(self, environ: dict, status: int) -> list[bytes]:
        """Make one request. Raises RuntimeError for an answer that was not expected."""
        answered = []
        self.view = self.templates = 0.0
        render = Template.render

        def timed_render(template, context):
            start, self.depth = time.thread_time(), self.depth + 1
            try:
                return render(template, context)
            finally:
                self.depth -= 1
                if not self.depth:
                    self.templates += time.thread_time() - start

        Template.render = timed_render
        start = time.thread_time()
        try:
            response = self(environ, lambda *answer: answered.append(answer))
            body = list(response)
            response.close()
        finally:
            self.all = time.thread_time() - start
            Template.render = render
        if not answered[0][0].startswith(str(status)):
            raise RuntimeError(f"{environ['PATH_INFO']} answered {answered[0][0]}.")
        return body

    def times(self) -> tuple[float, float, float, float]:
        """Of the last request: all of it, middleware, view with queries, templates."""
        return self.all, self.all - self.view, self.view - self.templates, self.templates


def environ_of(request: bytes) -> dict:
    """What a server hands to Django for a request."""
    head, _end, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, protocol = first.split(" ")
    headers = {}
    for line in lines:
        name, _colon, value = line.partition(": ")
        headers["HTTP_" + name.upper().replace("-", "_")] = value
    length, kind = headers.pop("HTTP_CONTENT_LENGTH", ""), headers.pop("HTTP_CONTENT_TYPE", "")
    return headers | {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path.partition("?")[0],
        "QUERY_STRING": path.partition("?")[2],
        "SERVER_PROTOCOL": protocol,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": length,
        "CONTENT_TYPE": kind,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
