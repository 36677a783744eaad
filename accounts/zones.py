"""Time zones as people name them: a city, a country or the name of the zone, however it is spelled.

The zones, their countries and the names of the countries are in the files that IANA publishes with the time zones.
"""

import datetime
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.cities import CITIES, COUNTRIES, STATES
from accounts.models.clock import timezone_names
from brainlog.forms import INVISIBLE

MAX_LENGTH = 64  # characters of a name
MOST_OFFERED = 5
LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "_": " ", "-": " ", "’": "", "'": "", ".": ""})


@dataclass(frozen=True, order=True)
class Place:
    """A city or a country, as pages write it, and its time zone."""

    name: str
    zone: str


def key_of(name: str) -> str:
    """What spellings of one name have in common: no case, no accents, no signs, `St.` as `Saint`."""
    letters = unicodedata.normalize("NFKD", INVISIBLE.sub("", name[:MAX_LENGTH]).casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter)).translate(LETTERS)
    return " ".join("saint" if word == "st" else word for word in plain.split())


def table(name: str) -> list[list[str]]:
    """The rows of one of the files that IANA publishes, in columns."""
    text = files("tzdata").joinpath("zoneinfo", name).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]


@cache
def zones_by_country() -> dict[str, list[str]]:
    """The zones of each country, by its ISO code."""
    zones, known = defaultdict(list), set(timezone_names())
    for code, _coordinates, zone, *_comment in table("zone.tab"):
        if zone in known:
            zones[code].append(zone)
    return zones


@cache
def zones_by_key() -> dict[str, str]:
    """The names of zones without regard to case; none of abbreviations such as EST, which are other zones in summer."""
    return {key_of(zone): zone for zone in timezone_names() if "/" in zone or zone == "UTC"}


@cache
def country_codes() -> dict[str, str]:
    """The code of each country, by the key of each of its names."""
    codes = {key_of(name): code for code, name in table("iso3166.tab")}
    return codes | {key_of(name): code for code, names in COUNTRIES.items() for name in names.split(" | ")}


def named_as_zone(zone: str) -> Place:
    return Place(zone.rpartition("/")[2].replace("_", " "), zone)


@cache
def cities() -> tuple[Place, ...]:
    """The cities that pages offer, sorted."""
    listed = [Place(name, zone) for zone, names in CITIES.items() for name in names.split(" | ")]
    are_listed = {key_of(name) for place in listed for name in (place.name, place.name.partition(",")[0])}
    named_as_zones = [
        Place(zone.rpartition("/")[2].replace("_", " "), zone)
        for zones in zones_by_country().values()
        for zone in zones
    ]
    others = [place for place in named_as_zones if key_of(place.name) not in are_listed]
    return tuple(sorted([*listed, *others, Place("UTC", "UTC")], key=lambda place: key_of(place.name)))


@cache
def places_by_key() -> dict[str, list[Place]]:
    """The cities of each name, in full or without what follows the comma."""
    places = defaultdict(list)
    for place in cities():
        short = key_of(place.name.partition(",")[0])
        for key in {key_of(place.name), short}:
            places[key].append(place)
    # A name without a comma is the best-known city of that name.
    return {key: [each for each in found if "," not in each.name] or found for key, found in places.items()}


def find(text: str) -> list[Place]:
    """The places that the text can mean, of different zones: none, one, or several to choose from."""
    text = " ".join(text.split())
    if zone := zones_by_key().get(key_of(text)):
        return [Place(zone, zone)]
    # Last, a former name of a zone, such as Eire or EST.
    former = [Place(text, text)] if text in timezone_names() else []
    return different_zones(cities_named(text) or zones_of_country(text)) or former


def cities_named(text: str) -> list[Place]:
    """The cities of this name. What follows a comma has to fit: a state of the United States, or the country."""
    name, _comma, region = (part.strip() for part in text.partition(","))
    region = STATES.get(region.replace(".", "").upper(), region)
    if found := places_by_key().get(key_of(f"{name}, {region}" if region else name)):
        return found
    zones = zones_by_country().get(country_codes().get(key_of(region), ""), [])
    return [place for place in places_by_key().get(key_of(name), []) if place.zone in zones] if region else []


def zones_of_country(text: str) -> list[Place]:
    """The zones of the country of this name, called by their cities. Georgia is a state, too."""
    if key_of(text) in map(key_of, STATES.values()):
        return []
    zones = zones_by_country().get(country_codes().get(key_of(text), ""), [])
    return [named_as_zone(zone) for zone in zones]


def different_zones(places: Iterable[Place]) -> list[Place]:
    """The places without those whose clocks are the same all year as those of one before."""
    found: dict[tuple, Place] = {}
    for place in places:
        found.setdefault(offsets_of(place.zone), place)
    return list(found.values())


@cache
def offsets_of(zone: str) -> tuple:
    """The offsets from UTC in the weeks of the year that begins now."""
    now = timezone.now()
    return tuple((now + datetime.timedelta(weeks=week)).astimezone(ZoneInfo(zone)).utcoffset() for week in range(52))


def similar(text: str) -> list[str]:
    """Names of cities like this one, or in the region of this name, the most similar first."""
    key, places = key_of(text), places_by_key()
    begun = sorted(each for each in places if each.startswith(key)) if len(key) > 2 else []
    in_region = [place.name for place in cities() if key and key == key_of(place.name.partition(",")[2])]
    close = get_close_matches(key, places, n=3, cutoff=0.75)
    names = [place.name for each in [*begun[:MOST_OFFERED], *close] for place in places[each]]
    return list(dict.fromkeys([*in_region[:MOST_OFFERED], *names]))[:MOST_OFFERED]
