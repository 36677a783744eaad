"""Time zones are found by city or country, however they are spelled."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from hypothesis import given, strategies as st
from pytest_django.asserts import assertContains

from accounts import zones
from accounts.cities import CITIES, COUNTRIES, STATES
from accounts.models import User, timezone_names
from accounts.zone_field import ZoneField
from accounts.zones import cities, find, key_of, similar

pytestmark = pytest.mark.once


def error_of(text: str) -> str:
    with pytest.raises(ValidationError) as caught:
        ZoneField().clean(text)
    return " ".join(caught.value.messages)


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("berlin", "Europe/Berlin"),
        ("  Berlin  ", "Europe/Berlin"),
        ("BERLIN", "Europe/Berlin"),
        ("\u200eBerlin\u200b", "Europe/Berlin"),
        ("Munich", "Europe/Berlin"),
        ("münchen", "Europe/Berlin"),
        ("mu\u0308nchen", "Europe/Berlin"),
        ("Hamburg", "Europe/Berlin"),
        ("Berlin, Germany", "Europe/Berlin"),
        ("Munich,Germany", "Europe/Berlin"),
        ("Boston", "America/New_York"),
        ("Boston, MA", "America/New_York"),
        ("boston, massachusetts", "America/New_York"),
        ("San Francisco", "America/Los_Angeles"),
        ("san-francisco", "America/Los_Angeles"),
        ("Mumbai", "Asia/Kolkata"),
        ("new york", "America/New_York"),
        ("new_york", "America/New_York"),
        ("New York, NY", "America/New_York"),
        ("Portland, OR", "America/Los_Angeles"),
        ("Portland, Maine", "America/New_York"),
        ("St. Louis", "America/Chicago"),
        ("saint louis", "America/Chicago"),
        ("london", "Europe/London"),
        ("London, Ontario", "America/Toronto"),
        ("Paris", "Europe/Paris"),
        ("Kiev", "Europe/Kyiv"),
        ("lodz", "Europe/Warsaw"),
        ("Sao Paulo", "America/Sao_Paulo"),
        ("Germany", "Europe/Berlin"),
        ("deutschland", "Europe/Berlin"),
        ("UK", "Europe/London"),
        ("Japan", "Asia/Tokyo"),
        ("EST", "EST"),
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("america/new york", "America/New_York"),
        ("Asia/Calcutta", "Asia/Calcutta"),
        ("utc", "UTC"),
    ],
)
def test_a_zone_is_found_by_what_people_type(text, zone):
    assert ZoneField().clean(text) == zone


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Portland", ["Portland, Maine", "Portland, Oregon"]),
        ("birmingham", ["Birmingham, Alabama", "Birmingham, England"]),
        ("San José", ["San Jose, California", "San José, Costa Rica"]),
        ("Cordoba", ["Córdoba, Argentina", "Córdoba, Spain"]),
        ("Spain", ["Madrid", "Canary"]),
    ],
)
def test_several_places_of_different_zones_are_offered(text, names):
    error = error_of(text)

    assert "several places" in error
    assert [name for name in names if f"“{name}”" not in error] == []
    assert all(len(find(name)) == 1 for name in names)


def test_a_country_of_many_zones_offers_some_cities():
    error = error_of("USA")

    assert "“New York”" in error and "another city near you" in error
    assert error.count("“") == zones.MOST_OFFERED


@pytest.mark.parametrize(
    ("text", "name"),
    [("Hamberg", "Hamburg"), ("Frankf", "Frankfurt"), ("Berlim", "Berlin"), ("Georgia", "Atlanta, Georgia")],
)
def test_similar_names_are_offered_for_an_unknown_one(text, name):
    assert f"We don't know “{text}”. Do you mean" in error_of(text)
    assert f"“{name}”" in error_of(text)


@pytest.mark.parametrize("text", ["Middle Earth", "東京", "?", "../../etc/passwd", "qq"])
def test_an_unknown_name_without_a_similar_one_says_what_to_do(text):
    assert error_of(text) == f"We don't know “{text}”. Type a larger city that has the same time, such as Berlin."


@pytest.mark.parametrize("text", ["Paris, Texas", "Berlin, France", "Boston, England"])
def test_a_city_of_another_region_is_not_taken_for_the_known_one(text):
    assert find(text) == []


@pytest.mark.parametrize("text", ["est", "cet", "Georgia", "Texas", ""])
def test_what_has_several_zones_is_no_guess(text):
    """An abbreviation is another zone in summer; a state may have two."""
    assert find(text) == []


@given(st.text(max_size=100))
def test_any_text_is_answered(text):
    for place in find(text):
        assert place.zone in timezone_names()
    assert len(similar(text)) <= zones.MOST_OFFERED


def test_a_long_text_is_refused_before_it_is_looked_up(monkeypatch):
    monkeypatch.setattr(zones, "find", None)

    assert "64" in error_of("\u0301" * 200_000)


# The table


def test_each_zone_of_the_table_exists_and_its_cities_are_sorted():
    assert [*CITIES] == sorted(CITIES)
    assert [*COUNTRIES] == sorted(COUNTRIES) and [*STATES] == sorted(STATES)
    assert set(CITIES) <= set(timezone_names())
    for names in CITIES.values():
        assert names.split(" | ") == sorted(names.split(" | "), key=key_of)


def test_each_city_is_in_the_table_once():
    names = [name for names in CITIES.values() for name in names.split(" | ")]

    assert len(names) == len(set(map(key_of, names))) > 400


def test_each_city_offered_leads_to_its_own_zone():
    assert [place for place in cities() if [each.zone for each in find(place.name)] != [place.zone]] == []


def test_the_zone_of_every_country_is_offered():
    offered = {place.zone for place in cities()}

    assert [zone for listed in zones.zones_by_country().values() for zone in listed if zone not in offered] == []


def test_clocks_that_are_the_same_all_year_are_one_place():
    now = datetime.datetime(2026, 7, 1, tzinfo=datetime.UTC)

    assert ZoneInfo("Europe/Busingen").utcoffset(now) == ZoneInfo("Europe/Berlin").utcoffset(now)
    assert [place.zone for place in find("germany")] == ["Europe/Berlin"]


# On the pages


@pytest.mark.parametrize("typed", ["berlin", "Munich", "hamburg, germany"])
def test_a_city_is_stored_as_its_zone(as_person, person, typed):
    settings = {"week_starts_on": "monday", "hour_format": "24", "date_format": "iso", "theme": "dark"}

    as_person.post(reverse("accounts:profile"), settings | {"day_ends_at": "4", "timezone": typed})

    assert User.objects.get(pk=person.pk).timezone == "Europe/Berlin"


def test_an_error_names_the_choices(as_person):
    response = as_person.post(reverse("accounts:profile"), {"timezone": "Portland"})

    assertContains(response, "“Portland, Maine” or “Portland, Oregon”")
