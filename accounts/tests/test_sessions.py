"""Sessions: identified by one query, ended at once, and useless in a copy of the database."""

import datetime
import json

import pytest
import time_machine
from allauth.mfa.webauthn.internal import auth
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import passkeys
from accounts.models import Session, User
from accounts.sessions import SessionStore, hash_secret
from accounts.tests.codes import code_of, switch_on
from accounts.tests.factories import PASSWORD, make_person
from brainlog.tests.addresses import ADDRESSES

COOKIE = settings.SESSION_COOKIE_NAME


def log_in(client, person=None):
    person = person or make_person()
    client.post("/accounts/login/", {"username": person.username, "password": PASSWORD})
    return person


def is_logged_in(client) -> bool:
    return client.get("/logs/").status_code == 200


def test_identifying_the_person_takes_one_query(client, db):
    log_in(client)

    with CaptureQueriesContext(connection) as queries:
        client.get("/accounts/profile/")

    [query] = queries
    assert 'FROM "accounts_session" LEFT OUTER JOIN "accounts_user"' in query["sql"]


def test_identifying_a_visitor_takes_no_query(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/")


def test_the_row_names_its_person(client, db):
    person = log_in(client)

    [session] = Session.objects.all()

    assert (session.user, session.key_hash) == (person, hash_secret(client.cookies[COOKIE].value))
    assert list(person.sessions.all()) == [session]


def by_password(client):
    log_in(client)


def by_sign_up(client):
    new = {"username": "ada", "password1": PASSWORD, "password2": PASSWORD, "timezone": "UTC"}
    client.post("/accounts/signup/", new)


def by_code(client):
    person, owner = make_person(), Client()
    owner.force_login(person)
    secret, _codes = switch_on(owner)
    log_in(client, person)
    client.post("/accounts/login/code/", {"code": code_of(secret)})


@pytest.mark.parametrize("way", [by_password, by_sign_up, by_code], ids=lambda way: way.__name__)
def test_a_login_changes_the_session_key(client, db, way):
    """A key that an attacker knows or has planted becomes useless. Passkeys and social login have their own tests."""
    store = SessionStore()
    store["a visitor's"] = "choice"
    store.save()
    client.cookies[COOKIE] = store.session_key

    way(client)

    assert is_logged_in(client)
    assert client.cookies[COOKIE].value != store.session_key
    assert not SessionStore().exists(store.session_key)


def test_a_new_password_changes_the_session_key(client, db):
    log_in(client)
    stolen = Client()
    stolen.cookies[COOKIE] = client.cookies[COOKIE].value
    assert is_logged_in(stolen)
    passwords = {"old_password": PASSWORD, "new_password1": "another good one", "new_password2": "another good one"}

    client.post("/accounts/security/", passwords)

    assert is_logged_in(client) and not is_logged_in(stolen)


def test_an_ended_session_is_refused_from_the_next_request(client, db):
    person = log_in(client)
    other = type(client)()
    log_in(other, person)
    assert is_logged_in(client) and is_logged_in(other)

    person.sessions.filter(pk=client.session.key_hash).delete()

    assert not is_logged_in(client) and is_logged_in(other)


def test_a_session_expires(client, db):
    person = log_in(client)

    person.sessions.update(expire_date=timezone.now())

    assert not is_logged_in(client)


def test_a_new_password_ends_the_sessions_elsewhere(client, db):
    person = log_in(client)
    other = type(client)()
    log_in(other, person)
    passwords = {"old_password": PASSWORD, "new_password1": "another good one", "new_password2": "another good one"}

    assert client.post("/accounts/security/", passwords).status_code == 302

    assert is_logged_in(client) and not is_logged_in(other)
    assert person.sessions.count() == 1


def test_a_session_of_a_deactivated_person_is_not_accepted(client, db):
    person = log_in(client)

    User.objects.filter(pk=person.pk).update(is_active=False)

    assert not is_logged_in(client)


def test_a_session_of_a_removed_backend_is_not_accepted(client, db, settings):
    log_in(client)

    settings.AUTHENTICATION_BACKENDS = ["accounts.tests.factories.NoBackend"]

    assert not is_logged_in(client)


@pytest.mark.parametrize("proof", [{}, {HASH_SESSION_KEY: "wrong"}], ids=["none", "wrong"])
def test_a_session_without_a_valid_password_hash_is_not_accepted(client, db, proof):
    store = SessionStore()
    store.update({SESSION_KEY: str(make_person().pk), BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0]} | proof)
    store.save()
    client.cookies[COOKIE] = store.session_key

    assert not is_logged_in(client)
    assert Session.objects.count() == 0


def test_sessions_survive_a_new_secret_key_with_the_old_one_as_fallback(client, db, settings):
    log_in(client)
    before = client.cookies[COOKIE].value

    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new one"

    assert is_logged_in(client)
    assert client.cookies[COOKIE].value != before
    settings.SECRET_KEY_FALLBACKS = []
    assert is_logged_in(client)


def test_another_secret_key_ends_all_sessions_and_nothing_else(client, db, settings):
    """As after a loss of everything but the backups: see the disaster recovery plan in docs/database.md."""
    person = log_in(client)

    settings.SECRET_KEY = "a new one"

    assert not is_logged_in(client)
    log_in(client, person)
    assert is_logged_in(client)


def test_a_session_saved_after_the_deletion_of_its_person_is_not_accepted(client, db):
    person = log_in(client)
    User.objects.filter(pk=person.pk)._raw_delete("default")

    assert not is_logged_in(client)
    # Nor does the store try new keys for ever.
    store = SessionStore()
    store[SESSION_KEY] = str(person.pk)
    store.save()
    assert SessionStore(store.session_key).get(SESSION_KEY) == str(person.pk)


def test_sessions_are_deleted_with_their_person(client, db):
    person = log_in(client)

    person.delete()

    assert Session.objects.count() == 0


def test_expired_sessions_can_be_cleared(client, db):
    person = log_in(client)
    other = type(client)()
    log_in(other, person)
    person.sessions.filter(pk=other.session.key_hash).update(expire_date=timezone.now())

    SessionStore.clear_expired()

    assert [session.pk for session in Session.objects.all()] == [client.session.key_hash]


# ── What the database holds opens nothing ─────────────────────────────────────────────────────


def texts_of_the_database() -> set[str]:
    """Every stored text of sessions, as found in a copy of the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_session")
        return {str(value) for row in cursor.fetchall() for value in row}


def test_the_database_contains_no_session_key(client, db):
    log_in(client)
    key = client.cookies[COOKIE].value

    assert not [text for text in texts_of_the_database() if key in text]


def test_no_text_of_the_database_opens_a_session(client, db):
    log_in(client)
    thief = Client()

    for text in {*texts_of_the_database(), *(row.handle for row in Session.objects.all())}:
        if text.isascii() and text.isprintable() and ";" not in text:
            thief.cookies[COOKIE] = text
            assert not is_logged_in(thief), text

    assert is_logged_in(client)


def test_a_key_stored_in_place_of_its_hash_opens_no_session(client, db):
    """As in a row written by the previous release during an update."""
    log_in(client)
    key = client.cookies[COOKIE].value

    Session.objects.update(key_hash=key)

    assert not is_logged_in(client)


def test_two_sessions_never_share_a_key(db, monkeypatch):
    keys = iter(["a" * 32, "a" * 32, "b" * 32])
    monkeypatch.setattr(SessionStore, "_get_new_session_key", lambda self: next(keys))
    stores = [SessionStore(), SessionStore()]
    for store in stores:
        store.create()

    assert [store.session_key for store in stores] == ["a" * 32, "b" * 32]
    assert all(SessionStore().exists(store.session_key) for store in stores)
    stores[0].flush()
    assert [SessionStore().exists(letter * 32) for letter in "ab"] == [False, True]


# ── Visitors ──────────────────────────────────────────────────────────────────────────────────


PASSKEY_LOGIN = "/accounts/login/passkey/"


def ask_for_a_challenge(client) -> dict:
    return client.get(PASSKEY_LOGIN, headers={"X-Requested-With": "XMLHttpRequest"}).json()


@pytest.mark.parametrize("address", sorted({each.path for each in ADDRESSES}))
def test_a_visitors_get_stores_no_session(client, db, address):
    """The same holds for requests of scripts, empty forms and invalid cookies."""
    for cookie in ("", "an unknown key of sufficient length"):
        client.cookies[COOKIE] = cookie
        client.get(address)
        client.get(address, headers={"X-Requested-With": "XMLHttpRequest"})
        client.post(address)

    assert not Session.objects.exists()


def test_a_passkey_challenge_is_kept_in_a_cookie_without_access_for_scripts(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        challenge = ask_for_a_challenge(client)["request_options"]["publicKey"]["challenge"]

    cookie = client.cookies[settings.PASSKEY_COOKIE_NAME]
    assert challenge and cookie["httponly"] and cookie["max-age"] == passkeys.CHALLENGE_SECONDS
    assert client.cookies.get(COOKIE) is None


def test_a_session_between_password_and_code_lasts_an_hour(client, db):
    person, owner = make_person(), Client()
    owner.force_login(person)
    secret, _codes = switch_on(owner)
    log_in(client, person)

    row = Session.objects.get(user=None)

    assert row.expire_date - row.seen_at == datetime.timedelta(hours=1)
    client.post("/accounts/login/code/", {"code": code_of(secret)})
    assert is_logged_in(client)
    assert Session.objects.get(pk=client.session.key_hash).ends_at() > timezone.now() + datetime.timedelta(days=89)


@pytest.fixture
def asked(monkeypatch):
    """Collects the challenge that the server finds for each response. Every response is refused."""
    found = []

    def check_client_data(credential, purpose, person):
        found.append((auth.get_state() or {}).get("challenge"))
        raise ValueError

    monkeypatch.setattr(passkeys, "check_client_data", check_client_data)
    return found


def answer_challenge(client):
    credential = {"id": "a", "rawId": "a", "type": "public-key", "response": {}}
    client.post(PASSKEY_LOGIN, {"credential": json.dumps(credential)})


def test_a_challenge_works_once(client, db, asked):
    challenge = ask_for_a_challenge(client)["request_options"]["publicKey"]["challenge"]
    cookie = client.cookies[settings.PASSKEY_COOKIE_NAME].value
    answer_challenge(client)
    assert client.cookies[settings.PASSKEY_COOKIE_NAME].value == ""

    client.cookies[settings.PASSKEY_COOKIE_NAME] = cookie
    answer_challenge(client)

    assert asked == [challenge, None]
    assert not Session.objects.exists()


def test_a_challenge_expires_after_minutes(client, db, asked):
    with time_machine.travel("2026-05-04 12:00:00Z", tick=False) as clock:
        ask_for_a_challenge(client)
        clock.shift(passkeys.CHALLENGE_SECONDS + 1)
        client.cookies[settings.PASSKEY_COOKIE_NAME]["expires"] = ""  # A browser that keeps it longer.
        answer_challenge(client)

    assert asked == [None]


@pytest.mark.parametrize(
    "forge",
    [lambda cookie: "", lambda cookie: "x" + cookie, lambda cookie: signing.dumps({})],
    ids=["none", "changed", "signed for another end"],
)
def test_a_forged_challenge_is_refused(client, db, asked, forge):
    ask_for_a_challenge(client)
    client.cookies[settings.PASSKEY_COOKIE_NAME] = forge(client.cookies[settings.PASSKEY_COOKIE_NAME].value)

    answer_challenge(client)

    assert asked == [None]
