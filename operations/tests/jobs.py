"""The whole of what a person does with Brain Log, by plain requests, as without JavaScript."""

import html
import re
from urllib.parse import urlencode
from urllib.request import Request

from accounts.tests.factories import PASSWORD
from accounts.tests.visitors import Visitor
from logs.tests.factories import DAY, MORNING_DOSE, NOON_DOSE, answers, taken

WEEK = {"week_rating": "6", "mental_state": "good", "next_week_focus": "Rest"}


def sign_up(site_url: str, name: str) -> Visitor:
    visitor = Visitor(site_url)
    facts = {"username": name, "password1": PASSWORD, "password2": PASSWORD, "timezone": "Europe/Berlin"}
    send(visitor, "/accounts/signup/", facts)
    return visitor


def send(visitor: Visitor, address: str, data: dict) -> str:
    """Fill in a page's form. Returns the page that follows; what was typed has been taken."""
    status, arrived, page = visitor.post(address, data)
    assert status == 200 and arrived != visitor.server_url + address, f"{address} answers {status}: {page}"
    return page


def save_day(visitor: Visitor):
    """All five check-ins of a day, with two doses."""
    for stage in ("morning", "afternoon", "evening"):
        send(visitor, f"/logs/{DAY}/{stage}/", answers(stage))
    send(visitor, f"/logs/{DAY}/midday/", answers("midday", coping_strategies="journaled"))
    send(visitor, f"/logs/{DAY}/medication/", answers("medication") | taken(MORNING_DOSE, NOON_DOSE))
    send(visitor, f"/reflections/{DAY}/", WEEK)
    page = visitor.get(f"/logs/{DAY}/")
    assert all(text in page for text in ("Oats", "Concerta 36 mg", "Ritalin", "Soup", "A letter", "Rice"))


def main_job(site_url: str, name: str):
    """Sign up, save a day and a week, correct it, delete the day, undo that, and delete the account."""
    visitor = sign_up(site_url, name)
    save_day(visitor)
    send(visitor, f"/logs/{DAY}/morning/", answers("morning", breakfast="Muesli"))
    assert "Muesli" in visitor.get("/logs/") + visitor.get(f"/logs/{DAY}/")

    status, _, page = visitor.post(f"/logs/{DAY}/delete/", {})
    assert status == 200 and "is deleted" in page
    # The page itself holds the day, and its own form brings it back.
    form = {field: html.unescape(value) for field, value in re.findall(r'name="(\w+)" value="([^"]*)"', page)}
    address = f"{site_url}/logs/{DAY}/restore/"
    with visitor.opener.open(Request(address, urlencode(form).encode())) as answer:  # noqa: S310
        assert "The day is back." in answer.read().decode()
    assert "Concerta 36 mg" in visitor.get(f"/logs/{DAY}/")

    page = send(visitor, "/accounts/delete/", {"username": name, "password": PASSWORD})
    assert "Your account and everything in it is deleted." in page
