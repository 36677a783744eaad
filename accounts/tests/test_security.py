import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects

from accounts.tests.factories import PASSWORD, make_person

URL = reverse("accounts:security")
NEW = "quite-another-battery"


def typed(**changes):
    return {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW} | changes


def test_the_page_works(as_person):
    assertContains(as_person.get(URL), "<h1>Change your password</h1>", html=True)


def test_the_password_is_changed(as_person, person):
    response = as_person.post(URL, typed())

    assertRedirects(response, reverse("accounts:profile"))
    person.refresh_from_db()
    assert person.check_password(NEW)


def test_a_message_says_that_the_password_is_changed(as_person):
    assertContains(as_person.post(URL, typed(), follow=True), "Your password is changed.")


def test_this_session_stays_and_all_others_end(as_person, person):
    elsewhere = Client()
    elsewhere.force_login(person)
    assert elsewhere.get(URL).status_code == 200

    as_person.post(URL, typed())

    assert as_person.get(URL).status_code == 200
    assertRedirects(elsewhere.get(URL), f"{reverse('accounts:login')}?next={URL}")


def test_sessions_of_other_people_stay(as_person):
    other = Client()
    other.force_login(make_person())

    as_person.post(URL, typed())

    assert other.get(URL).status_code == 200


@pytest.mark.parametrize("wrong", ["", "not-my-password", PASSWORD.upper(), "a\0b", "x" * 200_000], ids=range(5))
def test_the_old_password_is_required(as_person, person, wrong):
    response = as_person.post(URL, typed(old_password=wrong))

    assert list(response.context["form"].errors) == ["old_password"]
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


@pytest.mark.parametrize("weak", ["", "short", "password123", "8572649103"])
def test_a_weak_password_is_refused(as_person, person, weak):
    response = as_person.post(URL, typed(new_password1=weak, new_password2=weak))

    assert "new_password2" in response.context["form"].errors
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


def test_a_password_like_the_name_is_refused(client, db):
    client.force_login(make_person(username="maria-louise"))

    response = client.post(URL, typed(new_password1="maria-louise1", new_password2="maria-louise1"))

    assert list(response.context["form"].errors) == ["new_password2"]


def test_two_different_passwords_are_refused(as_person):
    response = as_person.post(URL, typed(new_password2="something-else-entirely"))

    assert list(response.context["form"].errors) == ["new_password2"]


def test_no_password_is_sent_back(as_person):
    page = as_person.post(URL, typed(old_password="not-my-password")).content.decode()

    assert NEW not in page and "not-my-password" not in page


def test_delete_is_refused(as_person):
    assert as_person.delete(URL).status_code == 405
