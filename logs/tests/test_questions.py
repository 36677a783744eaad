"""Questions, which read, write and display answers independently of columns."""

import pytest

from accounts.models import User
from logs.models import DailyLog
from logs.question_lists import questions_of_day
from logs.questions import shown_answers
from logs.stages import EVENING, MEDICATION, STAGES
from logs.tests.factories import make_dose, make_log

pytestmark = pytest.mark.django_db

QUESTIONS = questions_of_day(None)
each_question = pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)


def test_the_questions_of_a_day_are_those_of_its_check_ins():
    assert [*QUESTIONS] == [question for stage in STAGES for question in stage.questions(None)]


def test_those_asked_first_come_first():
    for stage in STAGES:
        places = [question.is_first for question in stage.questions(None)]
        assert places == sorted(places, reverse=True)


def test_doses_are_asked_first_and_not_needed_for_a_check_in_to_be_done():
    first = [question for question in MEDICATION.questions(None) if question.is_first]

    assert [(question.name, question.is_needed) for question in first] == [("medication_taken", True), ("doses", False)]


@each_question
def test_what_is_written_is_read(question):
    if question.kind is None:
        return
    log = DailyLog(user=User())
    assert question.read(log) is None
    assert not question.is_answered(log)

    for value in question.kind.examples:
        question.write(log, value)

        assert question.read(log) == value
        assert question.is_answered(log)
        assert not log.is_empty


@each_question
def test_a_fingerprint_tells_answers_apart(question):
    if question.kind is None:
        return
    fingerprints = {question.fingerprint(value) for value in question.kind.examples}

    assert len(fingerprints) == len(question.kind.examples)


def test_doses_are_read_in_one_query_and_only_if_something_was_taken(django_assert_num_queries):
    [doses] = [question for question in QUESTIONS if question.name == "doses"]
    log = make_dose().daily_log
    again = DailyLog.objects.select_related("user").get(pk=log.pk)

    with django_assert_num_queries(1):
        assert doses.display(doses.read(again)) == "Concerta 36 mg at 8:15 a.m."
        assert doses.is_answered(again)
    with django_assert_num_queries(0):
        assert doses.read(DailyLog(user=log.user, medication_taken=False)) is None


def test_an_answer_that_counts_for_nothing_is_not_read_out():
    log = make_log(medication_taken=False, medication_effectiveness="yes")
    [effect] = [question for question in EVENING.questions(log.user) if question.left_out_when]

    assert effect.name == "medication_effectiveness"
    assert effect.is_left_out(log)
    assert shown_answers(EVENING.questions(log.user), log) == []
