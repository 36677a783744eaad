import datetime
import sys

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import assume, given, strategies as st

from accounts.models import DEFAULT_TIMEZONE, User, timezone_names, validate_timezone
from accounts.tests.factories import make_person

SUNDAY, MONDAY = User.FirstWeekday.SUNDAY, User.FirstWeekday.MONDAY


def utc(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(f"{text}+00:00")


def date(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


def test_the_factory_makes_a_valid_person(db):
    person = make_person()

    person.full_clean()
    assert person.pk


# Names


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20))
def test_making_a_username_key_is_idempotent(name):
    assert User.make_username_key(User.make_username_key(name)) == User.make_username_key(name)


@given(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20))
def test_a_name_in_capitals_has_the_same_key(name):
    assume("ı" not in name)  # the Turkish i without a dot is another letter, but has the same capital

    assert User.make_username_key(name.upper().lower()) == User.make_username_key(User.normalize_username(name))


def test_the_key_of_the_longest_name_fits_its_column():
    letters = {User.normalize_username(chr(code)) for code in range(sys.maxunicode + 1)} - {""}

    growth = max(len(User.make_username_key(letter)) / len(letter) for letter in letters)

    assert growth > 1
    assert growth * User._meta.get_field("username").max_length <= User._meta.get_field("username_key").max_length


@pytest.mark.parametrize("spelling", ["maria", "MARIA", " Maria "])
def test_a_person_is_found_however_the_name_is_written(db, spelling):
    person = make_person(username="Maria")

    assert User.objects.get_by_natural_key(spelling) == person


def test_the_database_refuses_two_spellings_of_one_name(db):
    make_person(username="Ünal")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_person(username="ünal")


def test_every_form_reports_a_taken_name(db):
    make_person(username="Ünal")

    with pytest.raises(ValidationError) as refusal:
        User(username="ünal", password="!").validate_unique()
    assert refusal.value.message_dict == {"username": ["This name is taken. Please choose another."]}


def test_a_person_may_change_how_their_own_name_is_written(db):
    person = make_person(username="Ünal")
    person.username = "ünal"

    person.validate_unique()
    person.save(update_fields=["username"])

    assert User.objects.get(username="ünal").username_key == "ünal"


def test_a_new_name_changes_the_key_even_if_only_the_name_is_saved(db):
    person = make_person(username="maria")
    person.username = "Mario"

    person.save(update_fields=["username"])

    assert User.objects.get_by_natural_key("mario") == person


@pytest.mark.parametrize(("display_name", "called"), [("Maria L.", "Maria L."), ("", "maria")])
def test_the_display_name_is_preferred_to_the_username(display_name, called):
    person = User(username="maria", display_name=display_name)

    assert (person.get_full_name(), person.get_short_name()) == (called, called)


# The day


@pytest.mark.parametrize(
    ("zone", "day_ends_at", "now", "today"),
    [
        ("UTC", 4, "2026-05-04T23:30", "2026-05-04"),
        ("UTC", 4, "2026-05-05T00:30", "2026-05-04"),
        ("UTC", 4, "2026-05-05T03:59", "2026-05-04"),
        ("UTC", 4, "2026-05-05T04:00", "2026-05-05"),
        ("UTC", 0, "2026-05-04T23:59", "2026-05-04"),
        ("UTC", 0, "2026-05-05T00:00", "2026-05-05"),
        ("UTC", 5, "2026-05-05T04:59", "2026-05-04"),
        ("UTC", 4, "2027-01-01T03:59", "2026-12-31"),
        ("UTC", 4, "2028-03-01T03:59", "2028-02-29"),
        ("America/New_York", 4, "2026-05-05T07:59", "2026-05-04"),
        ("America/New_York", 4, "2026-05-05T08:00", "2026-05-05"),
        ("Asia/Kolkata", 4, "2026-05-04T22:29", "2026-05-04"),
        ("Asia/Kolkata", 4, "2026-05-04T22:30", "2026-05-05"),
        ("Pacific/Kiritimati", 4, "2026-05-04T14:00", "2026-05-05"),
        ("Pacific/Niue", 4, "2026-05-04T14:59", "2026-05-03"),
        # Clocks go forward: one to three o'clock is one hour.
        ("America/New_York", 4, "2026-03-08T06:59", "2026-03-07"),
        ("America/New_York", 4, "2026-03-08T07:59", "2026-03-07"),
        ("America/New_York", 4, "2026-03-08T08:00", "2026-03-08"),
        # Clocks go back: one o'clock comes twice, four o'clock an hour of sleep later.
        ("America/New_York", 4, "2026-11-01T08:59", "2026-10-31"),
        ("America/New_York", 4, "2026-11-01T09:00", "2026-11-01"),
        ("America/New_York", 1, "2026-11-01T05:30", "2026-11-01"),
        ("America/New_York", 1, "2026-11-01T06:30", "2026-11-01"),
    ],
)
def test_today_follows_the_persons_clock_and_day_end(zone, day_ends_at, now, today):
    person = User(timezone=zone, day_ends_at=day_ends_at)

    assert person.today(utc(now)) == date(today)


def test_today_defaults_to_the_current_time(time_machine):
    time_machine.move_to(utc("2026-05-05T03:00"), tick=False)

    assert User(timezone="UTC").today() == date("2026-05-04")


# The week


@pytest.mark.parametrize(
    ("day", "from_sunday", "from_monday"),
    [
        ("2026-05-02", "2026-04-26", "2026-04-27"),  # a Saturday
        ("2026-05-03", "2026-05-03", "2026-04-27"),  # a Sunday
        ("2026-05-04", "2026-05-03", "2026-05-04"),  # a Monday
        ("2026-05-09", "2026-05-03", "2026-05-04"),
        ("2026-12-31", "2026-12-27", "2026-12-28"),
        ("2027-01-01", "2026-12-27", "2026-12-28"),
        ("2027-01-02", "2026-12-27", "2026-12-28"),
        ("2027-01-03", "2027-01-03", "2026-12-28"),
        ("2024-02-29", "2024-02-25", "2024-02-26"),
        ("2022-12-31", "2022-12-25", "2022-12-26"),
        ("2023-01-01", "2023-01-01", "2022-12-26"),
    ],
)
def test_the_week_starts_on_the_persons_first_weekday(day, from_sunday, from_monday):
    weeks = [User(week_starts_on=first).week_of(date(day)) for first in (SUNDAY, MONDAY)]

    assert weeks == [date(from_sunday), date(from_monday)]


@given(day=st.dates(date("1900-01-08"), date("9998-12-31")), first=st.sampled_from(User.FirstWeekday.values))
def test_every_day_is_in_its_week(day, first):
    person = User(week_starts_on=first)
    week = person.week_of(day)

    assert week.strftime("%A").lower() == first
    assert datetime.timedelta(0) <= day - week < datetime.timedelta(7)
    assert person.week_of(week) == week


# Time zones


def test_every_offered_time_zone_is_valid():
    for name in timezone_names():
        validate_timezone(name)

    assert tuple(User(timezone=name).zone.key for name in timezone_names()) == timezone_names()


@pytest.mark.parametrize("gone", ["Europe/Atlantis", "", "../../etc/passwd", "America", "a\0b", "x" * 3000])
def test_pages_open_when_the_time_zone_is_missing_on_the_server(client, db, gone):
    person = make_person()
    User.objects.filter(pk=person.pk).update(timezone=gone.replace("\0", "")[:64])
    client.force_login(person)

    assert User(timezone=gone).zone.key == DEFAULT_TIMEZONE
    for page in ("/", "/accounts/profile/", "/logs/", "/reflections/"):
        assert client.get(page).status_code == 200


# What the database refuses


@pytest.mark.parametrize(
    "nonsense",
    [
        *({"day_ends_at": 6}, {"day_ends_at": -1}, {"theme": "purple"}, {"week_starts_on": "friday"}),
        *({"hour_format": "13"}, {"hour_format": ""}, {"date_format": "Y-m-d"}, {"date_format": ""}),
    ],
    ids=str,
)
def test_the_database_refuses_invalid_values(db, nonsense):
    person = make_person()

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=person.pk).update(**nonsense)


@pytest.mark.parametrize(
    "sense",
    [
        *({"day_ends_at": hour} for hour in range(User.LATEST_DAY_END + 1)),
        *({"theme": theme} for theme in User.Theme.values),
        *({"week_starts_on": first} for first in User.FirstWeekday.values),
        *({"hour_format": hours} for hours in User.HourFormat.values),
        *({"date_format": form} for form in User.DateFormat.values),
    ],
    ids=str,
)
def test_the_database_accepts_the_values_of_the_form(db, sense):
    person = make_person()

    assert User.objects.filter(pk=person.pk, **sense).exists() or User.objects.filter(pk=person.pk).update(**sense)
