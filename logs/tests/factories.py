"""Factories of valid rows. Tests pass only the values that matter to them."""

import datetime
from decimal import Decimal

from django.utils import timezone

from accounts.tests.factories import make_person
from logs.models import DailyLog, Dose, Medication, QuestionSet
from logs.questions import Question
from logs.stages import STAGE_BY_SLUG, STAGES, Stage

DAY = datetime.date(2026, 5, 4)

# The required and the optional answers of each check-in, as a browser sends them.
REQUIRED = {
    "morning": {"sleep_hours": "7.5", "sleep_quality": "6", "morning_mood": "5"},
    "medication": {"medication_taken": "true"},
    "midday": {"focus_level": "7", "energy_level": "4", "rumination_level": "3"},
    "afternoon": {"anxiety_level": "2"},
    "evening": {"overall_mood": "6", "day_rating": "7"},
}
OPTIONAL = {
    "morning": {"physical_status": "rested", "dreams": "Flying.\n\nAgain.", "breakfast": "Oats"},
    "medication": {"ate_within_hour": "false", "first_hour_feeling": "calm"},
    "midday": {
        "lunch": "Soup",
        "current_activity": "Reading",
        "distractions": "Phone",
        "had_emotional_event": "true",
        "emotional_event": "A letter",
        "coping_strategies": ["talked_it_out", "journaled"],
    },
    "afternoon": {
        "afternoon_snack": "Apple",
        "is_crashing": "true",
        "crash_symptoms": "Tired eyes",
        "current_feeling": "Fine",
        "had_triggering_interaction": "true",
        "interaction_details": "A call",
        "self_worth_tied_to_performance": "mildly",
        "overextended": "not_sure",
    },
    "evening": {
        "dinner": "Rice",
        "met_physical_activity_goals": "true",
        "met_dietary_goals": "false",
        "never_felt_isolated": "true",
        "sleepiness": "8",
        "medication_effectiveness": "mixed",
        "helpful_factors": "A walk",
        "distracting_factors": "Noise",
        "accomplishments": "Tax return",
        "challenges": "Starting",
        "gratitude": "Sun",
        "improvements": "Earlier bed",
        "thought_for_tomorrow": "One thing at a time",
        "tomorrow_plan": "Call the bank",
    },
}


def dose_rows(*rows: dict) -> dict:
    """The doses of a medication check-in as a browser sends them."""
    data = {"doses-TOTAL_FORMS": str(len(rows)), "doses-INITIAL_FORMS": "0"}
    for number, row in enumerate(rows):
        data |= {f"doses-{number}-{name}": value for name, value in row.items()}
    return data


MORNING_DOSE = {"medication": "Concerta", "amount": "36", "unit": "mg", "taken_at": "08:15"}
NOON_DOSE = {"medication": "Ritalin", "amount": "2,5", "unit": "tablets", "taken_at": "12:30"}


def taken(*doses: dict) -> dict:
    """A medication check-in with these doses, as a browser sends it."""
    return {"medication_taken": "true"} | dose_rows(*doses)


def doses_of(person, date=DAY) -> list[str]:
    """The stored doses of a day, in words."""
    return [dose.in_words for dose in Dose.objects.filter(daily_log__user=person, daily_log__date=date)]


LISTED = {"reason_for_skipping"}.union(*REQUIRED.values(), *OPTIONAL.values())


def questions_of(stage: Stage | str) -> list[Question]:
    """The questions of a check-in that have one input each."""
    return [question for question in STAGE_BY_SLUG[str(stage)].questions(None) if question.kind]


def sent_example(question: Question) -> str | list[str]:
    """An answer to a question that is not listed above, as a browser sends it."""
    shown = question.kind.form_field().prepare_value(question.kind.examples[0])
    return shown if isinstance(shown, list) else str(shown)


def answers(stage: Stage | str, **changes) -> dict:
    """Answers to all questions of a check-in, as a browser sends them."""
    listed = REQUIRED[str(stage)] | OPTIONAL[str(stage)]
    others = {question.name: sent_example(question) for question in questions_of(stage) if question.name not in LISTED}
    return listed | others | changes


def asked(stage: Stage | str) -> dict:
    """The names of the questions that a page asked, as it sends them with the answers: here all of the check-in."""
    return {"asked-names": " ".join(question.name for question in STAGE_BY_SLUG[str(stage)].questions(None))}


def make_log(user=None, date=DAY, **facts) -> DailyLog:
    return DailyLog.objects.create(user=user or make_person(), date=date, **facts)


def make_full_log(user=None, date=DAY, **facts) -> DailyLog:
    """A day with all five check-ins done."""
    done = {stage.completed_at: timezone.now() for stage in STAGES}
    scores = {
        "sleep_hours": Decimal("7.5"),
        "sleep_quality": 6,
        "morning_mood": 5,
        "medication_taken": True,
        "focus_level": 7,
        "energy_level": 4,
        "rumination_level": 3,
        "anxiety_level": 2,
        "overall_mood": 6,
        "day_rating": 7,
    }
    return make_log(user, date, **(done | scores | facts))


def make_question_set(user, *names: str) -> QuestionSet:
    asked_set = QuestionSet.of(user.pk, names)
    asked_set.store()
    return asked_set


def make_medication(user=None, name="Concerta", **facts) -> Medication:
    return Medication.objects.create(user=user or make_person(), name=name, **({"unit": "mg"} | facts))


def make_dose(log=None, medication=None, **facts) -> Dose:
    log = log or make_log(medication and medication.user, medication_taken=True)
    medication = medication or make_medication(log.user)
    facts = {"amount": Decimal(36), "unit": "mg", "taken_at": datetime.time(8, 15)} | facts
    return Dose.objects.create(daily_log=log, medication=medication, **facts)
