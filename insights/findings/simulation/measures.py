"""How often a rule is right: counts over simulated people, and the figures of the tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from insights.findings.arithmetic import np
from insights.findings.pairs import Pairs
from insights.findings.simulation.people import Kind, Truth
from insights.findings.simulation.rivals import Rule, Verdict
from insights.findings.simulation.scenarios import Scenario

# The comparisons of a person that an effect connects, in one direction or the other.
LINKED = {Kind.PLANTED, Kind.REVERSED}


@dataclass
class Share:
    """A share whose cases are grouped by people: its error allows for the cases of a person being alike."""

    cases: list[tuple[int, int]] = field(default_factory=list)  # of each person: how many, of how many

    def add(self, number: int, of: int) -> None:
        if of:
            self.cases.append((number, of))

    @property
    def of(self) -> int:
        return sum(of for _number, of in self.cases)

    @property
    def number(self) -> int:
        return sum(number for number, _of in self.cases)

    @property
    def value(self) -> float | None:
        """From 0 to 1, or None where there is no case."""
        return self.number / self.of if self.of else None

    @property
    def error(self) -> float:
        """The standard error."""
        if len(self.cases) < 2:
            return 0.5
        number, of = np.array(self.cases, dtype=float).T
        people = len(self.cases)
        return float(np.sqrt(((number - self.value * of) ** 2).sum() * people / (people - 1)) / of.sum())


class Tally:
    """What one rule does over the people of one scenario."""

    def __init__(self, scenario: Scenario, rule: Rule):
        self.scenario, self.rule = scenario, rule
        self.people_with_any, self.covered, self.power = Share(), Share(), Share()
        self.marked, self.marked_of_all = Share(), Share()  # by the guard, of linked ones: shown, and all
        self.false_shares: list[float] = []
        self.compared: list[int] = []
        self.days: list[int] = []
        self.spreads: list[float] = []

    def add(self, family: Sequence[Pairs], truths: Mapping[str, Truth], verdicts: Sequence[Verdict | None]) -> None:
        """Count one person: their comparisons, what is true of each by its key, and what the rule says of each."""
        kinds = [truths[each.comparison.key].kind for each in family]
        cases = [(kind, verdict) for kind, verdict in zip(kinds, verdicts, strict=True) if verdict]
        # What follows from an effect elsewhere is neither chance nor what was planted: it counts as neither.
        shown = [kind for kind, verdict in cases if verdict.is_shown and kind is not Kind.RELATED]
        self.compared.append(len(cases))
        self.people_with_any.add(int(bool(shown)), 1)
        self.false_shares.append(shown.count(Kind.NULL) / len(shown) if shown else 0.0)
        self.count_intervals(family, truths, verdicts)
        linked = [verdict for kind, verdict in cases if kind in LINKED]
        shown_of_linked = [verdict for verdict in linked if verdict.is_shown]
        self.marked.add(sum(verdict.is_marked for verdict in shown_of_linked), len(shown_of_linked))
        self.marked_of_all.add(sum(verdict.is_marked for verdict in linked), len(linked))
        # A comparison without enough data is one that is not shown.
        self.power.add(len(shown_of_linked), sum(kind in LINKED for kind in kinds))
        wanted = {Kind.NULL} if self.scenario.has_no_effect else LINKED
        looked_at = [each for each, kind in zip(family, kinds, strict=True) if kind in wanted and len(each.y)]
        self.days += [len(each.y) for each in looked_at]
        self.spreads += [float(each.y.std()) for each in looked_at if each.comparison.outcome != "sleep_hours"]

    def count_intervals(
        self, family: Sequence[Pairs], truths: Mapping[str, Truth], verdicts: Sequence[Verdict | None]
    ) -> None:
        known = []
        for pairs, verdict in zip(family, verdicts, strict=True):
            truth = truths[pairs.comparison.key]
            if verdict and verdict.low is not None and truth.kind in {Kind.NULL, Kind.PLANTED}:
                known.append(verdict.low <= truth.slope * pairs.comparison.per <= verdict.high)
        self.covered.add(sum(known), len(known))

    @property
    def false_discoveries(self) -> float:
        """The false discovery rate: the mean, over people, of the share of what is shown that is chance.

        The share of a person who is shown nothing is 0. Links that follow from planted ones are left out of it.
        """
        return float(np.mean(self.false_shares))

    @property
    def false_discoveries_error(self) -> float:
        """The standard error, of some size also where no person was shown anything by chance."""
        people = len(self.false_shares)
        return float(max(np.std(self.false_shares), people**-0.5) / people**0.5)

    @property
    def mean_days(self) -> float:
        return float(np.mean(self.days)) if self.days else 0.0

    @property
    def mean_spread(self) -> float:
        return float(np.mean(self.spreads)) if self.spreads else 0.0
