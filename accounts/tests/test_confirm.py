"""A form that has to wait until somebody has said again who they are: what is kept of it, and how it goes on."""

import pytest
import time_machine
from django.urls import reverse
from pytest_django.asserts import assertRedirects

from accounts.models import Session, User
from accounts.tests.codes import code_of, confirm_by_password, switch_on

EMAIL, NEW_PASSWORD = reverse("accounts:email"), reverse("accounts:set_password")
NEW = "quite-another-battery"

pytestmark = pytest.mark.django_db


@pytest.fixture
def noon():
    with time_machine.travel("2026-05-04 12:00:01Z", tick=False) as clock:
        yield clock


def stored_of(client) -> str:
    return str(Session.objects.get(pk=client.session.session_key).get_decoded())


def test_it_goes_on_with_what_was_sent(as_person):
    as_person.post(EMAIL, {"email": "maria@example.org"}, REMOTE_ADDR="203.0.113.7", headers={"User-Agent": "Canary"})
    stored = stored_of(as_person)

    assertRedirects(confirm_by_password(as_person, then=EMAIL), EMAIL)

    assert User.objects.get().email == "maria@example.org"
    assert "maria%40example.org" in stored
    assert as_person.cookies["sessionid"].value not in stored
    assert not [trace for trace in ("203.0.113.7", "Canary") if trace in stored]


def test_a_new_password_is_not_kept_for_so_long(as_person, person, noon):
    secret, _ = switch_on(as_person)
    person.set_unusable_password()
    person.save()
    as_person.force_login(person)
    as_person.post(reverse("accounts:confirm_code"), {"code": code_of(secret), "next": NEW_PASSWORD})
    noon.shift(6 * 60)

    asked = as_person.post(NEW_PASSWORD, {"new_password1": NEW, "new_password2": NEW})

    assert asked.url.startswith(reverse("accounts:confirm_code"))
    assert NEW_PASSWORD in stored_of(as_person) and NEW not in stored_of(as_person)
    response = as_person.post(reverse("accounts:confirm_code"), {"code": code_of(secret), "next": NEW_PASSWORD})
    assert set(response.context["form"].errors) == {"new_password1", "new_password2"}
