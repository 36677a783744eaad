"""Attributes of cookies: host-only, HttpOnly, Secure, SameSite."""

from http.cookies import SimpleCookie

import pytest
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import PASSWORD, make_person

pytestmark = pytest.mark.once

SESSION, TOKEN = "__Host-sessionid", "__Host-csrftoken"
MESSAGES, BROWSER, PASSKEY = "__Host-messages", "__Host-known_browser", "__Host-passkey"
LOGIN = "accounts:login"


@pytest.fixture
def https(settings):
    """The settings that HTTPS=True sets, which test_settings.py tests."""
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = settings.SECURE_SSL_REDIRECT = True
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = SESSION, TOKEN
    settings.MESSAGE_COOKIE_NAME, settings.KNOWN_BROWSER_COOKIE_NAME = MESSAGES, BROWSER
    settings.PASSKEY_COOKIE_NAME = PASSKEY


def browser(cookies=None) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.cookies = SimpleCookie() if cookies is None else cookies
    return client


def test_all_cookies_are_host_only_and_http_only(https, db):
    client, from_here = browser(), {"referer": "https://testserver/"}
    client.get(reverse(LOGIN), secure=True)
    client.get(reverse("accounts:passkey_login"), secure=True, headers={"X-Requested-With": "XMLHttpRequest"})
    sent = {"username": make_person().username, "password": PASSWORD}
    client.post(reverse(LOGIN), sent | token_of(client), secure=True, headers=from_here)
    profile = {
        "timezone": "UTC",
        "week_starts_on": "monday",
        "hour_format": "24",
        "date_format": "iso",
        "day_ends_at": 4,
        "theme": "dark",
    }
    client.post(reverse("accounts:profile"), profile | token_of(client), secure=True, headers=from_here)

    assert set(client.cookies) == {SESSION, TOKEN, MESSAGES, BROWSER, PASSKEY}
    for cookie in client.cookies.values():
        assert (cookie["secure"], cookie["path"], cookie["domain"], cookie["samesite"]) == (
            *(True, "/", ""),
            "Strict" if cookie.key == PASSKEY else "Lax",
        )
        assert cookie["httponly"], cookie.key
    page = client.get(reverse("accounts:profile"), secure=True)
    assert "Your profile is saved." in page.content.decode()
    assert (page.cookies[MESSAGES]["max-age"], page.cookies[MESSAGES]["secure"]) == (0, True)


def token_of(client) -> dict:
    return {"csrfmiddlewaretoken": client.cookies[TOKEN].value}
