"""Hours as people write them."""

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from logs.hours import AmbiguousError, TooLongError, UnreadableError, hours_in

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        # A number.
        ("7", "7"),
        ("7.5", "7.5"),
        ("7,5", "7.5"),
        ("07.50", "7.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("7,000", "7"),
        ("7.5 h", "7.5"),
        ("7 hours", "7"),
        ("7 1/2", "7.5"),
        ("7-1/2", "7.5"),
        ("7½", "7.5"),
        ("7 ½ h", "7.5"),
        ("¾", "0.75"),
        ("7 and a half hours", "7.5"),
        ("6⅔", "6.75"),
        # Two digits after a point or comma: minutes, unless they are a quarter or 60 and more.
        ("7.00", "7"),
        ("7.25", "7.25"),
        ("7,50", "7.5"),
        ("7.75", "7.75"),
        ("7.30", "7.5"),
        ("7,15", "7.25"),
        ("7.45", "7.75"),
        ("7.05", "7"),
        ("7.60", "7.5"),
        ("7.80", "7.75"),
        # Hours and minutes.
        ("7:15", "7.25"),
        ("7:30", "7.5"),
        ("0:00", "0"),
        ("24:00", "24"),
        ("7 : 30", "7.5"),
        ("7h", "7"),
        ("7h30", "7.5"),
        ("7 h 30 min", "7.5"),
        ("7 hours and 30 minutes", "7.5"),
        ("7 hrs. 15", "7.25"),
        ("7 Std. 30 Min.", "7.5"),
        ("7H5", "7"),
        ("450 min", "7.5"),
        ("1440 minutes", "24"),
        # To the nearest quarter, and up from the middle.
        ("7:20", "7.25"),
        ("7:07", "7"),
        ("7:08", "7.25"),
        ("7.125", "7.25"),
        ("7.3", "7.25"),
        ("7.4", "7.5"),
        ("23:55", "24"),
        # From one time to another.
        ("23:30-7", "7.5"),
        ("23:30 – 7", "7.5"),
        ("23:30—7:00", "7.5"),
        ("23:30 to 7", "7.5"),
        ("from 23:30 until 7:15", "7.75"),
        ("23.30-7.15", "7.75"),
        ("23h30-7h", "7.5"),
        ("2330-0700", "7.5"),
        ("11:30pm-7am", "7.5"),
        ("11:30 p.m. – 7 a.m.", "7.5"),
        ("11p-7a", "8"),
        ("12am-8am", "8"),
        ("12pm-2pm", "2"),
        ("midnight to 8", "8"),
        ("10 pm to noon", "14"),
        ("24:00-8", "8"),
        ("0:30-8", "7.5"),
        ("22-12", "14"),
        ("8 h 30 – 15 h", "6.5"),
        ("23 h 30 - 7 h", "7.5"),
        ("de 23h30 à 7h15", "7.75"),
        ("23:30 → 7:00", "7.5"),
        ("23:30 -> 7:00", "7.5"),
        ("minuit à 8 h", "8"),
        ("7 heures 30", "7.5"),
        # A night in parts.
        ("4 + 3", "7"),
        ("4 h + 2 h 30", "6.5"),
        ("23:00-3:00 + 5:00-7:30", "6.5"),
        ("8 h 30 – 13 h + ½", "5"),
        # Without a.m. or p.m.
        ("11-7", "8"),
        ("11:45-7:15", "7.5"),
        ("12-8", "8"),
        ("1-9", "8"),
        ("8-12", "4"),
        ("7:00-8:00", "1"),
        ("11pm-7", "8"),
        ("11-7am", "8"),
        ("07:00-06:00", "23"),
    ],
)
def test_hours_however_they_are_written(text, hours):
    assert hours_in(text) == Decimal(hours)
    assert hours_in(f"  {text.upper()}\N{NO-BREAK SPACE}") == Decimal(hours)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ".",
        "h",
        "seven",
        "-1",
        "+7",
        "1e1",
        "NaN",
        "٧",
        "7:60",
        "7h 75",
        "7 1/5",
        "7:5",
        "7-",
        "-7",
        "1-2-3",
        "+",
        "7+",
        "4++3",
    ]
    + ["13pm-7", "0am-7", "25-7", "24:30-7", "5:61-7", "2560-0700", "7-7", "07:00-07:00", "23-23", "7am-7am"]
    + ["7\0", "7" * 60, "7" * 61, "7:30 " * 100],
)
def test_what_is_no_number_of_hours(text):
    with pytest.raises(UnreadableError):
        hours_in(text)


@pytest.mark.parametrize("text", ["24.1", "24:01", "25", "1441 min", "24h30", "99", "20 + 4:15"])
def test_more_than_a_day_has(text):
    with pytest.raises(TooLongError):
        hours_in(text)


@pytest.mark.parametrize("text", ["7-8", "6 – 8", "6 to 9", "7-8h", "7 – 8 h", "7 + 1-2"])
def test_from_one_time_to_another_or_between_two_numbers(text):
    with pytest.raises(AmbiguousError):
        hours_in(text)


@given(st.text("0123456789:.,-–+/½ hminapto", max_size=80))
def test_any_text_is_hours_of_a_day_in_quarters_or_refused(text):
    try:
        hours = hours_in(text)
    except (UnreadableError, AmbiguousError, TooLongError):
        return
    assert 0 <= hours <= 24
    assert hours * 4 % 1 == 0


@given(st.integers(0, 23 * 60 + 59), st.integers(15, 24 * 60 - 15))
def test_a_stretch_by_a_clock_of_24_hours(start, minutes):
    end = (start + minutes) % (24 * 60)
    text = f"{start // 60:02}:{start % 60:02}-{end // 60:02}:{end % 60:02}"
    if "10" <= text[:2] <= "12" and "10" <= text[6:8] <= "12":
        return  # Either half of the day.

    read = hours_in(text)
    assert abs(read * 60 - minutes) <= Decimal("7.5") or minutes > 12 * 60 and not is_24(text)


def is_24(text: str) -> bool:
    """Whether one of the two times is by a clock of 24 hours."""
    return any(time[0] == "0" or time > "13" for time in text.split("-"))
