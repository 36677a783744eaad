"""A form that is sent before somebody has said again who they are: it is not kept, and goes nowhere by itself."""

import pytest
import time_machine
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects

from accounts.models import Session
from accounts.tests.codes import code_of, confirm_by_password, switch_on

EMAIL, NEW_PASSWORD, WIPE = reverse("accounts:email"), reverse("accounts:set_password"), reverse("personal_data:wipe")
END, SESSIONS = reverse("accounts:end_sessions"), reverse("accounts:sessions")
NEW = "quite-another-battery"

pytestmark = pytest.mark.django_db


def stored_of(client) -> str:
    return str(Session.objects.get(pk=client.session.key_hash).get_decoded())


@pytest.mark.parametrize("path", [EMAIL, WIPE])
def test_nothing_of_it_is_kept_and_one_is_told_so(as_person, person, path):
    form = {"email": "thief@example.org", "username": person.username}

    asked = as_person.post(path, form)

    assertRedirects(asked, f"{reverse('accounts:confirm')}?next={path}", fetch_redirect_response=False)
    assertContains(as_person.get(asked.url), "Nothing has changed yet.")
    assert "thief" not in stored_of(as_person)


@pytest.mark.parametrize("path", [EMAIL, WIPE])
@pytest.mark.parametrize("looks", [False, True])
def test_what_somebody_left_there_is_not_sent_when_the_owner_confirms(as_person, person, path, looks):
    """Somebody with an open session and no password, or the person, who thought better of it a month ago."""
    person.daily_logs.create(date="2026-05-04", day_rating=7)
    as_person.post(path, {"email": "thief@example.org", "username": person.username})
    if looks:
        as_person.get(path)

    assertRedirects(confirm_by_password(as_person, then=path), path)

    person.refresh_from_db()
    assert person.email == ""
    assert person.daily_logs.exists()


def test_other_logins_are_ended_by_asking_again(as_person, person, client):
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
