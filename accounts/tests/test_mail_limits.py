"""Mails to addresses that are not confirmed are limited, and counted before anything is stored."""

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains

from accounts import throttle
from accounts.models import User
from accounts.tests.codes import confirm_by_password
from accounts.tests.factories import PASSWORD, make_person

EMAIL, RESET, SIGN_UP = (reverse(f"accounts:{name}") for name in ("email", "reset", "signup"))

pytestmark = [pytest.mark.django_db, pytest.mark.thorough_on_sqlite]


@pytest.fixture(autouse=True)
def noon(settings):
    settings.HAS_EMAIL = True
    with time_machine.travel("2026-05-04 12:00:00Z", tick=False) as clock:
        yield clock


def sign_up(number, email, address="10.0.0.1"):
    form = {"username": f"p{number}", "password1": PASSWORD, "password2": PASSWORD, "timezone": "UTC", "email": email}
    return Client(REMOTE_ADDR=address).post(SIGN_UP, form, follow=True)


def test_one_person_confirms_few_addresses(as_person, person):
    confirm_by_password(as_person)
    tries = throttle.MAIL_BY_PERSON.tries
    found = []
    for number in range(25):
        found.append(as_person.post(EMAIL, {"email": f"stranger-{number}@example.org"}).status_code)

    assert found == [302] * tries + [429] * (25 - tries)
    assert len(mail.outbox) == tries
    # What is refused has not happened.
    assert User.objects.get(pk=person.pk).email == f"stranger-{tries - 1}@example.org"
    assert person.security_events.filter(kind="email_changed").count() == tries


def test_an_address_can_be_removed_all_the_same(as_person, person):
    confirm_by_password(as_person)
    for number in range(throttle.MAIL_BY_PERSON.tries):
        as_person.post(EMAIL, {"email": f"stranger-{number}@example.org"})

    as_person.post(EMAIL, {"email": ""})

    assert User.objects.get(pk=person.pk).email == ""


def test_one_mailbox_gets_few_mails_from_all_who_sign_up(noon):
    """The sixth has an account and reads why no mail came: not a page that says "too many tries"."""
    tries = throttle.MAIL.tries
    pages = [sign_up(number, "maria@example.org", f"10.0.0.{number}") for number in range(tries + 1)]

    assert len(mail.outbox) == tries and User.objects.count() == tries + 1
    assert [page.status_code for page in pages] == [200] * (tries + 1)
    assertContains(pages[-2], "A mail is on its way to you")
    assertContains(pages[-1], "Too many mails have gone to your e-mail address.")
    assert pages[-1].context["user"].is_authenticated


def test_a_plus_sign_makes_no_other_mailbox():
    for number in range(throttle.MAIL.tries + 1):
        sign_up(number, f"Maria+{number}@example.org", f"10.0.0.{number}")

    assert len(mail.outbox) == throttle.MAIL.tries


def test_one_mailbox_gets_few_mails_in_a_day(noon):
    for number in range(24):
        Client(REMOTE_ADDR=f"10.0.0.{number}").post(RESET, {"email": "maria@example.org"})
        noon.shift(59 * 60)

    assert len(mail.outbox) == throttle.MAIL_A_DAY.tries


def test_one_visitor_causes_few_mails_in_whatever_way(client):
    tries = throttle.MAIL_BY_ADDRESS.tries
    for number in range(tries // 2):
        sign_up(number, f"stranger-{number}@example.org")
        client.post(RESET, {"email": f"other-{number}@example.org"}, REMOTE_ADDR="10.0.0.1")

    assert len(mail.outbox) == tries
    assert client.post(RESET, {"email": "x@example.org"}, REMOTE_ADDR="10.0.0.1").status_code == 429
    assertContains(sign_up("last", "y@example.org"), "Too many mails have gone")
    assert len(mail.outbox) == tries


def test_a_refused_sign_up_has_made_no_account():
    tries = throttle.SIGN_UP.tries
    pages = [sign_up(number, "") for number in range(tries + 1)]

    assert [page.status_code for page in pages] == [200] * tries + [429]
    assert User.objects.count() == tries


def test_strangers_cannot_keep_mails_from_a_confirmed_address_about_the_account(client):
    """Only mails to addresses that a visitor can choose are counted."""
    maria = make_person(username="maria", email="maria@example.org")
    EmailAddress.objects.create(user=maria, email=maria.email, verified=True, primary=True)
    for number in range(throttle.MAIL.tries + 1):
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
    for number in range(throttle.MAIL.tries):
        Client(REMOTE_ADDR=f"10.0.0.{number}").post(RESET, {"email": "maria@mail.example.org"})

    assert Client(REMOTE_ADDR="10.0.1.1").post(RESET, {"email": spelling}).status_code == 429


def test_one_kind_of_event_is_mailed_a_few_times_and_always_written_down(as_person, person):
    EmailAddress.objects.create(user=person, email="maria@example.org", verified=True, primary=True)
    confirm_by_password(as_person)
    tries = throttle.MAIL_OF_EVENT.tries
    for number in range(tries + 5):
        as_person.post(EMAIL, {"email": ["Maria@example.org", "maria@example.org"][number % 2]})

    assert len(mail.outbox) == tries
    assert person.security_events.filter(kind="email_changed").count() == tries + 5

    as_person.post(reverse("personal_data:wipe"), {"username": person.username})
    assert len(mail.outbox) == tries + 1  # Another kind is heard of all the same.
