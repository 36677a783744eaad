"""Saving the demo data of a person."""

from django.utils import timezone

from accounts.models import User
from insights.models import Appointment, Event
from logs.models import DailyLog, Dose, Medication, OwnAnswer, OwnQuestion, QuestionSet
from operations.demo.appointments import make_appointments
from operations.demo.events import make_events
from operations.demo.generate import DemoData, make_demo_data
from operations.demo.own_questions import make_own_questions
from reflections.models import WeeklyReflection


def load_demo_data(person: User) -> DemoData:
    """Replace everything that a person has logged, and their own questions, events and appointments, by demo data."""
    # Doses are deleted with their logs, and a medication can be deleted only when it has no doses.
    person.daily_logs.all().delete()
    person.medications.all().delete()
    person.weekly_reflections.all().delete()
    person.question_sets.all().delete()
    person.own_questions.all().delete()
    person.events.all().delete()
    person.hidden_days.all().delete()
    person.computations.all().delete()
    person.kept_findings.all().delete()
    person.guesses.all().delete()
    person.appointments.all().delete()
    data = make_demo_data(person, timezone.now(), save_own_questions(person))
    Medication.objects.bulk_create(data.medications)
    QuestionSet.objects.bulk_create(data.question_sets.values())
    DailyLog.objects.bulk_create(data.logs)
    Dose.objects.bulk_create(data.doses)
    OwnAnswer.objects.bulk_create(data.own_answers)
    WeeklyReflection.objects.bulk_create(data.reflections)
    Event.objects.bulk_create(make_events(person))
    Appointment.objects.bulk_create(make_appointments(person))
    person.answer_worth_it(person.today())
    person.answers_changed()
    return data


def save_own_questions(person: User) -> dict[str, OwnQuestion]:
    questions = make_own_questions(person)
    OwnQuestion.objects.bulk_create(questions.values())
    User.objects.filter(pk=person.pk).update(has_own_questions=True)
    person.has_own_questions, person.arranged_questions = True, None  # Those that were read before are deleted.
    return questions
