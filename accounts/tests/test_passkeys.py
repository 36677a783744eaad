"""Checks of a passkey: owner, user verification, origin, purpose of the challenge, single use, counter."""

import json
from functools import partial
from http.cookies import SimpleCookie

import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import STATE_SESSION_KEY
from django.conf import settings
from django.core import signing
from django.test import Client
from django.urls import reverse
from fido2.utils import websafe_encode
from pytest_django.asserts import assertContains, assertRedirects

from accounts import passkeys
from accounts.tests.codes import PRESENT, Device, confirm_by_password, switch_on
from accounts.tests.factories import PASSWORD, make_person
from encryption import mfa_secrets
from testing.people import all_at_once

LOGIN, PASSKEY_LOGIN, CODE = (reverse(f"accounts:{name}") for name in ("login", "passkey_login", "code"))
ADD, CONFIRM, NEW_CODES = (
    reverse(f"accounts:{name}") for name in ("passkey_add", "confirm_passkey", "recovery_codes_new")
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]


@pytest.fixture(autouse=True)
def here(settings):
    settings.ALLOWED_HOSTS = ["localhost", "log.localhost", "testserver"]


def browser(host="localhost") -> Client:
    return Client(headers={"host": host})


@pytest.fixture
def owner(person):
    client = browser()
    client.force_login(person)
    return client


def options_of(response) -> dict:
    """The WebAuthn options in the page."""
    [options] = json.loads(response.context["options"]).values()
    return options


def add(client, device, **changed):
    confirm_by_password(client)
    options = options_of(client.get(ADD))
    return client.post(ADD, {"name": "Phone", "credential": json.dumps(device.add(options, **changed))})


@pytest.fixture
def device(owner):
    device = Device()
    assert add(owner, device).status_code == 302
    return device


def ask_at_login(client) -> dict:
    return client.get(PASSKEY_LOGIN, headers={"accept": "application/json"}).json()["request_options"]


def question_of(client) -> dict:
    """The state of the last challenge: in the session, or for a visitor in the cookie."""
    if cookie := client.cookies.get(settings.PASSKEY_COOKIE_NAME):
        return signing.loads(cookie.value, salt=passkeys.PasskeyLoginView.SALT)
    return client.session[STATE_SESSION_KEY]


def ask_again(client, question: dict):
    """Store the state of a challenge again."""
    if settings.PASSKEY_COOKIE_NAME in client.cookies:
        client.cookies[settings.PASSKEY_COOKIE_NAME] = signing.dumps(question, salt=passkeys.PasskeyLoginView.SALT)
    session = client.session
    session[STATE_SESSION_KEY] = question
    session.save()


def send(client, address, credential):
    return client.post(address, {"credential": json.dumps(credential)})


def is_in(client) -> bool:
    return "_auth_user_id" in client.session


def by_login(client, person):
    return PASSKEY_LOGIN, ask_at_login(client)


def by_second_factor(client, person):
    client.post(LOGIN, {"username": person.username, "password": PASSWORD})
    return CODE, options_of(client.get(CODE))


def by_confirming(client, person):
    client.force_login(person)
    return CONFIRM, options_of(client.get(CONFIRM))


WAYS = pytest.mark.parametrize("way", [by_login, by_second_factor, by_confirming], ids=lambda way: way.__name__)


def is_taken(client, address, credential) -> bool:
    send(client, address, credential)
    return client.get(NEW_CODES).status_code == 200 if address == CONFIRM else is_in(client)


@WAYS
def test_a_passkey_is_accepted_and_its_use_counted(person, device, way):
    client = browser()
    address, options = way(client, person)

    assert options["publicKey"]["userVerification"] == "required"
    assert is_taken(client, address, device.use(options))
    assert person.authenticator_set.get(type="webauthn").data["sign_count"] == 1
    assert not person.security_events.filter(kind="passkey_refused").exists()


@WAYS
def test_a_passkey_without_user_verification_is_refused(person, device, way):
    client = browser()
    address, options = way(client, person)

    assert not is_taken(client, address, device.use(options, flags=PRESENT))


@pytest.mark.matrix
@WAYS
@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "http://evil.localhost"},
        {"origin": "https://localhost"},
        {"origin": "http://localhost:8001"},
        {"origin": "http://localhost.evil.example"},
        {"origin": ["http://localhost"]},
        {"crossOrigin": True},
        {"type": "webauthn.create"},
        {"challenge": "AAAA"},
    ],
    ids=str,
)
def test_a_response_for_another_page_is_refused(person, device, way, changed):
    client = browser()
    address, options = way(client, person)

    assert not is_taken(client, address, device.use(options, **changed))


@pytest.mark.parametrize(
    "changed", [{"origin": "http://evil.localhost"}, {"crossOrigin": True}, {"flags": PRESENT}], ids=str
)
def test_a_passkey_created_on_another_page_is_not_added(person, owner, changed):
    assert add(owner, Device(), **changed).status_code == 200
    assert not person.authenticator_set.exists()


@pytest.mark.parametrize(
    ("scheme", "host", "origin"),
    [
        ("https", "log.example.org", "https://log.example.org"),
        ("https", "Log.example.org:443", "https://log.example.org"),
        ("https", "log.example.org:8443", "https://log.example.org:8443"),
        ("http", "localhost:80", "http://localhost"),
        ("http", "localhost:8000", "http://localhost:8000"),
        ("http", "localhost:443", "http://localhost:443"),
    ],
)
def test_the_origin_is_written_as_browsers_write_it(rf, settings, scheme, host, origin):
    settings.ALLOWED_HOSTS = ["*"]
    request = rf.get("/", headers={"host": host}, secure=scheme == "https")

    assert passkeys.page_origin(request) == origin


@WAYS
def test_a_response_is_accepted_once(person, device, way):
    client = browser()
    address, options = way(client, person)
    answer = device.use(options)
    question = question_of(client)
    assert is_taken(client, address, answer)

    again = browser()
    way(again, person)
    ask_again(again, question)  # As if both had come at the same moment.

    device.counts, device.counter = False, 0
    assert not is_taken(again, address, answer)


@pytest.mark.django_db(transaction=True)
def test_of_parallel_uses_of_one_response_one_is_accepted(person, owner):
    device = Device(counts=False)
    add(owner, device)
    asked = browser()
    answer = device.use(ask_at_login(asked))
    clients = [browser() for _ in range(4)]
    for client in clients:
        client.cookies = SimpleCookie({name: each.value for name, each in asked.cookies.items()})

    all_at_once(*[partial(send, client, PASSKEY_LOGIN, answer) for client in clients])

    assert [is_in(client) for client in clients].count(True) == 1


@WAYS
def test_a_wrong_response_uses_the_challenge_up(person, device, way):
    client = browser()
    address, options = way(client, person)
    question = question_of(client)
    assert not is_taken(client, address, device.use(options, flags=PRESENT))
    ask_again(client, question)

    assert not is_taken(client, address, device.use(options))


@WAYS
def test_a_challenge_expires_after_minutes(person, device, way, noon):
    client = browser()
    address, options = way(client, person)
    noon.shift(passkeys.CHALLENGE_SECONDS + 1)

    assert not is_taken(client, address, device.use(options))


def test_a_login_challenge_does_not_reauthenticate(person, device):
    client = browser()
    options = ask_at_login(client)
    question = question_of(client)
    client.force_login(person)
    ask_again(client, question)

    assert not is_taken(client, CONFIRM, device.use(options))


def test_another_persons_passkey_is_refused_as_a_second_factor(person, device):
    other, theirs = browser(), Device()
    other.force_login(make_person())
    add(other, theirs)
    client = browser()
    address, options = by_second_factor(client, person)

    assert not is_taken(client, address, theirs.use(options))
    address, options = by_second_factor(client, person)
    assert not is_taken(client, address, device.use(options, handle=theirs.handle))


# The counter


@pytest.mark.matrix
@pytest.mark.parametrize("counter", [-1, 0, 1])
@WAYS
def test_a_counter_that_does_not_increase_is_refused_and_recorded(person, device, way, counter):
    device.counter = 7
    for _ in range(2):
        client = browser()
        send(client, PASSKEY_LOGIN, device.use(ask_at_login(client)))
    client = browser()
    address, options = way(client, person)
    device.counter += counter - 1

    assert is_taken(client, address, device.use(options)) == (counter == 1)
    assert person.security_events.filter(kind="passkey_refused").count() == (counter != 1)
    assert person.authenticator_set.get(type="webauthn").data["sign_count"] == 9 + (counter == 1)


def test_the_counter_at_registration_is_compared_too(person, owner):
    device = Device()
    device.counter = 5
    add(owner, device)
    device.counter = 3
    client = browser()

    assert not is_taken(client, PASSKEY_LOGIN, device.use(ask_at_login(client)))


def test_a_cloned_passkey_is_detected(person, device):
    copy = device.copy()
    for _ in range(2):
        client = browser()
        assert is_taken(client, PASSKEY_LOGIN, device.use(ask_at_login(client)))

    client = browser()
    assert not is_taken(client, PASSKEY_LOGIN, copy.use(ask_at_login(client)))
    assert person.security_events.latest("pk").kind == "passkey_refused"


def test_a_device_without_a_counter_is_accepted_each_time(person, owner):
    device = Device(counts=False)
    add(owner, device)
    for _ in range(2):
        client = browser()
        assert is_taken(client, PASSKEY_LOGIN, device.use(ask_at_login(client)))
    assert "sign_count" not in person.authenticator_set.get(type="webauthn").data


@pytest.mark.django_db(transaction=True)
def test_of_parallel_uses_with_one_counter_one_is_accepted(person, owner):
    device = Device()
    add(owner, device)
    passkey = person.authenticator_set.get(type="webauthn")

    taken = all_at_once(*[lambda: passkeys.advance_sign_count(passkey, 1)] * 4)

    assert sorted(taken) == [False, False, False, True]


# Whose it is


@pytest.fixture
def victim(db):
    return make_person()


@pytest.fixture
def theft(device, person, victim):
    """The row of a passkey, copied to the account of another person."""
    stolen = person.authenticator_set.get(type="webauthn")
    return Authenticator.objects.bulk_create(
        [Authenticator(user_id=victim.pk, type="webauthn", data=json.loads(json.dumps(stolen.data)))]
    )[0]


@WAYS
def test_a_row_copied_to_another_account_is_refused(victim, device, theft, way, caplog):
    client = browser()
    address, options = way(client, victim)
    handle = websafe_encode(user_pk_to_url_str(victim).encode())

    assert not is_taken(client, address, device.use(options, handle=handle))
    assert victim.security_events.filter(kind="passkey_refused").exists()
    assert f"Passkey {theft.pk} is refused" in caplog.text


@pytest.mark.parametrize("seal", [None, "", "bl1.test.AAAA", "clear"])
def test_a_row_without_a_seal_is_refused(person, device, seal):
    row = person.authenticator_set.get(type="webauthn")
    data = {name: value for name, value in row.data.items() if name != "seal"}
    Authenticator.objects.filter(pk=row.pk).update(data=data | ({} if seal is None else {"seal": seal}))
    client = browser()

    assert not is_taken(client, PASSKEY_LOGIN, device.use(ask_at_login(client)))


def test_another_credential_under_the_same_seal_is_refused(person, device):
    row = person.authenticator_set.get(type="webauthn")
    mine = Device()
    Authenticator.objects.filter(pk=row.pk).update(data=row.data | {"credential": mine.add()})
    mine.handle = device.handle
    client = browser()

    assert not is_taken(client, PASSKEY_LOGIN, mine.use(ask_at_login(client)))


def test_seals_are_reencrypted_with_the_other_secrets(person, device, settings):
    old = settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = {"new": b"n" * 32} | old

    assert mfa_secrets.reencrypt_all() == (2, 0)  # the seed of recovery codes as well
    settings.FIELD_ENCRYPTION_KEYS = {"new": b"n" * 32}
    assert mfa_secrets.reencrypt_all(check=True) == (0, 0)
    client = browser()
    assert is_taken(client, PASSKEY_LOGIN, device.use(ask_at_login(client)))


def test_rotation_finds_a_row_of_another_account(theft):
    assert mfa_secrets.reencrypt_all(check=True) == (0, 1)


# Adding


def test_adding_a_passkey_counts_as_reauthentication(person, owner):
    device = Device()

    assertRedirects(add(owner, device), reverse("accounts:recovery_codes"))


def test_the_same_passkey_is_not_added_twice(person, owner, device):
    options = options_of(owner.get(ADD))

    response = owner.post(ADD, {"name": "Phone", "credential": json.dumps(device.add(options))})

    assertContains(response, "You have added this passkey already.")
    assert person.authenticator_set.filter(type="webauthn").count() == 1


def test_a_challenge_for_using_a_passkey_adds_none(person, owner, device):
    options = options_of(owner.get(CONFIRM))
    forged = {"publicKey": options["publicKey"] | {"user": {"id": device.handle}}}

    response = owner.post(ADD, {"name": "x", "credential": json.dumps(Device().add(forged))})

    assert response.status_code == 200
    assert person.authenticator_set.filter(type="webauthn").count() == 1


def test_a_refused_reauthentication_asks_again_and_keeps_the_next_address(person, device):
    client = browser()
    address, options = by_confirming(client, person)
    refused = {"credential": json.dumps(device.use(options, flags=PRESENT)), "next": NEW_CODES}

    response = client.post(address, refused)

    assertContains(response, "That was not accepted.")
    again = {"credential": json.dumps(device.use(options_of(response))), "next": NEW_CODES}
    assertRedirects(client.post(address, again), NEW_CODES)


def test_reauthentication_offers_the_passkey_first_without_an_app(person, owner, device, noon):
    noon.shift(301)
    assert owner.get(NEW_CODES).url.startswith(CONFIRM)

    switched = browser()
    switched.force_login(person)
    assert switched.get(reverse("accounts:confirm")).url.startswith(CONFIRM)
    assertContains(switched.get(CONFIRM), reverse("accounts:confirm_code"))


def test_reauthentication_offers_a_code_first_with_an_app(person, noon):
    client = browser()
    client.force_login(person)
    switch_on(client)
    noon.shift(301)

    assert client.get(NEW_CODES).url.startswith(reverse("accounts:confirm_code"))
