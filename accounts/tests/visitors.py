"""Several browsers at once, each with its own connection to the live server."""

import re
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from django.db import connections


class Visitor:
    """A browser with its own cookies, which sends forms with the CSRF token of their page."""

    def __init__(self, server_url: str):
        self.server_url = server_url
        self.cookies = CookieJar()
        self.opener = build_opener(HTTPCookieProcessor(self.cookies))

    def get(self, address: str) -> str:
        with self.opener.open(self.server_url + address) as response:
            return response.read().decode()

    def post(self, address: str, data: dict) -> tuple[int, str, str]:
        """Open the page, then send its form. Returns the status, the address arrived at, and the page."""
        return self.send(address, data, self.get(address))

    def send(self, address: str, data: dict, page: str) -> tuple[int, str, str]:
        """Send a form of a page that is open."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        body = urlencode(data | {"csrfmiddlewaretoken": token}, doseq=True).encode()
        request = Request(self.server_url + address, body)  # noqa: S310
        try:
            with self.opener.open(request) as response:
                return response.status, response.url, response.read().decode()
        except HTTPError as error:
            return error.code, error.url, error.read().decode()


def all_at_once(*deeds):
    """Run functions at the same time, each in its own thread. Returns what they return."""
    with ThreadPoolExecutor(len(deeds)) as pool:
        return [future.result() for future in [pool.submit(closing_connections, deed) for deed in deeds]]


def closing_connections(deed):
    """Close the database connections of the thread, which are closed nowhere else if it runs queries itself."""
    try:
        return deed()
    finally:
        connections.close_all()
