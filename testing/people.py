"""People who use a running Brain Log over HTTP, as browsers without JavaScript do, and the main job that they do."""

import datetime
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.message import Message
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, Request, build_opener

from django.db import connections

from accounts.tests.factories import PASSWORD
from logs.stages import STAGES
from logs.tests.factories import MORNING_DOSE, NOON_DOSE, answers, taken
from reflections.tests.pages import EVERYTHING
from testing.forms import forms_in
from testing.waiting import PATIENCE

# In the past: the servers under test use the real clock.
DAY, SUNDAY = datetime.date(2025, 5, 5), datetime.date(2025, 5, 4)
HISTORY, MONTH, YEAR = "/logs/?month=2025-05", "/reflections/numbers/2025-05/", "/reflections/numbers/2025/"


class Unexpected(AssertionError):
    """The response is not what a person may expect."""


class NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None


class Visitor:
    """A browser with its own cookies, which opens pages and sends their forms."""

    def __init__(self, server_url: str):
        self.server_url = server_url
        self.cookies = CookieJar()
        self.opener = build_opener(HTTPCookieProcessor(self.cookies))

    def get(self, address: str) -> str:
        with self.opener.open(self.server_url + address, timeout=PATIENCE) as response:
            return response.read().decode()

    def post(self, address: str, data: dict) -> tuple[int, str, str]:
        """Open the page, then send its form. Returns the status, the final URL, and the page."""
        return self.send(address, data, self.get(address))

    def send(self, address: str, data: dict, page: str) -> tuple[int, str, str]:
        """Send the form of a page that was opened before."""
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        status, url, _headers, page = self._send(self.opener, address, data | {"csrfmiddlewaretoken": token})
        return status, url, page

    def send_once(self, address: str, data: dict) -> tuple[int, Message, str]:
        """Send a form without opening its page or following a redirect, with the CSRF token in a header.

        Returns the status, the headers, and the page.
        """
        opener = build_opener(HTTPCookieProcessor(self.cookies), NoRedirects)
        token = next(cookie.value for cookie in self.cookies if cookie.name == "csrftoken")
        status, _url, headers, page = self._send(opener, address, data, {"X-CSRFToken": token})
        return status, headers, page

    def _send(self, opener, address: str, data: dict, headers: dict | None = None) -> tuple[int, str, Message, str]:
        body = urlencode(data, doseq=True).encode()
        request = Request(self.server_url + address, body, headers or {})  # noqa: S310 (of a server of our own)
        try:
            with opener.open(request, timeout=PATIENCE) as response:
                return response.status, response.url, response.headers, response.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.url, error.headers, error.read().decode()


def all_at_once(*actions: Callable) -> list:
    """Run functions in parallel, each in its own thread. Returns their results."""
    with ThreadPoolExecutor(len(actions)) as pool:
        return [future.result() for future in [pool.submit(closing_connections, action) for action in actions]]


def closing_connections(action: Callable):
    """Run a function, and then close the database connections of this thread."""
    try:
        return action()
    finally:
        connections.close_all()


# ── Actions of a person. Each raises Unexpected unless the site confirms it ───────────────────


def send(visitor: Visitor, address: str, data: dict, confirmation: str = "") -> str:
    """Send a page's form. Returns the page that follows, which must contain the confirmation."""
    status, arrived, page = visitor.post(address, data)
    if status != 200 or arrived.endswith(address) or confirmation not in page:
        raise Unexpected(f"{address} answers {status} and leads to {arrived}: {page}")
    return page


def sign_up(visitor: Visitor, name: str) -> Visitor:
    data = {"username": name, "password1": PASSWORD, "password2": PASSWORD, "timezone": "Europe/Berlin"}
    send(visitor, "/accounts/signup/", data, "Welcome.")
    return visitor


def log_in(visitor: Visitor, name: str) -> Visitor:
    send(visitor, "/accounts/login/", {"username": name, "password": PASSWORD})
    return visitor


def check_in(visitor: Visitor, stage, day: datetime.date = DAY, **changes) -> str:
    """Answer all questions of a check-in; for medication, with two doses."""
    doses = taken(MORNING_DOSE, NOON_DOSE) if str(stage) == "medication" else {}
    return send(visitor, f"/logs/{day}/{stage}/", answers(stage) | doses | changes, "saved.")


def save_day(visitor: Visitor, day: datetime.date = DAY) -> None:
    """Save all five check-ins, and check that the day shows them."""
    for stage in STAGES:
        check_in(visitor, stage, day)
    must_show(visitor, f"/logs/{day}/", "Oats", "Concerta 36 mg", "Ritalin 2.5 tablets", "Soup", "A letter", "Rice")


def must_show(visitor: Visitor, address: str, *texts: str) -> None:
    page = visitor.get(address)
    if missing := [text for text in texts if text not in page]:
        raise Unexpected(f"{address} does not show {missing}: {page}")


def mean_of(page: str, label: str) -> float | None:
    """The mean of a measure on a page of numbers."""
    found = re.search(rf"<dt>{label}</dt><dd><b>([\d.]+)</b>", page)
    return float(found[1]) if found else None


def must_mean(visitor: Visitor, focus: float | None) -> None:
    means = [mean_of(visitor.get(address), "Focus") for address in (MONTH, YEAR)]
    if means != [focus, focus]:
        raise Unexpected(f"The means of the month and of the year are {means}, not {focus}.")


def main_job(visitor: Visitor, name: str) -> None:
    """Sign up, save a day and a week, look at them, correct a day, delete it, undo that, and delete the account."""
    sign_up(visitor, name)
    save_day(visitor)
    must_show(visitor, HISTORY, f"/logs/{DAY}/")
    send(visitor, f"/reflections/{SUNDAY}/", EVERYTHING, "Your week is saved.")
    must_mean(visitor, 7.0)

    check_in(visitor, STAGES[0], breakfast="Muesli")
    must_show(visitor, f"/logs/{DAY}/", "Muesli")

    address = f"/logs/{DAY}/delete/"
    status, _url, page = visitor.post(address, {})
    if status != 200 or "is deleted" not in page:
        raise Unexpected(f"{address} answers {status}: {page}")
    must_mean(visitor, None)
    # The page contains the day, and a form that restores it.
    [form] = [form for form in forms_in(page, address) if form.action == f"/logs/{DAY}/undo/"]
    status, _url, page = visitor.send(form.action, form.as_sent(), page)
    if status != 200 or "The day is back." not in page:
        raise Unexpected(f"{form.action} answers {status}: {page}")
    must_show(visitor, f"/logs/{DAY}/", "Muesli", "Concerta 36 mg")
    must_mean(visitor, 7.0)

    data = {"username": name, "password": PASSWORD}
    send(visitor, "/accounts/delete/", data, "Your account and everything in it is deleted.")
