"""REGISTRATION: open, by invitation, or closed."""

import re

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import Invitation, User
from accounts.tests.factories import PASSWORD, make_person
from accounts.tests.visitors import Visitor, all_at_once

URL = reverse("accounts:signup")

pytestmark = pytest.mark.django_db


def typed(**changes) -> dict:
    return {"username": "maria", "password1": PASSWORD, "password2": PASSWORD, "timezone": "UTC"} | changes


@pytest.fixture
def by_invitation(settings):
    settings.REGISTRATION = "invite"


@pytest.fixture
def invitation(db) -> str:
    made = Invitation()
    token = made.make_token()
    made.save()
    return token


def test_closed_registration_refuses_sign_ups(client, settings, invitation):
    settings.REGISTRATION = "closed"

    for response in (client.get(URL), client.post(URL, typed()), client.post(URL, typed(invitation=invitation))):
        assertContains(response, "By invitation only")
    assert not User.objects.exists()


@pytest.mark.usefixtures("by_invitation")
@pytest.mark.parametrize("token", ["", "x", "é\0", "x" * 5000])
def test_without_a_valid_link_sign_ups_are_refused(client, invitation, token):
    assertContains(client.get(URL, {"invitation": token}), "By invitation only")
    assertContains(client.post(URL, typed(invitation=token)), "By invitation only")
    assertContains(client.post(URL, typed()), "By invitation only")
    assert not User.objects.exists()


@pytest.mark.usefixtures("by_invitation")
def test_an_invitation_admits_one_person(client, invitation):
    page = client.get(URL, {"invitation": invitation})
    assertContains(page, f'name="invitation" value="{invitation}"')

    assertRedirects(client.post(URL, typed(invitation=invitation)), reverse("today"))

    assertContains(Client().post(URL, typed(username="other", invitation=invitation)), "By invitation only")
    assert [person.username for person in User.objects.all()] == ["maria"]


@pytest.mark.usefixtures("by_invitation")
def test_a_refused_form_does_not_use_the_invitation_up(client, invitation):
    make_person(username="Maria")

    response = client.post(URL, typed(invitation=invitation))

    assertContains(response, f'name="invitation" value="{invitation}"')
    assert client.post(URL, typed(username="other", invitation=invitation)).status_code == 302


@pytest.mark.usefixtures("by_invitation")
def test_an_invitation_expires_after_a_week(client, invitation):
    with time_machine.travel(Invitation.objects.get().expires_at, tick=False):
        assertContains(client.post(URL, typed(invitation=invitation)), "By invitation only")


@pytest.mark.usefixtures("by_invitation")
def test_an_admin_creates_an_invitation_that_is_shown_once(client):
    client.force_login(make_person(is_staff=True, is_superuser=True))

    page = client.post(reverse("admin:accounts_invitation_add"), {"note": "Ada"}, follow=True).content.decode()

    [token] = re.findall(r"signup/\?invitation=([\w-]+)", page)
    made = Invitation.objects.get()
    assert (made.note, made.created_by) == ("Ada", User.objects.get())
    for address in ("changelist", "change"):
        arguments = [made.pk] if address == "change" else []
        page = client.get(reverse(f"admin:accounts_invitation_{address}", args=arguments))
        assertNotContains(page, token)
        assertNotContains(page, made.token_hash)
    assert Client().post(URL, typed(invitation=token)).status_code == 302


def test_the_login_page_offers_signing_up_only_when_it_is_open(client, settings):
    assertContains(client.get(reverse("accounts:login")), "New here?")
    settings.REGISTRATION = "closed"
    assertNotContains(client.get(reverse("accounts:login")), "New here?")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("by_invitation")
def test_of_two_parallel_sign_ups_with_one_link_one_succeeds(live_server, invitation):
    page = f"{URL}?invitation={invitation}"
    visitors = [Visitor(live_server.url) for _ in range(5)]
    forms = [visitor.get(page) for visitor in visitors]

    all_at_once(
        *(
            lambda visitor=visitor, form=form, number=number: visitor.send(
                page, typed(username=f"name-{number}", invitation=invitation), form
            )
            for number, (visitor, form) in enumerate(zip(visitors, forms, strict=True))
        )
    )

    assert User.objects.count() == 1
