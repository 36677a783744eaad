"""The comparisons that are made for everyone, chosen before any answer was seen, and those that a person adds.

An exposure is yes or no, or an amount. An outcome is in points from 1 to 10, or in hours of sleep; one that a person
asks about may be yes or no as well, and of their own questions another number or a time. Names are those of questions,
besides these exposures, which are made of several answers:

- `dose_amount`, `dose_time`: what was taken in a day of the medication that was taken on most days, in its commonest
  unit, and when first, in hours since midnight. Days without it have neither.
- `coping_used`: of days with an emotional event whose ways of coping are answered. Yes: attention was redirected, it
  was talked out, or written about. No: only "spiraled" or "detached".
- `lunch`, `breakfast`: yes if something is written down. No if the check-in that asks it is done, and the line is
  empty. So it is about what was written down, not about what was eaten.
- `medication-7`: whether a dose of that medication is listed, of days on which the one of `dose_amount` was taken. Days
  without any would make each further medication look like the one that is taken with it.
- `own-7`: a question of the person's own.

`never_felt_isolated` is yes on days without such a feeling, as it is stored. Nights and moods of the morning are in the
log of the day that they begin, so that the next night is that of the next log.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from logs.questions import Question, RowQuestion

SAME_DAY, NEXT_DAY = 0, 1
MOST_GUESSES = 10

# ── What an exposure and an outcome may be ───────────────────────────────────────────────────────

# Exposures that are amounts, and for how much of them an estimate is given: points, or hours.
AMOUNTS = {
    "sleep_hours": 1,
    "sleep_quality": 1,
    "morning_mood": 1,
    "focus_level": 1,
    "energy_level": 1,
    "rumination_level": 1,
    "anxiety_level": 1,
    "overall_mood": 1,
    "sleepiness": 1,
    "day_rating": 1,
    "dose_amount": 1,  # see PER_DOSE
    "dose_time": 1,
}
PER_DOSE = {"mg": 10}  # of other units, 1
WRITTEN_DOWN = ("breakfast", "lunch")
YES_OR_NO = (
    "medication_taken",
    "ate_within_hour",
    "had_emotional_event",
    "coping_used",
    "is_crashing",
    "had_triggering_interaction",
    "met_physical_activity_goals",
    "met_dietary_goals",
    "never_felt_isolated",
    *WRITTEN_DOWN,
)
OUTCOMES = (
    "sleep_hours",
    "sleep_quality",
    "morning_mood",
    "focus_level",
    "energy_level",
    "rumination_level",
    "anxiety_level",
    "overall_mood",
    "sleepiness",
    "day_rating",
)
# What a person may ask about besides: a question of yes or no, and nothing that is made of other answers.
YES_OR_NO_OUTCOMES = tuple(name for name in YES_OR_NO if name not in ("coping_used", *WRITTEN_DOWN))
GUESSED_OUTCOMES = (*OUTCOMES, *YES_OR_NO_OUTCOMES)
OWN_AMOUNTS = ("score", "number", "time")
OWN_EXPOSURES = (*OWN_AMOUNTS, "yes_no")
OWN_OUTCOMES = ("score", "number", "time", "yes_no")

# The answers that a value is made of, or depends on, where its name does not say.
MADE_OF = {
    "dose_amount": {"doses", "medication_taken"},
    "dose_time": {"doses", "medication_taken"},
    "coping_used": {"coping_strategies", "had_emotional_event"},
    "ate_within_hour": {"ate_within_hour", "medication_taken"},
}
# Not one answer, but one follows from the other: without medication, none wears off.
FOLLOW = {frozenset({"is_crashing", "medication_taken"})}
MEDICATION = "medication-"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether an outcome differs with an exposure, on the same day or the day after.

    `per`: for how much more of an amount the estimate is. `is_of_share`: the outcome is yes or no, and its mean is the
    share of days with a yes. `asked_on`: the day on which the person asked it, if it is their own guess.
    """

    exposure: str
    outcome: str
    lag: int
    per: float = 1
    is_amount: bool = False
    is_of_share: bool = False
    asked_on: str = ""

    @property
    def key(self) -> str:
        """What it is known by as long as it is asked: `sleep_hours.focus_level.0`."""
        return f"{self.exposure}.{self.outcome}.{self.lag}"


def compared(exposure: str, outcome: str, lag: int) -> Comparison:
    is_amount, is_of_share = exposure in AMOUNTS, outcome in YES_OR_NO_OUTCOMES
    return Comparison(exposure, outcome, lag, AMOUNTS.get(exposure, 1), is_amount=is_amount, is_of_share=is_of_share)


# ── The family ───────────────────────────────────────────────────────────────────────────────────

FAMILY = (
    # exposure, outcome, days from one to the other
    compared("sleep_hours", "focus_level", SAME_DAY),
    compared("sleep_hours", "energy_level", SAME_DAY),
    compared("sleep_hours", "anxiety_level", SAME_DAY),
    compared("sleep_hours", "overall_mood", SAME_DAY),
    compared("sleep_quality", "focus_level", SAME_DAY),
    compared("sleep_quality", "energy_level", SAME_DAY),
    compared("medication_taken", "focus_level", SAME_DAY),
    compared("medication_taken", "energy_level", SAME_DAY),
    compared("medication_taken", "anxiety_level", SAME_DAY),
    compared("medication_taken", "sleep_hours", NEXT_DAY),
    compared("dose_amount", "focus_level", SAME_DAY),
    compared("dose_amount", "anxiety_level", SAME_DAY),
    compared("dose_amount", "sleep_hours", NEXT_DAY),
    compared("dose_time", "focus_level", SAME_DAY),
    compared("dose_time", "sleep_hours", NEXT_DAY),
    compared("ate_within_hour", "focus_level", SAME_DAY),
    compared("breakfast", "focus_level", SAME_DAY),
    compared("lunch", "anxiety_level", SAME_DAY),
    compared("had_emotional_event", "rumination_level", SAME_DAY),
    compared("had_emotional_event", "day_rating", SAME_DAY),
    compared("had_emotional_event", "sleep_quality", NEXT_DAY),
    compared("coping_used", "day_rating", SAME_DAY),
    compared("is_crashing", "anxiety_level", SAME_DAY),
    compared("is_crashing", "overall_mood", SAME_DAY),
    compared("had_triggering_interaction", "anxiety_level", SAME_DAY),
    compared("met_physical_activity_goals", "overall_mood", SAME_DAY),
    compared("met_physical_activity_goals", "overall_mood", NEXT_DAY),
    compared("met_physical_activity_goals", "sleep_quality", NEXT_DAY),
    compared("met_dietary_goals", "energy_level", NEXT_DAY),
    compared("never_felt_isolated", "overall_mood", SAME_DAY),
    compared("never_felt_isolated", "morning_mood", NEXT_DAY),
)
# What is asked of each further medication with enough data, besides: of so many medications, those taken on most days.
OF_MEDICATIONS = (("focus_level", SAME_DAY), ("anxiety_level", SAME_DAY), ("sleep_quality", NEXT_DAY))
MOST_MEDICATIONS = 5


def family_of(medications: Sequence[int], guesses: Iterable, own_kinds: dict[str, str]) -> tuple[Comparison, ...]:
    """All comparisons of a person: the family, those of further medications by their keys, and their own guesses.

    A guess has `exposure`, `outcome`, `lag` and `asked_on`, a date. One that the family has as well is asked once, with
    its date. One whose question is gone, or of another kind by now, is left out. `own_kinds`: the kinds of the person's
    own questions by their names.
    """
    found = {each.key: each for each in FAMILY}
    for pk in medications:
        for outcome, lag in OF_MEDICATIONS:
            each = Comparison(f"{MEDICATION}{pk}", outcome, lag)
            found[each.key] = each
    for guess in guesses:
        if is_possible(guess.exposure, guess.outcome, guess.lag, own_kinds):
            each = compared(guess.exposure, guess.outcome, guess.lag)
            found[each.key] = replace(
                each,
                is_amount=each.is_amount or own_kinds.get(guess.exposure) in OWN_AMOUNTS,
                is_of_share=each.is_of_share or own_kinds.get(guess.outcome) == "yes_no",
                asked_on=guess.asked_on.isoformat(),
            )
    return tuple(found.values())


def is_possible(exposure: str, outcome: str, lag: int, own_kinds: dict[str, str]) -> bool:
    """Whether these can be compared: both are known, of a kind that can be, and do not share an answer."""
    is_exposure = exposure in AMOUNTS or exposure in YES_OR_NO or own_kinds.get(exposure) in OWN_EXPOSURES
    is_outcome = outcome in GUESSED_OUTCOMES or own_kinds.get(outcome) in OWN_OUTCOMES
    return is_exposure and is_outcome and lag in (SAME_DAY, NEXT_DAY) and not share_an_answer(exposure, outcome)


def share_an_answer(exposure: str, outcome: str) -> bool:
    """Whether both are made of, or depend on, one answer: they would go together by construction."""
    return bool(answers_behind(exposure) & answers_behind(outcome)) or {exposure, outcome} in FOLLOW


def answers_behind(name: str) -> set[str]:
    if name.startswith(MEDICATION):
        return {"doses", "medication_taken"}
    return MADE_OF.get(name, {name})


def own_kinds_of(questions: Iterable[Question]) -> dict[str, str]:
    """The kinds of the own questions among these that are asked of a day, by name, also of archived ones."""
    return {each.name: each.own.kind for each in questions if isinstance(each, RowQuestion)}
