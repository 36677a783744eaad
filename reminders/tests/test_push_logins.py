"""Messages to a device end with the login there, in whatever way it ends."""

import datetime
import io
import json

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import KnownBrowser, Session
from accounts.tests.codes import confirm_by_password
from accounts.tests.factories import PASSWORD, make_person
from reminders.models import Channel
from reminders.sender import send
from reminders.tests.push_service import Browser
from reminders.tests.test_push import message

pytestmark = pytest.mark.django_db

CHANNELS, ADD = "/accounts/reminders/channels/", "/accounts/reminders/channels/push/add/"
ANOTHER = "quite-another-battery"


@pytest.fixture
def maria():
    return make_person(username="maria")


def log_in(client: Client | None = None, username="maria", password=PASSWORD) -> Client:
    client = client or Client()
    client.post("/accounts/login/", {"username": username, "password": password})
    return client


def subscribe(client: Client, service, browser: Browser) -> Channel:
    """Add the device of a client; each has an endpoint of its own."""
    client.post(ADD, {"push-subscription": json.dumps(browser.subscription(service.endpoint))})
    return Channel.objects.latest("pk")


@pytest.fixture
def phone(service, maria):
    """A browser in which the person has logged in and switched reminders on."""
    client = log_in()
    subscribe(client, service, Browser())
    return client


@pytest.fixture
def laptop(phone, service, maria):
    """Another one. It has no reminders."""
    return log_in()


def reached() -> list[int]:
    """The keys of the channels that a reminder would go to, and really goes to."""
    found = []
    for channel in Channel.objects.usable(timezone.now()):
        assert send(channel, message()) is None
        found.append(channel.pk)
    for channel in Channel.objects.exclude(pk__in=found):
        assert send(channel, message()).code == "logged out"
    return found


def test_it_lasts_as_long_as_the_login(phone):
    assert len(reached()) == 1


# ── It ends ───────────────────────────────────────────────────────────────────────────────────────


def test_logging_out_removes_it(phone):
    phone.post("/accounts/logout/")

    assert not Channel.objects.exists()


def test_logging_out_elsewhere_does_not(phone, laptop, service):
    other = subscribe(laptop, service, Browser())

    phone.post("/accounts/logout/")

    assert reached() == [other.pk]


def test_a_session_that_is_ended_from_elsewhere_ends_it(phone, laptop, maria):
    confirm_by_password(laptop)
    here = laptop.get("/accounts/sessions/").context["this"]
    [there] = Session.objects.exclude(pk=here)

    laptop.post("/accounts/sessions/end/", {"session": there.handle})

    assert reached() == []
    assert channels_on_page(laptop) == []


def test_all_sessions_ended_from_elsewhere_end_it(phone, laptop):
    confirm_by_password(laptop)

    laptop.post("/accounts/sessions/end/")

    assert reached() == []


def test_a_login_after_that_does_not_bring_it_back(phone, laptop):
    confirm_by_password(laptop)
    laptop.post("/accounts/sessions/end/")

    log_in(phone)

    assert reached() == []
    assert channels_on_page(phone) == []


def test_a_new_password_ends_that_of_other_devices_and_keeps_that_of_this_one(phone, laptop, service):
    kept = subscribe(laptop, service, Browser())
    before = KnownBrowser.objects.get(pk=kept.known_browser_id)
    confirm_by_password(laptop)

    new = {"old_password": PASSWORD, "new_password1": ANOTHER, "new_password2": ANOTHER}
    assert laptop.post("/accounts/security/", new).status_code == 302

    before.refresh_from_db()
    assert before.ended_at is not None  # The browser has another token now.
    assert reached() == [kept.pk]
    kept.refresh_from_db()
    assert kept.known_browser_id != before.pk


def test_a_password_of_staff_ends_it(phone, maria):
    staff = Client()
    staff.force_login(make_person(username="keeper", is_staff=True, is_superuser=True))
    confirm_by_password(staff)

    new = {"password1": ANOTHER, "password2": ANOTHER, "usable_password": "true"}
    response = staff.post(reverse("admin:auth_user_password_change", args=[maria.pk]), new)

    assert response.status_code == 302
    assert reached() == []
    assert not Session.objects.filter(user=maria).exists()


def test_a_password_of_the_command_ends_it(phone, maria, monkeypatch):
    command = "accounts.management.commands.changepassword.Command._get_pass"
    monkeypatch.setattr(command, lambda self, prompt="": ANOTHER)
    call_command("changepassword", "maria", stdout=io.StringIO())

    assert reached() == []
    assert not Session.objects.filter(user=maria).exists()


def test_a_password_that_is_set_by_code_ends_it(phone, maria):
    """The sessions are rejected at their next visit, which a device that only gets messages never makes."""
    maria.set_password(ANOTHER)
    maria.save()

    assert Session.objects.filter(user=maria).exists()
    assert reached() == []
    assert not Channel.objects.listed(maria, timezone.now()).exists()


def test_the_oldest_session_that_gives_way_ends_it(phone, maria, monkeypatch):
    monkeypatch.setattr(Session, "MAX_PER_PERSON", 1)

    log_in()

    assert reached() == []


def test_another_person_who_logs_in_there_ends_it(phone):
    phone.force_login(make_person(username="noor"))

    assert reached() == []


def test_deleting_the_account_removes_it(phone):
    phone.post("/accounts/delete/", {"password": PASSWORD, "username": "maria"})

    assert not Channel.objects.exists()


def test_a_session_that_expires_pauses_it_until_the_next_login(phone, maria, service):
    """The login was not ended: the person comes back to their own device."""
    with time_machine.travel(timezone.now() + datetime.timedelta(days=91)):
        assert reached() == []
        laptop = log_in()
        [row] = channels_on_page(laptop)
        assert row.waits_for_login
        assert b"Waits until you log in there again." in laptop.get(CHANNELS).content

        log_in(phone)

        assert len(reached()) == 1


# ── It survives ───────────────────────────────────────────────────────────────────────────────────


def test_it_survives_a_new_key_of_the_session(phone, maria):
    before = Session.objects.get()
    confirm_by_password(phone)

    assert Session.objects.get().pk != before.pk
    assert len(reached()) == 1


def test_it_survives_a_known_browser_that_is_deleted(phone):
    KnownBrowser.objects.all().delete()

    assert len(reached()) == 1
    assert len(channels_on_page(phone)) == 1


def test_it_survives_a_login_in_the_same_browser(phone):
    log_in(phone)

    assert len(reached()) == 1


# ── What is left of it ────────────────────────────────────────────────────────────────────────────


def channels_on_page(client) -> list[Channel]:
    return [row["channel"] for row in client.get(CHANNELS).context["channels"]]


def test_what_ended_is_removed_when_another_is_added(phone, laptop, service):
    confirm_by_password(laptop)
    laptop.post("/accounts/sessions/end/")

    added = subscribe(laptop, service, Browser())

    assert Channel.objects.get() == added


def test_what_ended_is_removed_by_the_maintenance(phone, laptop, service):
    kept = subscribe(laptop, service, Browser())
    confirm_by_password(laptop)
    laptop.post("/accounts/sessions/end/")

    Channel.objects.of_ended_logins(timezone.now()).delete()

    assert Channel.objects.get() == kept
