"""Whether blanks go with low neighbours: which days are blank, and how often simulated people are shown something."""

import pytest

from insights.findings.answers import Answers
from insights.findings.arithmetic import np
from insights.findings.blanks import answered_and_blank, is_beside, less_on_bad_days

pytestmark = pytest.mark.once

FIRST = 737_000
MOOD = "overall_mood"
NOTHING = float("nan")


def answers_of(values, not_tracked=(), recalled=(), without_row=(), outcome=MOOD) -> Answers:
    """A value for each day from FIRST on, NaN for a blank. The other arguments are places of days."""
    places = [place for place in range(len(values)) if place not in without_row]
    days = np.array([FIRST + place for place in places])
    return Answers(
        days,
        np.isin(places, not_tracked),
        {outcome: np.array([values[place] for place in places], dtype=float)},
        {outcome: np.isin(places, recalled)} if recalled else {},
    )


def test_a_blank_lies_between_answers_and_is_neither_recalled_nor_not_tracked():
    #          0        1  2  3        4        5  6  7        8        9  10       11
    values = [NOTHING, 5, 6, NOTHING, NOTHING, 7, 8, NOTHING, NOTHING, 3, NOTHING, NOTHING]
    answers = answers_of([*values[:6], 8, *values[7:]], not_tracked=[7], recalled=[6], without_row=[3])

    days, known, blanks = answered_and_blank(answers, MOOD)

    assert [*days - FIRST] == [1, 2, 5, 9]
    assert [*known] == [5, 6, 7, 3]
    assert [*blanks - FIRST] == [3, 4, 8], "Before the first answer and after the last one, no day is blank."
    assert [*is_beside(days, blanks)] == [False, True, True, True]


def test_nothing_is_shown_of_few_days_or_without_answers():
    assert less_on_bad_days(answers_of([])) is None
    assert less_on_bad_days(answers_of([NOTHING] * 90)) is None
    assert less_on_bad_days(answers_of([5.0] * 90)) is None
    few = [NOTHING if place % 12 == 6 else 2.0 if place % 12 in (5, 7) else 6.0 + place % 2 for place in range(72)]
    assert less_on_bad_days(answers_of(few)) is None, "Twelve days beside blanks."


def test_both_means_are_those_of_the_days():
    """Days beside a blank, every eleventh one, are 3 or 4, others 6 or 7."""
    values = [
        NOTHING if place % 11 == 5 else (3.0 if place % 11 in (4, 6) else 6.0) + place % 2 for place in range(200)
    ]

    found = less_on_bad_days(answers_of(values))

    assert (found.outcome, found.blanks, found.estimate.days) == (MOOD, 18, 182)
    assert (found.beside_blanks, found.elsewhere) == (pytest.approx(3.5), pytest.approx(6.5, abs=0.02))
    assert found.estimate.low < -3 < found.estimate.high < 0
    turned = less_on_bad_days(answers_of([10 - value for value in values]))
    assert turned is None, "Where neighbours of blanks are high, averages do not look better than the days were."
    assert less_on_bad_days(answers_of(values, outcome="energy_level")).outcome == "energy_level"
    assert less_on_bad_days(answers_of(values, outcome="anxiety_level")) is None, "High is bad."


def simulated(chance, days: int, on_bad_days: float) -> Answers:
    """Scores that carry over from day to day, with a weekday rhythm and a slow wave; some 14 in 100 days are blank.

    `on_bad_days`: how the log-odds of a blank rise for each standard deviation that a day is lower.
    """
    rho, state, states = chance.choice([0.3, 0.5, 0.7]), chance.normal(), np.empty(days)
    for place in range(days):
        state = rho * state + (1 - rho**2) ** 0.5 * chance.normal()
        states[place] = state
    places = np.arange(days)
    states += 0.3 * chance.normal(size=7)[places % 7]
    states += 0.5 * np.sin(2 * np.pi * (places / chance.uniform(120, 400) + chance.uniform()))
    odds = np.exp(-2 - on_bad_days * states + 0.8 * (places % 7 >= 5))
    is_blank = chance.uniform(size=days) < odds / (1 + odds)
    values = np.clip(np.round(5.8 + 1.15 * states), 1, 10)
    return answers_of([*np.where(is_blank, np.nan, values)])


def share_shown(days: int, on_bad_days: float, people: int) -> float:
    chance = np.random.default_rng([days, people, round(100 * on_bad_days)])
    return sum(less_on_bad_days(simulated(chance, days, on_bad_days)) is not None for _ in range(people)) / people


def test_people_who_leave_out_any_days_are_shown_little_and_those_who_leave_out_bad_ones_more():
    assert share_shown(365, 0, 80) <= 0.075
    assert share_shown(365, 1.2, 30) >= 0.5


@pytest.mark.thorough
def test_what_the_module_says_of_its_own_errors_holds():
    assert share_shown(180, 0, 600) == pytest.approx(0.025, abs=0.02)
    assert share_shown(365, 0, 600) == pytest.approx(0.025, abs=0.02)
    assert share_shown(120, 0.7, 300) == pytest.approx(0.1, abs=0.06)
    assert share_shown(365, 0.7, 300) == pytest.approx(0.33, abs=0.1)
