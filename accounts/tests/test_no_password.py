"""People without a password, who log in with a passkey: an administrator has removed the password."""

from urllib.parse import quote

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import User
from accounts.tests.codes import code_of, new_credential, switch_on
from accounts.tests.factories import PASSWORD

SECURITY, NEW, DELETE = (reverse(f"accounts:{name}") for name in ("security", "set_password", "delete"))
CONFIRM = reverse("accounts:confirm_code")

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(as_person, person) -> str:
    secret, _ = switch_on(as_person)
    person.authenticator_set.create(
        type=Authenticator.Type.WEBAUTHN, data={"name": "x", "credential": new_credential()}
    )
    person.set_unusable_password()
    person.save()
    as_person.force_login(person)
    return secret


def test_a_person_without_a_password_can_set_one(as_person, person, secret):
    assertRedirects(as_person.get(SECURITY), NEW, fetch_redirect_response=False)
    assert as_person.get(NEW).url == f"{CONFIRM}?next={quote(NEW, safe='')}"
    as_person.post(CONFIRM, {"code": code_of(secret)})

    as_person.post(NEW, {"new_password1": PASSWORD, "new_password2": PASSWORD})

    person.refresh_from_db()
    assert person.check_password(PASSWORD)
    assert as_person.get(SECURITY).status_code == 200


def test_a_person_without_a_password_can_delete_their_account(as_person, person, secret):
    assert as_person.get(DELETE).url == f"{CONFIRM}?next={quote(DELETE, safe='')}"
    assert as_person.post(DELETE, {"username": person.username}).status_code == 302
    assert User.objects.exists()
    session = as_person.session
    session.pop("account_reauthentication_state", None)  # or confirming would go on with what was sent
    session.save()
    as_person.post(CONFIRM, {"code": code_of(secret)})
    page = as_person.get(DELETE)
    assertContains(page, "Your username")
    assertNotContains(page, "Your password")

    as_person.post(DELETE, {"username": person.username})

    assert not User.objects.exists()


def test_no_password_is_accepted_for_a_person_without_one(client, person, secret):
    person.set_unusable_password()
    for password in ("", "!", person.password, PASSWORD):
        client.logout()
        client.post(reverse("accounts:login"), {"username": person.username, "password": password})
        assert "_auth_user_id" not in client.session
