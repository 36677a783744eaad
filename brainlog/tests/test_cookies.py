"""The cookies that people are known by: named for this host alone, and renamed for who has them from before."""

import datetime
from http.cookies import SimpleCookie

import pytest
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import PASSWORD, make_person
from brainlog.middleware import FormerCookiesMiddleware

pytestmark = pytest.mark.once

SESSION, TOKEN = "__Host-sessionid", "__Host-csrftoken"
MESSAGES, BROWSER = "__Host-messages", "__Host-known_browser"
LOGIN = "accounts:login"


@pytest.fixture
def https(settings, monkeypatch):
    """The settings that HTTPS=True makes (test_settings.py holds that), before the old names end."""
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = settings.SECURE_SSL_REDIRECT = True
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = SESSION, TOKEN
    settings.MESSAGE_COOKIE_NAME, settings.KNOWN_BROWSER_COOKIE_NAME = MESSAGES, BROWSER
    monkeypatch.setattr(FormerCookiesMiddleware, "UNTIL", datetime.datetime.max.replace(tzinfo=datetime.UTC))


@pytest.fixture
def former(settings, db):
    """The cookies of somebody who signed in when they had their old names: a session and a token for forms."""
    client = Client()
    client.get(reverse(LOGIN))
    client.post(reverse(LOGIN), {"username": make_person().username, "password": PASSWORD})
    assert {"sessionid", "csrftoken"} <= set(client.cookies)
    return SimpleCookie({name: client.cookies[name].value for name in ("sessionid", "csrftoken")})


def browser(cookies=None) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.cookies = SimpleCookie() if cookies is None else cookies
    return client


def test_all_are_for_this_host_alone_and_out_of_reach_for_scripts(https, db):
    client, from_here = browser(), {"referer": "https://testserver/"}
    client.get(reverse(LOGIN), secure=True)
    sent = {"username": make_person().username, "password": PASSWORD}
    client.post(reverse(LOGIN), sent | token_of(client), secure=True, headers=from_here)
    profile = {"timezone": "UTC", "week_starts_on": "monday", "day_ends_at": 4, "theme": "dark"}
    client.post(reverse("accounts:profile"), profile | token_of(client), secure=True, headers=from_here)

    assert set(client.cookies) == {SESSION, TOKEN, MESSAGES, BROWSER}
    for cookie in client.cookies.values():
        assert (cookie["secure"], cookie["path"], cookie["domain"], cookie["samesite"]) == (True, "/", "", "Lax")
        assert cookie["httponly"], cookie.key
    page = client.get(reverse("accounts:profile"), secure=True)
    assert "Your profile is saved." in page.content.decode()
    assert (page.cookies[MESSAGES]["max-age"], page.cookies[MESSAGES]["secure"]) == (0, True)


def token_of(client) -> dict:
    return {"csrfmiddlewaretoken": client.cookies[TOKEN].value}


def test_who_has_the_old_names_stays_logged_in_and_has_the_new_ones(former, https):
    session, token = former["sessionid"].value, former["csrftoken"].value
    client = browser(former)

    response = client.get(reverse("logs:history"), secure=True)

    assert response.status_code == 200
    assert response.cookies[SESSION].value == session and response.cookies[TOKEN].value == token
    assert response.cookies["sessionid"]["max-age"] == response.cookies["csrftoken"]["max-age"] == 0
    for name in (SESSION, TOKEN):
        cookie = response.cookies[name]
        assert (cookie["secure"], cookie["path"], cookie["domain"], cookie["samesite"]) == (True, "/", "", "Lax")
    assert response.cookies[SESSION]["httponly"]
    again = client.get(reverse("logs:history"), secure=True)
    assert again.status_code == 200 and not again.cookies


def test_a_form_that_was_open_is_taken(former, https):
    client = browser(former)
    sent = {"csrfmiddlewaretoken": former["csrftoken"].value}

    response = client.post(reverse("accounts:logout"), sent, secure=True, headers={"referer": "https://testserver/"})

    assert response.status_code == 302
    assert response.cookies[SESSION]["max-age"] == response.cookies["sessionid"]["max-age"] == 0
    assert client.get(reverse("logs:history"), secure=True).status_code == 302


def test_an_old_name_says_nothing_beside_a_new_one(former, https):
    former[SESSION] = "n" * 32

    response = browser(former).get(reverse("logs:history"), secure=True)

    assert (response.status_code, SESSION in response.cookies, "sessionid" in response.cookies) == (302, True, False)


def test_an_old_name_says_nothing_from_the_day_on_that_it_ends(former, https, monkeypatch):
    monkeypatch.setattr(FormerCookiesMiddleware, "UNTIL", datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))

    response = browser(former).get(reverse("logs:history"), secure=True)

    assert response.status_code == 302 and SESSION not in response.cookies


def test_nothing_is_renamed_without_https(former):
    response = browser(former).get(reverse("logs:history"))

    assert response.status_code == 200 and not response.cookies
