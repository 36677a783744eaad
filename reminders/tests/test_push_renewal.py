"""The service worker keeps the address of its device up to date, without the person."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import KnownBrowser
from accounts.tests.codes import confirm_by_password
from accounts.tests.factories import make_person
from reminders.channels import KINDS
from reminders.models import Channel, Delivery
from reminders.push_views import endpoint_of
from reminders.tests.factories import make_delivery
from reminders.tests.push_service import Browser
from reminders.tests.test_push import ADD, GOOGLE, subscribe
from reminders.tests.test_push_logins import CHANNELS, log_in

pytestmark = pytest.mark.django_db

RENEW = "/accounts/reminders/channels/push/renew/"
NEW = f"{GOOGLE}-new"


@pytest.fixture(autouse=True)
def _push_on(push_on):
    """Web push is on."""


@pytest.fixture
def phone(db):
    """A browser in which a person has logged in and switched reminders on."""
    make_person(username="maria")
    client = log_in()
    subscribe(client, Browser(), GOOGLE)
    return client


def renew(client: Client, endpoint=NEW, browser=None, **data):
    subscription = json.dumps((browser or Browser()).subscription(endpoint))
    return client.post(RENEW, {"push-subscription": subscription} | data)


def test_the_worker_gets_what_is_stored_for_its_browser(phone):
    answer = phone.get(RENEW)

    assert answer.json() == {
        "token": answer.json()["token"],
        "key": KINDS["push"].public_key,
        "device": {"endpoint": GOOGLE, "works": True},
    }
    assert "no-store" in answer["Cache-Control"]


def test_another_browser_of_the_person_is_none_of_its_devices(phone):
    assert log_in().get(RENEW).json()["device"] is None


def test_a_new_subscription_takes_the_place_of_the_former_one(phone):
    channel, browser = Channel.objects.get(), Browser()
    make_delivery(channel.user)

    assert renew(phone, browser=browser).json() == {"renewed": True}

    renewed = Channel.objects.get()
    assert (renewed.pk, renewed.known_browser_id) == (channel.pk, channel.known_browser_id)
    assert json.loads(renewed.address) == {"endpoint": NEW, **browser.subscription(NEW)["keys"]}
    assert renewed.address_key != channel.address_key
    assert Delivery.objects.get().channel == renewed  # What waits is sent to the new address.
    assert phone.get(RENEW).json()["device"]["endpoint"] == NEW


def test_a_device_that_the_push_service_called_gone_comes_back(phone):
    """It usually says so before the browser is online again and has another subscription."""
    Channel.objects.update(last_error="gone", failures=1)
    assert phone.get(RENEW).json()["device"] == {"endpoint": GOOGLE, "works": False}

    renew(phone)

    channel = Channel.objects.usable(timezone.now()).get()
    assert (channel.last_error, channel.failures) == ("", 0)


def test_an_address_that_cannot_be_decrypted_is_asked_for(phone, keys):
    keys(new=b"n" * 32)

    assert endpoint_of(Channel.objects.get()) == ""  # The worker sends it again.


def test_a_device_that_was_removed_elsewhere_does_not_come_back(phone):
    laptop = log_in()
    laptop.post(f"{CHANNELS}{Channel.objects.get().pk}/remove/")

    assert phone.get(RENEW).json()["device"] is None
    assert renew(phone).json() == {"renewed": False}

    assert not Channel.objects.exists()


def test_a_device_whose_login_was_ended_elsewhere_does_not_come_back(phone):
    laptop = log_in()
    confirm_by_password(laptop)
    laptop.post("/accounts/sessions/end/")

    assert renew(phone).status_code == 302
    log_in(phone)
    assert renew(phone).json() == {"renewed": False}

    assert json.loads(Channel.objects.get().address)["endpoint"] == GOOGLE
    assert not Channel.objects.usable(timezone.now()).exists()


def test_without_a_login_nothing_is_renewed(phone):
    before = Channel.objects.values().get()
    for client in (Client(), log_in_as_another()):
        renew(client)

    assert Channel.objects.values().get() == before


def log_in_as_another() -> Client:
    make_person(username="noor")
    return log_in(username="noor")


def test_a_session_that_knows_no_browser_has_no_device(client, person):
    """Rows without a browser, such as those of topics, are not taken for it."""
    client.force_login(person)
    person.sessions.update(known_browser_id=None)
    KnownBrowser.objects.all().delete()
    Channel.objects.create(user=person, kind="push", destination="x", address=json.dumps({"endpoint": GOOGLE}))

    assert client.get(RENEW).json()["device"] is None
    assert renew(client).json() == {"renewed": False}


@pytest.mark.parametrize(
    "endpoint", ["https://push.example.org/1", "http://fcm.googleapis.com/1", "https://127.0.0.1/1"]
)
def test_the_address_is_checked_as_that_of_the_button(phone, endpoint):
    assert renew(phone, endpoint).json() == {"renewed": False}

    assert json.loads(Channel.objects.get().address)["endpoint"] == GOOGLE


@pytest.mark.parametrize("sent", ["", "{}", "null", "x" * 5000])
def test_what_is_no_subscription_changes_nothing(phone, sent):
    assert phone.post(RENEW, {"push-subscription": sent}).json() == {"renewed": False}

    assert json.loads(Channel.objects.get().address)["endpoint"] == GOOGLE


def test_the_subscription_of_another_person_is_taken_over(phone):
    """A browser has one subscription, so it reminds the person who is logged in there."""
    other = log_in_as_another()
    subscribe(other, Browser(), NEW)

    renew(phone)

    assert Channel.objects.get().user.username == "maria"


def test_it_counts_as_adding_does(phone, monkeypatch):
    for _number in range(29):
        renew(phone)

    assert renew(phone).status_code == 429
    assert phone.post(ADD).status_code == 429


def test_a_request_needs_the_token_that_the_worker_gets(phone):
    worker = Client(enforce_csrf_checks=True)
    worker.cookies = phone.cookies

    token = worker.get(RENEW).json()["token"]

    assert renew(worker).status_code == 403
    assert renew(worker, csrfmiddlewaretoken=token).json() == {"renewed": True}


def test_it_is_off_without_a_key_of_the_server(phone, settings):
    """The subscription stays as it is: the operator may switch it on again. The log has no warning of a visit."""
    settings.REMINDER_PUSH_KEY = ""

    assert phone.get(RENEW).status_code == renew(phone).status_code == 204
    assert json.loads(Channel.objects.get().address)["endpoint"] == GOOGLE
