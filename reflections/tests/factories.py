import datetime

from accounts.tests.factories import make_person
from reflections.models import WeeklyReflection

SUNDAY = datetime.date(2026, 5, 3)


def make_reflection(user=None, week_start=SUNDAY, **facts) -> WeeklyReflection:
    facts = {"week_rating": 6, "mental_state": "good"} | facts
    return WeeklyReflection.objects.create(user=user or make_person(), week_start=week_start, **facts)
