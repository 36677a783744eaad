"""Who is asking: one query, which can be made to say nobody at once."""

from urllib.request import Request, urlopen

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import former_sessions
from accounts.former_sessions import FormerSession
from accounts.models import Session, User
from accounts.sessions import SessionStore
from accounts.tests.codes import code_of, switch_on
from accounts.tests.factories import PASSWORD, make_person
from accounts.tests.visitors import all_at_once

COOKIE = settings.SESSION_COOKIE_NAME


def log_in(client, person=None):
    person = person or make_person()
    client.post("/accounts/login/", {"username": person.username, "password": PASSWORD})
    return person


def is_logged_in(client) -> bool:
    return client.get("/logs/").status_code == 200


def test_who_is_asking_takes_one_query(client, db):
    log_in(client)

    with CaptureQueriesContext(connection) as queries:
        client.get("/accounts/profile/")

    [query] = queries
    assert 'FROM "accounts_session" LEFT OUTER JOIN "accounts_user"' in query["sql"]


def test_a_visitor_takes_none(client, db, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/")


def test_the_row_names_its_person(client, db):
    person = log_in(client)

    [session] = Session.objects.all()

    assert (session.user, session.session_key) == (person, client.cookies[COOKIE].value)
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
def test_coming_in_takes_a_new_key(client, db, way):
    """One that somebody else knows, or has planted, is of no use. Passkeys and accounts elsewhere: with their tests."""
    store = SessionStore()
    store["a visitor's"] = "choice"
    store.save()
    client.cookies[COOKIE] = store.session_key

    way(client)

    assert is_logged_in(client)
    assert client.cookies[COOKIE].value != store.session_key
    assert not SessionStore().exists(store.session_key)


def test_a_new_password_takes_a_new_key(client, db):
    log_in(client)
    stolen = Client()
    stolen.cookies[COOKIE] = client.cookies[COOKIE].value
    assert is_logged_in(stolen)
    passwords = {"old_password": PASSWORD, "new_password1": "another good one", "new_password2": "another good one"}

    client.post("/accounts/security/", passwords)

    assert is_logged_in(client) and not is_logged_in(stolen)


def test_ending_a_session_counts_from_the_next_request(client, db):
    person = log_in(client)
    other = type(client)()
    log_in(other, person)
    assert is_logged_in(client) and is_logged_in(other)

    person.sessions.filter(pk=client.cookies[COOKIE].value).delete()

    assert not is_logged_in(client) and is_logged_in(other)


def test_a_session_ends_by_itself(client, db):
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


def test_whoever_may_not_come_in_any_more_is_nobody(client, db):
    person = log_in(client)

    User.objects.filter(pk=person.pk).update(is_active=False)

    assert not is_logged_in(client)


def test_a_way_in_that_does_not_count_any_more_leads_nowhere(client, db, settings):
    log_in(client)

    settings.AUTHENTICATION_BACKENDS = ["accounts.tests.factories.NoBackend"]

    assert not is_logged_in(client)


@pytest.mark.parametrize("proof", [{}, {HASH_SESSION_KEY: "wrong"}], ids=["none", "wrong"])
def test_a_session_without_proof_of_the_password_is_nobodys(client, db, proof):
    store = SessionStore()
    store.update({SESSION_KEY: str(make_person().pk), BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0]} | proof)
    store.save()
    client.cookies[COOKIE] = store.session_key

    assert not is_logged_in(client)
    assert Session.objects.count() == 0


def test_a_new_secret_key_logs_nobody_out_who_comes_while_the_old_one_is_known(client, db, settings):
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


def test_a_session_of_somebody_just_deleted_is_nobodys(client, db):
    person = log_in(client)
    User.objects.filter(pk=person.pk)._raw_delete("default")

    assert not is_logged_in(client)
    # Nor does the store try new keys for ever.
    store = SessionStore()
    store[SESSION_KEY] = str(person.pk)
    store.save()
    assert SessionStore(store.session_key).get(SESSION_KEY) == str(person.pk)


def test_sessions_go_with_their_person(client, db):
    person = log_in(client)

    person.delete()

    assert Session.objects.count() == 0


def test_expired_sessions_can_be_cleared(client, db):
    person = log_in(client)
    other = type(client)()
    log_in(other, person)
    person.sessions.filter(pk=other.cookies[COOKIE].value).update(expire_date=timezone.now())

    SessionStore.clear_expired()

    assert [session.pk for session in Session.objects.all()] == [client.cookies[COOKIE].value]


# ── From the release before ───────────────────────────────────────────────────────────────────


@pytest.fixture
def former_table(transactional_db):
    """The table that held the sessions before, in a database that has been updated."""
    with connection.schema_editor() as editor:
        editor.create_model(FormerSession)
    former_sessions.are_here.cache_clear()
    yield FormerSession.objects
    with connection.schema_editor() as editor:
        editor.delete_model(FormerSession)
    former_sessions.are_here.cache_clear()


@pytest.fixture
def log_in_before(former_table):
    """Log somebody in as the release before did: a row in Django's table is all there is of it."""

    def log_in_before(client, person=None):
        person = log_in(client, person)
        for session in person.sessions.all():
            facts = {name: getattr(session, name) for name in ("session_key", "expire_date")}
            former_table.create(**facts, session_data=session.decrypted())
            session.delete()
        return person

    return log_in_before


def test_an_update_logs_nobody_out(client, log_in_before, former_table, django_assert_num_queries):
    """Whoever comes is taken along: from then on the session is ours like any other."""
    person = log_in_before(client)
    before = former_table.get()

    assert is_logged_in(client)

    [session] = person.sessions.all()
    assert (session.pk, session.expire_date) == (client.cookies[COOKIE].value, before.expire_date)
    assert former_table.count() == 0
    with django_assert_num_queries(1):
        client.get("/accounts/profile/")


def test_whoever_logs_in_at_the_release_before_during_an_update_is_known(client, log_in_before):
    """A process of this release is at work already, and has met somebody whom nobody knows."""
    client.cookies[COOKIE] = "of somebody unknown"
    assert not is_logged_in(client)

    log_in_before(client)

    assert is_logged_in(client)


def test_logging_out_at_the_release_before_counts(client, log_in_before, former_table):
    log_in_before(client)
    key = client.cookies[COOKIE].value

    former_table.filter(pk=key).delete()

    assert not is_logged_in(client)
    client.cookies[COOKIE] = key
    assert not is_logged_in(client)


def test_logging_out_after_an_update_leaves_nothing(client, log_in_before, former_table):
    log_in_before(client)
    key = client.cookies[COOKIE].value

    client.post("/accounts/logout/")

    assert former_table.count() == Session.objects.count() == 0
    client.cookies[COOKIE] = key
    assert not is_logged_in(client)


def test_a_new_password_ends_the_sessions_of_the_release_before(client, log_in_before):
    person = log_in_before(client)

    person.set_password("another good one")
    person.save()

    assert not is_logged_in(client)
    assert person.sessions.count() == 0


def test_a_session_of_the_release_before_ends_by_itself(client, log_in_before, former_table):
    log_in_before(client)

    former_table.update(expire_date=timezone.now())

    assert not is_logged_in(client)


def test_a_session_that_another_secret_key_signed_is_nobodys(client, log_in_before, former_table):
    log_in_before(client)

    former_table.update(session_data="x:y:z")

    assert not is_logged_in(client)


def test_several_requests_of_one_browser_at_once_after_an_update(live_server, client, log_in_before, former_table):
    """As a page and what it fetches: one request moves the session, and the others find it."""
    log_in_before(client)
    cookie = {"Cookie": f"{COOKIE}={client.cookies[COOKIE].value}"}

    def open_history():
        with urlopen(Request(f"{live_server.url}/logs/", headers=cookie)) as answer:  # noqa: S310
            return answer.url

    assert all_at_once(*[open_history] * 6) == [f"{live_server.url}/logs/"] * 6
    assert (Session.objects.count(), former_table.count()) == (1, 0)


def test_a_session_that_is_moved_while_we_look_is_found(client, log_in_before, monkeypatch):
    person = log_in_before(client)
    key = client.cookies[COOKIE].value
    take = former_sessions.take

    def take_too_late(*arguments):
        monkeypatch.setattr(former_sessions, "take", take)
        assert SessionStore(key).get(SESSION_KEY) == str(person.pk)
        return take(*arguments)

    monkeypatch.setattr(former_sessions, "take", take_too_late)

    assert is_logged_in(client)


def test_a_new_installation_has_no_such_table_and_asks_once(client, db):
    former_sessions.are_here.cache_clear()
    asked = []
    for _ in range(2):
        client.cookies[COOKIE] = "of somebody unknown"
        with CaptureQueriesContext(connection) as queries:
            assert not is_logged_in(client)
        asked.append(len(queries))

    assert asked == [2, 1]
