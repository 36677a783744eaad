"""Faults of an older app of this kind, one test each."""

import io
from urllib.parse import urlsplit

import pytest
from django.core.management import call_command
from django.urls import get_resolver, reverse
from pytest_django.asserts import assertContains

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.thorough_on_sqlite]

GRAND_NAMES = ["admin", "Admin", "ADMIN", "root", "administrator", "superuser", "staff", "system", "demo"]


@pytest.mark.matrix
@pytest.mark.parametrize(
    "address",
    [
        "/users/",
        "/users/1/",
        "/users/1/delete/",
        "/accounts/",
        "/accounts/1/",
        "/accounts/users/",
        "/accounts/delete/1/",
        "/api/users",
        "/api/users/1",
        "/api/logs",
    ],
)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_no_address_lists_or_deletes_people(as_person, address, method):
    other = make_person(username="another-person")

    response = getattr(as_person, method)(address)

    assert response.status_code == 404
    assert "another-person" not in response.content.decode()
    assert User.objects.filter(pk=other.pk).exists()


def test_no_url_contains_a_person():
    """The session decides whose pages are shown."""
    ours = [pattern for pattern in get_resolver().url_patterns if getattr(pattern, "app_name", "") != "admin"]
    addresses = [str(inner.pattern) for outer in ours for inner in getattr(outer, "url_patterns", [outer])]

    assert len(addresses) > 10
    assert [address for address in addresses if "user" in address or "person" in address] == []


@pytest.mark.parametrize("address", ["/admin/accounts/user/", "/admin/accounts/user/1/change/", "/admin/"])
def test_a_visitor_never_sees_people(client, address):
    make_person(username="another-person")

    response = client.get(address, follow=True)

    assert urlsplit(response.redirect_chain[-1][0]).path == reverse("accounts:login")
    assertContains(response, f'name="next" value="{address}"')
    assert "another-person" not in response.content.decode()


def test_a_visitor_cannot_delete_people(client):
    person = make_person()

    client.post(f"/admin/accounts/user/{person.pk}/delete/", {"post": "yes"})
    client.post(reverse("accounts:delete"), {"username": person.username, "password": PASSWORD})

    assert User.objects.filter(pk=person.pk).exists()


@pytest.mark.parametrize("name", GRAND_NAMES)
def test_a_privileged_username_gives_no_rights(client, name):
    client.post(
        reverse("accounts:signup"),
        {"username": name, "password1": PASSWORD, "password2": PASSWORD, "timezone": "UTC"},
    )

    person = User.objects.get(username=name)
    assert (person.is_staff, person.is_superuser) == (False, False)
    assert not person.get_all_permissions()
    assert client.get("/admin/").status_code == 302
    assert client.get("/admin/accounts/user/", follow=True).redirect_chain[-1][0].startswith("/admin/login/")


@pytest.mark.parametrize("name", ["Admin", "ADMIN", "ａｄｍｉｎ"])
def test_an_administrators_name_cannot_be_taken_in_another_spelling(client, name):
    make_person(username="admin", is_staff=True)

    client.post(
        reverse("accounts:signup"),
        {"username": name, "password1": PASSWORD, "password2": PASSWORD, "timezone": "UTC"},
    )

    assert User.objects.count() == 1


def test_createsuperuser_gives_rights(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    call_command("createsuperuser", username="maria", email="", interactive=False, stdout=io.StringIO())

    person = User.objects.get()
    assert (person.username_key, person.is_staff, person.is_superuser) == ("maria", True, True)


def test_the_admin_gives_rights(client):
    client.force_login(make_person(is_staff=True, is_superuser=True))
    person = make_person()
    address = reverse("admin:accounts_user_change", args=[person.pk])
    form = client.get(address).context["adminform"].form
    data = {name: value for name, value in form.initial.items() if value not in (None, False, [])}

    client.post(address, data | {"is_staff": "on"})

    person.refresh_from_db()
    assert (person.is_staff, person.is_superuser, person.is_active) == (True, False, True)
