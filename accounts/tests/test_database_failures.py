"""A failing database does not look like an exceeded rate limit, a wrong password or an ended session."""

import sqlite3
from contextlib import closing

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains

from accounts.models import Throttle, User
from accounts.tests.codes import code_of, switch_on
from accounts.tests.factories import PASSWORD, make_person
from brainlog.cache import caches_from_url
from brainlog.tests.test_database_trouble import read_only  # noqa: F401
from encryption.cipher import CannotDecryptError

LOGIN, BY_CODE = reverse("accounts:login"), reverse("accounts:reset_by_code")
NEW = "quite-another-battery"
FORMS = {
    "login": {"username": "maria", "password": PASSWORD},
    "signup": {"username": "eve", "password1": NEW, "password2": NEW, "timezone": "UTC"},
    "reset": {"email": "maria@example.org"},
    "reset_by_code": {"username": "maria", "code": "12345678", "new_password1": NEW, "new_password2": NEW},
    "passkey_login": {"credential": "{}"},
}

pytestmark = pytest.mark.django_db


@pytest.fixture
def maria(db, settings):
    settings.HAS_EMAIL = True
    return make_person(username="maria")


@pytest.mark.parametrize("name", FORMS)
def test_a_read_only_database_is_answered_with_503(maria, name, request, caplog):
    """For each form that counts attempts, at the first attempt."""
    request.getfixturevalue("read_only")
    response = Client(raise_request_exception=False).post(reverse(f"accounts:{name}"), FORMS[name])

    assertContains(response, "<h1>We cannot reach your log just now</h1>", status_code=503, html=True)
    assert response["Retry-After"] == "5"
    assert "The database takes no writes." in caplog.text or "The database file takes no writes." in caplog.text


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="on PostgreSQL this is another matter")
@pytest.mark.django_db(transaction=True)
def test_a_locked_file_is_waited_for_once(maria, caplog):
    attempts = []

    def counted(execute, sql, *arguments):
        attempts.append(sql)
        return execute(sql, *arguments)

    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 1")
            with connection.execute_wrapper(counted):
                response = Client(raise_request_exception=False).post(LOGIN, FORMS["login"])
            cursor.execute("PRAGMA busy_timeout = 20000")

    assert response.status_code == 503
    assert "The database file stayed locked for too long." in caplog.text
    assert sum(sql.startswith("INSERT") for sql in attempts) == 1
    assert not Throttle.objects.exists()


def test_a_session_that_cannot_be_stored_is_not_treated_as_ended(maria, request, caplog):
    """Django treats every error there as a session that was deleted meanwhile, and answers with status 400."""
    client = Client(raise_request_exception=False)
    client.force_login(maria)
    request.getfixturevalue("read_only")
    session = client.session
    session["something"] = "new"
    with pytest.raises(Exception, match="(?i)read-?only"):
        session.save()


def test_a_session_ended_meanwhile_is_treated_as_ended(maria):
    from django.contrib.sessions.backends.base import UpdateError

    client = Client()
    client.force_login(maria)
    session = client.session
    session["something"] = "new"
    maria.sessions.all().delete()

    with pytest.raises(UpdateError):
        session.save()


def test_undecryptable_recovery_codes_are_logged(as_person, person, monkeypatch, caplog):
    """The page must not reveal that there are codes. The operator finds the error in the log."""
    codes = switch_on(as_person)[1]

    def refuse(text):
        raise CannotDecryptError("unknown key")

    monkeypatch.setattr("accounts.adapter.mfa_secrets.decrypt", refuse)
    form = {"username": person.username, "code": codes[0], "new_password1": NEW, "new_password2": NEW}
    response = Client().post(BY_CODE, form)

    assertContains(response, "do not go together")
    [line] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert "rotate_field_keys" in line and person.username not in line
    assert User.objects.get(pk=person.pk).check_password(PASSWORD)


@pytest.mark.once
def test_a_code_is_accepted_while_the_cache_is_down(as_person, person, settings):
    """allauth stores used codes in the cache; ours is optional, and may be down."""
    secret, _codes = switch_on(as_person)
    settings.CACHES = caches_from_url("redis://127.0.0.1:9/0")
    client = Client()
    client.post(LOGIN, {"username": person.username, "password": PASSWORD})

    assert client.post(reverse("accounts:code"), {"code": code_of(secret)}).status_code == 302
    assert "_auth_user_id" in client.session
