"""Medians by hour, their intervals, and the hours that stand out: pure functions, compared with scipy."""

import random
from statistics import median

import pytest
from hypothesis import given, strategies as st
from scipy.stats import binom

from insights.around_dose.hours import (
    FEWEST,
    LAST_HOUR,
    OUTSIDE,
    Hour,
    Turns,
    hours_of,
    interval_of_median,
    rank_of_end,
    turns_of,
)

pytestmark = pytest.mark.once

ANSWERS = st.lists(st.tuples(st.floats(-2, 20), st.integers(1, 10)), max_size=120)


@pytest.mark.parametrize("outside", [OUTSIDE, OUTSIDE / 3, OUTSIDE / LAST_HOUR])
def test_the_interval_is_the_narrowest_that_misses_the_median_as_rarely_as_promised(outside):
    for count in (*range(1, 80), 365, 1023, 1024, 3650):
        rank = rank_of_end(count, outside)
        # Below the rank-th least value, or above the rank-th greatest, lies the median of Bin(n, 1/2).
        assert rank == 0 or 2 * binom.cdf(rank - 1, count, 0.5) <= outside * (1 + 1e-6)
        assert 2 * binom.cdf(rank, count, 0.5) > outside * (1 - 1e-6)


def test_too_few_values_have_no_interval_and_the_fewest_shown_have_one():
    assert interval_of_median([1, 2, 3, 4, 5]) is None
    assert interval_of_median([1, 2, 3, 4, 5, 6]) == (1, 6)
    assert interval_of_median([*range(1, 10)]) == (2, 8)
    assert interval_of_median([*range(FEWEST)]) is not None


@given(ANSWERS)
def test_hours_are_what_their_answers_say(answers):
    hours = hours_of(answers)

    for hour in range(LAST_HOUR):
        values = sorted(value for since, value in answers if hour <= since < hour + 1)
        found = [each for each in hours if each.hour == hour]
        assert [each.count for each in found] == ([len(values)] if values else [])
        if len(values) >= FEWEST:
            [each] = found
            assert each.middle == median(values)
            assert each.low <= each.middle <= each.high
            assert each.together is None or (each.together[0] <= each.low and each.high <= each.together[1])
        else:
            assert not any(each.is_shown or each.together for each in found)
    assert sum(each.count for each in hours) == sum(0 <= since < LAST_HOUR for since, _value in answers)


@given(ANSWERS)
def test_a_question_whose_high_end_is_bad_is_the_mirror_image(answers):
    mirrored = [(since, 11 - value) for since, value in answers]

    assert turns_of(hours_of(answers), is_more_better=True) == turns_of(hours_of(mirrored), is_more_better=False)


def hours(*intervals: tuple[int, int] | None, first=0) -> list[Hour]:
    """Hours after one another, each with the interval that holds together; None for too few answers."""
    return [
        Hour(hour, 30, sum(each) / 2, *each, each) if each else Hour(hour, 3)
        for hour, each in enumerate(intervals, first)
    ]


@pytest.mark.parametrize(
    ("found", "turns"),
    [
        (hours(), Turns()),
        (hours((3, 7), (4, 8), (2, 7)), Turns()),
        (hours((2, 4), (4, 6)), Turns()),  # They have a value in common.
        (hours((2, 3), (4, 6)), Turns(onset=(0, 2))),
        (hours((4, 6), (2, 3)), Turns(wear_off=(0, 2))),
        (hours((2, 3), (5, 7), (5, 6), (1, 3)), Turns((0, 2), (1, 3), (2, 4))),
        # The second hour may belong to either side: the onset is within three hours, the best hours without it.
        (hours((2, 3), (3, 6), (6, 8), (6, 7), (2, 4)), Turns((0, 3), (2, 4), (3, 5))),
        # An hour without answers keeps the best hours apart; the turn may have been in it.
        (hours((2, 3), (6, 8), None, (6, 7), (2, 4)), Turns((0, 2), (1, 2), (3, 5))),
        (hours((2, 3), None, (6, 8)), Turns(onset=(0, 3))),
        # The nearest low hour counts, and not the first one; better than the first alone is not better.
        (hours((1, 2), (3, 4), (5, 7)), Turns(onset=(1, 3))),
        # The second hour has turned, but not the third: the onset may have been in any.
        (hours((1, 2), (3, 7), (2, 8), (7, 9)), Turns(onset=(0, 4))),
        # The first of several hours with the same best median is the peak.
        (hours((5, 7), (2, 3), (5, 7)), Turns(wear_off=(0, 2))),
        (hours((2, 3), (5, 7), first=9), Turns(onset=(9, 11))),
    ],
)
def test_hours_stand_out_where_their_intervals_have_nothing_in_common(found, turns):
    assert turns_of(found, is_more_better=True) == turns


def days_of(rng: random.Random, days: int, persistence: float, shape=lambda hours: 0) -> list[tuple[float, int]]:
    """Hours and answers of days that resemble the days before. The hours drift: some are more of one month."""
    state, habit, found = rng.gauss(0, 1), rng.gauss(0, 1), []
    for _day in range(days):
        state = persistence * state + (1 - persistence**2) ** 0.5 * rng.gauss(0, 1)
        habit = 0.97 * habit + (1 - 0.97**2) ** 0.5 * rng.gauss(0, 1)
        since = 4.5 + 1.5 * habit + rng.gauss(0, 1)
        if rng.random() < 0.88 and since >= 0:
            found.append((since, min(10, max(1, round(5.2 + 1.5 * state + shape(since))))))
    return found


def test_chance_rarely_makes_hours_stand_out_and_three_points_often_do():
    """The figures of decision 0041, on fewer people."""
    rng = random.Random(15)  # noqa: S311

    def named(people: int, *facts) -> int:
        return sum(turns_of(hours_of(days_of(rng, *facts)), is_more_better=True).is_any for _ in range(people))

    assert named(150, 180, 0.8) <= 7, "5 in 100"
    assert named(150, 365, 0.8) <= 7
    assert named(60, 365, 0.5, lambda since: -3 * abs(since - 4.5) / 3) >= 30
