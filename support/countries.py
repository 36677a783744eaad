"""Countries of help lines: their names, and which one a person is probably in."""

from functools import cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation.trans_real import parse_accept_lang_header

from accounts.zones import table, zones_by_country

# Instead of a country's code: lines that all of these share.
EU = "EU"
IN_THE_EU = frozenset(
    (
        *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
        *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
    )
)


@cache
def names() -> dict[str, str]:
    """The name of each country by its ISO code, as IANA publishes it with the time zones; with the European Union."""
    return {code: name for code, name in table("iso3166.tab")} | {EU: _("European Union, all countries")}


def validate_country(code: str):
    """Raise ValidationError for a code that no country has."""
    if code not in names():
        raise ValidationError(_("Choose a country from the list."), code="unknown_country")


@cache
def country_of_zone(zone: str) -> str | None:
    """The code of the country that a time zone is named after. None for UTC and for former names."""
    return next((code for code, zones in zones_by_country().items() if zone in zones), None)


def country_of_languages(header: str) -> str | None:
    """The code of the first country that a header Accept-Language names, such as US for `en-US`."""
    tags = [part.upper() for tag, _priority in parse_accept_lang_header(header[:500]) for part in tag.split("-")[1:]]
    return next((tag for tag in tags if tag in names() and tag != EU), None)


def probable_country(request) -> str | None:
    """The country of the person's time zone or, for a visitor, of the browser's language."""
    if request.user.is_authenticated:
        return country_of_zone(request.user.timezone)
    return country_of_languages(request.headers.get("Accept-Language", ""))
