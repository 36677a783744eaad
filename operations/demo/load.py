"""Saving the demo data of a person."""

from django.utils import timezone

from accounts.models import User
from logs.models import DailyLog, Dose, Medication, QuestionSet
from operations.demo.generate import DemoData, make_demo_data
from reflections.models import WeeklyReflection


def load_demo_data(person: User) -> DemoData:
    """Replace everything that a person has logged by demo data."""
    # Doses are deleted with their logs, and a medication can be deleted only when it has no doses.
    person.daily_logs.all().delete()
    person.medications.all().delete()
    person.weekly_reflections.all().delete()
    person.question_sets.all().delete()
    data = make_demo_data(person, timezone.now())
    Medication.objects.bulk_create(data.medications)
    QuestionSet.objects.bulk_create(data.question_sets.values())
    DailyLog.objects.bulk_create(data.logs)
    Dose.objects.bulk_create(data.doses)
    WeeklyReflection.objects.bulk_create(data.reflections)
    person.answers_changed()
    return data
