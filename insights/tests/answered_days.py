"""Days with answers for tests of findings: pseudo-random, the same each time, with one effect."""

import datetime
import random
from collections.abc import Callable, Mapping
from decimal import Decimal

from logs.models import DailyLog, Dose, Medication, OwnAnswer, OwnQuestion
from logs.questions import columns_for
from logs.tests.factories import DAY

ONE_DAY = datetime.timedelta(days=1)
EFFECT = 1.0  # of an hour of sleep, on focus


def answers_of_day(rng: random.Random) -> dict:
    """Answers to most questions that are compared; the texts are missing."""
    hours = Decimal(rng.randint(22, 34)) / 4
    had_event = rng.random() < 0.5
    return {
        "sleep_hours": hours,
        "sleep_quality": rng.randint(3, 9),
        "morning_mood": rng.randint(3, 8),
        "medication_taken": rng.random() < 0.7,
        "focus_level": min(10, max(1, round(5.5 + EFFECT * (float(hours) - 7) + rng.gauss(0, 1)))),
        "energy_level": rng.randint(2, 8),
        "rumination_level": rng.randint(2, 8),
        "had_emotional_event": had_event,
        "coping_strategies": rng.choice((["journaled"], ["spiraled", "detached"])) if had_event else None,
        "anxiety_level": rng.randint(2, 8),
        "is_crashing": rng.random() < 0.4,
        "had_triggering_interaction": rng.random() < 0.5,
        "overall_mood": rng.randint(3, 8),
        "day_rating": rng.randint(3, 8),
        "sleepiness": rng.randint(3, 8),
        "met_physical_activity_goals": rng.random() < 0.5,
        "met_dietary_goals": rng.random() < 0.5,
        "never_felt_isolated": rng.random() < 0.5,
    }


def make_days(
    person, count=90, last=DAY, backwards=False, changed: Mapping[int, Mapping] | None = None
) -> list[DailyLog]:
    """The days up to the last one, the oldest first. `changed`: other values of the day of that number.

    `backwards`: the newest is stored first.
    """
    rng = random.Random(15)
    logs = [
        DailyLog(
            user=person,
            date=last - (count - 1 - number) * ONE_DAY,
            **answers_of_day(rng) | (changed or {}).get(number, {}),
        )
        for number in range(count)
    ]
    for log in logs:
        if log.medication_taken:
            log.ate_within_hour = rng.random() < 0.5
    DailyLog.objects.bulk_create(logs[::-1] if backwards else logs)
    return logs


def take(logs, medication: Medication, dose: Callable[[int], Mapping | None]) -> None:
    """Doses of days with medication: what `dose` says for the number of the day, or none."""
    Dose.objects.bulk_create(
        Dose(user=log.user, daily_log=log, medication=medication, **{"unit": "mg"} | facts)
        for number, log in enumerate(logs)
        if log.medication_taken and (facts := dose(number))
    )


def answer(logs, question: OwnQuestion, value: Callable[[DailyLog], object]) -> None:
    """Answers to an own question, of the days for which there is a value."""
    OwnAnswer.objects.bulk_create(
        OwnAnswer(user=log.user, daily_log=log, date=log.date, question=question, **columns_for(question.kind, given))
        for log in logs
        if (given := value(log)) is not None
    )
