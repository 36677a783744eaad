"""The numbers of a week, computed from rows, without a database."""

import datetime
from dataclasses import asdict
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from logs.kinds import Hours, Line, Score
from logs.models import DailyLog
from logs.question_lists import questions_of_day
from logs.schedules import DailyMedication, Schedules
from logs.summary import (
    Mean,
    Numbers,
    counted,
    is_measure,
    numbers_from as numbers_of_answers,
)

QUESTIONS = questions_of_day(None)
MEASURES = [question for question in QUESTIONS if is_measure(question)]
COLUMNS = [column for question in counted(QUESTIONS) for column in question.columns]


def numbers_from(days, days_before) -> Numbers:
    return numbers_of_answers(QUESTIONS, days, days_before).labelled(QUESTIONS)


pytestmark = pytest.mark.thorough_on_sqlite
ONE_DAY = datetime.timedelta(days=1)


def row(**facts) -> dict:
    """A day with these answers only."""
    return dict.fromkeys([*COLUMNS, "not_tracked"]) | {"is_answered": True} | facts


MARKED_ONLY = row(is_answered=False, not_tracked="ill")


def mean(numbers, label="Focus") -> Mean | None:
    return next((mean for mean in numbers.means if mean.label == label), None)


# Measures


def test_every_score_and_the_hours_of_sleep_are_measures():
    scores = [question for question in QUESTIONS if isinstance(question.kind, Score | Hours)]

    assert scores == MEASURES
    assert len(MEASURES) >= 10


def test_the_columns_are_those_of_the_log_and_no_texts():
    texts = {question.name for question in QUESTIONS if isinstance(question.kind, Line)}

    assert set(COLUMNS) <= {field.name for field in DailyLog._meta.get_fields()}
    assert {"dreams", "gratitude", "lunch", "current_activity", "thought_for_tomorrow"} <= texts
    assert not texts & set(COLUMNS)


# Means


def test_a_mean_comes_with_the_days_it_rests_on():
    week = [row(focus_level=4), row(focus_level=9), row(energy_level=1)]

    focus = mean(numbers_from(week, []))

    assert (focus.value, focus.days) == (6.5, 2)


def test_unanswered_is_never_zero():
    numbers = numbers_from([row(focus_level=8), row(), row()], [])

    assert mean(numbers).value == 8
    assert mean(numbers, "Energy") is None


def test_a_measure_nobody_answered_is_left_out():
    assert numbers_from([row(), row()], [row(focus_level=5)]).means == []


def test_nothing_at_all_is_no_division_by_zero():
    numbers = numbers_from([], [])

    assert numbers.means == []
    assert (numbers.days_logged, numbers.days_not_tracked) == (0, 0)
    assert (numbers.medication_days, numbers.medication_asked_days) == (0, 0)
    assert (numbers.net_positive_days, numbers.net_positive_asked_days) == (0, 0)


def test_hours_of_sleep_are_exact():
    week = [row(sleep_hours=Decimal("7.25")), row(sleep_hours=Decimal("8.00")), row(sleep_hours=Decimal("0.00"))]

    sleep = mean(numbers_from(week, []), "Hours of sleep")

    assert (sleep.value, sleep.days) == (pytest.approx(15.25 / 3), 3)


def test_measures_come_in_the_order_of_the_day():
    everything = row(**{question.name: 5 for question in MEASURES})

    labels = [mean.label for mean in numbers_from([everything], []).means]

    assert labels == [str(question.label) for question in MEASURES]


@given(st.lists(st.none() | st.integers(1, 10), max_size=7))
def test_a_mean_lies_among_its_scores(scores):
    found = mean(numbers_from([row(focus_level=score) for score in scores], []))

    given = [score for score in scores if score is not None]
    if not given:
        assert found is None
    else:
        assert found.days == len(given)
        assert min(given) <= found.value <= max(given)


# Days


def test_a_day_marked_as_not_tracked_is_neither_a_gap_nor_a_zero():
    numbers = numbers_from([row(focus_level=6), MARKED_ONLY, MARKED_ONLY], [])

    assert (numbers.days_logged, numbers.days_not_tracked) == (1, 2)
    assert (mean(numbers).value, mean(numbers).days) == (6, 1)


def test_the_answers_of_a_marked_day_are_left_out():
    marked = row(focus_level=1, medication_taken=True, not_tracked="ill")
    numbers = numbers_from([row(focus_level=6), marked], [row(focus_level=5), marked])

    assert (numbers.days_logged, numbers.days_not_tracked) == (1, 1)
    assert (mean(numbers).value, mean(numbers).days, mean(numbers).change) == (6, 1, 1)
    assert numbers.medication_asked_days == 0


# Medication


def test_days_of_medication_rest_on_the_days_that_say_so():
    week = [row(medication_taken=taken) for taken in (True, True, False, None)]

    numbers = numbers_from(week, [])

    assert (numbers.medication_days, numbers.medication_asked_days) == (2, 3)


MONDAY = datetime.date(2026, 5, 4)


def days_of_medication(schedules, *answers) -> tuple[int, int]:
    """Days on which it was taken, and days that say so, of a week from Monday on."""
    week = [row(date=MONDAY + n * ONE_DAY, medication_taken=answer) for n, answer in enumerate(answers)]
    numbers = numbers_of_answers(QUESTIONS, week, [], schedules)
    return numbers.medication_days, numbers.medication_asked_days


def test_without_a_daily_medication_the_days_answers_count():
    assert days_of_medication(Schedules(), True, False, None) == (1, 2)


def test_of_medications_that_are_all_as_needed_no_days_are_counted():
    assert days_of_medication(Schedules(are_all_as_needed=True), True, False, None) == (0, 0)


def test_a_day_counts_if_each_daily_medication_that_is_due_has_a_dose():
    daily = [DailyMedication(1, datetime.date.min), DailyMedication(2, datetime.date.min)]
    doses = {MONDAY: {1, 2, 3}, MONDAY + ONE_DAY: {1}, MONDAY + 2 * ONE_DAY: {3}}

    assert days_of_medication(Schedules(daily, doses=doses), True, True, True) == (1, 3)


def test_a_day_that_says_yes_and_lists_no_dose_counts_as_taken():
    assert days_of_medication(Schedules([DailyMedication(1, MONDAY)]), True, False) == (1, 2)


def test_days_that_do_not_answer_are_left_out():
    schedules = Schedules([DailyMedication(1, MONDAY)], doses={MONDAY: {1}})

    assert days_of_medication(schedules, True, None, None) == (1, 1)


def test_a_daily_medication_is_due_from_its_first_day_to_its_last():
    daily = [DailyMedication(1, MONDAY + ONE_DAY, MONDAY + 2 * ONE_DAY), DailyMedication(2, None)]

    assert days_of_medication(Schedules(daily), False, False, False, False) == (0, 2)


def test_net_positive_days_are_those_that_say_yes():
    week = [row(medication_effectiveness=effect) for effect in ("yes", "mixed", "no", "yes", None)]

    numbers = numbers_from(week, [])

    assert (numbers.net_positive_days, numbers.net_positive_asked_days) == (2, 4)


# Against the week before


def test_the_change_is_against_the_mean_of_the_week_before():
    numbers = numbers_from([row(focus_level=8)], [row(focus_level=6), row(focus_level=7), row()])

    assert mean(numbers).change == 1.5


def test_without_an_answer_in_the_week_before_there_is_no_change():
    numbers = numbers_from([row(focus_level=8)], [row(energy_level=3), MARKED_ONLY])

    assert mean(numbers).change is None
    assert mean(numbers).change_in_words is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (None, None),
        (0.0, "as before"),
        (0.04, "as before"),
        (-0.04, "as before"),
        (0.05, "0.1 higher"),
        (0.08, "0.1 higher"),
        (-0.08, "0.1 lower"),
        (0.77, "0.8 higher"),
        (-1.96, "2.0 lower"),
        (1.2, "1.2 higher"),
        (-9.0, "9.0 lower"),
    ],
)
def test_a_change_is_rounded_and_in_words(change, words):
    assert Mean("focus_level", 5.0, 7, change).change_in_words == words


@pytest.mark.parametrize(
    ("direction", "change", "arrow", "words"),
    [
        ("better", 0.7, "↑", "0.7 higher, which is better"),
        ("better", -0.7, "↓", "0.7 lower, which is worse"),
        ("worse", 0.7, "↑", "0.7 higher, which is worse"),
        ("worse", -0.7, "↓", "0.7 lower, which is better"),
        ("neither", -0.7, "↓", "0.7 lower"),
        ("worse", 0.01, "→", "as before"),
        ("better", None, "", None),
    ],
)
def test_what_is_better_follows_the_direction_of_the_question(direction, change, arrow, words):
    found = Mean("anxiety_level", 5.0, 7, change, direction=direction)

    assert (found.arrow, found.change_in_words) == (arrow, words)


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ([6], ""),
        ([6, 6], "always 6"),
        ([9, 4, 6], "from 4 to 9"),
        ([1, 5, 6, 7, 10], "mostly between 5 and 7"),
        ([2, 5, 5, 5, 9], "mostly 5"),
        ([4, 5, 6, 7], "mostly between 4 and 7"),
        ([1, 2, 3, 4, 5, 6, 7, 8], "mostly between 2 and 7"),
    ],
)
def test_what_was_usual_are_answers_with_half_of_the_days_between_them(scores, words):
    found = mean(numbers_from([row(focus_level=score) for score in scores], []))

    assert found.usual_in_words == words
    assert {found.low, found.high} <= set(scores)
    assert sum(found.low <= score <= found.high for score in scores) >= len(scores) / 2


def test_an_effect_of_medication_that_was_not_taken_does_not_count():
    days = [
        row(medication_taken=False, medication_effectiveness="yes"),
        row(medication_taken=True, medication_effectiveness="yes"),
        row(medication_effectiveness="no"),
    ]

    numbers = numbers_from(days, [])

    assert (numbers.net_positive_days, numbers.net_positive_asked_days) == (1, 2)


@pytest.mark.parametrize(
    ("days", "sentences"),
    [
        ([], []),
        ([row(medication_taken=True)], ["Medication taken on 1 of 1 day."]),
        ([row(medication_taken=False)], ["No medication on 1 day."]),
        ([row(medication_effectiveness="no")], ["Did it do you good? Mixed or no on 1 day."]),
        (
            [
                row(medication_taken=True, medication_effectiveness="yes"),
                row(medication_taken=True, medication_effectiveness="no"),
                row(medication_taken=True, medication_effectiveness="mixed"),
                row(medication_taken=False),
            ],
            [
                "Medication taken on 3 of 4 days.",
                "Did it do you good? Yes on 1 day, mixed or no on 2 days.",
            ],
        ),
    ],
)
def test_what_was_answered_about_medication_in_words(days, sentences):
    assert numbers_from(days, []).sentences == sentences


# The cache


def test_numbers_survive_the_cache():
    numbers = numbers_from([row(focus_level=4)], [row(focus_level=9)])

    assert Numbers.unpack(asdict(numbers)) == numbers


def test_labels_are_not_cached():
    """They depend on the language, and may be a person's own text."""
    numbers = numbers_of_answers(QUESTIONS, [row(focus_level=4)], [])

    assert [mean["label"] for mean in asdict(numbers)["means"]] == [""]


def test_cached_numbers_of_another_release_are_recomputed():
    """Processes of both releases share the cache during a rolling release."""
    facts = asdict(numbers_from([row(focus_level=4)], []))
    facts["means"][0]["name"] = "will_be_asked_one_day"

    with pytest.raises(KeyError):
        Numbers.unpack(facts).labelled(QUESTIONS)
