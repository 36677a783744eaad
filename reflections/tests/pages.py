"""URLs and form data of the page of a week."""

import datetime
from zoneinfo import ZoneInfo

from django.urls import reverse

from reflections.tests.factories import SUNDAY

# Noon on the Wednesday of the week that starts on SUNDAY.
NOW = datetime.datetime(2026, 5, 6, 12, tzinfo=ZoneInfo("America/New_York"))
WEEK = datetime.timedelta(days=7)

REQUIRED = {"week_rating": "6", "mental_state": "good"}
OPTIONAL = {
    "week_highlights": "A walk\n\nand a letter",
    "week_challenges": "Noise",
    "lessons_learned": "Less is more",
    "next_week_focus": "One thing at a time",
    "gym_days_count": "0",
    "diet_rating": "10",
    "questioned_leaving_job": "false",
    "memorable_family_activities": "Pancakes",
}
EVERYTHING = REQUIRED | OPTIONAL


def week_url(day=SUNDAY) -> str:
    return reverse("reflections:week", args=[day])


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)
