"""Mails to unconfirmed addresses are limited, and counted before anything is stored."""

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains

from accounts import rate_limits
from accounts.models import User
from accounts.tests.codes import confirm_by_password
from accounts.tests.factories import PASSWORD, make_person

EMAIL, RESET, SIGN_UP = (reverse(f"accounts:{name}") for name in ("email", "reset", "signup"))

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon(settings):
    settings.HAS_EMAIL = True
    with time_machine.travel("2026-05-04 12:00:00Z", tick=False) as clock:
        yield clock


def sign_up(number, email, address="10.0.0.1"):
    form = {"username": f"p{number}", "password1": PASSWORD, "password2": PASSWORD, "timezone": "UTC", "email": email}
    return Client(REMOTE_ADDR=address).post(SIGN_UP, form, follow=True)


def test_mails_to_confirm_addresses_are_limited_per_person(as_person, person):
    confirm_by_password(as_person)
    attempts = rate_limits.MAIL_BY_PERSON.attempts
    found = []
    for number in range(25):
        found.append(as_person.post(EMAIL, {"email": f"stranger-{number}@example.org"}).status_code)

    assert found == [302] * attempts + [429] * (25 - attempts)
    assert len(mail.outbox) == attempts
    # What is refused has not happened.
    assert User.objects.get(pk=person.pk).email == f"stranger-{attempts - 1}@example.org"
    assert person.security_events.filter(kind="email_changed").count() == attempts


def test_an_address_can_be_removed_when_mails_are_used_up(as_person, person):
    confirm_by_password(as_person)
    for number in range(rate_limits.MAIL_BY_PERSON.attempts):
        as_person.post(EMAIL, {"email": f"stranger-{number}@example.org"})

    as_person.post(EMAIL, {"email": ""})

    assert User.objects.get(pk=person.pk).email == ""


def test_mails_to_one_mailbox_are_limited_across_sign_ups(noon):
    """The sixth person gets an account and a message instead of a mail, not the page for exceeded rate limits."""
    attempts = rate_limits.MAIL.attempts
    pages = [sign_up(number, "maria@example.org", f"10.0.0.{number}") for number in range(attempts + 1)]

    assert len(mail.outbox) == attempts and User.objects.count() == attempts + 1
    assert [page.status_code for page in pages] == [200] * (attempts + 1)
    assertContains(pages[-2], "A mail is on its way to you")
    assertContains(pages[-1], "Too many mails have gone to your e-mail address.")
    assert pages[-1].context["user"].is_authenticated


def test_addresses_with_a_plus_sign_count_as_one_mailbox():
    for number in range(rate_limits.MAIL.attempts + 1):
        sign_up(number, f"Maria+{number}@example.org", f"10.0.0.{number}")

    assert len(mail.outbox) == rate_limits.MAIL.attempts


def test_mails_to_one_mailbox_are_limited_per_day(noon):
    for number in range(24):
        Client(REMOTE_ADDR=f"10.0.0.{number}").post(RESET, {"email": "maria@example.org"})
        noon.shift(59 * 60)

    assert len(mail.outbox) == rate_limits.MAIL_A_DAY.attempts


def test_mails_caused_by_one_client_address_are_limited_across_forms(client):
    attempts = rate_limits.MAIL_BY_ADDRESS.attempts
    for number in range(attempts // 2):
        sign_up(number, f"stranger-{number}@example.org")
        client.post(RESET, {"email": f"other-{number}@example.org"}, REMOTE_ADDR="10.0.0.1")

    assert len(mail.outbox) == attempts
    assert client.post(RESET, {"email": "x@example.org"}, REMOTE_ADDR="10.0.0.1").status_code == 429
    assertContains(sign_up("last", "y@example.org"), "Too many mails have gone")
    assert len(mail.outbox) == attempts


def test_a_refused_sign_up_creates_no_account():
    attempts = rate_limits.SIGN_UP.attempts
    pages = [sign_up(number, "") for number in range(attempts + 1)]

    assert [page.status_code for page in pages] == [200] * attempts + [429]
    assert User.objects.count() == attempts


def test_strangers_cannot_suppress_notices_to_a_confirmed_address(client):
    """Only mails to addresses that a visitor can choose are counted."""
    maria = make_person(username="maria", email="maria@example.org")
    EmailAddress.objects.create(user=maria, email=maria.email, verified=True, primary=True)
    for number in range(rate_limits.MAIL.attempts + 1):
        Client(REMOTE_ADDR=f"10.0.0.{number}").post(RESET, {"email": maria.email})
    mail.outbox.clear()
    client.force_login(maria)
    new = {"old_password": PASSWORD, "new_password1": "quite-another-battery", "new_password2": "quite-another-battery"}

    client.post(reverse("accounts:security"), new)

    assert [message.to for message in mail.outbox] == [[maria.email]]


@pytest.mark.parametrize(
    "spelling",
    [
        "maria@mail.ex\N{SOFT HYPHEN}ample.org",
        "maria@mail\N{IDEOGRAPHIC FULL STOP}example.org",
        "maria@mail.\uff45xample.org",
    ],
    ids=ascii,
)
def test_other_spellings_of_a_domain_are_the_same_mailbox(spelling):
    for number in range(rate_limits.MAIL.attempts):
        Client(REMOTE_ADDR=f"10.0.0.{number}").post(RESET, {"email": "maria@mail.example.org"})

    assert Client(REMOTE_ADDR="10.0.1.1").post(RESET, {"email": spelling}).status_code == 429


def test_one_kind_of_event_is_mailed_a_few_times_and_always_recorded(as_person, person):
    EmailAddress.objects.create(user=person, email="maria@example.org", verified=True, primary=True)
    confirm_by_password(as_person)
    attempts = rate_limits.MAIL_OF_EVENT.attempts
    for number in range(attempts + 5):
        as_person.post(EMAIL, {"email": ["Maria@example.org", "maria@example.org"][number % 2]})

    assert len(mail.outbox) == attempts
    assert person.security_events.filter(kind="email_changed").count() == attempts + 5

    as_person.post(reverse("personal_data:wipe"), {"username": person.username})
    assert len(mail.outbox) == attempts + 1  # Another kind is still mailed.
