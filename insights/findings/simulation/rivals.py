"""Rules that are in use elsewhere, and the rule of findings, applied to the same simulated days.

Each rule takes all comparisons of a person and says which of them it would show, and between which values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from insights.findings.answers import Answers
from insights.findings.arithmetic import np
from insights.findings.computing import findings_in
from insights.findings.correction import MOST_BY_CHANCE, q_values
from insights.findings.pairs import Pairs
from insights.findings.results import Result
from insights.findings.student import quantile, two_sided_p


@dataclass(frozen=True)
class Verdict:
    """What a rule says of one comparison. `low` and `high` are None where the rule gives no interval."""

    is_shown: bool
    low: float | None = None
    high: float | None = None
    is_marked: bool = False  # as coming afterwards


class Rule(Protocol):
    title: str

    def verdicts(self, answers: Answers, family: Sequence[Pairs]) -> list[Verdict | None]:
        """One verdict for each comparison of a person, in order; None where the rule needs more days."""


class OfFindings:
    """The rule of findings, by the code that makes the findings of people."""

    title = "findings"

    def verdicts(self, answers: Answers, family: Sequence[Pairs]) -> list[Verdict | None]:
        results = findings_in(answers, version=0, kept_since={}).results
        return [self.verdict(result) if result.estimate else None for result in results]

    @staticmethod
    def verdict(result: Result) -> Verdict:
        return Verdict(result.kept, result.estimate.low, result.estimate.high, bool(result.guard))


class Correlation:
    """Pearson's r: shown from 0.2 on, in either direction."""

    title = "r beyond 0.2"
    LEAST_DAYS, LEAST_R = 10, 0.2

    def verdicts(self, answers: Answers, family: Sequence[Pairs]) -> list[Verdict | None]:
        return [self.verdict(each) for each in family]

    def verdict(self, pairs: Pairs) -> Verdict | None:
        if len(pairs.x) < self.LEAST_DAYS or not pairs.x.std() or not pairs.y.std():
            return None
        return Verdict(bool(abs(np.corrcoef(pairs.x, pairs.y)[0, 1]) > self.LEAST_R))


class DifferenceOfMeans:
    """Days with and without, at least 3 of each; an amount is split at its median. Shown if Welch's p is below 0.05."""

    title = "3 + 3 days"
    LEAST_DAYS, LEVEL = 3, 0.05

    def verdicts(self, answers: Answers, family: Sequence[Pairs]) -> list[Verdict | None]:
        return [self.verdict(each) for each in family]

    def verdict(self, pairs: Pairs) -> Verdict | None:
        middle = np.median(pairs.x) if pairs.comparison.is_amount and len(pairs.x) else 0
        on, off = pairs.y[pairs.x > middle], pairs.y[pairs.x <= middle]
        if min(len(on), len(off)) < self.LEAST_DAYS:
            return None
        shares = np.array([on.var(ddof=1) / len(on), off.var(ddof=1) / len(off)])
        error = float(np.sqrt(shares.sum()))
        if not error:
            return None
        freedom = float(shares.sum() ** 2 / (shares**2 / (len(on) - 1, len(off) - 1)).sum())
        value = float(on.mean() - off.mean())
        is_shown = two_sided_p(value / error, freedom) < self.LEVEL
        if pairs.comparison.is_amount:  # Its difference is that of two halves, not one for each unit.
            return Verdict(is_shown)
        half = quantile(freedom) * error
        return Verdict(is_shown, value - half, value + half)


class FreePermutation:
    """Pearson's r against those of outcomes in random order, and Benjamini–Hochberg. All days count as exchangeable."""

    title = "free permutation"
    TIMES = 999

    def __init__(self, seed: int):
        self.seed = seed
        self.orders: dict[int, np.ndarray] = {}

    def orders_of(self, days: int) -> np.ndarray:
        """Random orders of so many days, (TIMES, days): the same for all comparisons of that many days."""
        if days not in self.orders:
            rng = np.random.default_rng([self.seed, days])
            self.orders[days] = rng.permuted(np.tile(np.arange(days, dtype=np.int16), (self.TIMES, 1)), axis=1)
        return self.orders[days]

    def verdicts(self, answers: Answers, family: Sequence[Pairs]) -> list[Verdict | None]:
        asked = [place for place, each in enumerate(family) if not each.needed]
        slopes = [self.slope_and_chance(family[place]) for place in asked]
        as_large = (np.count_nonzero(np.abs(chance) >= abs(slope) - 1e-12) for slope, chance in slopes)
        p = [(1 + times) / (1 + self.TIMES) for times in as_large]
        verdicts: list[Verdict | None] = [None] * len(family)
        for place, (slope, chance), q in zip(asked, slopes, q_values(p), strict=True):
            per = family[place].comparison.per
            slope, half = slope * per, float(np.quantile(np.abs(chance), 0.95)) * per
            verdicts[place] = Verdict(q <= MOST_BY_CHANCE, slope - half, slope + half)
        return verdicts

    def slope_and_chance(self, pairs: Pairs) -> tuple[float, np.ndarray]:
        """The slope of y on x, and those with y in random orders, (TIMES,)."""
        x = pairs.x - pairs.x.mean()
        x = x / (x @ x)
        return float(x @ pairs.y), pairs.y[self.orders_of(len(x))] @ x
