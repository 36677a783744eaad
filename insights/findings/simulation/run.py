"""Simulates the people of several scenarios, and counts what each rule shows them."""

from collections.abc import Callable, Sequence

from insights.findings.arithmetic import np
from insights.findings.computing import pairs_of_family
from insights.findings.family import FAMILY
from insights.findings.simulation.measures import Tally
from insights.findings.simulation.people import simulate
from insights.findings.simulation.rivals import Correlation, DifferenceOfMeans, FreePermutation, OfFindings
from insights.findings.simulation.scenarios import SCENARIOS, Scenario


def ignore(done: int) -> None:
    """The `progress` of callers that show none."""


def run(
    scenario: Scenario, people: int, seed: int, *, with_rivals: bool = False, progress: Callable[[int], None] = ignore
) -> list[Tally]:
    """Return a tally for each rule, that of findings first. Calls `progress` with the people done so far.

    A person depends on the seed, the scenario, its days and their own number alone, so that more people or another
    choice of scenarios leave the others as they were.
    """
    rules = [OfFindings(), *([Correlation(), DifferenceOfMeans(), FreePermutation(seed)] if with_rivals else [])]
    tallies = [Tally(scenario, rule) for rule in rules]
    place = [each.name for each in SCENARIOS].index(scenario.name)
    for number in range(people):
        person = simulate(np.random.default_rng([seed, place, scenario.days, number]), scenario, FAMILY)
        family = pairs_of_family(person.answers, guesses=(), own_kinds={})
        for tally in tallies:
            tally.add(family, person.truths, tally.rule.verdicts(person.answers, family))
        progress(number + 1)
    return tallies


def scenarios_over(names: Sequence[str], days: Sequence[int]) -> list[Scenario]:
    """The scenarios of these names, or all, over each of these numbers of days."""
    chosen = [scenario for scenario in SCENARIOS if scenario.name in names or not names]
    return [scenario.over(length) for scenario in chosen for length in days]
