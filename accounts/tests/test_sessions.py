"""Who is asking: one query, which can be made to say nobody at once."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Session, User
from accounts.sessions import SessionStore
from accounts.tests.factories import PASSWORD, make_person

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
        client.get("/accounts/security/")

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


def test_logging_in_takes_a_new_key(client, db):
    """A key that somebody else knows, or has planted, is of no use."""
    store = SessionStore()
    store["a visitor's"] = "choice"
    store.save()
    client.cookies[COOKIE] = store.session_key

    log_in(client)

    assert client.cookies[COOKIE].value != store.session_key
    assert not SessionStore().exists(store.session_key)


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


@pytest.fixture
def djangos_table(db):
    """The table that held the sessions before."""

    class SessionBefore(models.Model):
        session_key = models.CharField(max_length=40, primary_key=True)
        session_data = models.TextField()
        expire_date = models.DateTimeField()

        class Meta:
            apps = type(apps)()
            app_label = "accounts"
            db_table = "django_session"

    instant = "timestamptz" if connection.vendor == "postgresql" else "datetime"
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE django_session (session_key varchar(40) PRIMARY KEY, "
            f"session_data text NOT NULL, expire_date {instant} NOT NULL)"
        )
    return SessionBefore.objects


def test_an_update_logs_nobody_out(client, djangos_table):
    """What lies in Django's table is taken along, for once and all."""
    take_over = import_module("accounts.migrations.0003_session").take_over
    person = log_in(client)
    visitor = SessionStore()
    visitor.save()
    for session in Session.objects.all():
        djangos_table.create(session_key=session.pk, session_data=session.session_data, expire_date=session.expire_date)
    djangos_table.create(session_key="over", session_data="", expire_date=timezone.now())
    djangos_table.create(session_key="of another key", session_data="x:y:z", expire_date=session.expire_date)
    Session.objects.all().delete()
    assert not is_logged_in(client)
    client.cookies[COOKIE] = djangos_table.exclude(pk__in=["over", "of another key", visitor.session_key]).get().pk

    for _ in range(2):
        take_over(apps, SimpleNamespace(connection=connection))

    assert is_logged_in(client)
    assert {session.pk: session.user for session in Session.objects.all()} == {
        client.cookies[COOKIE].value: person,
        visitor.session_key: None,
        "of another key": None,
    }
