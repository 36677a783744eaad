"""Known browsers: each has attempts of its own, until its login is ended."""

from io import StringIO

import pytest
import time_machine
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import rate_limits
from accounts.models import KnownBrowser, SecurityEvent, Session, User
from accounts.tests.codes import code_of, confirm_by_password, switch_on
from accounts.tests.factories import PASSWORD, make_person

LOGIN, LOGOUT, CODE = reverse("accounts:login"), reverse("accounts:logout"), reverse("accounts:code")
END, SESSIONS, SECURITY = reverse("accounts:end_sessions"), reverse("accounts:sessions"), reverse("accounts:security")
COOKIE = settings.KNOWN_BROWSER_COOKIE_NAME
ANOTHER = "quite-another-battery"

pytestmark = pytest.mark.django_db


def log_in(client, username="maria", password=PASSWORD, address="10.0.0.1"):
    return client.post(LOGIN, {"username": username, "password": password}, REMOTE_ADDR=address)


def log_out(client):
    client.post(LOGOUT)
    return client


def known(username="maria") -> Client:
    """A browser in which this person has signed in and out again."""
    client = Client()
    log_in(client, username)
    return log_out(client)


def guess(client, times, **facts) -> list[int]:
    return [
        log_in(client, password="wrong", address=f"10.1.{number // 250}.{number % 250}", **facts).status_code
        for number in range(times)
    ]


def use_up(limit=rate_limits.SIGN_IN_BY_NAME, client=None):
    """Guess passwords as a stranger until the attempts for the name are used up."""
    guess(client or Client(), limit.attempts)


def has_own_attempts(client) -> bool:
    """Whether the browser has attempts of its own, while those of strangers are used up."""
    use_up()
    return log_in(client, password="wrong").status_code == 200


def test_the_token_is_random_and_stored_as_its_hash(maria):
    one, other = known(), known()
    tokens = [client.cookies[COOKIE].value for client in (one, other)]

    assert len({*tokens}) == KnownBrowser.objects.count() == 2
    assert all(len(token) == 32 for token in tokens)
    stored = str(list(KnownBrowser.objects.values_list()))
    assert not [token for token in tokens if token in stored]
    assert one.cookies[COOKIE]["httponly"]


def test_a_hash_from_the_table_is_not_accepted_as_a_token(maria):
    known()
    thief = Client()
    thief.cookies[COOKIE] = KnownBrowser.objects.get().token_hash

    assert not has_own_attempts(thief)


def test_a_known_browser_outlives_a_logout_and_is_renewed_by_a_login(maria):
    with time_machine.travel("2026-05-04 12:00:00Z", tick=False) as clock:
        client = known()
        proof = client.cookies[COOKIE].value
        clock.shift(300 * 24 * 60 * 60)
        log_in(client)
        log_out(client)
        clock.shift(399 * 24 * 60 * 60)
        assert has_own_attempts(client)
        assert client.cookies[COOKIE].value == proof and KnownBrowser.objects.count() == 1
        clock.shift(2 * 24 * 60 * 60)
        assert not has_own_attempts(client)


def test_one_known_browser_cannot_use_up_the_attempts_of_another(maria):
    one, other = known(), known()
    attempts = rate_limits.SIGN_IN_BY_KNOWN_BROWSER.attempts

    assert guess(one, attempts + 1) == [200] * attempts + [429]

    assert log_in(other).status_code == 302


def test_people_who_share_a_browser_keep_their_tokens(maria):
    make_person(username="eve")
    client = known()
    log_in(client, "eve")
    log_out(client)

    assert has_own_attempts(client)


@pytest.mark.parametrize("value", [".", "x" * 5000, "a.b.c.d.e.f", "é\\000", '"', "." * 900])
def test_an_invalid_cookie_is_ignored(maria, value):
    client = Client(headers={"cookie": f"{COOKIE}={value}"})

    assert client.get(LOGIN).status_code == 200
    assert log_in(client).status_code == 302
    assert len(client.cookies[COOKIE].value) < 600


@pytest.mark.parametrize("planted", ["of a thief", "made up"])
def test_a_planted_token_is_not_adopted(maria, planted):
    """A token that a thief plants in the person's browser must not become known by the person's login."""
    make_person(username="eve")
    thief = known("eve")
    client = Client()
    client.cookies[COOKIE] = thief.cookies[COOKIE].value if planted == "of a thief" else "x" * 32
    thief.cookies[COOKIE] = client.cookies[COOKIE].value

    log_in(client)

    assert not has_own_attempts(thief)


# How it ends


def end_one(owner, lost):
    row = Session.objects.get(pk=lost.session.key_hash)
    confirm_by_password(owner)
    owner.post(END, {"session": row.handle})


def end_all_others(owner, lost):
    confirm_by_password(owner)
    owner.post(END)


def change_password(owner, lost):
    owner.post(SECURITY, {"old_password": PASSWORD, "new_password1": ANOTHER, "new_password2": ANOTHER})


def reset_by_recovery_code(owner, lost):
    _secret, codes = switch_on(owner)
    log_out(owner)
    sent = {"username": "maria", "code": codes[0], "new_password1": ANOTHER, "new_password2": ANOTHER}
    owner.post(reverse("accounts:reset_by_code"), sent)


def admin_client() -> Client:
    client = Client()
    client.force_login(make_person(username="admin", is_staff=True, is_superuser=True))
    confirm_by_password(client)
    return client


def by_admin(owner, lost):
    [pk] = Session.objects.filter(pk=lost.session.key_hash).values_list("user_id", flat=True)
    sent = {"action": "end_sessions", "_selected_action": [pk]}
    admin_client().post(reverse("admin:accounts_user_changelist"), sent)


def password_by_admin(owner, lost):
    [pk] = Session.objects.filter(pk=lost.session.key_hash).values_list("user_id", flat=True)
    sent = {"password1": ANOTHER, "password2": ANOTHER, "usable_password": "true"}
    admin_client().post(reverse("admin:auth_user_password_change", args=[pk]), sent)


def password_by_command(owner, lost):
    person = User.objects.get(username="maria")
    person.set_password(ANOTHER)
    person.save()


ENDS = [end_one, end_all_others, change_password, reset_by_recovery_code]
ENDS_EVERYWHERE = [by_admin, password_by_admin, password_by_command]


@pytest.mark.parametrize("end", ENDS + ENDS_EVERYWHERE, ids=lambda end: end.__name__)
def test_ending_a_login_revokes_the_known_browser(maria, end):
    owner, lost = Client(), Client()
    log_in(owner)
    log_in(lost)

    end(owner, lost)

    log_out(lost)
    assert not has_own_attempts(lost)
    assert has_own_attempts(log_out(owner)) is (end in ENDS)


def test_ending_a_former_session_of_this_browser_keeps_it_known(maria):
    """The browser has lost its session cookie, and is listed twice after another login."""
    client = Client()
    log_in(client)
    former = Session.objects.get()
    del client.cookies[settings.SESSION_COOKIE_NAME]
    log_in(client)
    confirm_by_password(client)

    client.post(END, {"session": former.handle})

    assert not Session.objects.filter(pk=former.pk).exists()
    assert has_own_attempts(log_out(client))


def test_ending_all_others_revokes_browsers_that_have_logged_out(maria):
    lost, owner = known(), Client()
    log_in(owner)
    assert b"End all others" in owner.get(SESSIONS).content

    end_all_others(owner, lost)

    assert not has_own_attempts(lost)
    assert b"End all others" not in owner.get(SESSIONS).content
    assert SecurityEvent.objects.filter(kind="sessions_ended").exists()


def test_a_reset_in_another_persons_browser_keeps_their_session(maria):
    """The session must not refer to the other person's known browser, or each could revoke the other's."""
    client = Client()
    log_in(client)
    _secret, codes = switch_on(client)
    log_out(client)
    juan = make_person(username="juan")
    log_in(client, "juan")

    sent = {"username": "maria", "code": codes[0], "new_password1": ANOTHER, "new_password2": ANOTHER}
    client.post(reverse("accounts:reset_by_code"), sent)

    assert Session.objects.get(user=juan).known_browser.person == juan
    assert has_own_attempts(log_out(client))


def test_an_expired_login_does_not_revoke_the_known_browser(maria):
    client = Client()
    log_in(client)
    Session.objects.update(expire_date="2020-01-01T00:00Z")
    call_command("dbmaintain", stdout=StringIO())
    assert not Session.objects.exists()

    assert has_own_attempts(client)


# Codes


@pytest.fixture
def secret_and_codes(maria):
    client = Client()
    client.force_login(maria)
    return switch_on(client)


def after_password_step(client) -> Client:
    """The browser after the password step."""
    assert log_in(client).status_code == 302
    return client


def guess_codes(client, times, code="{:06}") -> list[int]:
    return [client.post(CODE, {"code": code.format(number)}).status_code for number in range(times)]


def log_in_with_code(client, code) -> bool:
    return after_password_step(client).post(CODE, {"code": code}).status_code == 302


def test_a_stranger_with_the_password_cannot_use_up_codes_of_known_browsers(secret_and_codes):
    secret, codes = secret_and_codes
    owner = Client()
    log_in_with_code(owner, codes[0])
    log_out(owner)

    found = guess_codes(after_password_step(Client()), rate_limits.CODE.attempts + 1)

    assert found == [200] * rate_limits.CODE.attempts + [429]
    assert log_in_with_code(owner, code_of(secret))


def test_recovery_codes_are_counted_apart_from_app_codes(secret_and_codes):
    """The owner has lost the phone and uses a new browser."""
    _secret, codes = secret_and_codes
    guess_codes(after_password_step(Client()), rate_limits.CODE.attempts + 1)

    assert log_in_with_code(Client(), codes[0])


@pytest.mark.parametrize("code", ["{:08}", "1234-{:04}", "{:07}", "x{:05}y", "{:06} 12"])
def test_guesses_at_recovery_codes_are_limited(secret_and_codes, code):
    attempts = min(rate_limits.CODE.attempts, rate_limits.RECOVERY_CODE.attempts)

    found = guess_codes(after_password_step(Client()), attempts + 1, code)

    assert found == [200] * attempts + [429]


def test_one_known_browser_cannot_use_up_the_codes_of_another(secret_and_codes):
    secret, codes = secret_and_codes
    owner, lost = Client(), Client()
    for client, code in zip((owner, lost), codes, strict=False):
        log_in_with_code(client, code)
        log_out(client)
    assert guess_codes(after_password_step(lost), rate_limits.CODE.attempts + 1)[-1] == 429

    assert log_in_with_code(owner, code_of(secret))


def test_a_stolen_session_cannot_use_up_the_password_of_the_owner(maria):
    owner, thief = Client(), Client()
    log_in(owner)
    thief.cookies[settings.SESSION_COOKIE_NAME] = owner.cookies[settings.SESSION_COOKIE_NAME].value
    sent = {"old_password": "wrong", "new_password1": ANOTHER, "new_password2": ANOTHER}
    assert [thief.post(SECURITY, sent).status_code for _ in range(11)][-1] == 429

    assert owner.post(SECURITY, sent | {"old_password": PASSWORD}).status_code == 302


# Nothing is given away


@pytest.mark.parametrize("cookie", [None, "of another", "made up"])
def test_names_that_exist_cost_as_much_as_names_that_do_not(maria, cookie):
    make_person(username="eve")
    value = {"of another": known("eve").cookies[COOKIE].value, "made up": "x" * 32}.get(cookie)
    counts = []
    for name in ("maria", "unknown", "maria", "unknown"):
        client = Client()
        if value:
            client.cookies[COOKIE] = value
        with CaptureQueriesContext(connection) as made:
            response = log_in(client, name, "wrong")
        counts.append((response.status_code, len(made)))

    assert counts[2] == counts[3], counts
