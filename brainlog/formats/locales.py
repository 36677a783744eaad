"""What is usual where a browser's language is from: 12 or 24 hours, the form of dates, the first day of the week.

From the Unicode CLDR, version 48: week data and time data by territory, dates by language ("medium"), and the likely
territory of a language without one. brainlog/tests/browser/test_locales.py compares it with the CLDR in Chromium.
"""

from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation.trans_real import parse_accept_lang_header

from brainlog.formats import Formats


def codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Territories where the clock of most people has 12 hours. In all others it has 24.
TWELVE_HOURS = codes(
    "001 AE AG AL AR AS AU BB BD BH BM BN BS BT CA CL CO CR CU CY DJ DM DO DZ EC EG EH ER ET FJ FM GD GH GM GR GT GU "
    "GY HK HN IN IQ JM JO KH KI KN KP KR KW KY LB LC LR LS LY MH MO MP MR MW MX MY NA NI NZ OM PA PE PG PH PK PR PS "
    "PW PY QA SA SB SD SG SL SO SS SV SY SZ TC TD TN TO TT TW UM US UY VC VE VG VI VU WS YE ZM"
)
# Canada has both clocks.
TWENTY_FOUR_HOURS_TAGS = codes("fr-ca")
# Territories where calendars begin the week on another day than Monday.
SUNDAY = codes(
    "AG AS BD BR BS BT BW BZ CA CO DM DO ET GT GU HK HN ID IL IN IS JM JP KE KH KR LA MH MM MO MT MX MZ NI NP PA PE "
    "PH PK PR PT PY SA SG SV TH TT TW UM US VE VI WS YE ZA ZW"
)
SATURDAY = codes("AF BH DJ DZ EG IQ IR JO KW LY OM QA SD SY")

# The form of dates, of those in brainlog.formats that is nearest. In all other languages the day comes first.
DATE_FORMATS = {
    "month-first": codes("ee fil kn ks om or xh zu"),
    "dotted": codes("bg cs de fi fo gsw sk sr"),
    "iso": codes("eu hu ja ko lt ml mn ne zh"),
}
# English, with a territory, puts the month first only here.
ENGLISH_MONTH_FIRST = codes("AS BI CA GU JP MH MP PH PR UM US VI")

# The likely territory of a language, where it is one of those above.
TERRITORIES = {
    "af": "ZA", "am": "ET", "ar": "EG", "as": "IN", "bn": "BD", "ckb": "IQ", "dz": "BT", "el": "GR", "en": "US",
    "fa": "IR", "fil": "PH", "gu": "IN", "haw": "US", "he": "IL", "hi": "IN", "id": "ID", "is": "IS", "ja": "JP",
    "kn": "IN", "km": "KH", "ko": "KR", "kok": "IN", "ks": "IN", "lo": "LA", "ml": "IN", "mr": "IN", "ms": "MY",
    "mt": "MT", "my": "MM", "ne": "NP", "om": "ET", "or": "IN", "pa": "IN", "ps": "AF", "pt": "BR", "so": "SO",
    "sq": "AL", "st": "ZA", "ta": "IN", "te": "IN", "th": "TH", "ti": "ET", "ur": "PK", "xh": "ZA", "zu": "ZA",
}  # fmt: skip


@dataclass(frozen=True)
class Conventions:
    """What is usual in a place."""

    formats: Formats
    week_starts_on: str


@lru_cache(maxsize=1000)
def conventions_of(accept_language: str) -> Conventions:
    """What the first language of this header suggests; without one, what is usual in the United States."""
    tags = [tag for tag, _priority in parse_accept_lang_header(accept_language) if tag != "*"]
    tag = tags[0] if tags else "en-us"
    language, *more = tag.split("-")
    places = (each.upper() for each in more if len(each) == 2 or each.isdecimal())  # 419 is Latin America.
    territory = next(places, TERRITORIES.get(language, ""))
    date_format = next((name for name, languages in DATE_FORMATS.items() if language in languages), "day-first")
    if language == "en" and territory in ENGLISH_MONTH_FIRST:
        date_format = "month-first"
    has_twelve = territory in TWELVE_HOURS and tag not in TWENTY_FOUR_HOURS_TAGS
    week_starts_on = "sunday" if territory in SUNDAY else "saturday" if territory in SATURDAY else "monday"
    return Conventions(Formats(date_format, "12" if has_twelve else "24"), week_starts_on)


def conventions_for(request) -> Conventions:
    """What the browser that sent this request suggests."""
    return conventions_of(request.headers.get("Accept-Language", "")[:500])
