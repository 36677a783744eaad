"""A second factor for everybody, with an e-mail address or without; asked for at every way in."""

import base64
import json
import tracemalloc
from functools import partial
from urllib.parse import unquote

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st
from pytest_django.asserts import assertContains, assertRedirects

from accounts import throttle
from accounts.models import User
from accounts.second_factor import AddPasskeyForm, PasskeyForm
from accounts.tests.codes import (
    APP_ON,
    CONFIRM,
    CONFIRM_CODE,
    a_passkey,
    code_of,
    confirm_by_code,
    confirm_by_password,
    switch_on,
)
from accounts.tests.factories import PASSWORD, make_person
from encryption import mfa_secrets
from encryption.cipher import CannotDecryptError
from testing.people import all_at_once

LOGIN, CODE = reverse("accounts:login"), reverse("accounts:code")
PAGE, CODES = reverse("accounts:second_factor"), reverse("accounts:recovery_codes")
NEW_CODES, APP_OFF = reverse("accounts:recovery_codes_new"), reverse("accounts:app_off")

pytestmark = [pytest.mark.django_db, pytest.mark.thorough_on_sqlite]


@pytest.fixture
def noon():
    with time_machine.travel("2026-05-04 12:00:01Z", tick=False) as clock:
        yield clock


@pytest.fixture
def protected(as_person, noon):
    """A secret and recovery codes of `person`, whose second factor is on."""
    return switch_on(as_person)


def log_in(client, person, **more):
    return client.post(LOGIN, {"username": person.username, "password": PASSWORD} | more)


def is_in(client) -> bool:
    return "_auth_user_id" in client.session


def test_without_any_email_it_can_be_switched_on(as_person, person, protected):
    secret, codes = protected

    assert person.email == ""
    assert len(codes) == len(set(codes)) == 10
    assertContains(as_person.get(PAGE), "Switch it off")


def test_the_page_shows_a_qr_code_the_policy_allows(as_person):
    confirm_by_password(as_person)

    response = as_person.get(APP_ON)

    assertContains(response, 'src="data:image/svg+xml;base64,')
    assert "data:" in response["Content-Security-Policy"].split("img-src")[1].split(";")[0]


def test_a_wrong_first_code_switches_nothing_on(as_person, person):
    confirm_by_password(as_person)
    as_person.get(APP_ON)

    response = as_person.post(APP_ON, {"code": "000000"})

    assert list(response.context["form"].errors) == ["code"]
    assert not person.authenticator_set.exists()


def test_the_password_alone_does_not_let_anybody_in(person, protected):
    client = Client()

    assertRedirects(log_in(client, person), CODE)
    assert not is_in(client)
    assert client.get(reverse("accounts:profile")).status_code == 302
    assert client.get("/admin/").status_code == 302


def test_password_and_code_do(person, protected):
    client = Client()
    log_in(client, person, next="/reflections/")

    assertRedirects(client.post(CODE, {"code": code_of(protected[0])}), "/reflections/")
    assert client.session["_auth_user_id"] == str(person.pk)


def test_the_admin_is_not_entered_around_it(as_person, person, protected):
    person.is_staff = True
    person.save()
    client = Client()
    client.post("/admin/login/", {"username": person.username, "password": PASSWORD})
    assert not is_in(client)
    log_in(client, person, next="/admin/")
    assert client.get("/admin/").status_code == 302

    assertRedirects(client.post(CODE, {"code": code_of(protected[0])}), "/admin/")


def test_spaces_in_a_code_do_not_matter(person, protected):
    client = Client()
    log_in(client, person)
    code = code_of(protected[0])

    assert client.post(CODE, {"code": f" {code[:3]} {code[3:]} "}).status_code == 302


@pytest.mark.parametrize(("later", "good"), [(-2, False), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_wrong_by_half_a_minute(person, protected, later, good):
    client = Client()
    log_in(client, person)

    assert client.post(CODE, {"code": code_of(protected[0], later)}).status_code == (302 if good else 200)


@pytest.mark.parametrize("wait", [0, 29, 31, 59])
@pytest.mark.parametrize("spelling", ["{}", " {} ", "{}-"])
def test_a_code_is_good_once(person, protected, noon, wait, spelling):
    """For as long as it would be right, and however it is written."""
    code = code_of(protected[0], later=1)
    first, second = Client(), Client()
    log_in(first, person)
    log_in(second, person)
    assert first.post(CODE, {"code": code}).status_code == 302
    noon.shift(wait)

    assert second.post(CODE, {"code": spelling.format(code)}).status_code == 200
    assert not is_in(second)


def test_nor_is_the_code_it_was_switched_on_with(as_person, person, noon):
    confirm_by_password(as_person)
    secret = as_person.get(APP_ON).context["form"].secret
    as_person.post(APP_ON, {"code": code_of(secret)})
    client = Client()
    log_in(client, person)

    assert client.post(CODE, {"code": code_of(secret)}).status_code == 200


def test_a_recovery_code_is_good_once(person, protected):
    code = protected[1][3]
    first, second = Client(), Client()
    log_in(first, person)
    log_in(second, person)

    assert first.post(CODE, {"code": code}).status_code == 302
    assert second.post(CODE, {"code": code}).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "list"])
def test_of_parallel_uses_of_one_code_one_lets_in(person, protected, kind):
    code = code_of(protected[0]) if kind == "app" else protected[1][0]
    clients = [Client() for _ in range(4)]
    for client in clients:
        log_in(client, person)

    all_at_once(*[partial(client.post, CODE, {"code": code}) for client in clients])

    assert [is_in(client) for client in clients].count(True) == 1


def test_what_another_tab_has_just_switched_on_is_no_error(as_person, noon, monkeypatch):
    confirm_by_password(as_person)
    secret = as_person.get(APP_ON).context["form"].secret

    def too_late(*arguments):
        raise IntegrityError

    monkeypatch.setattr("allauth.mfa.totp.internal.flows.TOTP.activate", too_late)
    assertRedirects(as_person.post(APP_ON, {"code": code_of(secret)}), PAGE)


def test_recovery_codes_replaced_at_this_moment_let_nobody_in(person, protected, monkeypatch):
    def too_late(*arguments):
        raise Authenticator.DoesNotExist

    monkeypatch.setattr("allauth.mfa.recovery_codes.internal.auth.RecoveryCodes.validate_code", too_late)
    client = Client()
    log_in(client, person)

    assert client.post(CODE, {"code": protected[1][0]}).status_code == 200
    assert not is_in(client)


def test_guessing_codes_is_slow_and_ends_for_all_browsers(person, protected):
    tries = throttle.CODE.tries
    found = []
    for _ in range(tries + 1):
        client = Client()
        log_in(client, person)
        found.append(client.post(CODE, {"code": "000000"}).status_code)

    assert found == [200] * tries + [429]
    assert client.post(CODE, {"code": code_of(protected[0])}).status_code == 429


def test_a_password_that_was_right_is_worth_nothing_after_a_while(person, protected, noon):
    client = Client()
    log_in(client, person)
    noon.shift(16 * 60)

    assertRedirects(client.post(CODE, {"code": code_of(protected[0])}), LOGIN)


def test_a_password_that_was_right_is_worth_nothing_after_a_new_one(person, protected):
    """Somebody else knew it, and got as far as the code. The person has noticed."""
    client = Client()
    log_in(client, person)
    person.set_password("quite-another-battery")
    person.save()

    for later in (0, 1):
        client.post(CODE, {"code": code_of(protected[0], later=later)})

    assert not is_in(client)
    log_in(client, person, password="quite-another-battery")
    assert client.post(CODE, {"code": protected[1][0]}).status_code == 302 and is_in(client)


def test_who_stopped_half_way_keeps_nobody_else_out(person, protected):
    client = Client()
    log_in(client, person)
    new = {"username": "ada", "password1": PASSWORD, "password2": PASSWORD, "timezone": "UTC"}

    client.post(reverse("accounts:signup"), new)

    assert is_in(client)


def test_cancelling_forgets_the_password(person, protected):
    client = Client()
    log_in(client, person)
    client.post(reverse("accounts:logout"))

    assertRedirects(client.get(CODE), LOGIN)


def test_the_database_holds_no_secret_in_clear(person, protected):
    secret, codes = protected
    stored = " ".join(str(data) for data in Authenticator.objects.values_list("data", flat=True))

    assert stored.count("bl1.test.") == 2
    assert secret not in stored and not any(code in stored for code in codes)


@pytest.fixture
def sealed(person) -> str:
    """A secret of the person as it is read from its row."""
    person.authenticator_set.create(type="totp", data={"secret": mfa_secrets.encrypt("a secret")})
    return person.authenticator_set.get().data["secret"]


def test_what_is_sealed_differs_each_time_and_opens_again(sealed):
    assert mfa_secrets.encrypt("a secret") != mfa_secrets.encrypt("a secret")
    assert mfa_secrets.decrypt(sealed) == "a secret"


def test_what_is_bound_to_nobody_is_no_secret():
    with pytest.raises(CannotDecryptError):
        mfa_secrets.decrypt(mfa_secrets.encrypt("a secret"))


@pytest.mark.parametrize("broken", ["", "bl1.test.", "bl1.test.AAAA", "not base64 at all", "plain"])
def test_what_is_not_sealed_is_no_secret(broken, settings):
    settings.FIELD_ENCRYPTION_READS_PLAINTEXT = True  # Not even then.
    with pytest.raises(CannotDecryptError):
        mfa_secrets.decrypt(broken)


def test_a_changed_secret_is_refused(sealed):
    changed = sealed[:-6] + ("AAAAAA" if sealed[-6:] != "AAAAAA" else "BBBBBB")
    with pytest.raises(CannotDecryptError):
        mfa_secrets.decrypt(mfa_secrets.StoredToken(changed, sealed.place))


NEW_KEY = {"new": b"n" * 32}


def test_a_new_key_still_opens_what_an_old_one_has_sealed(person, protected, settings):
    settings.FIELD_ENCRYPTION_KEYS = NEW_KEY | settings.FIELD_ENCRYPTION_KEYS
    client = Client()
    log_in(client, person)

    assert client.post(CODE, {"code": code_of(protected[0])}).status_code == 302


def test_secrets_are_sealed_anew_and_then_need_the_old_key_no_more(person, protected, settings):
    old = settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = NEW_KEY | old

    assert mfa_secrets.reencrypt_all() == (2, 0)
    assert mfa_secrets.reencrypt_all() == (0, 0)

    settings.FIELD_ENCRYPTION_KEYS = NEW_KEY
    assert mfa_secrets.reencrypt_all(check=True) == (0, 0)
    client = Client()
    log_in(client, person)
    assert client.post(CODE, {"code": protected[1][0]}).status_code == 302
    settings.FIELD_ENCRYPTION_KEYS = old
    assert mfa_secrets.reencrypt_all(check=True) == (0, 2)


def test_a_code_used_while_they_are_sealed_anew_stays_used(person, protected, settings, monkeypatch):
    settings.FIELD_ENCRYPTION_KEYS = NEW_KEY | settings.FIELD_ENCRYPTION_KEYS
    codes = person.authenticator_set.get(type="recovery_codes")
    seal, is_first = mfa_secrets.cipher.encrypt, [True]

    def seal_slowly(text, *place):
        if is_first and is_first.pop():
            Authenticator.objects.filter(pk=codes.pk).update(data=codes.data | {"used_mask": 1})
        return seal(text, *place)

    monkeypatch.setattr(mfa_secrets.cipher, "encrypt", seal_slowly)
    mfa_secrets.reencrypt_all()

    assert Authenticator.objects.get(pk=codes.pk).data["used_mask"] == 1
    assert mfa_secrets.reencrypt_all() == (0, 0)


def test_with_the_key_lost_the_page_says_so_and_lets_nobody_in(person, protected, settings):
    settings.FIELD_ENCRYPTION_KEYS = NEW_KEY
    client = Client()
    log_in(client, person)

    response = client.post(CODE, {"code": code_of(protected[0])})

    assertContains(response, "This server can no longer read your second factor.")
    assert not is_in(client)


@pytest.mark.parametrize("address", [APP_ON, NEW_CODES, reverse("accounts:passkey_add")])
def test_every_change_asks_who_is_there_first(as_person, person, address):
    response = as_person.get(address)
    assertRedirects(response, f"{CONFIRM}?next={address}")

    assert confirm_by_password(as_person, "wrong", then=address).status_code == 200
    assert as_person.get(address).status_code == 302
    assertRedirects(confirm_by_password(as_person, then=address), address)


@pytest.mark.parametrize("address", [APP_OFF, CODES, reverse("accounts:passkey_remove", args=[1])])
def test_so_does_every_change_to_what_there_is(as_person, protected, noon, address):
    noon.shift(301)

    for response in (as_person.get(address), as_person.post(address)):
        assert response.status_code == 405 or unquote(response.url) == f"{CONFIRM_CODE}?next={address}"


def test_being_asked_lasts_five_minutes(as_person, noon):
    confirm_by_password(as_person)
    noon.shift(299)
    assert as_person.get(APP_ON).status_code == 200
    noon.shift(2)
    assert as_person.get(APP_ON).status_code == 302


def test_a_code_answers_who_is_there(as_person, protected, noon):
    noon.shift(600)

    assertRedirects(confirm_by_code(as_person, code_of(protected[0]), then=APP_OFF), APP_OFF)


def test_switched_off_the_password_is_enough(as_person, person, protected):
    assertRedirects(as_person.post(APP_OFF), PAGE)

    client = Client()
    assertRedirects(log_in(client, person), reverse("today"))
    assert not person.authenticator_set.exists()


def test_recovery_codes_are_shown_once(as_person, protected):
    page = as_person.get(CODES)

    assertContains(page, "They have been shown already")
    assert not any(code in page.content.decode() for code in protected[1])


def test_new_recovery_codes_replace_the_old(as_person, person, protected):
    page = as_person.post(NEW_CODES, follow=True).content.decode()
    assert page.count('class="secret"') == 10

    client = Client()
    log_in(client, person)
    assert client.post(CODE, {"code": protected[1][0]}).status_code == 200


def test_the_passkey_of_another_cannot_be_removed(as_person):
    theirs = Authenticator.objects.create(user=make_person(), type=Authenticator.Type.WEBAUTHN, data={})
    confirm_by_password(as_person)

    address = reverse("accounts:passkey_remove", args=[theirs.pk])
    assert as_person.get(address).status_code == as_person.post(address).status_code == 404


HALF = json.dumps({**a_passkey(), "id": "\ud800"})
BROKEN = {
    **{text or "nothing": text for text in ("", "null", "[]", "{}", '"text"', '{"response": {}}', '{"id": NaN}')},
    "in part": '{"id": "x", "response": {"userHandle": "x"}}',
    "never closed": "{" * 900,
    "nested without end": "[" * 59_000,
    "objects without end": '{"id":' * 9_000,
    "a number without end": '{"id": %s}' % ("9" * 5_000),
    "half a character": HALF,
}


@pytest.mark.parametrize("credential", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("address", [reverse("accounts:passkey_login"), reverse("accounts:passkey_add"), CODE])
def test_what_is_no_passkey_is_refused(as_person, person, protected, credential, address):
    client = as_person if address == reverse("accounts:passkey_add") else Client()
    if address == CODE:
        log_in(client, person)
    client.get(address, headers={"Accept": "application/json"})

    response = client.post(address, {"credential": credential, "name": "x"})

    assert response.status_code in {200, 302}
    assert is_in(client) == (client is as_person)
    assert not Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN).exists()


@pytest.mark.parametrize(
    "part", ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]
)
@pytest.mark.parametrize("kind", ["use", "add"])
def test_a_number_in_a_passkey_does_not_use_up_all_memory(as_person, part, kind):
    """fido2 makes as many bytes as it says."""
    passkey = a_passkey()
    passkey["response"] |= {"authenticatorData": "AAAA", "signature": "AAAA", "userHandle": "AAAA", part: 300_000_000}
    form = {
        "use": lambda data: PasskeyForm(data, user=User.objects.get()),
        "add": lambda data: AddPasskeyForm(data, user=User.objects.get()),
    }[kind]({"credential": json.dumps(passkey), "name": "x"})
    tracemalloc.start()

    assert not form.is_valid()

    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 10_000_000


TEXT = st.text(max_size=20) | st.binary(max_size=200).map(
    lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("=")
)
PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle", "transports"]
ANYTHING = TEXT | st.none() | st.integers() | st.lists(TEXT, max_size=2) | st.dictionaries(TEXT, TEXT, max_size=2)


any_credential = given(
    said=st.fixed_dictionaries({}, optional={name: TEXT | ANYTHING for name in PARTS}),
    rest=st.fixed_dictionaries({}, optional={name: TEXT | ANYTHING for name in ("id", "rawId", "type", "x")}),
    same=st.booleans(),
)


@any_credential
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@pytest.mark.once
def test_no_credential_breaks_anything(as_person, settings, said, rest, same):
    send_credential(as_person, settings, said, rest, same)


@any_credential
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=500)
@pytest.mark.once
@pytest.mark.thorough
def test_of_many_credentials_none_breaks_anything(as_person, settings, said, rest, same):
    send_credential(as_person, settings, said, rest, same)


def send_credential(as_person, settings, said, rest, same):
    settings.COUNT_TRIES = False
    confirm_by_password(as_person)
    rest = {"id": "AAAA", "rawId": "AAAA", "type": "public-key"} | rest if same else rest
    data = {"credential": json.dumps({**rest, "response": said}), "name": "x"}

    visitor = Client()
    visitor.get(reverse("accounts:passkey_login"), headers={"Accept": "application/json"})
    assert visitor.post(reverse("accounts:passkey_login"), data).status_code == 302
    assert not is_in(visitor)
    as_person.get(reverse("accounts:passkey_add"))
    assert as_person.post(reverse("accounts:passkey_add"), data).status_code == 200
