"""Guessing is slow, from wherever and in parallel; and nobody can keep a person from their own browser."""

import datetime

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains

from accounts import throttle
from accounts.models import Throttle, User
from accounts.tests.factories import PASSWORD, make_person
from testing.people import Visitor, all_at_once

LOGIN, SIGN_UP, SECURITY = reverse("accounts:login"), reverse("accounts:signup"), reverse("accounts:security")
BY_NAME, BY_ADDRESS = throttle.SIGN_IN_BY_NAME, throttle.SIGN_IN_BY_ADDRESS

pytestmark = pytest.mark.django_db


def log_in(client, username="maria", password="wrong", address="10.0.0.1"):
    return client.post(LOGIN, {"username": username, "password": password}, REMOTE_ADDR=address)


def statuses(times, **facts) -> list[int]:
    """From a new browser and a new address each time."""
    return [
        log_in(Client(), address=f"10.1.{number // 250}.{number % 250}", **facts).status_code for number in range(times)
    ]


@pytest.fixture
def maria(db):
    return make_person(username="Maria")


@pytest.mark.parametrize("name", ["maria", "nobody"])
def test_one_name_from_many_addresses_whether_it_exists_or_not(maria, name):
    assert statuses(BY_NAME.tries + 2, username=name) == [200] * BY_NAME.tries + [429] * 2


def test_the_name_counts_however_it_is_written(maria):
    for spelling in ("maria", "MARIA", " Maria ", "ｍａｒｉａ", "mariA") * 2:
        assert statuses(1, username=spelling) == [200]

    assert statuses(1, username="maria") == [429]


def many_names(times: int, addresses: list[str]) -> list[int]:
    """Statuses of logins with a name of their own each, a second apart, from the addresses in turn."""
    found = []
    with time_machine.travel("2026-05-04 12:00:00Z", tick=False) as clock:
        for number in range(times):
            address = addresses[number % len(addresses)]
            found.append(log_in(Client(), f"name-{number}", address=address).status_code)
            clock.shift(1)
    return found


def test_many_names_from_one_address(maria):
    assert many_names(BY_ADDRESS.tries + 1, ["10.0.0.1"]) == [200] * BY_ADDRESS.tries + [429]
    assert log_in(Client(), "another", address="10.0.0.2").status_code == 200


@pytest.mark.once
def test_many_networks_of_one_customer_count_together(maria):
    """A provider gives a customer 65,536 networks of IPv6, each of which would have a count of its own."""
    tries = BY_ADDRESS.tries * throttle.ADDRESSES_OF_A_PREFIX
    networks = [f"2001:db8:1:{number:x}::1" for number in range(tries + 1)]

    assert many_names(tries + 1, networks) == [200] * tries + [429]
    assert log_in(Client(), "another", address="2001:db8:2::1").status_code == 200


@pytest.mark.once
def test_an_ipv4_address_is_one_also_where_it_comes_as_ipv6(maria):
    many_names(BY_ADDRESS.tries, ["::ffff:203.0.113.5"])

    with time_machine.travel("2026-05-04 12:01:00Z", tick=False):
        assert log_in(Client(), "x", address="203.0.113.5").status_code == 429
        assert log_in(Client(), "y", address="::ffff:203.0.113.6").status_code == 200


def test_when_all_tries_are_used_up_not_even_the_right_password_is_looked_at(maria):
    statuses(BY_NAME.tries)

    assert statuses(1, password=PASSWORD) == [429]


def test_the_page_says_when_to_come_back(client, maria):
    with time_machine.travel("2026-05-04 12:00:00Z", tick=False) as clock:
        statuses(BY_NAME.tries)
        clock.shift(181)

        response = log_in(client)

        assertContains(response, "Please try again in 7 minutes.", status_code=429)
        assert int(response["Retry-After"]) == BY_NAME.minutes * 60 - 181
        clock.shift(int(response["Retry-After"]) + 1)
        assert log_in(client, password=PASSWORD).status_code == 302


def test_right_passwords_do_not_count(maria):
    for _ in range(BY_NAME.tries + 1):
        assert statuses(1, password=PASSWORD) == [302]

    assert not Throttle.objects.filter(cache_key__contains="sign-in").exists()


def test_nobody_is_locked_out_of_a_browser_they_have_used(client, maria):
    log_in(client, password=PASSWORD)
    client.post(reverse("accounts:logout"))
    statuses(BY_NAME.tries + 5)
    for number in range(BY_ADDRESS.tries):
        log_in(Client(), f"name-{number}")

    assert log_in(client, password=PASSWORD).status_code == 302


@pytest.mark.parametrize("limit", [throttle.PASSWORDS_AT_ONCE, throttle.PASSWORDS], ids=lambda limit: limit.name)
def test_right_passwords_from_one_address_are_bounded_too(client, maria, limit):
    """Each keeps a processor busy for a fifth of a second."""
    make_person(username="eve")
    found = []
    with time_machine.travel("2036-05-04 12:00:00Z", tick=False) as clock:
        log_in(client, password=PASSWORD, address="10.0.0.3")
        client.post(reverse("accounts:logout"))
        for _ in range(limit.tries + 1):
            found.append(log_in(Client(), "eve", PASSWORD).status_code)
            clock.shift(0 if limit == throttle.PASSWORDS_AT_ONCE else 2)

        assert found == [302] * limit.tries + [429]
        assert not Throttle.objects.filter(cache_key__startswith="sign-in").exists()
        assert log_in(client, password=PASSWORD).status_code == 302  # A browser that she has used.
        assert log_in(Client(), "eve", PASSWORD, address="10.0.0.2").status_code == 302


@pytest.mark.once
def test_right_passwords_from_many_known_browsers_at_one_address_are_bounded_too(maria):
    """A person can make any number of browsers known, each of which has passwords of its own."""
    limit, browsers = throttle.KNOWN_BROWSERS_AT_ONCE.tries, [Client() for _ in range(4)]
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


def test_nor_can_such_a_browser_guess_for_ever(client, maria):
    log_in(client, password=PASSWORD)
    client.post(reverse("accounts:logout"))
    tries = throttle.SIGN_IN_BY_KNOWN_BROWSER.tries

    assert [log_in(client).status_code for _ in range(tries + 1)] == [200] * tries + [429]


def test_a_browser_known_as_one_person_is_a_stranger_to_another(client, maria):
    make_person(username="eve")
    log_in(client, "eve", PASSWORD)
    client.post(reverse("accounts:logout"))
    statuses(BY_NAME.tries)

    assert log_in(client, "maria").status_code == 429


def test_the_cookie_does_not_say_who_it_was(client, maria, settings):
    cookie = log_in(client, password=PASSWORD).cookies[settings.KNOWN_BROWSER_COOKIE_NAME]

    assert "maria" not in cookie.value.lower() and cookie["httponly"]


def test_the_table_says_neither_names_nor_addresses(maria):
    statuses(3)

    rows = " ".join(f"{row.cache_key} {row.value}" for row in Throttle.objects.all())
    assert "maria" not in rows and "10.1." not in rows


@pytest.mark.once
def test_nor_can_they_be_found_without_the_key(maria, settings):
    """All addresses of IPv4 are hashed in an hour."""
    statuses(1)
    with_one_key = set(Throttle.objects.values_list("pk", flat=True))
    Throttle.objects.all().delete()
    settings.SECRET_KEY = "another"  # noqa: S105
    statuses(1)

    assert with_one_key.isdisjoint(Throttle.objects.values_list("pk", flat=True))


def test_rows_that_do_not_count_any_more_go_by_themselves(maria):
    with time_machine.travel("2026-05-04 12:00:00Z", tick=False) as clock:
        statuses(BY_NAME.tries)
        before = set(Throttle.objects.values_list("pk", flat=True))
        clock.shift(BY_NAME.minutes * 60 + 1)
        log_in(Client(), "another", address="10.9.9.9")

        assert before.isdisjoint(Throttle.objects.values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_expired_rows_that_another_request_deletes_are_passed_over():
    """Two requests that delete the same rows in another order would wait for each other."""
    an_hour_ago = timezone.now() - datetime.timedelta(hours=1)
    Throttle.objects.bulk_create(Throttle(cache_key=f"expired:{number}", expires=an_hour_ago) for number in range(3))

    with transaction.atomic():
        assert Throttle.objects.select_for_update().get(pk="expired:1")
        assert all_at_once(Throttle.objects.delete_expired) == [2]


def test_a_try_is_claimed_in_one_statement(maria, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert throttle.only_once("something", 60)
    with django_assert_num_queries(1):
        assert not throttle.only_once("something", 60)


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_the_counts_of_a_login_take_few_statements(client, maria, password):
    """The rows there are, a claim for each of four counts, expired rows; to give back a try or to note a refusal."""
    with CaptureQueriesContext(connection) as made:
        log_in(client, password=password)

    assert len([query for query in made if "accounts_throttle" in query["sql"]]) <= 7


def test_an_address_behind_a_proxy_is_the_one_the_proxy_saw(settings, maria):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(BY_ADDRESS.tries):
        Client(headers={"X-Forwarded-For": f"1.2.3.{number}, 9.9.9.9"}).post(
            LOGIN, {"username": f"name-{number}", "password": "wrong"}
        )

    refused = Client(headers={"X-Forwarded-For": "9.9.9.9"}).post(LOGIN, {"username": "x", "password": "wrong"})
    other = Client(headers={"X-Forwarded-For": "9.9.9.8"}).post(LOGIN, {"username": "y", "password": "wrong"})
    assert (refused.status_code, other.status_code) == (429, 200)


def test_without_a_proxy_of_ours_nobody_can_pretend_to_be_elsewhere(maria):
    for number in range(BY_ADDRESS.tries):
        Client(headers={"X-Forwarded-For": f"1.2.3.{number}"}).post(
            LOGIN, {"username": f"name-{number}", "password": "wrong"}
        )

    refused = Client(headers={"X-Forwarded-For": "9.9.9.9"}).post(LOGIN, {"username": "x", "password": "wrong"})
    assert refused.status_code == 429


def test_signing_up(client):
    limit = throttle.SIGN_UP.tries

    assert [client.post(SIGN_UP).status_code for _ in range(limit + 1)] == [200] * limit + [429]
    assert client.get(SIGN_UP).status_code == 200


@pytest.mark.parametrize("address", [SECURITY, reverse("accounts:delete")])
def test_a_stolen_session_cannot_guess_the_password(as_person, person, address):
    data = {"username": person.username, "password": "wrong", "old_password": "wrong"}
    data |= {"new_password1": "quite-another-battery", "new_password2": "quite-another-battery"}
    tries = throttle.PASSWORD_AGAIN.tries

    assert [as_person.post(address, data).status_code for _ in range(tries + 1)] == [200] * tries + [429]
    right = data | {"password": PASSWORD, "old_password": PASSWORD}
    assert as_person.post(address, right).status_code == 429
    assert User.objects.get(pk=person.pk).check_password(PASSWORD)


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_get_no_more_tries(live_server):
    make_person(username="maria")
    visitors = [Visitor(live_server.url) for _ in range(BY_NAME.tries + 6)]

    results = all_at_once(
        *(
            lambda visitor=visitor: visitor.post(LOGIN, {"username": "maria", "password": "wrong"})
            for visitor in visitors
        )
    )

    assert sorted(status for status, _, _ in results) == [200] * BY_NAME.tries + [429] * 6


@pytest.mark.once
@pytest.mark.parametrize(("address", "is_local"), [("::ffff:8.8.8.8", False), ("::ffff:10.0.0.1", True)])
def test_a_stranger_is_not_from_this_network_because_the_address_comes_as_ipv6(client, maria, address, is_local):
    log_in(client, password=PASSWORD, address=address)

    assert maria.security_events.get(kind="signed_in").is_local is is_local
