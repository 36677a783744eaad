"""Cross-site request forgery is refused by every form, including log out."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import PASSWORD, make_person
from brainlog.tests.addresses import ADDRESSES, ADMIN, addresses_of

pytestmark = pytest.mark.thorough_on_sqlite

# Mail programs end reminders by e-mail with one POST, without having opened a page. What permits it is the signed token
# in the address.
EXEMPT = ["reminders:email_off"]
PATHS = sorted({address.path for address in ADDRESSES + ADMIN if address.name not in EXEMPT})


@pytest.fixture
def stolen(db):
    """A client without browser checks that sends the cookies of a superuser."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_person(is_staff=True, is_superuser=True))
    client.get(reverse("accounts:profile"))  # Sets the cookie with which the token is compared.
    assert "csrftoken" in client.cookies
    return client


def test_no_form_is_accepted_without_the_token(stolen):
    visitor = Client(enforce_csrf_checks=True)

    taken = [
        (method, path)
        for path in PATHS
        for sender in (stolen, visitor)
        for method in ("post", "put", "patch", "delete")
        if getattr(sender, method)(path).status_code != 403
    ]

    assert taken == []


def test_no_form_is_accepted_with_the_token_of_another_person(stolen):
    other = Client()
    other.get(reverse("accounts:login"))

    sent = {"csrfmiddlewaretoken": other.cookies["csrftoken"].value}

    assert stolen.post(reverse("accounts:logout"), sent).status_code == 403
    assert stolen.get(reverse("accounts:profile")).status_code == 200


@pytest.mark.parametrize(
    "origin",
    [
        *("https://evil.example", "https://evil.testserver", "https://testserver.evil.example"),
        *("null", "https://testserver", "http://testserver:8000", "http://testserver@evil.example", ""),
    ],
)
def test_no_form_is_accepted_from_another_origin(stolen, origin):
    """A site under the same domain could set a cookie and send a matching token."""
    sent = {"csrfmiddlewaretoken": stolen.cookies["csrftoken"].value}

    response = stolen.post(reverse("accounts:logout"), sent, headers={"origin": origin})

    assert response.status_code == 403
    assert stolen.post(reverse("accounts:logout"), sent, headers={"origin": "http://testserver"}).status_code == 302


@pytest.mark.parametrize(
    "referer", [None, "", "https://evil.example/", "http://testserver/", "https://testserver@evil.example/"]
)
def test_no_form_is_accepted_over_https_without_a_referer(stolen, referer):
    sent = {"csrfmiddlewaretoken": stolen.cookies["csrftoken"].value}
    headers = {} if referer is None else {"referer": referer}

    assert stolen.post(reverse("accounts:logout"), sent, secure=True, headers=headers).status_code == 403
    ours = {"referer": "https://testserver/accounts/profile/"}
    assert stolen.post(reverse("accounts:logout"), sent, secure=True, headers=ours).status_code == 302


def test_no_form_is_accepted_with_a_cookie_of_another_host(stolen, settings):
    """Another host can only set a cookie without the prefix __Host-."""
    settings.CSRF_COOKIE_NAME = "__Host-csrftoken"
    planted = "p" * 32
    stolen.cookies["csrftoken"] = planted

    sent = {"csrfmiddlewaretoken": planted}
    ours = {"referer": "https://testserver/"}

    assert stolen.post(reverse("accounts:logout"), sent, secure=True, headers=ours).status_code == 403


def test_a_token_from_before_the_login_is_of_no_use_after_it(db):
    person, client = make_person(), Client(enforce_csrf_checks=True)
    client.get(reverse("accounts:login"))
    before = client.cookies["csrftoken"].value
    sent = {"username": person.username, "password": PASSWORD, "csrfmiddlewaretoken": before}

    assert client.post(reverse("accounts:login"), sent).status_code == 302

    assert client.cookies["csrftoken"].value != before
    assert client.post(reverse("accounts:logout"), {"csrfmiddlewaretoken": before}).status_code == 403


def test_no_other_view_is_exempt():
    assert [name for name, pattern in addresses_of() if getattr(pattern.callback, "csrf_exempt", False)] == EXEMPT
