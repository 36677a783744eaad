"""Simulated people: answers to the whole family of comparisons, with effects that are known.

Every answer has a rhythm of the week, a slow drift and a course that persists from day to day; how much of each
differs from person to person. The scores of a day have a part in common. Whole days and single check-ins are blank.
No parameter here follows from the method that is measured.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import NormalDist

from insights.findings.answers import Answers
from insights.findings.arithmetic import np
from insights.findings.family import Comparison
from insights.findings.simulation import processes
from insights.findings.simulation.scenarios import PLANTED, SPREAD, Scenario
from logs.stages import MEDICATION, MIDDAY, STAGES

FIRST_DAY = datetime.date(2026, 1, 5).toordinal()

# ── Shares of an answer's variance, and how much of it persists: drawn for each person ──────────────────────

WEEK_SHARE = (0.0, 0.15)
DRIFT_SHARE = (0.0, 0.30)
# The rest of a score: a part in common with the day's other scores, an own part that persists, and noise of the day.
COMMON_PART, OWN_PART, NOISE_PART = 0.40, 0.35, 0.25
COMMON_CARRY_OVER, OWN_CARRY_OVER = (0.40, 0.85), (0.20, 0.80)
EXPOSURE_CARRY_OVER = (0.0, 0.70)
HOURS_IN_QUALITY = 0.6  # the correlation of hours and quality of a night
MEANS_OF_SCORES = (4.5, 6.5)

# ── What people do ───────────────────────────────────────────────────────────────────────────────

# On which share of the days the answer is yes.
USUAL_SHARE = (0.20, 0.80)
SHARES = {
    "medication_taken": (0.85, 0.95),
    "had_emotional_event": (0.10, 0.30),
    "had_triggering_interaction": (0.10, 0.25),
    "is_crashing": (0.15, 0.40),
}
NIGHT = ("sleep_hours", "sleep_quality")
LOW_DOSE, HIGH_DOSE, UNIT = 18.0, 36.0, "mg"
# Those who do not change their dose: half of them take the same amount every day, the others one of two.
SAME_AMOUNT_CHANCE = 0.5
FIRST_DOSE_AT, FIRST_DOSE_SPREAD = 8.25, 0.6  # hours of the day

# ── Answers without which a question is not asked, and blanks ────────────────────────────────────────────────

CONDITIONS = {
    "ate_within_hour": "medication_taken",
    "dose_amount": "medication_taken",
    "dose_time": "medication_taken",
    "coping_used": "had_emotional_event",
}
DERIVED = {"dose_amount": MEDICATION.slug, "dose_time": MEDICATION.slug, "coping_used": MIDDAY.slug}
CHECK_INS = {name: stage.slug for stage in STAGES for name in stage.field_names} | DERIVED
BLANK_DAY_CHANCE, SKIPPED_CHECK_IN_CHANCE = 0.09, 0.03
# On bad days: this much more on the worst days, half of it where the mood is so many standard deviations below usual.
BAD_DAY_CHANCE, BAD_DAY = 0.6, -1.2

# Comparisons that get no effect: their exposure is too rare, or the same every day, to show one in any analysis.
NEVER_PLANTED = frozenset({"medication_taken", "coping_used", "dose_amount", "had_triggering_interaction"})
# Reversed: the correlation of an outcome with what an exposure of the next day comes from.
REVERSED_STRENGTH = 0.7


class Kind(Enum):
    NULL = "null"  # Exposure and outcome have nothing in common.
    PLANTED = "planted"
    REVERSED = "reversed"
    RELATED = "related"  # Something else connects them: neither right nor wrong to show.


@dataclass(frozen=True)
class Truth:
    """What is known about a comparison: `slope` is the difference of the outcome for one unit of the exposure."""

    kind: Kind
    slope: float = 0.0


@dataclass(frozen=True)
class SimulatedPerson:
    """Answers as the product reads them from a person's rows, and the truths by the keys of comparisons."""

    answers: Answers
    truths: Mapping[str, Truth]


class Life:
    """The making of one person. The order of draws is fixed: one seed makes one person."""

    def __init__(self, rng: np.random.Generator, scenario: Scenario, family: Sequence[Comparison]):
        self.rng, self.scenario, self.family = rng, scenario, family
        self.days = FIRST_DAY + rng.integers(7) + np.arange(scenario.days)
        self.exposures = list(dict.fromkeys(each.exposure for each in family))
        outcomes = dict.fromkeys(each.outcome for each in family)
        self.moods = [name for name in outcomes if name not in self.exposures and name not in NIGHT]
        self.latent = self.latent_courses()
        self.linked = self.choose_linked()
        # What each answer comes from. Two that share nothing are independent.
        self.origins = {name: {name} for name in self.latent}
        for names, origin in ((self.moods, "mood"), (NIGHT, "night")):
            for name in names:
                self.origins.get(name, set()).add(origin)
        self.slopes: dict[str, float] = {}

    # ── Latent courses, with a variance of about 1 ───────────────────────────────────────────────

    def latent_courses(self) -> dict[str, np.ndarray]:
        rng, days = self.rng, self.scenario.days
        names = [*dict.fromkeys((*self.exposures, *NIGHT))]
        habits = processes.autocorrelated(rng, rng.uniform(*EXPOSURE_CARRY_OVER, len(names)), days)
        latent = dict(zip(names, self.with_rhythms(habits), strict=True))
        hours, quality = (latent[name] for name in NIGHT)
        latent["sleep_quality"] = HOURS_IN_QUALITY * hours + np.sqrt(1 - HOURS_IN_QUALITY**2) * quality
        common = processes.autocorrelated(rng, rng.uniform(*COMMON_CARRY_OVER, 1), days)
        own = processes.autocorrelated(rng, rng.uniform(*OWN_CARRY_OVER, len(self.moods)), days)
        noise = rng.standard_normal(own.shape)
        parts = zip((COMMON_PART, OWN_PART, NOISE_PART), (common, own, noise), strict=True)
        moods = self.with_rhythms(sum(np.sqrt(share) * part for share, part in parts))
        return latent | dict(zip(self.moods, moods, strict=True))

    def with_rhythms(self, courses: np.ndarray) -> np.ndarray:
        """Add the week and a drift to courses of shape (variables, days)."""
        week, drift = self.rng.uniform(*WEEK_SHARE), self.rng.uniform(*DRIFT_SHARE)
        rhythms = processes.weekday_rhythms(self.rng, len(courses), self.days % 7)
        slow = processes.drifts(self.rng, len(courses), self.scenario.days)
        return np.sqrt(week) * rhythms + np.sqrt(drift) * slow + np.sqrt(1 - week - drift) * courses

    # ── Effects ──────────────────────────────────────────────────────────────────────────────────

    def choose_linked(self) -> list[Comparison]:
        """Choose the comparisons that have an effect: no two of one exposure or one outcome."""
        if self.scenario.has_no_effect:
            return []
        order = [self.family[place] for place in self.rng.permutation(len(self.family))]
        if self.scenario.dose_changes:
            return [each for each in order if each.exposure == "dose_amount"][:1]
        chosen: list[Comparison] = []
        for each in order:
            ends = {name for other in chosen for name in (other.exposure, other.outcome)}
            if self.can_be_linked(each) and not {each.exposure, each.outcome} & ends and len(chosen) < PLANTED:
                chosen.append(each)
        return chosen

    def can_be_linked(self, comparison: Comparison) -> bool:
        if comparison.exposure in NEVER_PLANTED or {comparison.exposure, comparison.outcome} <= {*NIGHT}:
            return False
        # A night comes before its day: an answer of the day moves the next night by its lag of 1 in the other way too.
        return not self.scenario.is_reversed or comparison.outcome in self.moods

    def move_exposures(self) -> None:
        """Let the outcome of a day move the exposure of the next day."""
        for each in self.linked:
            outcome, exposure = self.latent[each.outcome], self.latent[each.exposure].copy()
            rest = np.sqrt(1 - REVERSED_STRENGTH**2)
            exposure[1:] = REVERSED_STRENGTH * outcome[:-1] + rest * exposure[1:]
            self.latent[each.exposure] = exposure
            self.origins[each.exposure] |= self.origins[each.outcome]

    def effects_on(self, outcome: str, values: Mapping[str, np.ndarray]) -> np.ndarray | float:
        """Return what the exposures add to an outcome, and note the slopes."""
        added: np.ndarray | float = 0.0
        for each in self.linked:
            if each.outcome != outcome or self.scenario.is_reversed:
                continue
            exposure = values[each.exposure]
            span = self.span_of(each.exposure)
            points = self.scenario.size * self.spread_of(outcome) / SPREAD * self.rng.choice((-1, 1))
            self.slopes[each.key] = points / span
            centred = exposure - exposure.mean()
            if each.lag:
                centred = np.concatenate((np.zeros(each.lag), centred[: -each.lag]))
            added = added + self.slopes[each.key] * centred
            self.origins[outcome] |= self.origins[each.exposure]
        return added

    def span_of(self, exposure: str) -> float:
        """Return the difference of an exposure that makes the full effect."""
        if exposure == "dose_amount":
            return HIGH_DOSE - LOW_DOSE
        return 2 * self.spread_of(exposure) if self.is_amount(exposure) else 1.0

    # ── Answers ──────────────────────────────────────────────────────────────────────────────────

    @staticmethod
    def is_amount(name: str) -> bool:
        return name in (*NIGHT, "dose_amount", "dose_time")

    @staticmethod
    def spread_of(name: str) -> float:
        return {"sleep_hours": 0.9, "dose_time": FIRST_DOSE_SPREAD}.get(name, SPREAD)

    def answers(self) -> dict[str, np.ndarray]:
        """Return all answers as they would be without blanks: those that others depend on first."""
        if self.scenario.is_reversed:
            self.move_exposures()
        values = {name: self.exposure(name) for name in self.exposures if name not in NIGHT}
        values["sleep_hours"] = self.hours_of_sleep(self.effects_on("sleep_hours", values))
        values["sleep_quality"] = self.score("sleep_quality", self.effects_on("sleep_quality", values))
        for name in self.moods:
            values[name] = self.score(name, self.effects_on(name, values))
        return values

    def exposure(self, name: str) -> np.ndarray:
        if name == "dose_amount":
            return self.amounts()
        latent = self.latent[name]
        if name == "dose_time":
            return np.round((FIRST_DOSE_AT + FIRST_DOSE_SPREAD * latent) * 12) / 12
        share = self.rng.uniform(*SHARES.get(name, USUAL_SHARE))
        return (latent > NormalDist().inv_cdf(1 - share)).astype(float)

    def amounts(self) -> np.ndarray:
        is_same = self.rng.random() < SAME_AMOUNT_CHANCE
        if self.scenario.dose_changes:
            is_high = processes.steps(self.rng, self.scenario.days)
        else:
            is_high = np.zeros(self.scenario.days) if is_same else self.latent["dose_amount"] > 0
        return LOW_DOSE + (HIGH_DOSE - LOW_DOSE) * is_high

    def hours_of_sleep(self, added) -> np.ndarray:
        hours = 7.0 + self.spread_of("sleep_hours") * self.latent["sleep_hours"] + added
        return np.clip(np.round(hours * 4) / 4, 0, 24)

    def score(self, name: str, added) -> np.ndarray:
        mean = self.rng.uniform(*MEANS_OF_SCORES)
        return np.clip(np.round(mean + SPREAD * self.latent[name] + added), 1, 10)

    # ── Blanks ───────────────────────────────────────────────────────────────────────────────────

    def with_blanks(self, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Blank whole days, single check-ins, and answers whose condition does not hold."""
        blank_day = self.rng.random(self.scenario.days) < self.blank_day_chance()
        skipped = {
            stage.slug: blank_day | (self.rng.random(self.scenario.days) < SKIPPED_CHECK_IN_CHANCE) for stage in STAGES
        }
        answers = {}
        for name, course in values.items():
            is_blank = skipped[CHECK_INS[name]]
            if name in CONDITIONS:
                is_blank = is_blank | skipped[CHECK_INS[CONDITIONS[name]]] | (values[CONDITIONS[name]] == 0)
            answers[name] = np.where(is_blank, np.nan, course)
        return answers

    def blank_day_chance(self) -> np.ndarray | float:
        if not self.scenario.skips_bad_days:
            return BLANK_DAY_CHANCE
        mood = np.mean([self.latent[name] for name in self.moods], axis=0)
        how_bad = 1 / (1 + np.exp(2 * (mood / mood.std() - BAD_DAY)))
        return BLANK_DAY_CHANCE + BAD_DAY_CHANCE * how_bad

    # ── What is known ────────────────────────────────────────────────────────────────────────────

    def truth(self, comparison: Comparison) -> Truth:
        if comparison in self.linked:
            kind = Kind.REVERSED if self.scenario.is_reversed else Kind.PLANTED
            return Truth(kind, self.slopes.get(comparison.key, 0.0))
        shares_something = self.origins[comparison.exposure] & self.origins[comparison.outcome]
        return Truth(Kind.RELATED if shares_something else Kind.NULL)


def simulate(rng: np.random.Generator, scenario: Scenario, family: Sequence[Comparison]) -> SimulatedPerson:
    """Make a person who answers all questions of the family, and lives as the scenario says."""
    life = Life(rng, scenario, family)
    values = life.with_blanks(life.answers())
    not_tracked = np.zeros(scenario.days, dtype=bool)
    answers = Answers(life.days, not_tracked, values, recalled={}, main=1, unit=UNIT)
    return SimulatedPerson(answers, {each.key: life.truth(each) for each in family})
