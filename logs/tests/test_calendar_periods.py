"""Weeks, months and years: their first and last days, and the periods before and after."""

import datetime

import pytest

from logs.periods import Month, Week, Year

day = datetime.date.fromisoformat


@pytest.mark.parametrize(
    ("period", "last", "before", "after"),
    [
        (Week(day("2025-12-29")), "2026-01-04", "2025-12-22", "2026-01-05"),
        (Month(day("2026-02-01")), "2026-02-28", "2026-01-01", "2026-03-01"),
        (Month(day("2024-02-01")), "2024-02-29", "2024-01-01", "2024-03-01"),
        (Month(day("2025-12-01")), "2025-12-31", "2025-11-01", "2026-01-01"),
        (Month(day("2026-01-01")), "2026-01-31", "2025-12-01", "2026-02-01"),
        (Year(day("2024-01-01")), "2024-12-31", "2023-01-01", "2025-01-01"),
        (Year(day("1900-01-01")), "1900-12-31", "1899-01-01", "1901-01-01"),
    ],
    ids=str,
)
def test_the_last_day_and_the_neighbours_of_a_period(period, last, before, after):
    assert (period.last, period.before.first, period.after.first) == (day(last), day(before), day(after))
    assert type(period.before) is type(period.after) is type(period)


def test_months_are_consecutive():
    month = Month(day("1999-12-01"))
    for _ in range(30):
        assert month.after.before == month
        month = month.after
    assert str(month) == "June 2002"
