"""Hours of a day as people write them: `7.5`, `7:20`, `7h30`, `7 1/2`, `450 min`, `23:30-7`. Pure functions.

`+` adds them up, for a night in parts: `4 h + 2:30`, `23-3 + 5-7`.

Two digits after a point or comma are minutes if they are below 60 and no quarter: 7.30 is half past seven, 7.5 and 7.50
are seven and a half. The length of a stretch such as `23:30-7` is that on the clock's face; in a night in which the
clocks change, the hours can be written instead.
"""

import re
from decimal import Decimal
from fractions import Fraction

QUARTER = Decimal("0.25")
# Characters. What is longer is not read.
LONGEST = 60

HOUR = r"(?:h|hr|hrs|hour|hours|std|stunde|stunden|heure|heures)\.?"
MINUTE = r"(?:m|min|mins|minute|minutes|minuten)\.?"
NUMBER = re.compile(rf"(?P<hours>[0-9]{{0,2}})(?:[.,](?P<digits>[0-9]{{0,6}}))?(?: ?{HOUR})?")
PARTS = re.compile(
    rf"(?P<hours>[0-9]{{1,2}})(?: ?: ?(?P<clock>[0-5][0-9])(?: ?{HOUR})?"
    rf"| ?{HOUR}(?: ?(?:and )?(?P<minutes>[0-5]?[0-9])(?: ?{MINUTE})?)?)"
)
MINUTES = re.compile(rf"(?P<minutes>[0-9]{{1,4}}) ?{MINUTE}")
FRACTION = re.compile(rf"(?:(?P<hours>[0-9]{{1,2}})(?: and | ?- ?| ))?(?P<part>[123])/(?P<of>[234])(?: ?{HOUR})?")
TIME = r"(?:[0-9]{4}|[0-9]{1,2}(?:[:.][0-5][0-9]| ?h(?: ?[0-5][0-9])?)?)(?: ?[ap]\.?(?:m\.?)?| ?uhr)?"
STRETCH = re.compile(rf"(?:from |de )?(?P<first>{TIME}) ?(?:-|–|—|−|->|→|to|until|till|bis|à) ?(?P<last>{TIME})")
CLOCK = re.compile(r"(?P<hour>[0-9]{1,2}?)(?:[:.]| ?h ?)?(?P<minute>[0-5][0-9])? ?(?:(?P<half>[ap])\.?(?:m\.?)?|uhr)?")
WORDS = {
    "½": " 1/2",
    "¼": " 1/4",
    "¾": " 3/4",
    "⅓": " 1/3",
    "⅔": " 2/3",
    "a half": "1/2",
    "a quarter": "1/4",
    "midnight": "12am",
    "noon": "12pm",
    "minuit": "12am",
    "midi": "12pm",
}
DAY, HALF_DAY = 24 * 60, 12 * 60  # minutes


class UnreadableError(Exception):
    """The text says no number of hours."""


class AmbiguousError(Exception):
    """`7-8` may be from seven to eight o'clock, or seven to eight hours."""


class TooLongError(Exception):
    """More hours than a day has."""


def hours_in(text: str) -> Decimal:
    """The hours that a text says, to the nearest quarter. Raises UnreadableError, AmbiguousError, TooLongError."""
    if len(text) > LONGEST:
        raise UnreadableError
    text = text.lower()
    for word, meaning in WORDS.items():
        text = text.replace(word, meaning)
    minutes = sum(minutes_in(" ".join(part.split())) for part in text.split("+"))
    if minutes > DAY:
        raise TooLongError
    return (int(minutes / 15 + Fraction(1, 2)) * QUARTER).quantize(Decimal("0.01"))


def minutes_in(text: str) -> Fraction | int:
    """The minutes that a text in lower case says, exactly."""
    if match := PARTS.fullmatch(text):
        return int(match["hours"]) * 60 + int(match["clock"] or match["minutes"] or 0)
    if match := MINUTES.fullmatch(text):
        return int(match["minutes"])
    if match := FRACTION.fullmatch(text):
        return (int(match["hours"] or 0) + Fraction(int(match["part"]), int(match["of"]))) * 60
    if match := STRETCH.fullmatch(text):
        return minutes_between(match["first"], match["last"])
    match = NUMBER.fullmatch(text)
    if not match or not (match["hours"] or match["digits"]):
        raise UnreadableError
    hours, digits = match["hours"] or "0", match["digits"] or "0"
    if len(digits) == 2 and int(digits) < 60 and int(digits) % 25:
        return int(hours) * 60 + int(digits)
    return Fraction(f"{hours}.{digits}") * 60


def minutes_between(first: str, last: str) -> int:
    """How long it is from one time to another, over midnight if need be.

    Without a.m. or p.m., a time up to 12 may be of either half of the day. It is read by a clock of 24 hours if the
    other time is, or if that makes no more than twelve hours; otherwise the stretch is the shorter one: 11-7 is eight.
    """
    (start, start_is_open, is_24), (end, end_is_open, is_24_too) = clock_time(first), clock_time(last)
    if is_24 or is_24_too or not (start_is_open or end_is_open):
        length = (end - start) % DAY
    elif start_is_open and end_is_open:
        if first.isdigit() and last.rstrip(" h").isdigit() and 0 < end - start <= 3 * 60:
            raise AmbiguousError
        length = (end - start) % DAY
        if not 0 < length <= HALF_DAY:
            length = (end - start) % HALF_DAY
    else:
        length = (end - start) % HALF_DAY or HALF_DAY
    if not length:
        raise UnreadableError
    return length


def clock_time(text: str) -> tuple[int, bool, bool]:
    """A time of day: minutes since midnight, whether it may be of either half of the day, whether it is 24-hour."""
    match = CLOCK.fullmatch(text)
    if not match:
        raise UnreadableError
    hour, minute, half = int(match["hour"]), int(match["minute"] or 0), match["half"]
    if half and not 1 <= hour <= 12 or hour * 60 + minute > DAY:
        raise UnreadableError
    if half:
        return hour % 12 * 60 + minute + HALF_DAY * (half == "p"), False, False
    is_24 = not 1 <= hour <= 12 or match["hour"].startswith("0")
    return (hour * 60 + minute) % DAY, not is_24, is_24
