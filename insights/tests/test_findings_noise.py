"""What chance alone shows: exposures moved in a circle, the same numbers for the same answers."""

import numpy as np
import pytest

from insights.findings.answers import COLUMNS, MADE, Answers
from insights.findings.computing import findings_in
from insights.findings.family import FAMILY
from insights.findings.noise import LEAST_SHIFT, noise_in, on_calendar, possible_shifts
from insights.findings.results import Noise

pytestmark = pytest.mark.once

FIRST = 738000  # an ordinal
DAYS = 150


def answers_of(days: int, *, missing=(), **values) -> Answers:
    """Answers of so many days, without the rows of `missing` places. All that is not given is blank."""
    is_there = ~np.isin(np.arange(days), missing)
    blank = np.full(days, np.nan)
    values = {name: np.asarray(values.get(name, blank), dtype=float)[is_there].copy() for name in (*COLUMNS, *MADE)}
    ordinals = FIRST + np.arange(days)[is_there]
    return Answers(ordinals, np.zeros(len(ordinals), dtype=bool), values, {})


@pytest.fixture
def linked() -> Answers:
    """Of which sleep goes with focus, clearly, and anxiety with nothing; each seventh day has no row."""
    random = np.random.default_rng(7)
    sleep = random.normal(7, 1, DAYS).round(1)
    focus = np.clip((5 + 1.5 * (sleep - 7) + random.normal(0, 1, DAYS)).round(), 1, 10)
    facts = {"sleep_hours": sleep, "focus_level": focus, "anxiety_level": random.integers(1, 11, DAYS)}
    return answers_of(DAYS, missing=range(3, DAYS, 7), **facts)


def test_a_clear_link_is_lost_when_exposures_belong_to_other_days(linked):
    shares = []

    found = noise_in(linked, 5, show=shares.append, tries=40)

    assert findings_in(linked, 5, {}).kept
    assert (found.answers_version, found.tries, found.compared) == (5, 40, 2)
    assert found.with_findings <= 12
    assert shares == [each / 40 for each in range(1, 41)]


def test_the_same_answers_give_the_same_numbers(linked):
    found = [noise_in(linked, version, tries=30) for version in (5, 5, 6, 7, 8)]

    assert found[0] == found[1]
    assert len({each.with_findings for each in found}) > 1


def test_an_exposure_is_moved_by_days_and_not_by_rows(linked):
    calendar = on_calendar(linked)

    assert len(calendar.days) == int(linked.days[-1] - linked.days[0]) + 1
    assert np.isnan(calendar.values["sleep_hours"][3]) and 3 + FIRST not in linked.days
    places = linked.days - linked.days[0]
    assert (calendar.values["focus_level"][places] == linked.values["focus_level"]).all()


@pytest.mark.parametrize(("span", "count"), [(20, 0), (28, 1), (100, 73)])
def test_it_is_moved_by_two_weeks_or_more_in_both_directions(span, count):
    shifts = possible_shifts(np.array([FIRST, FIRST + span - 1]))

    assert len(shifts) == count
    assert all(LEAST_SHIFT <= shift <= span - LEAST_SHIFT for shift in shifts)


@pytest.mark.parametrize("days", [0, 1, 20])
def test_there_are_no_tries_without_enough_days(days):
    found = noise_in(answers_of(days, sleep_hours=np.arange(days), focus_level=np.arange(days)), 1)

    assert found == Noise(1, 0, 0, 0)
    assert Noise.from_json(found.to_json()) == found


def test_the_comparisons_are_those_of_the_family(linked):
    given = {each.key for each in FAMILY if each.exposure == "sleep_hours"} & {
        f"sleep_hours.{outcome}.0" for outcome in ("focus_level", "anxiety_level")
    }

    assert {result.key for result in findings_in(linked, 1, {}).compared} == given
