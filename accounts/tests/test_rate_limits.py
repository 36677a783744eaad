"""Guesses are limited, also in parallel; strangers cannot lock a person out of their own browser."""

import datetime

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains

from accounts import rate_limits
from accounts.models import Throttle, User
from accounts.tests.factories import PASSWORD, make_person
from accounts.tests.visitors import Visitor, all_at_once

LOGIN, SIGN_UP, SECURITY = reverse("accounts:login"), reverse("accounts:signup"), reverse("accounts:security")
BY_NAME, BY_ADDRESS = rate_limits.SIGN_IN_BY_NAME, rate_limits.SIGN_IN_BY_ADDRESS

pytestmark = pytest.mark.django_db


def log_in(client, username="maria", password="wrong", address="10.0.0.1"):
    return client.post(LOGIN, {"username": username, "password": password}, REMOTE_ADDR=address)


def statuses(times, **facts) -> list[int]:
    """From a new browser and a new address each time."""
    return [
        log_in(Client(), address=f"10.1.{number // 250}.{number % 250}", **facts).status_code for number in range(times)
    ]


@pytest.mark.parametrize("name", ["maria", "unknown"])
def test_attempts_for_one_name_are_limited_whether_it_exists_or_not(maria, name):
    assert statuses(BY_NAME.attempts + 2, username=name) == [200] * BY_NAME.attempts + [429] * 2


def test_all_spellings_of_a_name_count_together(maria):
    for spelling in ("maria", "MARIA", " Maria ", "ｍａｒｉａ", "mariA") * 2:
        assert statuses(1, username=spelling) == [200]

    assert statuses(1, username="maria") == [429]


def many_names(times: int, addresses: list[str]) -> list[int]:
    """Statuses of logins with different names, a second apart, from the addresses in turn."""
    found = []
    with time_machine.travel("2026-05-04 12:00:00Z", tick=False) as clock:
        for number in range(times):
            address = addresses[number % len(addresses)]
            found.append(log_in(Client(), f"name-{number}", address=address).status_code)
            clock.shift(1)
    return found


def test_attempts_from_one_address_are_limited(maria):
    assert many_names(BY_ADDRESS.attempts + 1, ["10.0.0.1"]) == [200] * BY_ADDRESS.attempts + [429]
    assert log_in(Client(), "another", address="10.0.0.2").status_code == 200


@pytest.mark.once
def test_networks_of_one_ipv6_prefix_count_together(maria):
    """A provider assigns 65,536 networks of IPv6 to a customer, each of which would be counted separately."""
    attempts = BY_ADDRESS.attempts * rate_limits.ADDRESSES_OF_A_PREFIX
    networks = [f"2001:db8:1:{number:x}::1" for number in range(attempts + 1)]

    assert many_names(attempts + 1, networks) == [200] * attempts + [429]
    assert log_in(Client(), "another", address="2001:db8:2::1").status_code == 200


@pytest.mark.once
def test_a_mapped_ipv4_address_counts_as_ipv4(maria):
    many_names(BY_ADDRESS.attempts, ["::ffff:203.0.113.5"])

    with time_machine.travel("2026-05-04 12:01:00Z", tick=False):
        assert log_in(Client(), "x", address="203.0.113.5").status_code == 429
        assert log_in(Client(), "y", address="::ffff:203.0.113.6").status_code == 200


def test_a_correct_password_is_not_checked_when_attempts_are_used_up(maria):
    statuses(BY_NAME.attempts)

    assert statuses(1, password=PASSWORD) == [429]


def test_the_page_says_when_to_try_again(client, maria):
    with time_machine.travel("2026-05-04 12:00:00Z", tick=False) as clock:
        statuses(BY_NAME.attempts)
        clock.shift(181)

        response = log_in(client)

        assertContains(response, "Please try again in 7 minutes.", status_code=429)
        assert int(response["Retry-After"]) == BY_NAME.minutes * 60 - 181
        clock.shift(int(response["Retry-After"]) + 1)
        assert log_in(client, password=PASSWORD).status_code == 302


def test_correct_passwords_are_refunded(maria):
    for _ in range(BY_NAME.attempts + 1):
        assert statuses(1, password=PASSWORD) == [302]

    assert not Throttle.objects.filter(cache_key__contains="sign-in").exists()


def test_strangers_cannot_lock_a_person_out_of_a_known_browser(client, maria):
    log_in(client, password=PASSWORD)
    client.post(reverse("accounts:logout"))
    statuses(BY_NAME.attempts + 5)
    for number in range(BY_ADDRESS.attempts):
        log_in(Client(), f"name-{number}")

    assert log_in(client, password=PASSWORD).status_code == 302


@pytest.mark.parametrize("limit", [rate_limits.PASSWORDS_AT_ONCE, rate_limits.PASSWORDS], ids=lambda limit: limit.name)
def test_correct_passwords_from_one_address_are_limited_too(client, maria, limit):
    """Each takes a fifth of a second of processor time."""
    make_person(username="eve")
    found = []
    with time_machine.travel("2036-05-04 12:00:00Z", tick=False) as clock:
        log_in(client, password=PASSWORD, address="10.0.0.3")
        client.post(reverse("accounts:logout"))
        for _ in range(limit.attempts + 1):
            found.append(log_in(Client(), "eve", PASSWORD).status_code)
            clock.shift(0 if limit == rate_limits.PASSWORDS_AT_ONCE else 2)

        assert found == [302] * limit.attempts + [429]
        assert not Throttle.objects.filter(cache_key__startswith="sign-in").exists()
        assert log_in(client, password=PASSWORD).status_code == 302  # A browser that she has used.
        assert log_in(Client(), "eve", PASSWORD, address="10.0.0.2").status_code == 302


@pytest.mark.once
def test_correct_passwords_from_many_known_browsers_at_one_address_are_limited_too(maria):
    """A person can sign in with any number of browsers, each of which has password checks of its own."""
    limit, browsers = rate_limits.KNOWN_BROWSERS_AT_ONCE.attempts, [Client() for _ in range(4)]
    with time_machine.travel("2036-05-04 12:00:00Z", tick=False) as clock:
        for browser in browsers:
            log_in(browser, password=PASSWORD)
            browser.post(reverse("accounts:logout"))
        clock.shift(60)
        found = []
        for number in range(limit + 1):
            found.append(log_in(browsers[number % 4], password=PASSWORD).status_code)
            browsers[number % 4].post(reverse("accounts:logout"))

        assert found == [302] * limit + [429]
        assert not Throttle.objects.filter(cache_key__startswith="sign-in").exists()
        assert log_in(browsers[0], password=PASSWORD, address="10.0.0.2").status_code == 302


def test_attempts_of_a_known_browser_are_limited(client, maria):
    log_in(client, password=PASSWORD)
    client.post(reverse("accounts:logout"))
    attempts = rate_limits.SIGN_IN_BY_KNOWN_BROWSER.attempts

    assert [log_in(client).status_code for _ in range(attempts + 1)] == [200] * attempts + [429]


def test_a_known_browser_of_one_person_is_unknown_for_another(client, maria):
    make_person(username="eve")
    log_in(client, "eve", PASSWORD)
    client.post(reverse("accounts:logout"))
    statuses(BY_NAME.attempts)

    assert log_in(client, "maria").status_code == 429


def test_the_cookie_does_not_contain_the_username(client, maria, settings):
    cookie = log_in(client, password=PASSWORD).cookies[settings.KNOWN_BROWSER_COOKIE_NAME]

    assert "maria" not in cookie.value.lower() and cookie["httponly"]


def test_the_table_contains_neither_names_nor_addresses(maria):
    statuses(3)

    rows = " ".join(f"{row.cache_key} {row.value}" for row in Throttle.objects.all())
    assert "maria" not in rows and "10.1." not in rows


@pytest.mark.once
def test_hashes_depend_on_the_secret_key(maria, settings):
    """Unkeyed hashes of all IPv4 addresses can be computed in an hour."""
    statuses(1)
    with_one_key = set(Throttle.objects.values_list("pk", flat=True))
    Throttle.objects.all().delete()
    settings.SECRET_KEY = "another"  # noqa: S105
    statuses(1)

    assert with_one_key.isdisjoint(Throttle.objects.values_list("pk", flat=True))


def test_expired_rows_are_deleted_by_later_attempts(maria):
    with time_machine.travel("2026-05-04 12:00:00Z", tick=False) as clock:
        statuses(BY_NAME.attempts)
        before = set(Throttle.objects.values_list("pk", flat=True))
        clock.shift(BY_NAME.minutes * 60 + 1)
        log_in(Client(), "another", address="10.9.9.9")

        assert before.isdisjoint(Throttle.objects.values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_expired_rows_locked_by_another_request_are_skipped():
    """Two requests that delete the same rows in different orders would deadlock."""
    an_hour_ago = timezone.now() - datetime.timedelta(hours=1)
    Throttle.objects.bulk_create(Throttle(cache_key=f"expired:{number}", expires=an_hour_ago) for number in range(3))

    with transaction.atomic():
        assert Throttle.objects.select_for_update().get(pk="expired:1")
        assert all_at_once(Throttle.objects.delete_expired) == [2]


def test_an_attempt_is_claimed_in_one_statement(maria, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert rate_limits.claim_once("something", 60)
    with django_assert_num_queries(1):
        assert not rate_limits.claim_once("something", 60)


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_rate_limits_of_a_login_take_few_statements(client, maria, password):
    """Existing rows, a claim for each of four limits, expired rows; then the refund, or the record of the refusal."""
    with CaptureQueriesContext(connection) as made:
        log_in(client, password=password)

    assert len([query for query in made if "accounts_throttle" in query["sql"]]) <= 7


def test_behind_a_proxy_its_client_address_is_counted(settings, maria):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(BY_ADDRESS.attempts):
        Client(headers={"X-Forwarded-For": f"1.2.3.{number}, 9.9.9.9"}).post(
            LOGIN, {"username": f"name-{number}", "password": "wrong"}
        )

    refused = Client(headers={"X-Forwarded-For": "9.9.9.9"}).post(LOGIN, {"username": "x", "password": "wrong"})
    other = Client(headers={"X-Forwarded-For": "9.9.9.8"}).post(LOGIN, {"username": "y", "password": "wrong"})
    assert (refused.status_code, other.status_code) == (429, 200)


def test_without_a_proxy_forwarded_headers_are_ignored(maria):
    for number in range(BY_ADDRESS.attempts):
        Client(headers={"X-Forwarded-For": f"1.2.3.{number}"}).post(
            LOGIN, {"username": f"name-{number}", "password": "wrong"}
        )

    refused = Client(headers={"X-Forwarded-For": "9.9.9.9"}).post(LOGIN, {"username": "x", "password": "wrong"})
    assert refused.status_code == 429


def test_sign_ups_are_limited(client):
    limit = rate_limits.SIGN_UP.attempts

    assert [client.post(SIGN_UP).status_code for _ in range(limit + 1)] == [200] * limit + [429]
    assert client.get(SIGN_UP).status_code == 200


@pytest.mark.parametrize("address", [SECURITY, reverse("accounts:delete")])
def test_a_stolen_session_cannot_guess_the_password(as_person, person, address):
    data = {"username": person.username, "password": "wrong", "old_password": "wrong"}
    data |= {"new_password1": "quite-another-battery", "new_password2": "quite-another-battery"}
    attempts = rate_limits.PASSWORD_AGAIN.attempts

    assert [as_person.post(address, data).status_code for _ in range(attempts + 1)] == [200] * attempts + [429]
    right = data | {"password": PASSWORD, "old_password": PASSWORD}
    assert as_person.post(address, right).status_code == 429
    assert User.objects.get(pk=person.pk).check_password(PASSWORD)


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_get_no_more_attempts(live_server):
    make_person(username="maria")
    visitors = [Visitor(live_server.url) for _ in range(BY_NAME.attempts + 6)]

    results = all_at_once(
        *(
            lambda visitor=visitor: visitor.post(LOGIN, {"username": "maria", "password": "wrong"})
            for visitor in visitors
        )
    )

    assert sorted(status for status, _, _ in results) == [200] * BY_NAME.attempts + [429] * 6


@pytest.mark.once
@pytest.mark.parametrize(("address", "is_local"), [("::ffff:8.8.8.8", False), ("::ffff:10.0.0.1", True)])
def test_a_mapped_public_address_is_not_local(client, maria, address, is_local):
    log_in(client, password=PASSWORD, address=address)

    assert maria.security_events.get(kind="signed_in").is_local is is_local
