"""What a passkey has to prove: that it is the person's, used by them, on our own pages, for this purpose, once."""

import json
from functools import partial
from http.cookies import SimpleCookie

import pytest
import time_machine
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import STATE_SESSION_KEY
from django.conf import settings
from django.core import signing
from django.test import Client
from django.urls import reverse
from fido2.utils import websafe_encode
from pytest_django.asserts import assertContains, assertRedirects

from accounts import second_factor
from accounts.tests.codes import PRESENT, Device, confirm_by_password, switch_on
from accounts.tests.factories import PASSWORD, make_person
from encryption import mfa_secrets
from testing.people import all_at_once

LOGIN, PASSKEY_LOGIN, CODE = (reverse(f"accounts:{name}") for name in ("login", "passkey_login", "code"))
ADD, CONFIRM, NEW_CODES = (
    reverse(f"accounts:{name}") for name in ("passkey_add", "confirm_passkey", "recovery_codes_new")
)

pytestmark = [pytest.mark.django_db, pytest.mark.thorough_on_sqlite]


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel("2026-05-04 12:00:01Z", tick=False) as clock:
        yield clock


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
    """What the page asks the browser for."""
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
    """What the server remembers of the challenge that this browser was given last; of a visitor, the browser."""
    if cookie := client.cookies.get(settings.PASSKEY_COOKIE_NAME):
        return signing.loads(cookie.value, salt=second_factor.PasskeyLoginView.SALT)
    return client.session[STATE_SESSION_KEY]


def ask_again(client, question: dict):
    """Have it remembered once more."""
    if settings.PASSKEY_COOKIE_NAME in client.cookies:
        client.cookies[settings.PASSKEY_COOKIE_NAME] = signing.dumps(question, salt=second_factor.PasskeyLoginView.SALT)
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
def test_it_is_taken_and_its_use_is_counted(person, device, way):
    client = browser()
    address, options = way(client, person)

    assert options["publicKey"]["userVerification"] == "required"
    assert is_taken(client, address, device.use(options))
    assert person.authenticator_set.get(type="webauthn").data["sign_count"] == 1
    assert not person.security_events.filter(kind="passkey_refused").exists()


@WAYS
def test_without_a_finger_face_or_pin_it_is_not_taken(person, device, way):
    client = browser()
    address, options = way(client, person)

    assert not is_taken(client, address, device.use(options, flags=PRESENT))


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
def test_what_another_page_was_given_is_not_taken(person, device, way, changed):
    client = browser()
    address, options = way(client, person)

    assert not is_taken(client, address, device.use(options, **changed))


@pytest.mark.parametrize(
    "changed", [{"origin": "http://evil.localhost"}, {"crossOrigin": True}, {"flags": PRESENT}], ids=str
)
def test_nor_is_such_a_passkey_added(person, owner, changed):
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
def test_our_origin_is_what_browsers_say(rf, settings, scheme, host, origin):
    settings.ALLOWED_HOSTS = ["*"]
    request = rf.get("/", headers={"host": host}, secure=scheme == "https")

    assert second_factor.origin_of(request) == origin


@WAYS
def test_an_answer_is_good_once(person, device, way):
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
def test_of_parallel_uses_of_one_answer_one_lets_in(person, owner):
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
def test_a_wrong_answer_uses_the_question_up(person, device, way):
    client = browser()
    address, options = way(client, person)
    question = question_of(client)
    assert not is_taken(client, address, device.use(options, flags=PRESENT))
    ask_again(client, question)

    assert not is_taken(client, address, device.use(options))


@WAYS
def test_a_question_is_good_for_minutes(person, device, way, noon):
    client = browser()
    address, options = way(client, person)
    noon.shift(second_factor.CHALLENGE_SECONDS + 1)

    assert not is_taken(client, address, device.use(options))


def test_the_question_of_the_login_page_confirms_nothing(person, device):
    client = browser()
    options = ask_at_login(client)
    question = question_of(client)
    client.force_login(person)
    ask_again(client, question)

    assert not is_taken(client, CONFIRM, device.use(options))


def test_another_persons_passkey_is_no_second_factor(person, device):
    other, theirs = browser(), Device()
    other.force_login(make_person())
    add(other, theirs)
    client = browser()
    address, options = by_second_factor(client, person)

    assert not is_taken(client, address, theirs.use(options))
    address, options = by_second_factor(client, person)
    assert not is_taken(client, address, device.use(options, handle=theirs.handle))


# The counter


@pytest.mark.parametrize("counter", [-1, 0, 1])
@WAYS
def test_a_counter_that_stays_or_goes_back_is_refused_and_written_down(person, device, way, counter):
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


def test_the_counter_it_was_added_with_counts(person, owner):
    device = Device()
    device.counter = 5
    add(owner, device)
    device.counter = 3
    client = browser()

    assert not is_taken(client, PASSKEY_LOGIN, device.use(ask_at_login(client)))


def test_a_copy_is_found_out(person, device):
    copy = device.copy()
    for _ in range(2):
        client = browser()
        assert is_taken(client, PASSKEY_LOGIN, device.use(ask_at_login(client)))

    client = browser()
    assert not is_taken(client, PASSKEY_LOGIN, copy.use(ask_at_login(client)))
    assert person.security_events.latest("pk").kind == "passkey_refused"


def test_a_device_that_does_not_count_is_taken_each_time(person, owner):
    device = Device(counts=False)
    add(owner, device)
    for _ in range(2):
        client = browser()
        assert is_taken(client, PASSKEY_LOGIN, device.use(ask_at_login(client)))
    assert "sign_count" not in person.authenticator_set.get(type="webauthn").data


@pytest.mark.django_db(transaction=True)
def test_of_two_with_the_same_count_at_the_same_moment_one_is_taken(person, owner):
    device = Device()
    add(owner, device)
    passkey = person.authenticator_set.get(type="webauthn")

    taken = all_at_once(*[lambda: second_factor.counter_goes_on(passkey, 1)] * 4)

    assert sorted(taken) == [False, False, False, True]


# Whose it is


@pytest.fixture
def victim(db):
    return make_person()


@pytest.fixture
def theft(device, person, victim):
    """The row of a passkey, copied to the account of somebody else."""
    stolen = person.authenticator_set.get(type="webauthn")
    return Authenticator.objects.bulk_create(
        [Authenticator(user_id=victim.pk, type="webauthn", data=json.loads(json.dumps(stolen.data)))]
    )[0]


@WAYS
def test_a_row_copied_to_another_account_lets_in_nobody(victim, device, theft, way, caplog):
    client = browser()
    address, options = way(client, victim)
    handle = websafe_encode(user_pk_to_url_str(victim).encode())

    assert not is_taken(client, address, device.use(options, handle=handle))
    assert victim.security_events.filter(kind="passkey_refused").exists()
    assert f"Passkey {theft.pk} is not taken" in caplog.text


@pytest.mark.parametrize("seal", [None, "", "bl1.test.AAAA", "clear"])
def test_nor_does_one_written_past_the_application(person, device, seal):
    row = person.authenticator_set.get(type="webauthn")
    data = {name: value for name, value in row.data.items() if name != "seal"}
    Authenticator.objects.filter(pk=row.pk).update(data=data | ({} if seal is None else {"seal": seal}))
    client = browser()

    assert not is_taken(client, PASSKEY_LOGIN, device.use(ask_at_login(client)))


def test_nor_another_credential_under_the_seal_of_this_one(person, device):
    row = person.authenticator_set.get(type="webauthn")
    mine = Device()
    Authenticator.objects.filter(pk=row.pk).update(data=row.data | {"credential": mine.add()})
    mine.handle = device.handle
    client = browser()

    assert not is_taken(client, PASSKEY_LOGIN, mine.use(ask_at_login(client)))


def test_seals_are_encrypted_anew_with_the_rest(person, device, settings):
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


def test_adding_one_is_a_confirmation(person, owner):
    device = Device()

    assertRedirects(add(owner, device), reverse("accounts:recovery_codes"))


def test_the_same_is_not_added_twice(person, owner, device):
    options = options_of(owner.get(ADD))

    response = owner.post(ADD, {"name": "Phone", "credential": json.dumps(device.add(options))})

    assertContains(response, "This passkey is there already.")
    assert person.authenticator_set.filter(type="webauthn").count() == 1


def test_the_challenge_for_using_one_adds_none(person, owner, device):
    options = options_of(owner.get(CONFIRM))
    forged = {"publicKey": options["publicKey"] | {"user": {"id": device.handle}}}

    response = owner.post(ADD, {"name": "x", "credential": json.dumps(Device().add(forged))})

    assert response.status_code == 200
    assert person.authenticator_set.filter(type="webauthn").count() == 1


def test_a_refused_confirmation_asks_again_and_knows_where_one_was_going(person, device):
    client = browser()
    address, options = by_confirming(client, person)
    refused = {"credential": json.dumps(device.use(options, flags=PRESENT)), "next": NEW_CODES}

    response = client.post(address, refused)

    assertContains(response, "That was not accepted.")
    again = {"credential": json.dumps(device.use(options_of(response))), "next": NEW_CODES}
    assertRedirects(client.post(address, again), NEW_CODES)


def test_with_passkey_alone_confirming_asks_for_it_first(person, owner, device, noon):
    noon.shift(301)
    assert owner.get(NEW_CODES).url.startswith(CONFIRM)

    switched = browser()
    switched.force_login(person)
    assert switched.get(reverse("accounts:confirm")).url.startswith(CONFIRM)
    assertContains(switched.get(CONFIRM), reverse("accounts:confirm_code"))


def test_with_an_app_as_well_confirming_asks_for_a_code_first(person, noon):
    client = browser()
    client.force_login(person)
    switch_on(client)
    noon.shift(301)

    assert client.get(NEW_CODES).url.startswith(reverse("accounts:confirm_code"))
