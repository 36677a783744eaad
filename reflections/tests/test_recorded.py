"""What each week asked, and when it was answered, is recorded beside the answers."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_person
from logs.tests.factories import make_question_set
from logs.tests.test_undo import save, undo
from reflections.models import WEEK, WeeklyReflection, weekly_questions
from reflections.tests.factories import SUNDAY, make_reflection

NEW_YORK = ZoneInfo("America/New_York")
URL = reverse("reflections:week", args=[SUNDAY])
NAMES = sorted(question.name for question in weekly_questions(None))
NOTHING = (None, None, None, None)


def at(text) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


@pytest.fixture
def clock():
    """Stops the clock on the Saturday that ends the week."""
    with time_machine.travel(at("2026-05-09 12:00"), tick=False) as clock:
        yield clock


@pytest.fixture
def as_person(person, clock):
    client = Client()
    client.force_login(person)
    return client


def recorded(person) -> tuple:
    week = person.weekly_reflections.get()
    return week.answered_at, week.utc_offset, week.recalled, week.asked and week.asked.names


def test_the_first_save_is_recorded_and_later_ones_leave_its_time(as_person, person, clock):
    as_person.post(URL, {"lessons_learned": "Rest", "asked-names": " ".join([*NAMES, "sleep_hours"])})
    clock.shift(3600)
    as_person.post(URL, {"week_rating": "7", "mental_state": "good"})

    assert recorded(person) == (at("2026-05-09 12:00"), -240, None, NAMES)
    assert person.weekly_reflections.get().completed_at == at("2026-05-09 13:00")


@pytest.mark.parametrize(
    ("moment", "is_recalled"),
    [
        ("2026-05-06 12:00", False),
        ("2026-05-10 12:00", False),
        ("2026-05-17 03:59", False),
        ("2026-05-17 04:00", True),
        ("2026-06-17 12:00", True),
    ],
)
def test_recalled_is_what_is_answered_when_the_next_week_is_over(as_person, person, clock, moment, is_recalled):
    make_reflection(person, week_rating=3, mental_state=None)
    clock.move_to(at(moment))
    as_person.post(URL, {"week_rating": "4", "mental_state": "good"})

    assert recorded(person)[2] == (["mental_state"] if is_recalled else None)


def test_undo_and_deletion_give_back_the_record(as_person, person, clock):
    message = save(as_person, URL, {"week_rating": "7"})
    before = recorded(person)
    page = as_person.post(reverse("reflections:delete", args=[SUNDAY]))
    assert not person.weekly_reflections.exists()
    clock.shift(60)

    as_person.post(reverse("reflections:undo", args=[SUNDAY]), {"envelope": page.context["envelope"]})
    assert recorded(person) == before

    undo(as_person, message)
    assert not person.weekly_reflections.exists()


def test_a_week_that_was_written_before_keeps_its_unknown_time(as_person, person):
    make_reflection(person)

    as_person.post(URL, {"diet_rating": "4"})

    assert recorded(person) == (None, None, None, sorted(WEEK.usual))
    assert sorted(WEEK.usual) == NAMES


@pytest.mark.django_db(transaction=True)
def test_a_set_of_another_person_is_refused():
    week, theirs = make_reflection(), make_question_set(make_person(), "week_rating")

    with pytest.raises(IntegrityError), transaction.atomic():
        WeeklyReflection.objects.filter(pk=week.pk).update(asked=theirs)
