"""The page of sessions: listing, ending, expiry."""

import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import Session
from accounts.tests.codes import CONFIRM, confirm_by_password
from accounts.tests.factories import PASSWORD, make_person

PAGE, END, LOGIN = reverse("accounts:sessions"), reverse("accounts:end_sessions"), reverse("accounts:login")
DAY = 24 * 60 * 60
PHONE = "Mozilla/5.0 (Android 16; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/26.0 Safari/605.1.15"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


def browser(person, user_agent=PHONE, address="8.8.8.8") -> Client:
    """A browser in which the person is logged in."""
    client = Client(headers={"User-Agent": user_agent}, REMOTE_ADDR=address)
    client.post(LOGIN, {"username": person.username, "password": PASSWORD})
    return client


def confirmed(client) -> Client:
    """The browser after a reauthentication."""
    confirm_by_password(client)
    return client


def is_in(client) -> bool:
    return client.get(reverse("accounts:profile")).status_code == 200


def row(client) -> Session:
    return Session.objects.get(pk=client.session.key_hash)


def test_the_page_shows_devices_and_dates_and_no_addresses(maria, noon):
    browser(maria, MAC, "10.0.0.8")
    noon.shift(2 * DAY)
    here = browser(maria)

    page = here.get(PAGE)

    assertContains(page, "Firefox on Android")
    assertContains(page, "Safari on Mac")
    assertContains(page, "from this network", count=1)
    assertNotContains(page, "8.8.8.8")
    assertNotContains(page, "10.0.0.8")


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (PHONE, "Firefox on Android"),
        (MAC, "Safari on Mac"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0",
            "Edge on Windows",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36", "Chrome on Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605 CriOS/142 Safari/604.1",
            "Chrome on iPhone",
        ),
        ("curl/8.0", "An unknown device"),
        ("<script>alert(1)</script> Firefox", "Firefox"),
        ("", "An unknown device"),
    ],
)
def test_a_device_is_described_by_its_user_agent(user_agent, words):
    assert Session(user_agent=user_agent).device == words


@pytest.mark.parametrize("user_agent", ["Firefox " * 5000, "Fire\0fox", "\xff\xfe"], ids=["long", "NUL", "no text"])
def test_any_user_agent_can_log_in(maria, user_agent):
    assert is_in(browser(maria, user_agent))


def test_no_page_contains_a_session_key(maria):
    others = [browser(maria) for _ in range(3)]
    page = browser(maria).get(PAGE).content.decode()

    assert not [client for client in others if client.session.session_key in page or client.session.key_hash in page]
    assert all(row(client).handle in page for client in others)


def test_one_session_can_be_ended(maria):
    here, lost, other = confirmed(browser(maria)), browser(maria), browser(maria)

    response = here.post(END, {"session": row(lost).handle})

    assertRedirects(response, PAGE)
    assert [is_in(client) for client in (here, lost, other)] == [True, False, True]


def test_all_other_sessions_can_be_ended(maria):
    here, *others = [browser(maria) for _ in range(3)]
    stranger = browser(make_person(username="stranger"))

    confirmed(here).post(END)

    assert is_in(here) and is_in(stranger)
    assert not any(map(is_in, others))


@pytest.mark.parametrize("handle", ["of a stranger", "x", "\0", "é" * 999])
def test_sessions_of_other_people_cannot_be_ended(maria, handle):
    here, mine = browser(maria), browser(maria)
    stranger = browser(make_person(username="stranger"))

    confirmed(here).post(END, {"session": row(stranger).handle if handle == "of a stranger" else handle})

    assert is_in(stranger) and is_in(here) and is_in(mine)


@pytest.mark.parametrize("name", ["session_key", "key_hash"])
def test_neither_a_key_nor_its_hash_is_accepted_as_a_handle(maria, name):
    here, other = browser(maria), browser(maria)

    confirmed(here).post(END, {"session": getattr(other.session, name)})

    assert is_in(other)


def test_ending_a_session_requires_reauthentication(maria):
    here, lost, other = browser(maria), browser(maria), browser(maria)

    asked = here.post(END, {"session": row(lost).handle})

    assertRedirects(asked, f"{CONFIRM}?next={PAGE}")
    here.post(CONFIRM, {"password": "not-my-password", "next": PAGE})
    here.post(END, {"session": row(lost).handle})
    assert is_in(lost)
    assertRedirects(here.post(CONFIRM, {"password": PASSWORD, "next": PAGE}), PAGE)
    assert is_in(lost)
    here.post(END, {"session": row(lost).handle})
    assert [is_in(client) for client in (here, lost, other)] == [True, False, True]


def test_a_reauthentication_changes_the_session_key(maria):
    """A copy of the old key opens nothing afterwards."""
    here, thief = browser(maria), Client()
    thief.cookies["sessionid"] = here.cookies["sessionid"].value
    signed_in_at = row(here).created_at
    assert is_in(thief)

    confirmed(here)

    assert is_in(here) and not is_in(thief)
    assert row(here).created_at == signed_in_at


def test_expired_sessions_are_not_shown(maria, noon):
    browser(maria, MAC)
    noon.shift(91 * DAY)

    assertNotContains(browser(maria).get(PAGE), "Safari on Mac")


def test_a_new_password_ends_the_rows_of_the_others(maria):
    here, other = browser(maria), browser(maria)
    signed_in_at = row(here).created_at
    new = {"old_password": PASSWORD, "new_password1": "quite-another-battery", "new_password2": "quite-another-battery"}

    here.post(reverse("accounts:security"), new)

    assert is_in(here) and not is_in(other)
    assert [session.created_at for session in maria.sessions.all()] == [signed_in_at]
    assert row(here).device == "Firefox on Android"


def test_a_session_expires_after_three_months_without_a_visit(maria, noon):
    client = browser(maria)
    noon.shift(89 * DAY)
    assert is_in(client)
    noon.shift(89 * DAY)
    assert is_in(client)
    noon.shift(91 * DAY)
    assert not is_in(client)


def test_a_session_expires_after_a_year_in_any_case(maria, noon):
    client = browser(maria)
    for _ in range(9):
        noon.shift(40 * DAY)
        assert is_in(client)
    noon.shift(6 * DAY)
    assert not is_in(client)


def test_saving_a_session_does_not_extend_its_year(maria, noon):
    client = browser(maria)
    for _ in range(4):
        noon.shift(80 * DAY)
        session = client.session
        session["note"] = str(timezone.now())
        session.save()
        assert is_in(client)

    assert row(client).expire_date == row(client).created_at + datetime.timedelta(days=365)


def test_visits_are_recorded_every_five_minutes_at_most(maria, noon):
    client = browser(maria)
    counts = []
    for _ in range(8):
        noon.shift(100)
        with CaptureQueriesContext(connection) as made:
            client.get(reverse("accounts:profile"))
        counts.append(len(made))

    assert counts == [1, 1, 1, 2, 1, 1, 1, 2]
    assert row(client).seen_at == timezone.now()


def test_the_page_takes_two_queries_for_any_number_of_sessions(maria, django_assert_num_queries):
    client = browser(maria)
    for _ in range(5):
        browser(maria)

    with django_assert_num_queries(2):
        client.get(PAGE)
