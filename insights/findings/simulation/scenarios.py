"""The kinds of simulated people, as a table. Does not import numpy: the command offers their names."""

from dataclasses import dataclass, replace

# Points of a score that are one "planted point" on a usual outcome: its standard deviation is 4/3 points, so that one
# point is 0.75 of it. Effects on outcomes with another spread, such as hours of sleep, have the same share of theirs.
SPREAD = 4 / 3
USUAL_DAYS = 180


@dataclass(frozen=True)
class Scenario:
    """How the people of one row of the tables live.

    `size`: the difference, in points, that each of the `PLANTED` exposures of a person makes to its outcome: yes
    minus no, or for two standard deviations of an amount. `skips_bad_days`: days are more often blank when the mood
    is low. `is_reversed`: the outcome of a day moves the exposure of the next day. `dose_changes`: the dose is one
    amount before a day and another one from then on, and makes a difference of `size` to one outcome.
    """

    name: str
    title: str
    days: int = USUAL_DAYS
    size: float = 0.0
    skips_bad_days: bool = False
    is_reversed: bool = False
    dose_changes: bool = False

    @property
    def has_no_effect(self) -> bool:
        return not self.size and not self.is_reversed

    def over(self, days: int) -> "Scenario":
        return replace(self, days=days)


PLANTED = 3  # comparisons of a person that have an effect, where a scenario has effects

SCENARIOS = (
    Scenario("null", "no effect"),
    Scenario("null-bad-days", "no effect, blanks on bad days", skips_bad_days=True),
    Scenario("null-dose-change", "no effect, change of dose", dose_changes=True),
    Scenario("half", "0.5 points", size=0.5),
    Scenario("one", "1 point", size=1.0),
    Scenario("one-and-half", "1.5 points", size=1.5),
    Scenario("reversed", "reversed causes", is_reversed=True),
    Scenario("dose-change", "change of dose, 1 point", size=1.0, dose_changes=True),
)
SCENARIO_BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
