import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects

URL = reverse("accounts:logout")

pytestmark = pytest.mark.django_db


def test_logging_out_ends_the_session(as_person):
    session_key = as_person.session.session_key

    response = as_person.post(URL)

    assertRedirects(response, reverse("today"))
    assert "_auth_user_id" not in as_person.session
    assert not as_person.session.exists(session_key)


def test_the_next_page_shows_a_message_and_clears_the_browsers_drafts_of_this_person(as_person, person):
    response = as_person.post(URL, follow=True)

    assertContains(response, f'data-saved="{person.pk}/"')
    assertContains(response, "You are logged out.")


@pytest.mark.parametrize("method", ["get", "head", "put", "delete"])
def test_a_link_or_picture_cannot_log_a_person_out(as_person, person, method):
    response = getattr(as_person, method)(URL)

    assert response.status_code == 405
    assert as_person.session["_auth_user_id"] == str(person.pk)


def test_another_site_cannot_log_a_person_out(person, client):
    client.handler.enforce_csrf_checks = True
    client.force_login(person)

    assert client.post(URL).status_code == 403
    assert client.session["_auth_user_id"] == str(person.pk)


def test_logging_out_twice_shows_the_same_message(client):
    """The button in a second tab, after the first one has logged out, does not lead to the login page."""
    response = client.post(URL, follow=True)

    assertRedirects(response, reverse("today"))
    assertContains(response, "You are logged out.")
    assert "data-saved" not in response.content.decode()


def test_a_logout_redirects_to_our_own_pages_only(as_person):
    assertRedirects(as_person.post(URL, {"next": "https://evil.example/"}), reverse("today"))
