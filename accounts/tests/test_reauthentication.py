"""A form that is sent before reauthentication is not kept, and not submitted automatically afterwards."""

from urllib.parse import unquote

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects

from accounts.models import Session
from accounts.tests.codes import code_of, confirm_by_code, confirm_by_password, new_credential, switch_on

EMAIL, NEW_PASSWORD, WIPE = reverse("accounts:email"), reverse("accounts:set_password"), reverse("personal_data:wipe")
END, SESSIONS = reverse("accounts:end_sessions"), reverse("accounts:sessions")
NEW = "quite-another-battery"

pytestmark = pytest.mark.django_db


def stored_of(client) -> str:
    return str(Session.objects.get(pk=client.session.key_hash).get_decoded())


@pytest.mark.parametrize("path", [EMAIL, WIPE])
def test_the_form_is_not_kept_and_a_message_says_so(as_person, person, path):
    form = {"email": "thief@example.org", "username": person.username}

    asked = as_person.post(path, form)

    assertRedirects(asked, f"{reverse('accounts:confirm')}?next={path}", fetch_redirect_response=False)
    assertContains(as_person.get(asked.url), "Nothing has changed yet.")
    assert "thief" not in stored_of(as_person)


@pytest.mark.parametrize("path", [EMAIL, WIPE])
@pytest.mark.parametrize("looks", [False, True])
def test_a_form_left_by_an_attacker_is_not_submitted_when_the_owner_reauthenticates(as_person, person, path, looks):
    """An attacker with an open session but without the password; or the person, who changed their mind a month ago."""
    person.daily_logs.create(date="2026-05-04", day_rating=7)
    as_person.post(path, {"email": "thief@example.org", "username": person.username})
    if looks:
        as_person.get(path)

    assertRedirects(confirm_by_password(as_person, then=path), path)

    person.refresh_from_db()
    assert person.email == ""
    assert person.daily_logs.exists()


def test_ending_other_logins_requires_reauthentication(as_person, person, client):
    asked = as_person.post(END)

    assertRedirects(asked, f"{reverse('accounts:confirm')}?next={SESSIONS}", fetch_redirect_response=False)
    assertRedirects(confirm_by_password(as_person, then=SESSIONS), SESSIONS)
    assertRedirects(as_person.post(END), SESSIONS)


def test_a_new_password_is_not_kept(as_person, person):
    with time_machine.travel("2026-05-04 12:00:01Z", tick=False) as clock:
        secret, _ = switch_on(as_person)
        person.set_unusable_password()
        person.save()
        as_person.force_login(person)
        as_person.post(reverse("accounts:confirm_code"), {"code": code_of(secret), "next": NEW_PASSWORD})
        clock.shift(6 * 60)

        asked = as_person.post(NEW_PASSWORD, {"new_password1": NEW, "new_password2": NEW})

        assert asked.url.startswith(reverse("accounts:confirm_code"))
        assert NEW not in stored_of(as_person)


# Who has a second factor confirms by it

CODE = reverse("accounts:confirm_code")
ASKING = [
    *("accounts:app_off", "accounts:recovery_codes_new", "accounts:recovery_codes", "accounts:passkey_add"),
    *("accounts:security", "accounts:email", "accounts:delete", "personal_data:export", "personal_data:wipe"),
]


@pytest.fixture
def protected(as_person, noon):
    secret_and_codes = switch_on(as_person)
    noon.shift(6 * 60)
    return secret_and_codes


@pytest.mark.parametrize("name", ASKING)
def test_with_a_second_factor_the_password_alone_opens_nothing(as_person, protected, name):
    path = reverse(name)
    confirm_by_password(as_person, then=path)

    for response in (as_person.get(path), as_person.post(path)):
        assert response.status_code == 405 or unquote(response.url) == f"{CODE}?next={path}"
    assertRedirects(confirm_by_code(as_person, code_of(protected[0]), then=path), path)


def test_with_a_second_factor_the_password_alone_does_not_end_sessions(as_person, person, protected):
    Client().force_login(person)
    confirm_by_password(as_person)

    as_person.post(END)

    assert person.sessions.count() == 2
    assertRedirects(confirm_by_code(as_person, code_of(protected[0]), then=SESSIONS), SESSIONS)
    as_person.post(END)
    assert person.sessions.count() == 1


@pytest.mark.parametrize("only", ["totp", "webauthn"])
def test_with_a_second_factor_the_password_alone_does_not_remove_it(as_person, person, protected, only):
    person.authenticator_set.create(type="webauthn", data={"name": "x", "credential": new_credential()})
    person.authenticator_set.exclude(type=only).delete()
    [factor] = person.authenticator_set.all()
    path = reverse("accounts:app_off") if only == "totp" else reverse("accounts:passkey_remove", args=[factor.pk])
    confirm_by_password(as_person, then=path)

    as_person.post(path)

    assert person.authenticator_set.exists()


def test_a_reauthentication_by_password_ends_when_another_device_adds_a_second_factor(as_person, person, noon):
    other = Client()
    other.force_login(person)
    confirm_by_password(other)
    assert other.get(EMAIL).status_code == 200

    switch_on(as_person)

    assert unquote(other.get(EMAIL).url) == f"{CODE}?next={EMAIL}"
    assert other.post(END).status_code == 302 and person.sessions.count() == 2


def test_a_recovery_code_reauthenticates_when_the_phone_is_lost(as_person, person, protected):
    path = reverse("accounts:app_off")

    assertRedirects(confirm_by_code(as_person, protected[1][0], then=path), path)
    as_person.post(path)

    assert not person.authenticator_set.exists()


def test_new_recovery_codes_can_be_created_when_the_phone_is_lost(as_person, protected):
    confirm_by_code(as_person, protected[1][0])

    page = as_person.post(reverse("accounts:recovery_codes_new"), follow=True)

    assert page.content.decode().count('class="secret"') == 10


def test_with_recovery_codes_alone_the_password_reauthenticates(as_person, person):
    person.authenticator_set.create(type="recovery_codes", data={})

    assertRedirects(confirm_by_password(as_person, then=EMAIL), EMAIL)


def test_without_a_second_factor_the_password_reauthenticates(as_person):
    assertRedirects(confirm_by_password(as_person, then=EMAIL), EMAIL)
    assert as_person.get(reverse("accounts:security")).status_code == 200
