"""What the figures have to reach: a missed gate is a sentence. Does not import numpy."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from insights.findings.simulation.scenarios import USUAL_DAYS

if TYPE_CHECKING:
    from insights.findings.simulation.measures import Tally

MOST_FALSE, LEAST_COVERED, LEAST_POWER = 0.10, 0.93, 0.85
# A rate misses its gate if it is beyond by more than this many of its standard errors: within the error of the
# measurement.
ERRORS = 2
# The aim is that all reversed links are marked. What rests on days cannot be certain: of all, and of the few that are
# shown, so many have to be, within the error.
LEAST_MARKED = 0.95
# Power is that of one scenario over its usual days.
POWER_OF = ("one", USUAL_DAYS)


def missed(tally: "Tally") -> Iterator[str]:
    """The gates that the figures of findings miss in one scenario, a sentence for each."""
    where = f"“{tally.scenario.title}”, {tally.scenario.days} days"
    if tally.false_discoveries - ERRORS * tally.false_discoveries_error > MOST_FALSE:
        yield (
            f"{where}: the false discovery rate is {tally.false_discoveries:.1%} "
            f"(standard error {tally.false_discoveries_error:.1%}), above {MOST_FALSE:.0%}."
        )
    if tally.covered.of and tally.covered.value < LEAST_COVERED:
        yield f"{where}: {tally.covered.value:.1%} of the intervals hold the truth, fewer than {LEAST_COVERED:.0%}."
    if (tally.scenario.name, tally.scenario.days) == POWER_OF and tally.power.value < LEAST_POWER:
        yield f"{where}: {tally.power.value:.1%} of the effects are shown, fewer than {LEAST_POWER:.0%}."
    if tally.scenario.is_reversed:
        yield from missed_by_guard(tally, where)


def missed_by_guard(tally: "Tally", where: str) -> Iterator[str]:
    """The gates of the guard, where outcomes move exposures."""
    of_all, marked = tally.marked_of_all, tally.marked
    if of_all.of and of_all.value + ERRORS * of_all.error < LEAST_MARKED:
        yield f"{where}: {of_all.value:.1%} of all reversed links are marked, fewer than {LEAST_MARKED:.0%}."
    if marked.of and marked.value + ERRORS * marked.error < LEAST_MARKED:
        yield (
            f"{where}: {marked.number} of {marked.of} reversed links that are shown are marked, fewer than "
            f"{LEAST_MARKED:.0%}."
        )
