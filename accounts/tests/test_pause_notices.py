"""Reminders, notices and hints can be paused at once."""

import datetime

import pytest
import time_machine
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import User
from personal_data.export_tables import profile

pytestmark = pytest.mark.once

PROFILE, PAUSE = reverse("accounts:profile"), reverse("accounts:pause_notices")
NOW = datetime.datetime(2026, 5, 4, 16, 0, tzinfo=datetime.UTC)  # noon in New York
TODAY = datetime.date(2026, 5, 4)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def until(person) -> datetime.date | None:
    return User.objects.get(pk=person.pk).notices_paused_until


@pytest.mark.parametrize(
    ("pause", "day", "text"),
    [
        ("day", datetime.date(2026, 5, 5), "Notices and hints are paused until May 5, 2026."),
        ("week", datetime.date(2026, 5, 11), "Notices and hints are paused until May 11, 2026."),
        ("month", datetime.date(2026, 6, 3), "Notices and hints are paused until Jun 3, 2026."),
        ("good", datetime.date.max, "Notices and hints are paused for good."),
    ],
)
def test_notices_are_paused_and_the_page_says_until_when(as_person, person, pause, day, text):
    response = as_person.post(PAUSE, {"pause": pause}, follow=True)

    assert until(person) == day
    assertRedirects(response, PROFILE)
    assertContains(response, text, count=2)  # in the message, and in the section
    assertContains(response, "Show them again")
    assertNotContains(response, "For a week")


def test_a_pause_ends_with_the_persons_own_day(as_person, person, clock):
    as_person.post(PAUSE, {"pause": "day"})
    person = User.objects.get(pk=person.pk)
    last_hour = datetime.datetime(2026, 5, 5, 7, 59, tzinfo=datetime.UTC)  # 3:59 a.m.; the day ends at four

    clock.move_to(last_hour)
    assert person.are_notices_paused
    clock.move_to(last_hour + datetime.timedelta(minutes=1))
    assert not person.are_notices_paused
    assertContains(as_person.get(PROFILE), "For a week")


def test_notices_come_back_when_asked_for(as_person, person):
    as_person.post(PAUSE, {"pause": "good"})

    response = as_person.post(PAUSE, {"pause": "resume"}, follow=True)

    assert until(person) is None
    assertContains(response, "Notices and hints are shown again.")
    assertContains(response, "For good")


@pytest.mark.parametrize("pause", ["", "year", "9999-12-31", "x" * 60_000])
def test_another_time_is_refused(as_person, person, pause):
    response = as_person.post(PAUSE, {"pause": pause}, follow=True)

    assertContains(response, "Please choose for how long.")
    assert until(person) is None


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_other_methods_are_refused(as_person, method):
    assert getattr(as_person, method)(PAUSE).status_code == 405


def test_the_question_about_the_zone_is_paused_too(as_person):
    assertContains(as_person.get("/"), "data-zone-question")

    as_person.post(PAUSE, {"pause": "week"})

    assertNotContains(as_person.get("/"), "data-zone-question")


def test_what_a_person_must_know_is_not_paused(as_person, person):
    as_person.post(PAUSE, {"pause": "good"})
    check_in = reverse("logs:check_in", args=[TODAY, "midday"])

    assertContains(as_person.post(check_in, {"focus_level": "11"}), "Not saved yet.")
    assertContains(as_person.get(check_in), "data-draft-offer")
    assertContains(as_person.post(check_in, {"focus_level": "5"}, follow=True), "Midday saved")


def test_the_pause_is_in_the_download(person):
    person.notices_paused_until = TODAY

    assert profile(person)["notices_paused_until"] == TODAY


def test_saving_the_profile_leaves_the_pause(as_person, person):
    as_person.post(PAUSE, {"pause": "week"})
    settings = {"timezone": "UTC", "week_starts_on": "monday", "hour_format": "24", "date_format": "iso"}

    assert as_person.post(PROFILE, settings | {"theme": "dark", "day_ends_at": "4"}).status_code == 302

    assert until(person) == datetime.date(2026, 5, 11)
