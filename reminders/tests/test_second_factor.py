"""Reminders where the operator requires a second factor, and a person has none yet: SECOND_FACTOR=everybody."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from reminders.email import off_token
from reminders.models import Channel, Feed

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def _required(settings):
    settings.SECOND_FACTOR = "everybody"


def test_what_has_a_secret_of_its_own_needs_no_second_factor(as_person, person):
    """A browser in which the person is logged in gets what a calendar or a mail program without a session gets."""
    mails = Channel.objects.create(user=person, kind="email", destination="mail", address="a", address_key="email")
    addresses = [
        reverse("reminders:calendar", args=[Feed.objects.renew(person)]),
        reverse("reminders:email_off", args=[off_token(mails)]),
    ]

    for client in (Client(), as_person):
        assert [client.get(address).status_code for address in addresses] == [200] * len(addresses)


@pytest.mark.usefixtures("push_on")
def test_what_the_service_worker_asks_by_itself_is_answered_and_leaves_no_message(as_person):
    response = as_person.get(reverse("reminders:push_renew"))

    assert response.status_code == 200
    assert list(get_messages(response.wsgi_request)) == []


def test_the_pages_of_reminders_are_not_opened(as_person):
    for name in ("reminders", "channels", "feed"):
        assert as_person.get(reverse(f"reminders:{name}")).url == reverse("accounts:second_factor")
