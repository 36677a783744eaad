"""The table of comparisons: its names exist, and no question is about one answer on both sides."""

import datetime
from types import SimpleNamespace

import pytest

from insights.findings.family import (
    AMOUNTS,
    FAMILY,
    MADE_OF,
    OUTCOMES,
    YES_OR_NO,
    answers_behind,
    family_of,
    is_possible,
    share_an_answer,
)
from logs.kinds import Hours, Line, Score, YesNo
from logs.stages import STAGES

pytestmark = pytest.mark.once

FIELDS = {field.name: field for stage in STAGES for field in stage.fields}
OWN = {"own-1": "yes_no", "own-2": "number", "own-3": "score", "own-4": "time", "own-5": "choice", "own-6": "note"}


def guess(exposure, outcome, lag=0):
    return SimpleNamespace(exposure=exposure, outcome=outcome, lag=lag, asked_on=datetime.date(2026, 5, 4))


def test_every_name_is_a_question_of_a_kind_that_can_be_compared():
    for name in {*AMOUNTS, *YES_OR_NO, *OUTCOMES}:
        for behind in answers_behind(name) - {"doses"}:
            assert behind in FIELDS
        if name not in MADE_OF:
            expected = (Score, Hours) if name in (*AMOUNTS, *OUTCOMES) else (YesNo, Line)
            assert isinstance(FIELDS[name].kind, expected), name
    for each in FAMILY:
        assert each.exposure in AMOUNTS or each.exposure in YES_OR_NO
        assert each.outcome in OUTCOMES and each.lag in (0, 1)
    for name in {*AMOUNTS, *YES_OR_NO} & {*FIELDS}:
        condition = FIELDS[name].shown_when
        assert condition is None or condition[0] in answers_behind(name)


def test_some_thirty_questions_each_once_and_none_about_one_answer():
    keys = [each.key for each in FAMILY]
    assert 28 <= len(keys) == len({*keys}) <= 34
    assert {"met_physical_activity_goals.overall_mood.1", "sleep_hours.focus_level.0"} <= {*keys}
    assert {"dose_amount", "dose_time", "coping_used", "lunch", "breakfast"} <= {each.exposure for each in FAMILY}
    assert not [each.key for each in FAMILY if share_an_answer(each.exposure, each.outcome)]


def test_questions_of_medications_and_guesses_join_the_family():
    guesses = [
        guess("own-2", "focus_level", 1),
        guess("sleep_hours", "own-3"),
        guess("own-1", "own-3"),
        guess("sleep_hours", "focus_level"),  # as the family asks
        guess("own-5", "focus_level"),  # of another kind by now
        guess("own-9", "focus_level"),  # gone
        guess("focus_level", "focus_level", 1),
    ]

    found = {each.key: each for each in family_of((7,), guesses, OWN)}

    assert [key for key in found if key not in {each.key for each in FAMILY}] == [
        *("medication-7.focus_level.0", "medication-7.anxiety_level.0", "medication-7.sleep_quality.1"),
        *("own-2.focus_level.1", "sleep_hours.own-3.0", "own-1.own-3.0"),
    ]
    asked = [key for key, each in found.items() if each.asked_on == "2026-05-04"]
    assert asked == ["sleep_hours.focus_level.0", "own-2.focus_level.1", "sleep_hours.own-3.0", "own-1.own-3.0"]
    assert [found[key].is_amount for key in asked] == [True, True, True, False]


@pytest.mark.parametrize("outcome", ["is_crashing", "never_felt_isolated", "own-1"])
def test_an_outcome_of_yes_or_no_is_compared_by_its_share_of_days(outcome):
    assert [each.is_of_share for each in family_of((), [guess("lunch", outcome)], OWN) if each.asked_on] == [True]
    assert not any(each.is_of_share for each in FAMILY)


@pytest.mark.parametrize(
    ("exposure", "outcome", "is_one"),
    [
        ("own-4", "own-2", True),
        ("lunch", "sleepiness", True),
        ("own-1", "own-1", False),
        ("medication_taken", "own-5", False),
        ("dose_amount", "medication_taken", False),
        ("lunch", "is_crashing", True),
        ("dose_time", "is_crashing", True),
        ("medication_taken", "is_crashing", False),
        ("had_emotional_event", "had_emotional_event", False),
        ("sleep_hours", "coping_used", False),
        ("sleep_hours", "lunch", False),
        ("dreams", "focus_level", False),
        ("password", "focus_level", False),
    ],
)
def test_what_can_be_asked(exposure, outcome, is_one):
    assert is_possible(exposure, outcome, 0, OWN) is is_one
    assert not is_possible(exposure, outcome, 2, OWN)


@pytest.mark.parametrize(
    ("exposure", "other"),
    [
        ("dose_amount", "medication_taken"),
        ("medication-7", "dose_time"),
        ("coping_used", "had_emotional_event"),
        ("ate_within_hour", "medication_taken"),
        ("is_crashing", "medication_taken"),
    ],
)
def test_answers_that_depend_on_one_are_shared(exposure, other):
    assert share_an_answer(exposure, other) and share_an_answer(other, exposure)
