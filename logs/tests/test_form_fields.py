"""Parsing of typed numbers and hours."""

import datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from logs.form_fields import HoursInput, NumberInput, TextInput, TimeInput
from logs.kinds import Hours


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("7.5", "7.5"),
        ("7,5", "7.5"),
        (" 36 ", "36"),
        ("1000", "1000"),
        ("0,125", "0.125"),
        ("1.125", "1.125"),
        (".5", "0.5"),
        ("½", "0.5"),
        ("1½", "1.5"),
        ("2 ¼", "2.25"),
        ("3/4", "0.75"),
        ("1  1/2", "1.5"),
        ("10\N{NO-BREAK SPACE}½", "10.5"),
        ("७,५", "7.5"),
        ("\u200e7.5\u200f", "7.5"),
    ],
)
def test_a_number(typed, number):
    assert NumberInput().clean(typed) == Decimal(number)


@pytest.mark.parametrize("typed", ["1,000", "2,500", "1.000", "36,125", "2.500"])
def test_a_number_that_may_be_a_thousand_or_one_is_asked_about(typed):
    with pytest.raises(ValidationError, match="Write 1000, or 1.0"):
        NumberInput().clean(typed)


@pytest.mark.parametrize("typed", ["⅓", "1/3", "11/2", "½½", "-½", "½ 1", "1.5½", "9999999999½"])
def test_a_fraction_that_is_not_read(typed):
    with pytest.raises(ValidationError, match="Write a number"):
        NumberInput().clean(typed)


@pytest.mark.parametrize("number", ["0.001", "1.1", "1.12", "1.125", "36", "100", "99999", "12.5"])
def test_a_number_we_show_can_be_sent_back(number):
    shown = NumberInput().prepare_value(Decimal(number).quantize(Decimal("0.001")))

    assert NumberInput().clean(shown) == Decimal(number)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("eight", "Write the hours, such as 7.5, 7:30 or 23:30-7."),
        ("-1", "Write the hours, such as 7.5, 7:30 or 23:30-7."),
        ("25", "A day has 24 hours. Write 24 or less."),
        (
            "7-8",
            "Is that between two numbers of hours, or from one time to another? Write 7.5, or 7:00-8:00.",
        ),
    ],
)
def test_what_is_wrong_with_hours_is_one_sentence(typed, message):
    with pytest.raises(ValidationError) as refused:
        HoursInput().clean(typed)

    assert refused.value.messages == [message]


@pytest.mark.parametrize("typed", ["", " ", "\r\n", None])
def test_hours_left_blank(typed):
    assert HoursInput().clean(typed) is None


@pytest.mark.parametrize("typed", ["7" * 61, "7 " * 1_000_000, "½" * 1_000_000, "-" * 1_000_000])
def test_a_long_text_is_not_searched_for_hours(typed):
    with pytest.raises(ValidationError, match="Write the hours"):
        HoursInput().clean(typed)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("7.5", ""),
        (" 07,50 ", ""),
        ("7", ""),
        ("7:20", "“7:20” is stored as 7.25 hours."),
        ("7.30", "“7.30” is stored as 7.5 hours."),
        ("7.3", "“7.3” is stored as 7.25 hours."),
        ("0:55", "“0:55” is stored as 1 hour."),
        (" 23:30-7 ", "“23:30-7” is stored as 7.5 hours."),
    ],
)
def test_how_hours_were_read_is_said_unless_it_is_plain(typed, sentence):
    field = Hours().form_field()

    assert Hours().read_as(field, typed, field.clean(typed)) == sentence


@pytest.mark.parametrize(
    ("typed", "hours"),
    [("७", "7"), ("٧:٢٠", "7.25"), ("\u200e7:20\u200f", "7.25"), ("२३:३०-७", "7.5"), ("\u20607h30\ufeff", "7.5")],
)
def test_hours_in_other_digits_or_with_invisible_characters(typed, hours):
    assert HoursInput().clean(typed) == Decimal(hours)


@pytest.mark.parametrize("typed", ["०८:१५", "\u200e08:15", "08:15\u200b"])
def test_a_time_in_other_digits_or_with_invisible_characters(typed):
    assert TimeInput().clean(typed) == datetime.time(8, 15)


@pytest.mark.parametrize("typed", ["\u200b", "\u200b\u200d\ufeff", " \u2060\n", "\u3164", "\u2800 \u00a0"])
def test_a_text_in_which_nothing_can_be_seen_is_no_answer(typed):
    assert TextInput().clean(typed) is None
    assert HoursInput().clean(typed) is None


@pytest.mark.parametrize("typed", ["माँ\u200d", "👩‍⚕️", "می\u200cخواهم", "\u200e[01/06/26] Hi\u2060"])
def test_a_text_that_can_be_seen_is_kept_as_typed(typed):
    assert TextInput().clean(typed) == typed
