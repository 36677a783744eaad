"""Whether a person logs less on bad days: whether days without an answer lie beside low ones.

What a blank day was like is not known. Days are like those beside them, though, so that blanks on bad days leave low
answers beside them. The answers on the day before or after a blank are compared with all others by the regression of
the findings, which allows for weekdays, slow changes and days that carry over (insights/findings/regression.py).

It is shown only where the interval leaves out 0 and answers beside blanks are the lower ones. Without such a link that
is so for 2 in 100 people. Where a blank is twice as likely on a day that is one standard deviation lower, it is shown
to 12 in 100 after four months and to 40 after a year; where it is three times as likely, to 70 after a year
(insights/tests/test_blanks.py).
"""

from insights.findings.answers import Answers
from insights.findings.arithmetic import np
from insights.findings.pairs import LEAST_ON_EACH_SIDE
from insights.findings.regression import estimate
from insights.findings.results import LessOnBadDays

# The first of these with enough days is looked at, and no other: each further one would be a further chance to err.
OUTCOMES = ("overall_mood", "day_rating", "morning_mood", "focus_level", "energy_level")


def less_on_bad_days(answers: Answers) -> LessOnBadDays | None:
    """What is shown of the answers of a person; None if there is nothing to show."""
    for outcome in OUTCOMES:
        if outcome in answers.values:
            days, values, blanks = answered_and_blank(answers, outcome)
            beside = is_beside(days, blanks)
            if min(beside.sum(), (~beside).sum()) >= LEAST_ON_EACH_SIDE:
                return lower_beside_blanks(outcome, days, values, beside, len(blanks))
    return None


def answered_and_blank(answers: Answers, outcome: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The days with an answer to the outcome, (n,), and the answers, (n,); and the blank days between them, (m,).

    A day is blank if the person has no log of it, or one without this answer. Days marked as not tracked are neither,
    nor are those whose answer was recalled.
    """
    known = answers.known(outcome)
    is_known = ~np.isnan(known)
    days = answers.days[is_known]
    if not len(days):
        return days, known[is_known], days
    neither = answers.days[answers.not_tracked | (~np.isnan(answers.values[outcome]) & ~is_known)]
    blanks = np.setdiff1d(np.arange(days[0], days[-1]), np.concatenate([days, neither]))
    return days, known[is_known], blanks


def is_beside(days: np.ndarray, blanks: np.ndarray) -> np.ndarray:
    """Of each day, (n,), whether the day before or after it is blank."""
    return np.isin(days - 1, blanks) | np.isin(days + 1, blanks)


def lower_beside_blanks(
    outcome: str, days: np.ndarray, values: np.ndarray, beside: np.ndarray, blanks: int
) -> LessOnBadDays | None:
    """Arrays (n,), days in order. None unless values beside blanks are lower, and no difference does not fit."""
    found = estimate(days, beside.astype(float), values, (days + 6) % 7)
    low, other = float(values[beside].mean()), float(values[~beside].mean())
    if found is None or found.high >= 0 or low >= other:
        return None
    return LessOnBadDays(outcome, low, other, blanks, found)
