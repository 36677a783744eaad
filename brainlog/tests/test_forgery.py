"""Forms that another site sends in somebody's name, with their cookies: refused everywhere, logging out included."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_person
from brainlog.tests.addresses import ADDRESSES, ADMIN, addresses_of

PATHS = sorted({address.path for address in ADDRESSES + ADMIN})


@pytest.fixture
def stolen(db):
    """A browser that checks nothing and sends the cookies of somebody who may do everything."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_person(is_staff=True, is_superuser=True))
    client.get(reverse("accounts:profile"))  # Has the cookie that the token is held against.
    assert "csrftoken" in client.cookies
    return client


def test_nothing_is_taken_without_the_token(stolen):
    visitor = Client(enforce_csrf_checks=True)

    taken = [
        (method, path)
        for path in PATHS
        for sender in (stolen, visitor)
        for method in ("post", "put", "patch", "delete")
        if getattr(sender, method)(path).status_code != 403
    ]

    assert taken == []


def test_nor_with_a_token_of_somebody_else(stolen):
    other = Client()
    other.get(reverse("accounts:login"))

    sent = {"csrfmiddlewaretoken": other.cookies["csrftoken"].value}

    assert stolen.post(reverse("accounts:logout"), sent).status_code == 403
    assert stolen.get(reverse("accounts:profile")).status_code == 200


def test_nor_with_the_right_token_from_another_site(stolen):
    sent = {"csrfmiddlewaretoken": stolen.cookies["csrftoken"].value}

    response = stolen.post(reverse("accounts:logout"), sent, headers={"origin": "https://evil.example"})

    assert response.status_code == 403
    assert stolen.post(reverse("accounts:logout"), sent).status_code == 302, "It was the origin."


def test_no_address_is_excepted():
    assert [name for name, pattern in addresses_of() if getattr(pattern.callback, "csrf_exempt", False)] == []
