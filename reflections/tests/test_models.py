import datetime

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import make_person
from logs.questions import shown_answers
from reflections.models import WeeklyReflection, focus_for, reflections_around, weekly_questions
from reflections.tests.factories import SUNDAY, make_reflection
from reflections.tests.pages import WEEK, day


def test_the_factory_makes_a_valid_reflection(db):
    reflection = make_reflection()

    reflection.full_clean()
    assert reflection.pk


def test_it_calls_itself_by_its_week():
    assert str(WeeklyReflection(week_start=SUNDAY)) == "Week of May 3, 2026"


@pytest.mark.parametrize(("first", "last"), [("2026-05-03", "2026-05-09"), ("2026-12-28", "2027-01-03")])
def test_the_week_ends_six_days_later(first, last):
    assert WeeklyReflection(week_start=day(first)).week_end == day(last)


def test_it_is_empty_until_something_is_answered():
    person = User(username="maria")
    assert WeeklyReflection(user=person, week_start=SUNDAY).is_empty
    for answer in ({"gym_days_count": 0}, {"questioned_leaving_job": False}, {"week_highlights": "A walk"}):
        assert not WeeklyReflection(user=person, week_start=SUNDAY, **answer).is_empty


def test_its_answers_are_read_out_in_order_and_without_those_left_open():
    reflection = WeeklyReflection(
        week_rating=6, gym_days_count=0, questioned_leaving_job=False, week_highlights="A walk"
    )

    assert [answer.text for answer in shown_answers(weekly_questions(None), reflection)] == [
        "6 of 10",
        "A walk",
        "0 days",
        "No",
    ]


def test_the_focus_is_that_of_the_week_before(db):
    person = make_person()
    make_reflection(person, SUNDAY, next_week_focus="Of this week, for the next one")
    make_reflection(person, SUNDAY - WEEK, next_week_focus="Sleep")

    found = [focus_for(today, reflections_around(person, today)) for today in (SUNDAY, day("2026-05-09"))]

    assert found == ["Sleep", "Sleep"]


def test_a_focus_does_not_outlive_its_week(db):
    person = make_person()
    make_reflection(person, SUNDAY - 2 * WEEK, next_week_focus="Long ago")

    assert focus_for(SUNDAY, reflections_around(person, SUNDAY)) is None


def test_after_a_change_of_the_first_weekday_the_focus_is_still_found(db):
    person = make_person(week_starts_on="monday")
    make_reflection(person, SUNDAY - WEEK, next_week_focus="Sleep")
    monday = SUNDAY + datetime.timedelta(days=1)

    assert focus_for(monday, reflections_around(person, monday)) == "Sleep"


# What the database refuses


def test_one_person_has_one_reflection_a_week(db):
    person = make_reflection().user

    with pytest.raises(IntegrityError), transaction.atomic():
        make_reflection(person)


@pytest.mark.parametrize(
    "nonsense",
    [
        {"week_rating": 0},
        {"week_rating": 11},
        {"diet_rating": 0},
        {"diet_rating": 11},
        {"gym_days_count": -1},
        {"gym_days_count": 8},
        {"mental_state": "splendid"},
        {"mental_state": ""},
        {"utc_offset": 961, "answered_at": timezone.now()},
        {"answered_at": timezone.now()},
        {"recalled": ["week_rating"]},
    ],
    ids=lambda facts: " ".join(f"{name}={str(value)[:5]}" for name, value in facts.items()),
)
def test_the_database_refuses(db, nonsense):
    reflection = make_reflection()

    with pytest.raises(IntegrityError), transaction.atomic():
        WeeklyReflection.objects.filter(pk=reflection.pk).update(**nonsense)


@pytest.mark.parametrize(
    "sense",
    [
        {"week_rating": 1, "diet_rating": 10, "gym_days_count": 0},
        {"week_rating": 10, "diet_rating": 1, "gym_days_count": 7},
        {"week_rating": None, "mental_state": None, "diet_rating": None, "gym_days_count": None},
        {"completed_at": timezone.now()},
        {"completed_at": timezone.now(), "week_rating": None, "mental_state": None},
    ],
    ids=["lowest", "highest", "unanswered", "done", "done without the usual answers"],
)
def test_the_database_takes(db, sense):
    reflection = make_reflection()

    assert WeeklyReflection.objects.filter(pk=reflection.pk).update(**sense) == 1
