"""A single login page, for the admin too, with one password hash per attempt and the same error for every name."""

import pytest
from django.urls import reverse
from pytest_django.asserts import assertRedirects

from accounts.tests.factories import PASSWORD, make_person

LOGIN = reverse("accounts:login")

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("username", "password"),
    [("maria", "wrong"), ("on-hold", "wrong"), ("on-hold", PASSWORD), ("unknown", "wrong"), ("", "wrong")],
)
def test_every_refusal_hashes_once_and_shows_the_same_error(client, hashings, username, password):
    make_person(username="maria")
    make_person(username="on-hold", is_active=False)
    hashings.clear()

    response = client.post(LOGIN, {"username": username, "password": password})

    assert len(hashings) == (1 if username else 0)
    assert response.status_code == 200
    if username:
        assert response.context["form"].non_field_errors() == [
            "This name and password do not go together. Please check both."
        ]


def test_a_correct_password_is_hashed_once(client, hashings):
    make_person(username="maria")
    hashings.clear()

    assert client.post(LOGIN, {"username": "maria", "password": PASSWORD}).status_code == 302
    assert len(hashings) == 1


def test_the_admin_has_no_login_page_of_its_own(client):
    make_person(username="maria", is_staff=True)

    response = client.post("/admin/login/?next=/admin/", {"username": "maria", "password": PASSWORD})

    assertRedirects(response, f"{LOGIN}?next=/admin/")
    assert "_auth_user_id" not in client.session


def test_staff_log_in_to_the_admin_on_our_page(client):
    make_person(username="maria", is_staff=True)

    response = client.post(LOGIN, {"username": "maria", "password": PASSWORD, "next": "/admin/"})

    assertRedirects(response, "/admin/")


def test_a_logged_in_person_cannot_guess_other_passwords_in_the_admin(client):
    """Django's own page would accept any name, without a rate limit or the second factor."""
    make_person(username="boss", is_staff=True, is_superuser=True)
    staff = make_person(is_staff=True)
    client.force_login(staff)

    response = client.post("/admin/login/?next=/admin/", {"username": "boss", "password": PASSWORD})

    assertRedirects(response, "/admin/")
    assert client.session["_auth_user_id"] == str(staff.pk)


def test_staff_change_their_password_on_our_page(client):
    """Our page limits attempts, ends other sessions and records the change."""
    staff = make_person(is_staff=True)
    client.force_login(staff)
    new = {"old_password": PASSWORD, "new_password1": "quite-another-battery", "new_password2": "quite-another-battery"}

    assertRedirects(client.get("/admin/password_change/"), reverse("accounts:security"))
    assertRedirects(client.post("/admin/password_change/", new), reverse("accounts:security"))

    staff.refresh_from_db()
    assert staff.check_password(PASSWORD)


def test_logging_out_in_the_admin_ends_the_session(client):
    staff = make_person(is_staff=True)
    client.force_login(staff)

    assertRedirects(client.post("/admin/logout/"), reverse("today"))

    assert [event.kind for event in staff.security_events.all()] == ["signed_out"]


def test_a_person_who_is_not_staff_is_refused_with_a_message(as_person):
    assert as_person.get("/admin/", follow=True).status_code == 403


@pytest.mark.parametrize("headers", [{"Accept": "application/json"}, {"X-Requested-With": "XMLHttpRequest"}])
def test_scripts_get_the_same_page_without_the_password(client, headers):
    response = client.post(LOGIN, {"username": "maria", "password": "not-my-password"}, headers=headers)

    assert response["Content-Type"].startswith("text/html")
    assert "not-my-password" not in response.content.decode()
