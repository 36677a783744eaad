"""The numbers of trends, worked out anew in the plainest way, for chosen and for random answers."""

import datetime
import json
from dataclasses import asdict
from decimal import Decimal
from statistics import fmean

import pytest
from hypothesis import given, strategies as st

from insights.series import DayState, Series
from insights.trends.drawings import drawn
from insights.trends.sentences import sentence_of
from insights.trends.statistics import (
    LEAST_FOR_BAR,
    LEAST_FOR_RANGE,
    Points,
    Steps,
    Trend,
    middles_of,
    moving_means,
    trend_of,
)
from logs.fields import Direction
from logs.kinds import Count, Hours, Number, Score, Several, Time, TwoNumbers, YesNo
from logs.questions import Question
from logs.widgets import NOT_NOTICED

pytestmark = pytest.mark.once

FIRST = datetime.date(2026, 3, 1)  # a Sunday
ONE_DAY = datetime.timedelta(days=1)
scores = st.lists(st.none() | st.integers(1, 10), min_size=1, max_size=60)


def series_of(values, kind=None, first=FIRST) -> Series:
    question = Question()
    question.name, question.label, question.kind = "focus_level", "Focus", kind or Score()
    states = [DayState.NO_ANSWER if value is None else DayState.ANSWERED for value in values]
    nothing = [False] * len(values)
    return Series(question, first, first + (len(values) - 1) * ONE_DAY, values, states, nothing, nothing)


def by_day(values, **options) -> Trend:
    series = series_of(values, **options)
    return trend_of(series, Steps(series.first, series.last, 1))


@given(scores, st.sets(st.integers(0, 59), max_size=4))
def test_a_mean_is_of_seven_days_at_most_on_one_dose_with_four_answers(values, restarts):
    found = moving_means(values, restarts)

    for place, mean in enumerate(found):
        window = range(max(0, place - 6), place + 1)
        same_dose = [each for each in window if not any(each < restart <= place for restart in restarts)]
        answers = [values[each] for each in same_dose if values[each] is not None]
        assert mean == (pytest.approx(fmean(answers)) if len(answers) >= 4 else None)


def test_gaps_stay_gaps_and_a_change_of_dose_starts_anew():
    assert moving_means([5] * 4 + [None] * 4 + [5] * 4) == [None] * 3 + [5] * 4 + [None] * 4 + [5]
    assert moving_means([2] * 7 + [8] * 4, {7})[6:] == [2, None, None, None, 8]


@given(scores)
def test_at_least_half_of_the_answers_are_in_the_middle(values):
    given = [value for value in values if value is not None]
    middle = middles_of([given])

    if len(given) < LEAST_FOR_RANGE:
        assert middle is None
        return
    [[low, high]] = middle
    assert low in given and high in given
    assert sum(low <= value <= high for value in given) * 2 >= len(given)
    assert abs(sum(value < low for value in given) - sum(value > high for value in given)) <= len(given) / 4


@given(scores)
def test_profiles_are_of_their_weekdays_and_nothing_of_too_few(values):
    trend = by_day(values)

    for weekday, (mean, days) in enumerate(trend.weekdays):
        of_it = [v for n, v in enumerate(values) if v is not None and (FIRST + n * ONE_DAY).weekday() == weekday]
        assert days == len(of_it)
        assert mean == (pytest.approx(fmean(of_it), abs=0.01) if days >= LEAST_FOR_BAR else None)
    assert trend.answered == sum(days for _mean, days in trend.weekdays)


@given(st.lists(st.none() | st.integers(1, 10), min_size=14, max_size=60))
def test_weeks_are_means_with_their_days(values):
    series = series_of(values)

    [points] = trend_of(series, Steps(series.first, series.last, 7), [FIRST + 9 * ONE_DAY]).lines

    weeks = [[v for v in values[start : start + 7] if v is not None] for start in range(0, len(values), 7)]
    assert points.counts == [*map(len, weeks)]
    assert points.values == [pytest.approx(fmean(week), abs=0.01) if week else None for week in weeks]
    # The dose changed within the second week.
    assert points.means == [
        None if len(week) < 4 or number == 1 else points.values[number] for number, week in enumerate(weeks)
    ]


@pytest.mark.parametrize(
    ("values", "change", "is_clear"),
    [
        ([5, 6] * 38 + [3] * 14, -2.5, True),
        ([5, 7] * 38 + [6] * 14, 0, False),
        ([5] * 60 + [5] * 30, 0, False),
        ([5, 6] * 38 + [3] * 6 + [None] * 8, None, False),
        ([5] * 13 + [None] * 63 + [3] * 14, None, False),
        ([5], None, False),
    ],
)
def test_the_last_weeks_are_compared_if_there_is_enough_to_compare(values, change, is_clear):
    trend = by_day(values)

    assert (trend.change, trend.is_clear) == (change, is_clear)


@pytest.mark.parametrize(
    ("kind", "value", "numbers"),
    [
        (Score(), 7, [7]),
        (Count(), 0, [0]),
        (Hours(), Decimal("7.50"), [7.5]),
        (Number(), Decimal("-2.5"), [-2.5]),
        (TwoNumbers(), (Decimal(120), Decimal(80)), [120, 80]),
        (YesNo(), False, [0]),
        (YesNo(), True, [100]),
        (Time(), datetime.time(22, 30), [22.5]),
        (Time(), datetime.time(0, 30), [24.5]),
        (Time(), datetime.time(4), [4]),
        (Time(), NOT_NOTICED, [None]),
        (Several(((1, "tea"), (2, "coffee"))), [2, 1], []),
    ],
)
def test_answers_are_drawn_as_numbers(kind, value, numbers):
    trend = by_day([value, None], kind=kind)

    assert [line.values for line in trend.lines] == [[number, None] for number in numbers]
    assert trend.answered == 1
    assert trend.unnoticed == (value == NOT_NOTICED)
    if isinstance(kind, Several):
        assert trend.tallies == [["1", 1], ["2", 1]]


@given(scores)
def test_numbers_and_drawings_come_back_from_json(values):
    series = series_of(values)
    trend = drawn(series.question, by_day(values), Steps(series.first, series.last, 1))

    assert Trend.unpack(json.loads(json.dumps(trend.pack()))) == trend
    assert trend.pack() == asdict(trend)
    assert "NaN" not in json.dumps(asdict(trend))
    assert trend.drawings[0].dots.count("h0") == sum(value is not None for value in values)


def test_a_long_period_has_whole_weeks():
    last = FIRST + 400 * ONE_DAY
    steps = Steps.of(FIRST + 3 * ONE_DAY, last, lambda day: day - (day.weekday() + 1) % 7 * ONE_DAY)

    assert (steps.first, steps.length, steps.place_of(FIRST + 8 * ONE_DAY)) == (FIRST, 7, 1)
    assert steps.starts()[-1] <= last < steps.starts()[-1] + 7 * ONE_DAY
    assert Steps.of(last - 365 * ONE_DAY, last, lambda day: day).length == 1


def test_a_single_answer_has_no_mean_no_range_and_no_line():
    trend = by_day([None] * 300 + [4])

    assert (trend.mean, trend.middle, trend.change, trend.answered) == (None, None, None, 1)
    assert trend.lines == [Points([None] * 300 + [4], [None] * 301)]


@pytest.mark.parametrize(
    ("kind", "label", "values", "beginning"),
    [
        (Score(), "Focus", [5, 6, 6, 7], "Focus was mostly between 5 and 7; answered"),
        (Score(), "Could you start?", [5, 6, 6, 7], "“Could you start?”: mostly between 5 and 7; answered"),
        (Hours(), "Hours of sleep", [Decimal(7)] * 4, "Hours of sleep: mostly 7 hours; answered"),
        (YesNo(), "Coffee", [True, False, True, True], "Coffee: “Yes” on 9 days, “No” on 3 days; answered"),
    ],
)
def test_a_sentence_says_mostly_of_a_range_alone(kind, label, values, beginning):
    series = series_of(values * 3, kind)
    series.question.label, series.question.direction = label, Direction.NEITHER
    steps = Steps(series.first, series.last, 1)

    assert sentence_of(series.question, trend_of(series, steps), is_to_today=True).startswith(beginning)
