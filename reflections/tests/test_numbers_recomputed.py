"""The numbers of weeks, months and years, worked out anew from the rows in the plainest way."""

import datetime
from statistics import fmean

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings, strategies as st

from accounts.tests.factories import make_person
from logs.models import DailyLog
from logs.periods import Month, Week, Year
from logs.summary import numbers_of
from operations.demo.load import load_demo_data

TODAY = datetime.date(2026, 5, 6)
NOW = datetime.datetime(2026, 5, 6, 16, tzinfo=datetime.UTC)
PERIODS = [Week(datetime.date(2026, 5, 3)), Week(datetime.date(2026, 4, 5)), Month(datetime.date(2026, 4, 1))]
PERIODS += [Month(datetime.date(2026, 5, 1)), Year(datetime.date(2026, 1, 1)), Year(datetime.date(2025, 1, 1))]
NAMES = ("focus_level", "overall_mood", "day_rating", "sleep_hours")
SCORES = st.none() | st.integers(1, 10)
DAYS = st.dictionaries(st.integers(0, 400), st.tuples(SCORES, st.booleans()), max_size=40)


def check(person, period):
    rows = list(person.daily_logs.values("date", "not_tracked", *NAMES))
    numbers = numbers_of(person, period)
    within = [row for row in rows if period.first <= row["date"] <= period.last]
    tracked = [row for row in rows if row["not_tracked"] is None]
    assert numbers.days_not_tracked == sum(row["not_tracked"] is not None for row in within)
    assert numbers.days_logged == len(within) - numbers.days_not_tracked
    if within:
        start = min([person.first_day, *(row["date"] for row in rows)])
        days = [period.first + datetime.timedelta(days=number) for number in range(366)]
        assert numbers.days_in(period, person) == sum(start <= day <= min(period.last, TODAY) for day in days)
    means = {mean.name: mean for mean in numbers.means}
    for name in NAMES:
        values, before = (
            [float(row[name]) for row in tracked if each.first <= row["date"] <= each.last and row[name] is not None]
            for each in (period, period.before)
        )
        assert (name in means) == bool(values)
        if values:
            mean = means[name]
            assert (mean.value, mean.days) == (pytest.approx(fmean(values)), len(values))
            assert mean.change == (pytest.approx(fmean(values) - fmean(before)) if before else None)
            assert sum(mean.low <= value <= mean.high for value in values) * 2 >= len(values)


@time_machine.travel(NOW, tick=False)
def test_of_the_demo(db):
    person = make_person(timezone="America/New_York")
    load_demo_data(person)
    for period in PERIODS:
        check(person, period)


@time_machine.travel(NOW, tick=False)
# A person is made for each example, so that the database need not be emptied between them.
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=DAYS)
def test_of_random_days(db, days):
    person = make_person(timezone="America/New_York")
    DailyLog.objects.bulk_create(
        DailyLog(
            user=person,
            date=TODAY - datetime.timedelta(days=ago),
            focus_level=score,
            day_rating=11 - score if score else 5,
            not_tracked="ill" if is_marked else None,
        )
        for ago, (score, is_marked) in days.items()
    )
    for period in PERIODS:
        check(person, period)
