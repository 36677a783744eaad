"""All findings of a person, from their answers. Imports numpy: only what computes findings imports it."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from insights.findings.answers import Answers, read_answers
from insights.findings.arithmetic import np
from insights.findings.blanks import less_on_bad_days
from insights.findings.correction import MOST_BY_CHANCE, q_values
from insights.findings.family import MEDICATION, MOST_MEDICATIONS, PER_DOSE, Comparison, family_of, own_kinds_of
from insights.findings.pairs import Pairs, pairs_of
from insights.findings.regression import columns_of, comes_afterwards, estimate
from insights.findings.results import Estimate, Findings, Later, Result
from logs.question_lists import questions_of_day

# Points of a chart, which draws as many. Of more days, those drawn are spread evenly over all.
MOST_POINTS = 240
AFTERWARDS = "afterwards"
OF_DOSES = ("dose_amount", "dose_time")


def findings_of(person, kept_since: Mapping[str, datetime.date] | None = None, guesses: Sequence = ()) -> Findings:
    """The findings of a person for the current version of their answers.

    `kept_since`: the days on which findings were first kept, by Result.kept_as: for each of them, the days after are
    compared as well. `guesses`: what the person asked, see family_of(). At most seven queries.
    """
    version = person.answers_version
    own = own_questions_in(person, guesses)
    answers = read_answers(person, own)
    return findings_in(answers, version, kept_since or {}, guesses, own_kinds_of(own))


def own_questions_in(person, guesses: Iterable) -> list:
    """The person's own questions that these guesses are about; those that are archived as well."""
    names = {name for guess in guesses for name in (guess.exposure, guess.outcome)}
    if not any(name.startswith("own-") for name in names):
        return []
    own = own_kinds_of(questions := questions_of_day(person))
    return [question for question in questions if question.name in names and question.name in own]


def findings_in(
    answers: Answers,
    version: int,
    kept_since: Mapping[str, datetime.date],
    guesses: Iterable = (),
    own_kinds: Mapping[str, str] | None = None,
) -> Findings:
    """The findings in these answers."""
    compared = pairs_of_family(answers, guesses, own_kinds or {})
    results = tuple(
        completed(result, pairs, kept_since.get(result.kept_as))
        for result, pairs in zip(corrected([result_of(pairs, answers) for pairs in compared]), compared, strict=True)
    )
    first, last = [*map(iso_date, answers.days[[0, -1]])] if len(answers.days) else (None, None)
    return Findings(version, first, last, results, less_on_bad_days(answers))


def iso_date(day: int) -> str:
    return datetime.date.fromordinal(int(day)).isoformat()


def pairs_of_family(answers: Answers, guesses: Iterable, own_kinds: Mapping[str, str]) -> list[Pairs]:
    """The days of all comparisons of a person. Those of a further medication are left out if they are not enough."""
    family = family_of(answers.medications[:MOST_MEDICATIONS], guesses, own_kinds)
    found = [pairs_of(answers, with_unit(each, answers.unit)) for each in family]
    return [each for each in found if not (each.comparison.exposure.startswith(MEDICATION) and each.needed)]


def with_unit(comparison: Comparison, unit: str | None) -> Comparison:
    if comparison.exposure != "dose_amount":
        return comparison
    return replace(comparison, per=PER_DOSE.get(unit, 1))


def estimate_of(pairs: Pairs) -> Estimate | None:
    """The estimate for `per` of the exposure. None while there are too few days, and where they cannot say."""
    return estimate_and_guard(pairs, guarded=False)[0]


def estimate_and_guard(pairs: Pairs, *, guarded: bool = True) -> tuple[Estimate | None, str]:
    """The estimate, and the guard's remark on it: AFTERWARDS, or nothing."""
    if pairs.needed:
        return None, ""
    days, x, y, weekdays = pairs.days, pairs.x, pairs.y, pairs.weekdays
    columns = columns_of(days, weekdays)
    found = estimate(days, x, y, weekdays, columns=columns)
    if found is None:
        return None, ""
    is_after = guarded and comes_afterwards(days, x, pairs.later, y, weekdays, found.carry_over, columns=columns)
    per = pairs.comparison.per
    scaled = replace(found, value=found.value * per, low=found.low * per, high=found.high * per)
    return scaled, AFTERWARDS if is_after else ""


def result_of(pairs: Pairs, answers: Answers) -> Result:
    """What the days of a comparison say, without the correction for the others."""
    asked = pairs.comparison
    found, guard = estimate_and_guard(pairs)
    is_on = upper_half(pairs.x) if asked.is_amount else pairs.x == 1
    on, off = pairs.y[is_on], pairs.y[~is_on]
    return Result(
        asked.key,
        asked.exposure,
        asked.outcome,
        asked.lag,
        asked.per,
        asked.is_amount,
        days=len(pairs.days),
        span=pairs.span,
        not_tracked=pairs.not_tracked,
        recalled=pairs.recalled,
        needed=pairs.needed,
        estimate=found,
        guard=guard,
        on_mean=float(on.mean()) if len(on) else None,
        on_days=len(on),
        off_mean=float(off.mean()) if len(off) else None,
        off_days=len(off),
        on_from=float(pairs.x[is_on].min()) if asked.is_amount and len(on) else None,
        asked_on=asked.asked_on,
        medication=answers.main if asked.exposure in OF_DOSES else None,
        unit=(answers.unit or "") if asked.exposure == "dose_amount" else "",
    )


def upper_half(amounts: np.ndarray) -> np.ndarray:
    """Which days are above the middle. Many are on it, often: they go where the halves are less unequal."""
    if not len(amounts):
        return np.zeros(0, dtype=bool)
    middle = np.median(amounts)
    above, from_there = amounts > middle, amounts >= middle
    return min((from_there, above), key=lambda half: abs(2 * int(half.sum()) - len(amounts)))


def corrected(results: Sequence[Result]) -> list[Result]:
    """With q-values over all that have an estimate, and whether they are kept."""
    compared = [result for result in results if result.estimate]
    q = dict(zip((each.key for each in compared), q_values([each.estimate.p for each in compared]), strict=True))
    return [
        replace(each, q=q[each.key], kept=q[each.key] <= MOST_BY_CHANCE) if each.key in q else each for each in results
    ]


def completed(result: Result, pairs: Pairs, since: datetime.date | None) -> Result:
    """With what is shown of a finding besides: its single days, and the days after it was first kept."""
    if since is not None:
        later = pairs.after(since.toordinal())
        result = replace(result, later=Later(since.isoformat(), len(later.days), estimate_of(later), later.needed))
    return replace(result, points=points_of(pairs)) if result.kept else result


def points_of(pairs: Pairs) -> tuple[tuple[float, float], ...]:
    n = len(pairs.days)
    places = np.arange(n) if n <= MOST_POINTS else np.linspace(0, n - 1, MOST_POINTS).round().astype(int)
    return tuple(zip(pairs.x[places].tolist(), pairs.y[places].tolist(), strict=True))
