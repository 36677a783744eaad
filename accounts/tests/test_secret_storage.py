"""Secrets of second factors are bound to their owner, and sessions contain no secret in clear."""

import importlib
import json
from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts import sessions
from accounts.models import Session
from accounts.password_reset import reset_link
from accounts.tests.codes import APP_ON, code_of, confirm_by_password, new_credential
from accounts.tests.factories import PASSWORD, make_person
from encryption import cipher, mfa_secrets

LOGIN, CODE, BY_CODE = (reverse(f"accounts:{name}") for name in ("login", "code", "reset_by_code"))
COOKIE_KEYS = {"new": b"n" * 32}

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def put(person, kind, data):
    """Write a row without the application's signals."""
    data = json.loads(json.dumps(data))
    Authenticator.objects.bulk_create([Authenticator(user_id=person.pk, type=kind, data=data)])


def can_log_in(person, code) -> bool:
    client = Client()
    client.post(LOGIN, {"username": person.username, "password": PASSWORD})
    client.post(CODE, {"code": code})
    return "_auth_user_id" in client.session


# The owner


def test_a_persons_own_secrets_are_accepted(person, protected):
    assert can_log_in(person, code_of(protected[0]))
    assert can_log_in(person, protected[1][0])


def test_secrets_copied_to_another_account_are_refused(person, protected):
    victim = make_person()
    for factor in person.authenticator_set.all():
        put(victim, factor.type, factor.data)

    assert not can_log_in(victim, code_of(protected[0]))
    assert not can_log_in(victim, protected[1][0])
    data = {"username": victim.username, "code": protected[1][1], "new_password1": "x" * 20, "new_password2": "x" * 20}
    assert Client().post(BY_CODE, data).status_code == 200
    assert mfa_secrets.reencrypt_all(check=True) == (0, 2)


@pytest.mark.parametrize("clear", ["A" * 32, "", None, 5, ["A" * 32]])
def test_secrets_written_past_the_application_are_refused(protected, clear):
    victim = make_person()
    put(victim, "totp", {"secret": clear})
    put(victim, "recovery_codes", {"seed": clear, "migrated_codes": ["12345678"], "used_mask": 0})

    assert not can_log_in(victim, "12345678")


def test_a_token_without_an_owner_is_refused(person, protected):
    victim = make_person()
    put(victim, "totp", {"secret": mfa_secrets.encrypt("A" * 32)})

    assert not can_log_in(victim, code_of("A" * 32))


def test_a_recovery_code_seed_is_refused_as_an_app_secret():
    """A secret is bound to its kind, too."""
    person = make_person()
    person.authenticator_set.create(type="totp", data={"secret": mfa_secrets.encrypt("A" * 32)})
    stored = person.authenticator_set.get().data["secret"]

    with pytest.raises(cipher.CannotDecryptError):
        cipher.decrypt(stored, *mfa_secrets.place_of(person.pk, "recovery_codes"))


def test_using_a_code_does_not_change_the_token(person, protected):
    before = person.authenticator_set.get(type="recovery_codes").data

    assert can_log_in(person, protected[1][0])

    after = person.authenticator_set.get(type="recovery_codes").data
    assert (after["seed"], after["used_mask"]) == (before["seed"], 1)


# The migration of rows from before


@pytest.fixture
def migration():
    return importlib.import_module("accounts.migrations.0013_second_factors_of_their_owner")


@pytest.fixture
def run(migration):
    return lambda change: migration.each_row(change)(apps, SimpleNamespace(connection=connection))


def rows() -> list[dict]:
    return list(Authenticator.objects.order_by("pk").values_list("data", flat=True))


def test_the_migration_binds_rows_and_can_be_reversed(person, protected, migration, run):
    person.authenticator_set.create(type="webauthn", data={"name": "x", "credential": new_credential()})
    now = rows()
    run(migration.unbound)
    before = rows()
    assert "seal" not in before[-1]
    assert cipher.decrypt(before[0]["secret"], "mfa_authenticator", "data") == protected[0]
    run(migration.unbound)
    assert rows() == before, "What is unbound already stays as it is."
    assert not can_log_in(person, code_of(protected[0]))
    run(migration.bound)
    after = rows()
    run(migration.bound)
    assert rows() == after, "Likewise what is bound."

    assert [row.keys() for row in after] == [row.keys() for row in now]
    assert mfa_secrets.reencrypt_all(check=True) == (0, 0)
    assert can_log_in(person, protected[1][0])


def test_an_undecryptable_row_does_not_stop_the_migration(protected, migration, run, settings, caplog):
    settings.FIELD_ENCRYPTION_KEYS = COOKIE_KEYS
    before = rows()

    run(migration.bound)

    assert rows() == before
    assert "is left as it is" in caplog.text


# Sessions


def stored() -> str:
    return " ".join(Session.objects.values_list("session_data", flat=True))


def readable_without_keys() -> str:
    """Contents of the sessions, decoded by Django's own store."""
    store = sessions.SessionStore()
    return " ".join(str(store.decode(data)) for data in Session.objects.values_list("session_data", flat=True))


def test_an_app_secret_during_setup_is_not_stored_in_clear(as_person):
    confirm_by_password(as_person)
    secret = as_person.get(APP_ON).context["form"].secret

    assert secret not in stored() + readable_without_keys()
    assert as_person.post(APP_ON, {"code": code_of(secret)}).status_code == 302


def test_a_reset_token_is_not_stored_in_clear(person, rf):
    link = reset_link(rf.get("/"), person).removeprefix("http://testserver")
    client = Client()
    client.get(link)

    assert client.session["_password_reset_token"] in link
    assert client.session["_password_reset_token"] not in stored() + readable_without_keys()


def test_the_whole_session_content_is_encrypted(as_person):
    session = as_person.session
    session["socialaccount_sociallogin"] = {"token": {"token": "what a provider gave"}}
    session.save()

    assert all(cipher.is_token(data) for data in Session.objects.values_list("session_data", flat=True))
    assert as_person.session["socialaccount_sociallogin"] == {"token": {"token": "what a provider gave"}}


@pytest.mark.parametrize("whole", [True, False])
def test_a_session_copied_under_another_key_cannot_be_used(person, as_person, whole):
    """The attacker can read the table, and knows the key of their own session."""
    theirs = person.sessions.get()
    visitor = Client()
    session = visitor.session
    session["x"] = 1
    session.save()
    mine = Session.objects.get(user=None)
    changed = {"session_data": theirs.session_data} | ({"user_id": person.pk} if whole else {})
    Session.objects.filter(pk=mine.pk).update(**changed)

    assert visitor.get("/logs/").status_code == 302


def test_a_session_copied_to_another_person_cannot_be_used(as_person, person):
    other = Client()
    other.force_login(make_person())
    Session.objects.exclude(user=person).update(user=person)

    assert other.get("/logs/").status_code == 302


def test_an_unencrypted_session_is_not_accepted(as_person, settings):
    settings.FIELD_ENCRYPTION_READS_PLAINTEXT = True
    row = Session.objects.get()
    Session.objects.update(session_data=row.decrypted())

    assert as_person.get("/logs/").status_code == 302


def test_a_new_key_ends_no_sessions(as_person, settings):
    old = settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = COOKIE_KEYS | old
    assert (sessions.reencrypt_all(), sessions.reencrypt_all()) == (1, 0)

    settings.FIELD_ENCRYPTION_KEYS = COOKIE_KEYS
    assert as_person.get("/logs/").status_code == 200
    settings.FIELD_ENCRYPTION_KEYS = old
    assert sessions.reencrypt_all() == 0
    assert as_person.get("/logs/").status_code == 302
