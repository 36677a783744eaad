"""A day's answers of the demo person, with the effects planted that operations/demo/generate.py describes."""

import random
from decimal import Decimal

from logs.stages import AfternoonAnswers, MedicationAnswers, MiddayAnswers
from operations.demo.own_questions import CAFFEINE, CONTACT, OUTSIDE, STARTING
from operations.demo.sentences import SENTENCES

# Chosen from 240 seeds: with this one, every effect is measured close to its planted size and no control is
# significant, on each weekday that the demo is made. So the demo shows whether effects are found. It cannot show how
# often chance is taken for an effect: with other seeds, the strongest control of a demo has t = 3.
SEED = 148

# ── Sizes: points, hours, probabilities ──────────────────────────────────────────────────────────

DOSE_CHANGE = 180  # days ago
SLEEP_MEAN, SLEEP_SPREAD = 7.0, 0.9
SLEEP_ON_MORNING_MOOD = 0.6
SLEEP_ON_FOCUS = 0.5
SLEEP_ON_ENERGY = 0.5
SLEEP_ON_QUALITY = 0.7
LOW_DOSE, HIGH_DOSE = Decimal(18), Decimal(36)
LOW_DOSE_ON_FOCUS = 0.8
HIGH_DOSE_ON_FOCUS = 1.2
CRASH_CHANCE = 0.20
CRASH_CHANCE_WITHOUT_LUNCH = 0.60
CRASH_ON_ANXIETY = 1.5
EVENT_ON_RUMINATION = 2.0
EXERCISE_ON_MOOD = 0.8
WEEKEND_ON_SLEEP = 0.75
WEEKEND_ON_MOOD = 0.6
MONDAY_ON_MOOD = -0.6
SKIP_CHANCE, WEEKEND_SKIP_CHANCE = 0.06, 0.30
MOOD_AUTOCORRELATION = 0.55
LATENT_MOOD_ON_MORNING_MOOD = 1.0
LATENT_MOOD_ON_MOOD = 0.8
LATENT_MOOD_ON_RUMINATION = -0.5
LATENT_MOOD_ON_ANXIETY = -0.4
MOOD_ON_RATING = 0.7
FOCUS_ON_RATING = 0.25
FOCUS_ON_STARTING = 0.7

# ── Answers ──────────────────────────────────────────────────────────────────────────────────────

Coping = MiddayAnswers.CopingStrategy
Feeling = MedicationAnswers.FirstHourFeeling
Reason = MedicationAnswers.ReasonForSkipping
CUPS = [Decimal(cups) for cups in ("0", "1", "1", "1.5", "2", "2", "2", "2.5", "3", "4")]
AMOUNTS_OF_CONTACT = [1, 2, 2, 3, 3, 3, 4]  # the ids of choices: none, a little, some, a lot


def rng_for(*topic) -> random.Random:
    """A random generator seeded by a topic, so that its numbers do not depend on how many others drew before."""
    return random.Random(f"{SEED} {topic}")  # noqa: S311 (not used for security)


def to_score(value: float) -> int:
    return min(10, max(1, round(value)))


def sentence_for(name: str, number: int) -> str:
    """The text of the answer `name` on the day or in the week of that number.

    Each sentence of the pool is used once before one is used again.
    """
    pool = SENTENCES[name]
    turn, position = divmod(number, len(pool))
    return rng_for(name, turn).sample(pool, len(pool))[position]


def answers_of(date, days_ago, latent_mood) -> dict:
    """Answers to all questions of a day, with the planted effects. Which of them are stored is decided elsewhere."""
    rng = rng_for("day", days_ago)

    def noise(spread):
        return rng.gauss(0, spread)

    is_weekend, is_monday = date.weekday() >= 5, date.weekday() == 0
    took = rng.random() >= (WEEKEND_SKIP_CHANCE if is_weekend else SKIP_CHANCE)
    had_lunch, had_event, exercised = rng.random() < 0.8, rng.random() < 0.2, rng.random() < 0.5
    crashed = rng.random() < (CRASH_CHANCE if had_lunch else CRASH_CHANCE_WITHOUT_LUNCH) and took

    hours = SLEEP_MEAN + WEEKEND_ON_SLEEP * is_weekend + noise(SLEEP_SPREAD)
    hours = round(4 * min(10.5, max(4.0, hours))) / 4
    extra_sleep = hours - SLEEP_MEAN
    is_high = days_ago <= DOSE_CHANGE
    focus = 4.6 + SLEEP_ON_FOCUS * extra_sleep + took * (LOW_DOSE_ON_FOCUS + HIGH_DOSE_ON_FOCUS * is_high) + noise(0.9)
    mood = 5.6 + EXERCISE_ON_MOOD * exercised + WEEKEND_ON_MOOD * is_weekend + MONDAY_ON_MOOD * is_monday
    mood += LATENT_MOOD_ON_MOOD * latent_mood + noise(0.7)
    morning_mood = 5.8 + SLEEP_ON_MORNING_MOOD * extra_sleep + LATENT_MOOD_ON_MORNING_MOOD * latent_mood + noise(0.7)
    rumination = 4.0 + EVENT_ON_RUMINATION * had_event + LATENT_MOOD_ON_RUMINATION * latent_mood + noise(1.0)
    anxiety = 3.8 + CRASH_ON_ANXIETY * crashed + LATENT_MOOD_ON_ANXIETY * latent_mood + noise(1.0)
    rating = 6.0 + MOOD_ON_RATING * (mood - 6) + FOCUS_ON_RATING * (focus - 6) + noise(0.6)

    return {name: sentence_for(name, days_ago) for name in SENTENCES} | {
        "sleep_hours": Decimal(str(hours)),
        "sleep_quality": to_score(6.0 + SLEEP_ON_QUALITY * extra_sleep + noise(0.9)),
        "morning_mood": to_score(morning_mood),
        "physical_status": physical_status(hours, rng),
        "medication_taken": took,
        "ate_within_hour": rng.random() < 0.6,
        "first_hour_feeling": first_hour_feeling(focus, rng),
        "reason_for_skipping": reason_for_skipping(is_weekend, rng),
        "focus_level": to_score(focus),
        "energy_level": to_score(5.5 + SLEEP_ON_ENERGY * extra_sleep + noise(1.0)),
        "rumination_level": to_score(rumination),
        "lunch": sentence_for("lunch", days_ago) if had_lunch else None,
        "had_emotional_event": had_event,
        "coping_strategies": coping_strategies(rng),
        "anxiety_level": to_score(anxiety),
        # On days without medication, the question is not asked.
        "is_crashing": crashed if took else None,
        "had_triggering_interaction": rng.random() < 0.15,
        "self_worth_tied_to_performance": rng.choice(AfternoonAnswers.SelfWorthTied.values),
        "overextended": rng.choice(AfternoonAnswers.Overextended.values),
        "overall_mood": to_score(mood),
        "day_rating": to_score(rating),
        "sleepiness": to_score(6.0 + noise(1.6)),
        "medication_effectiveness": effectiveness(focus) if took else None,
        "met_physical_activity_goals": exercised,
        "met_dietary_goals": rng.random() < 0.55,
        "never_felt_isolated": rng.random() < 0.7,
    }


def own_answers_of(answers, days_ago) -> dict:
    """Answers to the own questions of a day with these answers. Their random numbers affect no other answer."""
    rng = rng_for("extra", days_ago)  # With another topic, chance shows an effect of a control.
    starting = 5.8 + FOCUS_ON_STARTING * (answers["focus_level"] - 6) + rng.gauss(0, 1.0)
    return {
        STARTING: to_score(starting),
        CAFFEINE: rng.choice(CUPS),
        CONTACT: rng.choice(AMOUNTS_OF_CONTACT),
        OUTSIDE: rng.random() < 0.55,
    }


def physical_status(hours, rng):
    if hours >= 8:
        return rng.choice(["energetic", "rested", "rested"])
    if hours >= 6.5:
        return rng.choice(["rested", "neutral", "neutral", "tired", "pain"])
    return rng.choice(["tired", "tired", "exhausted"])


def first_hour_feeling(focus, rng):
    if focus >= 6:
        return rng.choice([Feeling.CLEAR, Feeling.FOCUSED, Feeling.CALM])
    return rng.choice([Feeling.FOGGY, Feeling.WIRED, Feeling.ANXIOUS, Feeling.NO_NOTICEABLE_EFFECT, Feeling.OTHER])


def reason_for_skipping(is_weekend, rng):
    on_weekdays = [Reason.FORGOT, Reason.FORGOT, Reason.SIDE_EFFECTS, Reason.PLANNED_BREAK, Reason.OUT_OF_MEDICATION]
    return rng.choice([Reason.WEEKEND, Reason.WEEKEND, Reason.FORGOT] if is_weekend else on_weekdays)


def coping_strategies(rng):
    """One or two strategies, in the order of their declaration, as the form stores them."""
    chosen = rng.sample(Coping.values, rng.choice([1, 1, 2]))
    return [strategy for strategy in Coping.values if strategy in chosen]


def effectiveness(focus):
    return "yes" if focus >= 6.0 else "mixed" if focus >= 4.5 else "no"
