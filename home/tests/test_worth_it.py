"""After thirty days Today asks once whether logging is worth it."""

import datetime

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from accounts.models import User
from home.worth_it import questions_to_fold
from logs.question_changes import QuestionChanges, arrange
from logs.stages import STAGE_BY_SLUG
from logs.tests.own_questions import make_question

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

URL, ASKED = reverse("worth_it"), "Is this worth it to you?"


@pytest.fixture(autouse=True)
def a_month_old(person, noon):
    """An account of thirty days, by its person's calendar, in which something was saved."""
    day = person.today() - datetime.timedelta(days=30)
    joined = datetime.datetime.combine(day, datetime.time(23, 30), person.zone)
    User.objects.update(date_joined=joined, answers_version=1)


def shown_first(person) -> set[str]:
    person = User.objects.get(pk=person.pk)
    return {each.name for stage in STAGE_BY_SLUG.values() for each in stage.questions(person) if each.is_first}


def test_it_is_asked_after_thirty_days(as_person, noon):
    assertContains(as_person.get("/"), ASKED)
    noon.shift(datetime.timedelta(days=-1))
    assertNotContains(as_person.get("/"), ASKED)


@pytest.mark.parametrize(
    "facts",
    [{"answers_version": 0}, {"notices_paused_until": User.FOR_GOOD}, {"one_question_on": datetime.date(2026, 5, 5)}],
    ids=str,
)
def test_it_is_not_asked_in_vain(as_person, facts):
    User.objects.update(**facts)

    assertNotContains(as_person.get("/"), ASKED)


@pytest.mark.parametrize("answer", ["fewer", "pause", "go-on", "not-now"])
def test_it_is_asked_once(as_person, person, noon, answer):
    page = as_person.post(URL, {"answer": answer}, follow=True)

    assertNotContains(page, ASKED)
    noon.shift(datetime.timedelta(days=400))
    as_person.force_login(person)
    assertNotContains(as_person.get("/"), ASKED)
    person.refresh_from_db()
    assert person.worth_it_answered_on == datetime.date(2026, 5, 5)


@pytest.mark.parametrize("answer", ["", "yes", "\0"])
def test_another_answer_is_no_answer(as_person, answer):
    page = as_person.post(URL, {"answer": answer}, follow=True)

    assertContains(page, "Please choose one of the answers.")
    assertContains(page, ASKED)


def test_fewer_questions_leaves_the_scores_first_and_removes_none(as_person, person):
    make_question(person, "score", check_in="evening", place="first")
    note = make_question(person, "line", check_in="evening", place="first")
    User.objects.update(has_own_questions=True)
    arrange(person, QuestionChanges({}, {"afternoon": False}, []))
    before = shown_first(person)

    for _twice in range(2):
        as_person.post(URL, {"answer": "fewer"})

    folded = before - shown_first(person)
    assert {"sleep_hours", note.name} <= folded
    assert {"morning_mood", "overall_mood", "sleep_quality", "medication_taken"} <= shown_first(person)
    person = User.objects.get(pk=person.pk)
    assert questions_to_fold(person) == []
    assert not STAGE_BY_SLUG["afternoon"].is_on(person)


def test_a_pause_is_two_weeks_and_a_longer_one_stays(as_person, person):
    as_person.post(URL, {"answer": "pause"})
    person.refresh_from_db()
    assert person.notices_paused_until == datetime.date(2026, 5, 19)

    User.objects.update(notices_paused_until=User.FOR_GOOD)
    as_person.post(URL, {"answer": "pause"})
    person.refresh_from_db()
    assert person.notices_paused_until == User.FOR_GOOD
