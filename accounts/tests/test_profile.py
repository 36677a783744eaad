import datetime

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects

from accounts.forms import ProfileForm
from accounts.models import User
from accounts.tests.factories import make_person
from logs.tests.factories import make_full_log
from reflections.tests.factories import make_reflection

pytestmark = pytest.mark.thorough_on_sqlite

URL = reverse("accounts:profile")

VALID = {
    "display_name": "Maria L.",
    "timezone": "Asia/Kolkata",
    "week_starts_on": "monday",
    "hour_format": "24",
    "date_format": "dotted",
    "day_ends_at": "0",
    "theme": "dark",
    "screen_lock_minutes": "5",
}


def typed(**changes):
    return VALID | changes


def stored(person, *names) -> list:
    person = User.objects.get(pk=person.pk)
    return [getattr(person, name) for name in names]


def test_the_page_shows_what_is_stored(as_person, person):
    for name, value in VALID.items():
        setattr(person, name, value)
    person.save()

    form = as_person.get(URL).context["form"]

    assert {name: str(form[name].value()) for name in VALID} == VALID


@pytest.mark.parametrize(
    ("name", "sent", "kept"),
    [
        ("display_name", "Maria 😀 مريم", "Maria 😀 مريم"),
        ("display_name", "", ""),
        ("timezone", "Pacific/Kiritimati", "Pacific/Kiritimati"),
        ("timezone", " Europe/Berlin ", "Europe/Berlin"),
        *(("week_starts_on", first, first) for first in User.FirstWeekday.values),
        *(("hour_format", hours, hours) for hours in User.HourFormat.values),
        *(("date_format", form, form) for form in User.DateFormat.values),
        *(("day_ends_at", str(hour), hour) for hour in range(6)),
        *(("theme", theme, theme) for theme in User.Theme.values),
        *(("screen_lock_minutes", str(minutes or ""), minutes) for minutes in User.ScreenLock.values),
    ],
)
def test_every_setting_is_stored(as_person, person, name, sent, kept):
    response = as_person.post(URL, typed(**{name: sent}))

    assertRedirects(response, URL)
    assert stored(person, name) == [kept]


def test_a_message_says_that_the_profile_is_saved(as_person):
    assertContains(as_person.post(URL, VALID, follow=True), "Your profile is saved.")


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("display_name", "x" * 101),
        ("display_name", "a\0b"),
        ("display_name", "a\N{REPLACEMENT CHARACTER}b"),
        ("display_name", "x" * 200_000),
        ("timezone", "Atlantis"),
        ("timezone", "Portland"),
        ("timezone", ""),
        ("hour_format", "13"),
        ("hour_format", ""),
        ("date_format", "Y-m-d"),
        ("date_format", ""),
        ("timezone", "a\0b"),
        ("timezone", "x" * 200_000),
        ("week_starts_on", "tuesday"),
        ("week_starts_on", ""),
        ("day_ends_at", "6"),
        ("day_ends_at", "-1"),
        ("day_ends_at", "four"),
        ("day_ends_at", ""),
        ("day_ends_at", "9" * 5000),
        ("theme", "purple"),
        ("theme", ""),
        ("screen_lock_minutes", "0"),
        ("screen_lock_minutes", "3"),
        ("screen_lock_minutes", "-5"),
        ("screen_lock_minutes", "5.5"),
        ("screen_lock_minutes", "never"),
        ("screen_lock_minutes", "9" * 5000),
    ],
    ids=lambda value: f"{value[:12]} {len(value)}",
)
def test_invalid_values_are_refused_and_nothing_is_stored(as_person, person, name, sent):
    response = as_person.post(URL, typed(**{name: sent}))

    assert list(response.context["form"].errors) == [name]
    assertContains(response, "Not saved yet.")
    assert stored(person, "display_name", "timezone", "theme") == ["", "America/New_York", "system"]
    assert stored(person, "screen_lock_minutes") == [None]


def test_the_form_keeps_what_was_typed(as_person):
    response = as_person.post(URL, typed(timezone="Atlantis", display_name="Maria L."))

    assertContains(response, 'value="Atlantis"')
    assertContains(response, 'value="Maria L."')
    assertContains(response, 'value="monday" id="id_week_starts_on_0" checked')


def test_an_empty_form_gets_errors(as_person):
    response = as_person.post(URL)

    errors = set(response.context["form"].errors)
    assert errors == {"timezone", "week_starts_on", "hour_format", "date_format", "day_ends_at", "theme"}


@pytest.mark.parametrize(
    "more",
    [
        {"is_staff": "on", "is_superuser": "on", "is_active": ""},
        {"username": "root", "username_key": "root", "password": "mine"},
        {"groups": "1", "user_permissions": "1", "id": "1", "pk": "1"},
        {"date_joined": "2001-01-01", "last_login": "2001-01-01"},
    ],
)
def test_only_fields_of_the_form_are_changed(as_person, person, more):
    names = ("is_staff", "is_superuser", "is_active", "username", "username_key", "password", "date_joined", "id")
    before = stored(person, *names)

    as_person.post(URL, typed(**more))

    assert stored(person, *names) == before
    assert stored(person, "theme") == ["dark"]


def test_another_persons_profile_is_not_changed(as_person):
    other = make_person()

    as_person.post(URL, typed(id=other.pk, username=other.username))

    assert stored(other, "display_name", "timezone") == ["", "America/New_York"]


def test_saving_does_not_overwrite_fields_outside_of_the_form(person):
    """While the profile is being saved, an administrator takes rights away and the password is changed."""
    User.objects.filter(pk=person.pk).update(is_staff=True)
    read_before = User.objects.get(pk=person.pk)
    User.objects.filter(pk=person.pk).update(is_staff=False, password="changed elsewhere")
    form = ProfileForm(VALID, instance=read_before)

    assert form.is_valid()
    form.save()

    assert stored(person, "is_staff", "password", "theme") == [False, "changed elsewhere", "dark"]


def test_a_change_of_clock_or_calendar_does_not_move_old_days_and_weeks(as_person, person):
    log = make_full_log(person, datetime.date(2026, 5, 4))
    reflection = make_reflection(person, datetime.date(2026, 5, 3))
    before = (log.morning_completed_at, log.created_at)

    as_person.post(URL, VALID)

    log.refresh_from_db()
    reflection.refresh_from_db()
    assert (log.date, reflection.week_start) == (datetime.date(2026, 5, 4), datetime.date(2026, 5, 3))
    assert (log.morning_completed_at, log.created_at) == before
    assert as_person.get("/logs/2026-05-04/").status_code == 200
    assert as_person.get("/reflections/2026-05-03/").context["reflection"] == reflection


@pytest.mark.parametrize("theme", User.Theme.values)
def test_the_theme_colours_the_next_page(as_person, theme):
    response = as_person.post(URL, typed(theme=theme), follow=True)

    assertContains(response, f'data-theme="{theme}"')


def test_a_refused_profile_does_not_change_the_page(as_person):
    response = as_person.post(URL, typed(theme="dark", timezone="Atlantis", display_name="Another name"))

    assertContains(response, 'data-theme="system"')
    assert "<h1>Another name</h1>" not in response.content.decode()


@pytest.mark.parametrize(("display_name", "heading"), [("Maria L.", "Maria L."), ("", "maria")])
def test_the_page_shows_the_display_name(client, db, display_name, heading):
    client.force_login(make_person(username="maria", display_name=display_name))

    assertContains(client.get(URL), f"<h1>{heading}</h1>", html=True)


@pytest.mark.parametrize(("is_staff", "count"), [(True, 1), (False, 0)])
def test_the_link_to_the_administration_is_shown_to_staff(client, db, is_staff, count):
    client.force_login(make_person(is_staff=is_staff))

    assertContains(client.get(URL), 'href="/admin/"', count=count)


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(as_person, method):
    assert getattr(as_person, method)(URL).status_code == 405


@pytest.mark.parametrize("minutes", [0, 3, -5])
def test_the_database_refuses_other_screen_locks(person, minutes):
    with pytest.raises(IntegrityError, match="user_screen_lock_known"), transaction.atomic():
        User.objects.filter(pk=person.pk).update(screen_lock_minutes=minutes)


@pytest.mark.parametrize("url", [URL, "/", "/admin/", "/nowhere/"])
def test_the_screen_lock_is_off_by_default(client, db, url):
    person = make_person(is_staff=True, is_superuser=True)
    client.force_login(person)
    without = client.get(url).content.decode()
    User.objects.filter(pk=person.pk).update(screen_lock_minutes=10)
    page = client.get(url).content.decode()

    assert "screen-lock" not in without
    assert 'data-screen-lock="10"' in page
    assert 'blocking="render"' in page
