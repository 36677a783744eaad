"""Parsing of typed numbers and hours."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from logs.form_fields import HoursInput, NumberInput


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
    ],
)
def test_a_number(typed, number):
    assert NumberInput().clean(typed) == Decimal(number)


@pytest.mark.parametrize("typed", ["1,000", "2,500", "1.000", "36,125", "2.500"])
def test_a_number_that_may_be_a_thousand_or_one_is_asked_about(typed):
    with pytest.raises(ValidationError, match="Write 1000, or 1.0"):
        NumberInput().clean(typed)


@pytest.mark.parametrize("number", ["0.001", "1.1", "1.12", "1.125", "36", "100", "99999", "12.5"])
def test_a_number_we_show_can_be_sent_back(number):
    shown = NumberInput().prepare_value(Decimal(number).quantize(Decimal("0.001")))

    assert NumberInput().clean(shown) == Decimal(number)


@pytest.mark.parametrize(("typed", "hours"), [("7:30", "7.5"), ("7:15", "7.25"), ("0:00", "0"), ("24:00", "24")])
def test_hours_and_minutes(typed, hours):
    assert HoursInput().clean(typed) == Decimal(hours)


def test_hours_between_the_quarters_get_one_sentence():
    with pytest.raises(ValidationError) as refused:
        HoursInput().clean("7:20")

    assert refused.value.messages == ["Use quarters of an hour, such as 7.25 or 7.5."]
