import datetime

import pytest
from hypothesis import given, strategies as st

from operations.backups.retention import select_kept

pytestmark = pytest.mark.once

stamps = st.lists(
    st.datetimes(
        min_value=datetime.datetime(2024, 11, 1),
        max_value=datetime.datetime(2026, 3, 1),
        timezones=st.just(datetime.UTC),
    ),
    max_size=60,
)
count = st.integers(0, 14)


def every(hours, days, until=datetime.datetime(2026, 5, 4, 3, 15, tzinfo=datetime.UTC)):
    """Backups every so many hours for so many days, the newest first. That day is a Monday."""
    return [until - datetime.timedelta(hours=hours * number) for number in range(days * 24 // hours)]


def days(found):
    return [f"{stamp:%Y-%m-%d}" for stamp in sorted(found, reverse=True)]


def test_nightly_backups_of_a_year():
    found = days(select_kept(every(24, 400), daily=7, weekly=4, monthly=12))

    assert found[:7] == [
        f"2026-0{month}-{day:02}" for month, day in ((5, 4), (5, 3), (5, 2), (5, 1), (4, 30), (4, 29), (4, 28))
    ]
    # Sundays, the newest days of their weeks; then the newest of each month.
    assert found[7:] == [
        *("2026-04-26", "2026-04-19", "2026-03-31", "2026-02-28", "2026-01-31", "2025-12-31", "2025-11-30"),
        *("2025-10-31", "2025-09-30", "2025-08-31", "2025-07-31", "2025-06-30"),
    ]


def test_the_newest_of_a_day_is_kept():
    assert [f"{stamp:%d %H:%M}" for stamp in sorted(select_kept(every(6, 3), daily=2))] == ["03 21:15", "04 03:15"]


def test_a_pause_removes_no_older_backups():
    old = every(24, 3, until=datetime.datetime(2024, 1, 5, tzinfo=datetime.UTC))
    new = datetime.datetime(2026, 5, 4, tzinfo=datetime.UTC)

    assert days(select_kept([*old, new], daily=3)) == ["2026-05-04", "2024-01-05", "2024-01-04"]


def test_a_week_across_two_years_is_one_week():
    monday, sunday = (datetime.datetime(*day, tzinfo=datetime.UTC) for day in ((2025, 12, 29), (2026, 1, 4)))

    assert select_kept([monday, sunday], weekly=2) == {sunday}


@given(stamps, count, count, count)
def test_a_subset_with_the_newest_and_at_most_the_requested_number_is_kept(stamps, daily, weekly, monthly):
    found = select_kept(stamps, daily, weekly, monthly)

    assert found <= set(stamps)
    assert not stamps or max(stamps) in found
    assert len(found) <= max(daily + weekly + monthly, 1)


@given(stamps, count, count, count)
def test_selecting_twice_removes_nothing_more(stamps, daily, weekly, monthly):
    found = select_kept(stamps, daily, weekly, monthly)

    assert select_kept(found, daily, weekly, monthly) == found


@given(stamps, st.integers(1, 14))
def test_the_newest_of_each_of_the_last_days_is_kept(stamps, daily):
    newest_by_day = {stamp.date(): stamp for stamp in sorted(stamps)}
    last_days = sorted(newest_by_day, reverse=True)[:daily]

    assert select_kept(stamps, daily=daily) == {newest_by_day[day] for day in last_days}
