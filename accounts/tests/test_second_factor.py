"""The second factor: available without an e-mail address, and required by every login method."""

import base64
import json
import tracemalloc
from functools import partial
from urllib.parse import unquote

import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st
from pytest_django.asserts import assertContains, assertRedirects

from accounts import rate_limits
from accounts.models import User
from accounts.passkeys import AddPasskeyForm, PasskeyForm
from accounts.tests.codes import (
    APP_ON,
    CONFIRM,
    CONFIRM_CODE,
    code_of,
    confirm_by_code,
    confirm_by_password,
    new_credential,
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


def log_in(client, person, **more):
    return client.post(LOGIN, {"username": person.username, "password": PASSWORD} | more)


def is_in(client) -> bool:
    return "_auth_user_id" in client.session


def test_an_app_can_be_switched_on_without_an_email_address(as_person, person, noon):
    _secret, codes = switch_on(as_person)

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


def test_the_password_alone_does_not_log_in(person, protected):
    client = Client()

    assertRedirects(log_in(client, person), CODE)
    assert not is_in(client)
    assert client.get(reverse("accounts:profile")).status_code == 302
    assert client.get("/admin/").status_code == 302


def test_password_and_code_log_in(person, protected):
    client = Client()
    log_in(client, person, next="/reflections/")

    assertRedirects(client.post(CODE, {"code": code_of(protected[0])}), "/reflections/")
    assert client.session["_auth_user_id"] == str(person.pk)


def test_the_admin_requires_the_second_factor_too(as_person, person, protected):
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
def test_codes_of_a_clock_off_by_half_a_minute_are_accepted(person, protected, later, good):
    client = Client()
    log_in(client, person)

    assert client.post(CODE, {"code": code_of(protected[0], later)}).status_code == (302 if good else 200)


@pytest.mark.parametrize("wait", [0, 29, 31, 59])
@pytest.mark.parametrize("spelling", ["{}", " {} ", "{}-"])
def test_a_code_works_once(person, protected, noon, wait, spelling):
    """While it would be valid, and in any spelling."""
    code = code_of(protected[0], later=1)
    first, second = Client(), Client()
    log_in(first, person)
    log_in(second, person)
    assert first.post(CODE, {"code": code}).status_code == 302
    noon.shift(wait)

    assert second.post(CODE, {"code": spelling.format(code)}).status_code == 200
    assert not is_in(second)


def test_the_code_of_the_setup_does_not_work_again(as_person, person, noon):
    confirm_by_password(as_person)
    secret = as_person.get(APP_ON).context["form"].secret
    as_person.post(APP_ON, {"code": code_of(secret)})
    client = Client()
    log_in(client, person)

    assert client.post(CODE, {"code": code_of(secret)}).status_code == 200


def test_a_recovery_code_works_once(person, protected):
    code = protected[1][3]
    first, second = Client(), Client()
    log_in(first, person)
    log_in(second, person)

    assert first.post(CODE, {"code": code}).status_code == 302
    assert second.post(CODE, {"code": code}).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "list"])
def test_of_parallel_uses_of_one_code_one_is_accepted(person, protected, kind):
    code = code_of(protected[0]) if kind == "app" else protected[1][0]
    clients = [Client() for _ in range(4)]
    for client in clients:
        log_in(client, person)

    all_at_once(*[partial(client.post, CODE, {"code": code}) for client in clients])

    assert [is_in(client) for client in clients].count(True) == 1


def test_switching_on_an_app_twice_is_not_an_error(as_person, noon, monkeypatch):
    confirm_by_password(as_person)
    secret = as_person.get(APP_ON).context["form"].secret

    def too_late(*arguments):
        raise IntegrityError

    monkeypatch.setattr("allauth.mfa.totp.internal.flows.TOTP.activate", too_late)
    assertRedirects(as_person.post(APP_ON, {"code": code_of(secret)}), PAGE)


def test_recovery_codes_replaced_meanwhile_are_refused(person, protected, monkeypatch):
    def too_late(*arguments):
        raise Authenticator.DoesNotExist

    monkeypatch.setattr("allauth.mfa.recovery_codes.internal.auth.RecoveryCodes.validate_code", too_late)
    client = Client()
    log_in(client, person)

    assert client.post(CODE, {"code": protected[1][0]}).status_code == 200
    assert not is_in(client)


def test_guesses_at_codes_are_limited_across_browsers(person, protected):
    attempts = rate_limits.CODE.attempts
    found = []
    for _ in range(attempts + 1):
        client = Client()
        log_in(client, person)
        found.append(client.post(CODE, {"code": "000000"}).status_code)

    assert found == [200] * attempts + [429]
    assert client.post(CODE, {"code": code_of(protected[0])}).status_code == 429


def test_the_password_step_expires(person, protected, noon):
    client = Client()
    log_in(client, person)
    noon.shift(16 * 60)

    assertRedirects(client.post(CODE, {"code": code_of(protected[0])}), LOGIN)


def test_a_new_password_invalidates_the_password_step(person, protected):
    """An attacker knew the password and passed the password step; the person has noticed and changed it."""
    client = Client()
    log_in(client, person)
    person.set_password("quite-another-battery")
    person.save()

    for later in (0, 1):
        client.post(CODE, {"code": code_of(protected[0], later=later)})

    assert not is_in(client)
    log_in(client, person, password="quite-another-battery")
    assert client.post(CODE, {"code": protected[1][0]}).status_code == 302 and is_in(client)


def test_an_unfinished_login_does_not_block_other_people(person, protected):
    client = Client()
    log_in(client, person)
    new = {"username": "ada", "password1": PASSWORD, "password2": PASSWORD, "timezone": "UTC"}

    client.post(reverse("accounts:signup"), new)

    assert is_in(client)


def test_cancelling_ends_the_password_step(person, protected):
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
    """The decrypted secret of the person's row."""
    person.authenticator_set.create(type="totp", data={"secret": mfa_secrets.encrypt("a secret")})
    return person.authenticator_set.get().data["secret"]


def test_each_encryption_of_a_secret_differs_and_can_be_decrypted(sealed):
    assert mfa_secrets.encrypt("a secret") != mfa_secrets.encrypt("a secret")
    assert mfa_secrets.decrypt(sealed) == "a secret"


def test_a_token_without_an_owner_is_refused():
    with pytest.raises(CannotDecryptError):
        mfa_secrets.decrypt(mfa_secrets.encrypt("a secret"))


@pytest.mark.parametrize("broken", ["", "bl1.test.", "bl1.test.AAAA", "not base64 at all", "plain"])
def test_an_unencrypted_secret_is_refused(broken, settings):
    settings.FIELD_ENCRYPTION_READS_PLAINTEXT = True  # Not even then.
    with pytest.raises(CannotDecryptError):
        mfa_secrets.decrypt(broken)


def test_a_changed_secret_is_refused(sealed):
    changed = sealed[:-6] + ("AAAAAA" if sealed[-6:] != "AAAAAA" else "BBBBBB")
    with pytest.raises(CannotDecryptError):
        mfa_secrets.decrypt(mfa_secrets.StoredToken(changed, sealed.associated_data))


NEW_KEY = {"new": b"n" * 32}


def test_secrets_under_an_old_key_can_be_decrypted(person, protected, settings):
    settings.FIELD_ENCRYPTION_KEYS = NEW_KEY | settings.FIELD_ENCRYPTION_KEYS
    client = Client()
    log_in(client, person)

    assert client.post(CODE, {"code": code_of(protected[0])}).status_code == 302


def test_reencrypted_secrets_do_not_need_the_old_key(person, protected, settings):
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


def test_a_code_used_during_reencryption_stays_used(person, protected, settings, monkeypatch):
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


def test_with_a_lost_key_codes_are_refused_with_a_message(person, protected, settings):
    settings.FIELD_ENCRYPTION_KEYS = NEW_KEY
    client = Client()
    log_in(client, person)

    response = client.post(CODE, {"code": code_of(protected[0])})

    assertContains(response, "This server can no longer read your second factor.")
    assert not is_in(client)


@pytest.mark.parametrize("address", [APP_ON, NEW_CODES, reverse("accounts:passkey_add")])
def test_every_page_of_the_second_factor_requires_reauthentication(as_person, person, address):
    response = as_person.get(address)
    assertRedirects(response, f"{CONFIRM}?next={address}")

    assert confirm_by_password(as_person, "wrong", then=address).status_code == 200
    assert as_person.get(address).status_code == 302
    assertRedirects(confirm_by_password(as_person, then=address), address)


@pytest.mark.parametrize("address", [APP_OFF, CODES, reverse("accounts:passkey_remove", args=[1])])
def test_every_change_of_existing_factors_requires_reauthentication(as_person, protected, noon, address):
    noon.shift(301)

    for response in (as_person.get(address), as_person.post(address)):
        assert response.status_code == 405 or unquote(response.url) == f"{CONFIRM_CODE}?next={address}"


def test_a_reauthentication_lasts_five_minutes(as_person, noon):
    confirm_by_password(as_person)
    noon.shift(299)
    assert as_person.get(APP_ON).status_code == 200
    noon.shift(2)
    assert as_person.get(APP_ON).status_code == 302


def test_a_code_reauthenticates(as_person, protected, noon):
    noon.shift(600)

    assertRedirects(confirm_by_code(as_person, code_of(protected[0]), then=APP_OFF), APP_OFF)


def test_after_switching_off_the_password_is_enough(as_person, person, protected):
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


HALF = json.dumps({**new_credential(), "id": "\ud800"})
BROKEN = {
    **{text or "nothing": text for text in ("", "null", "[]", "{}", '"text"', '{"response": {}}', '{"id": NaN}')},
    "in part": '{"id": "x", "response": {"userHandle": "x"}}',
    "never closed": "{" * 900,
    "nested without end": "[" * 59_000,
    "objects without end": '{"id":' * 9_000,
    "a number without end": '{"id": %s}' % ("9" * 5_000),
    "half a character": HALF,
}


@pytest.mark.matrix
@pytest.mark.parametrize("credential", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("address", [reverse("accounts:passkey_login"), reverse("accounts:passkey_add"), CODE])
def test_malformed_credentials_are_refused(as_person, person, protected, credential, address):
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
def test_a_number_in_a_credential_does_not_exhaust_memory(as_person, part, kind):
    """fido2 takes a number for a length and allocates as many bytes."""
    passkey = new_credential()
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
def test_no_credential_causes_an_error(as_person, settings, said, rest, same):
    send_credential(as_person, settings, said, rest, same)


@any_credential
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=500)
@pytest.mark.once
@pytest.mark.thorough
def test_of_many_credentials_none_breaks_anything(as_person, settings, said, rest, same):
    send_credential(as_person, settings, said, rest, same)


def send_credential(as_person, settings, said, rest, same):
    settings.RATE_LIMITS_ENABLED = False
    confirm_by_password(as_person)
    rest = {"id": "AAAA", "rawId": "AAAA", "type": "public-key"} | rest if same else rest
    data = {"credential": json.dumps({**rest, "response": said}), "name": "x"}

    visitor = Client()
    visitor.get(reverse("accounts:passkey_login"), headers={"Accept": "application/json"})
    assert visitor.post(reverse("accounts:passkey_login"), data).status_code == 302
    assert not is_in(visitor)
    as_person.get(reverse("accounts:passkey_add"))
    assert as_person.post(reverse("accounts:passkey_add"), data).status_code == 200
