"""A person who logged every day for ten years, with own questions and doses. Requires django.setup()."""

import datetime
import random
from decimal import Decimal

DAYS = 3650
KINDS = ("score", "number", "yes_no", "score", "choice", "score", "number", "two_numbers", "time", "several")
ONE_DAY = datetime.timedelta(days=1)


def make_decade(person, *, days: int = DAYS, own_questions: int = 10):
    """Fill the days up to today. Answers are pseudo-random, the same each time; one in twelve is left open."""
    from accounts.models import User
    from logs.models import DailyLog, Dose, Medication, OwnAnswer, OwnQuestion, QuestionSet
    from logs.questions import columns_for
    from logs.stages import STAGES

    rng = random.Random(14)  # noqa: S311
    today = person.today()
    questions = [
        OwnQuestion(
            user=person, kind=KINDS[number % len(KINDS)], label=f"Own {number}", check_in="evening", place="first"
        )
        for number in range(own_questions)
    ]
    for question in questions:
        question.set_choices([(1, "tea"), (2, "coffee"), (3, "water")] if "choices" in kind_parts(question) else [])
        question.save()
    User.objects.filter(pk=person.pk).update(has_own_questions=bool(questions))
    person.has_own_questions = bool(questions)
    sets = {}
    for stage in STAGES:
        own = [question.name for question in questions] if stage.slug == "evening" else []
        sets[stage] = QuestionSet.of(person.pk, [*stage.field_names, *own])
        sets[stage].store()
    medication = Medication.objects.create(user=person, name="Concerta", unit="mg", schedule="daily")
    logs = [DailyLog(user=person, date=today - number * ONE_DAY) for number in range(days)]
    for number, log in enumerate(logs):
        fill_day(log, rng)
        for stage in STAGES:
            setattr(log, stage.part.asked_id, sets[stage].pk)
            setattr(log, stage.part.utc_offset, 0)
            time = datetime.time(stage.suggested[0], 7 * number % 60, tzinfo=datetime.UTC)
            setattr(log, stage.part.answered_at, datetime.datetime.combine(log.date, time))
        log.medication_taken = number % 11 != 0
    DailyLog.objects.bulk_create(logs, batch_size=200)
    Dose.objects.bulk_create(
        (
            Dose(
                user=person,
                daily_log=log,
                medication=medication,
                amount=Decimal(18 + 9 * (number // 400 % 3)),
                unit="mg",
                taken_at=datetime.time(8, 15),
            )
            for number, log in enumerate(logs)
            if log.medication_taken
        ),
        batch_size=500,
    )
    OwnAnswer.objects.bulk_create(
        (
            OwnAnswer(user=person, daily_log=log, date=log.date, question=question, **columns_for(question.kind, value))
            for log in logs
            for question in questions
            if (value := own_answer(question.kind, rng)) is not None
        ),
        batch_size=500,
    )
    person.answers_changed()


def kind_parts(question) -> tuple:
    from logs.own_kinds import PARAMETERS

    return PARAMETERS[question.kind]


def fill_day(log, rng: random.Random):
    from logs.kinds import Hours, Score, YesNo
    from logs.stages import STAGES

    for stage in STAGES:
        for field in stage.fields:
            if field.shown_when or rng.random() < 1 / 12:
                continue
            if isinstance(field.kind, Score):
                setattr(log, field.name, min(10, max(1, round(rng.gauss(6, 1.6)))))
            elif isinstance(field.kind, Hours):
                setattr(log, field.name, Decimal(rng.randint(20, 36)) / 4)
            elif isinstance(field.kind, YesNo):
                setattr(log, field.name, rng.random() < 0.4)


def own_answer(kind: str, rng: random.Random):
    if rng.random() < 1 / 12:
        return None
    return {
        "score": lambda: rng.randint(1, 10),
        "number": lambda: Decimal(rng.randint(0, 80)) / 4,
        "two_numbers": lambda: (Decimal(rng.randint(110, 140)), Decimal(rng.randint(70, 95))),
        "yes_no": lambda: rng.random() < 0.3,
        "choice": lambda: rng.randint(1, 3),
        "several": lambda: [1, 3],
        "time": lambda: datetime.time(rng.randint(21, 23), rng.choice((0, 15, 30))),
    }[kind]()
