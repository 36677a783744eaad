"""The days of a comparison: those with both answers, what they leave out, and whether they are enough."""

from dataclasses import dataclass, replace
from functools import cached_property

from insights.findings.answers import Answers
from insights.findings.arithmetic import np
from insights.findings.family import Comparison

# Days that it takes on each side; of an amount, days off its commonest value, and days altogether.
LEAST_ON_EACH_SIDE = 14
LEAST_OFF_COMMONEST = 14
LEAST_PAIRS = 30


@dataclass(frozen=True)
class Pairs:
    """The n days with both answers, in order; arrays (n,).

    `days`: ordinals of the outcome's days. `x`: the exposure, `lag` days before. `y`: the outcome. `later`: the
    exposure of the day after the outcome's, NaN where it is not known. `recalled`: how many days were left out because
    an answer was recalled; `not_tracked`: how many marked days there are from the first to the last.
    """

    comparison: Comparison
    days: np.ndarray
    x: np.ndarray
    y: np.ndarray
    later: np.ndarray
    not_tracked: int = 0
    recalled: int = 0

    @property
    def weekdays(self) -> np.ndarray:
        """Monday is 0."""
        return (self.days + 6) % 7

    @property
    def span(self) -> int:
        """The calendar days from the first to the last."""
        return int(self.days[-1] - self.days[0]) + 1 if len(self.days) else 0

    @cached_property
    def needed(self) -> int:
        """How many more days with both answers it takes, at least."""
        return max(self.needed_of_exposure, self.needed_of_outcome)

    @property
    def needed_of_outcome(self) -> int:
        """Of one that is yes or no: as many as on each side of an exposure, or a few days would decide all."""
        return lacking_on_sides(self.y) if self.comparison.is_of_share else 0

    @property
    def needed_of_exposure(self) -> int:
        n = len(self.x)
        if self.comparison.is_amount:
            commonest = int(np.unique(self.x, return_counts=True)[1].max()) if n else 0
            return max(0, LEAST_PAIRS - n, LEAST_OFF_COMMONEST - (n - commonest))
        return lacking_on_sides(self.x)

    def after(self, day: int) -> "Pairs":
        """Those of which both days are after this one, an ordinal."""
        is_after = self.days - self.comparison.lag > day
        arrays = {name: getattr(self, name)[is_after] for name in ("days", "x", "y", "later")}
        return replace(self, **arrays)


def lacking_on_sides(values: np.ndarray) -> int:
    """How many days with yes and with no are missing, together."""
    on = int((values == 1).sum())
    return max(0, LEAST_ON_EACH_SIDE - on) + max(0, LEAST_ON_EACH_SIDE - (len(values) - on))


def pairs_of(answers: Answers, comparison: Comparison) -> Pairs:
    """The days of a comparison. Both of its values are among the answers."""
    x, y = answers.known(comparison.exposure), answers.known(comparison.outcome)
    before, later = answers.of_day(x, -comparison.lag), answers.of_day(x, 1)
    is_used = ~np.isnan(before) & ~np.isnan(y)
    days = answers.days[is_used]
    within = (answers.days >= days[0]) & (answers.days <= days[-1]) if len(days) else np.zeros(len(y), dtype=bool)
    return Pairs(
        comparison,
        days,
        before[is_used],
        y[is_used],
        later[is_used],
        not_tracked=int((answers.not_tracked & within).sum()),
        recalled=recalled_days(answers, comparison) - len(days),
    )


def recalled_days(answers: Answers, comparison: Comparison) -> int:
    """The days with both answers, with those that were recalled."""
    x, y = answers.values[comparison.exposure], answers.values[comparison.outcome]
    return int((~np.isnan(answers.of_day(x, -comparison.lag)) & ~np.isnan(y)).sum())
