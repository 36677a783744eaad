"""What a computation of findings found: numbers and keys, without words, language or a text of the person.

It is stored as JSON, and the page, the report and `manage.py findings` all show this. Days are ISO dates. Values and
intervals are in points of the outcome: yes minus no, or for each `per` of an exposure that is an amount.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

VERSION = 2


@dataclass(frozen=True, slots=True)
class Estimate:
    """A difference with its 95 % interval. `p` is two-sided; `t` has `freedom` degrees of freedom."""

    value: float
    low: float
    high: float
    p: float
    t: float
    freedom: float
    days: int  # with both answers
    carry_over: float  # the correlation of answers one day apart that was allowed for, from 0 to 0.85


@dataclass(frozen=True, slots=True)
class Later:
    """What the days after a finding was first kept say alone. `estimate` is None while they are too few.

    `needed`: how many more it takes, as for a Result.
    """

    since: str  # the day on which it was first kept
    days: int  # with both answers, after that day
    estimate: Estimate | None
    needed: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """One comparison. `estimate` and what follows from it are None while `needed` is positive.

    They are None as well where the days are enough and cannot say: the outcome never differs, or the exposure does so
    only with the day of the week.

    `needed`: how many more days with both answers are needed; 0 if there are enough. `days` are those with both
    answers, of `span` calendar days from the first to the last of them; `not_tracked` and `recalled` of these days are
    left out. `on` and `off` are the plain means of the outcome on days with and without the exposure, and how many
    days each has; for an amount, on its upper half, which begins with `on_from`, and on its lower half. `q` is the
    p-value after Benjamini and Hochberg.
    `guard`: "afterwards" if the later exposure goes with the outcome at least as much, else "".
    """

    key: str
    exposure: str
    outcome: str
    lag: int
    per: float
    is_amount: bool
    days: int
    span: int
    not_tracked: int
    recalled: int
    needed: int
    estimate: Estimate | None = None
    q: float | None = None
    kept: bool = False
    guard: str = ""
    on_mean: float | None = None
    on_days: int = 0
    off_mean: float | None = None
    off_days: int = 0
    on_from: float | None = None
    asked_on: str = ""  # of the person's own guess: the day on which it was asked
    # Of `dose_amount` and `dose_time`: the key of the medication they are of; of `dose_amount`, the unit of `per`.
    medication: int | None = None
    unit: str = ""
    later: Later | None = None
    # The single days behind the chart, thinned to a few hundred: the exposure and the outcome of each.
    points: tuple[tuple[float, float], ...] = ()

    @property
    def kept_as(self) -> str:
        """The key that the day is stored under on which it was first kept: `dose_amount-7.focus_level.0`.

        Of doses, it names the medication, since another one may be taken on most days by now.
        """
        return self.key.replace(".", f"-{self.medication}.", 1) if self.medication else self.key


@dataclass(frozen=True, slots=True)
class LessOnBadDays:
    """Whether days without an answer lie beside low ones: means of the neighbours of blanks, and of other days."""

    outcome: str
    beside_blanks: float
    elsewhere: float
    blanks: int
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Findings:
    """All results of a person for one version of their answers, in the order of the family."""

    answers_version: int
    first: str | None
    last: str | None
    results: tuple[Result, ...]
    less_on_bad_days: LessOnBadDays | None = None

    @property
    def compared(self) -> list[Result]:
        """Those with enough data: the family that the correction is over."""
        return [result for result in self.results if result.estimate is not None]

    @property
    def kept(self) -> list[Result]:
        return [result for result in self.results if result.kept]

    def to_json(self) -> str:
        return json.dumps({"version": VERSION} | asdict(self), separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Findings":
        """Raises ValueError, KeyError or TypeError for what this release cannot read."""
        facts = json.loads(text)
        if facts.pop("version", None) != VERSION:
            raise ValueError("another version")
        facts["results"] = tuple(result_from(each) for each in facts["results"])
        blanks = facts["less_on_bad_days"]
        facts["less_on_bad_days"] = blanks and LessOnBadDays(**blanks | {"estimate": Estimate(**blanks["estimate"])})
        return cls(**facts)


def result_from(facts: Mapping) -> Result:
    later, estimate = facts["later"], facts["estimate"]
    nested = {
        "estimate": estimate and Estimate(**estimate),
        "later": later and Later(**later | {"estimate": later["estimate"] and Estimate(**later["estimate"])}),
        "points": tuple((x, y) for x, y in facts["points"]),
    }
    return Result(**{each.name: facts[each.name] for each in fields(Result)} | nested)


@dataclass(frozen=True, slots=True)
class Noise:
    """In how many tries anything was kept although each exposure was shifted against its outcomes.

    `compared`: the comparisons with enough data, without a shift. With none, there were no tries.
    """

    answers_version: int
    tries: int
    with_findings: int
    compared: int

    def to_json(self) -> str:
        return json.dumps({"version": VERSION} | asdict(self), separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Noise":
        """Raises ValueError or TypeError for what this release cannot read."""
        facts = json.loads(text)
        if facts.pop("version", None) != VERSION:
            raise ValueError("another version")
        return cls(**facts)
