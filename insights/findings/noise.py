"""What chance alone would show: the same comparisons with exposures that belong to other days."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from insights.findings.answers import Answers, read_answers
from insights.findings.arithmetic import np
from insights.findings.computing import estimate_of, own_questions_in, pairs_of_family
from insights.findings.correction import MOST_BY_CHANCE, q_values
from insights.findings.family import own_kinds_of
from insights.findings.pairs import Pairs
from insights.findings.results import Noise

TRIES = 200
# Days that an exposure is moved by, at least: a few days later it may still belong to the same outcome.
LEAST_SHIFT = 14


def noise_of(person, guesses: Sequence = (), show: Callable[[float], None] = lambda share: None) -> Noise:
    """In how many of 200 tries something would be kept by chance alone, with the current answers of a person.

    In each try, each exposure is shifted in a circle by a random number of days. That keeps how its days follow each
    other; shuffled days would not, and chance would look smaller than it is. The same answers give the same numbers:
    the seed is the version of the answers. `show` is called with the share that is done after each try.
    """
    version = person.answers_version
    own = own_questions_in(person, guesses)
    return noise_in(read_answers(person, own), version, guesses, own_kinds_of(own), show)


def noise_in(
    answers: Answers,
    version: int,
    guesses: Sequence = (),
    own_kinds: Mapping[str, str] | None = None,
    show: Callable[[float], None] = lambda share: None,
    tries: int = TRIES,
) -> Noise:
    """The noise in these answers. The comparisons are those that have enough data without a shift."""
    compared = [pairs for pairs in pairs_of_family(answers, guesses, own_kinds or {}) if estimate_of(pairs)]
    if not compared or not len(shifts := possible_shifts(answers.days)):
        return Noise(version, 0, 0, len(compared))
    random, with_findings = np.random.default_rng(version), 0
    exposures = sorted({pairs.comparison.exposure for pairs in compared})
    calendar = on_calendar(answers)
    for number in range(tries):
        shifted = {name: np.roll(calendar.known(name), random.choice(shifts)) for name in exposures}
        with_findings += is_anything_kept(calendar, compared, shifted)
        show((number + 1) / tries)
    return Noise(version, tries, with_findings, len(compared))


def possible_shifts(days: np.ndarray) -> np.ndarray:
    """By how many days an exposure can be moved in a circle: at least LEAST_SHIFT in both directions."""
    span = int(days[-1] - days[0]) + 1
    return np.arange(LEAST_SHIFT, span - LEAST_SHIFT + 1)


def on_calendar(answers: Answers) -> Answers:
    """The same answers with a place for each calendar day, so that a shift by places is one by days."""
    days = np.arange(answers.days[0], answers.days[-1] + 1)
    places = answers.days - answers.days[0]

    def spread(values: np.ndarray, blank) -> np.ndarray:
        found = np.full(len(days), blank, dtype=values.dtype)
        found[places] = values
        return found

    values = {name: spread(each, np.nan) for name, each in answers.values.items()}
    recalled = {name: spread(each, False) for name, each in answers.recalled.items()}
    return replace(answers, days=days, not_tracked=spread(answers.not_tracked, False), values=values, recalled=recalled)


def is_anything_kept(calendar: Answers, compared: Sequence[Pairs], shifted: Mapping[str, np.ndarray]) -> bool:
    """Whether a comparison would be kept with these exposures, corrected for all of them as always."""
    found = [estimate_of(shifted_pairs(calendar, pairs, shifted[pairs.comparison.exposure])) for pairs in compared]
    return any(q <= MOST_BY_CHANCE for q in q_values([each.p for each in found if each]))


def shifted_pairs(calendar: Answers, pairs: Pairs, exposure: np.ndarray) -> Pairs:
    """The days of a comparison with another exposure, which may be the outcome of other comparisons as well."""
    x, y = calendar.of_day(exposure, -pairs.comparison.lag), calendar.known(pairs.comparison.outcome)
    is_used = ~np.isnan(x) & ~np.isnan(y)
    return replace(pairs, days=calendar.days[is_used], x=x[is_used], y=y[is_used], later=x[is_used])
