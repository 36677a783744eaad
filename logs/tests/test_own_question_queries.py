"""The number of queries of pages with own questions: small, and the same with forty as with one in each check-in."""

import pytest
from django.core.cache import caches

from logs.models import OwnAnswer, OwnQuestion
from logs.own_kinds import KINDS
from logs.question_lists import QUESTION_LISTS
from logs.stages import EVENING, STAGES
from logs.tests.factories import DAY, answers, make_full_log
from logs.tests.own_questions import all_typed, make_answer, make_question
from logs.tests.pages import check_in_url, day_url, errors_of, form_as_shown
from logs.tests.test_queries import MOST_TO_SAVE, make_days, statements
from reflections.tests.factories import make_reflection

pytestmark = pytest.mark.usefixtures("noon")

WEEK = f"/reflections/{DAY}/"
# How many queries a page takes at most, that for session and person among them.
PAGES = {
    "/": 4,
    "/logs/": 4,
    day_url(): 6,  # What happened that day is among them.
    **{check_in_url(stage): 5 for stage in STAGES},
    "/logs/questions/": 2,
    "/logs/questions/gallery/": 2,
    "/logs/questions/new/": 1,
    WEEK: 9,
    "/reflections/": 2,
}
# For own questions: those of the person, their answers on the day, and those to write.
MORE_TO_SAVE = 2


def make_own_questions(person, count: int) -> list[OwnQuestion]:
    """Evenly in all check-ins and the week, and of all kinds."""
    kinds, lists = [*KINDS], [*QUESTION_LISTS]
    return [
        make_question(person, kinds[number % len(kinds)], check_in=lists[number % len(lists)])
        for number in range(count)
    ]


def answer_all(person, questions):
    log, week = make_full_log(person), make_reflection(person, person.week_of(DAY), week_rating=5)
    for question in questions:
        make_answer(week if question.check_in == "week" else log, question)


def costs_of(client) -> dict[str, int]:
    costs = {}
    for path in PAGES:
        caches["summaries"].clear()
        with statements() as made:
            assert client.get(path).status_code == 200
        costs[path] = len(made)
    return costs


@pytest.mark.parametrize("is_answered", [False, True], ids=["empty", "answered"])
def test_pages_take_few_and_the_same_with_forty_as_with_one_each(as_person, person, is_answered):
    costs = []
    for count in (len(QUESTION_LISTS), OwnQuestion.MOST_ASKED):
        person.daily_logs.all().delete()
        person.weekly_reflections.all().delete()
        person.own_questions.all().delete()
        questions = make_own_questions(person, count)
        if is_answered:
            answer_all(person, questions)
        costs.append(costs_of(as_person))

    assert {path: cost for path, cost in costs[0].items() if cost > PAGES[path]} == {}
    assert costs[0] == costs[1]


def test_pages_take_the_same_after_many_days(as_person, person):
    questions = make_own_questions(person, 12)
    counts = []
    for days in (10, 100):
        person.daily_logs.all().delete()
        person.medications.all().delete()
        person.weekly_reflections.all().delete()
        make_days(person, days)
        OwnAnswer.objects.bulk_create(
            OwnAnswer(daily_log=log, user=person, date=log.date, question=question, number=5)
            for log in person.daily_logs.all()
            for question in questions
            if question.kind == "score"
        )
        counts.append(costs_of(as_person))

    assert counts[0] == counts[1]


def costs_of_saves(client, questions) -> tuple[int, int, int]:
    """The number of queries of the first save, of a change, and of taking all own answers off."""
    url = check_in_url(EVENING)

    def save(data) -> int:
        with statements() as made:
            response = client.post(url, data)
        assert response.status_code == 302, errors_of(response)
        assert len(made) <= MOST_TO_SAVE + MORE_TO_SAVE, made
        return len(made)

    typed = all_typed(questions)
    first = save(answers(EVENING) | typed)
    changed = save(form_as_shown(client.get(url)) | {"overall_mood": "9"} | typed)
    shown = form_as_shown(client.get(url))
    cleared = save({name: value for name, value in shown.items() if name not in typed})
    assert not OwnAnswer.objects.exists()
    return first, changed, cleared


def test_saving_takes_few_and_the_same_with_fifteen_as_with_one(as_person, person):
    costs = []
    for count in (1, OwnQuestion.MOST_IN_A_CHECK_IN):
        person.daily_logs.all().delete()
        person.own_questions.all().delete()
        kinds = [*KINDS]
        questions = [make_question(person, kinds[number % len(kinds)]) for number in range(count)]
        costs.append(costs_of_saves(as_person, questions))

    assert costs[0] == costs[1]


def test_the_forms_of_a_question_take_few(as_person, person):
    question = make_question(person, "choice")
    answer_all(person, [question])
    url = question.get_absolute_url()

    for data, most in (({}, 2), ({"action": "delete"}, 3)):
        with statements() as made:
            response = as_person.post(url, data) if data else as_person.get(url)
        assert response.status_code == 200
        assert len(made) <= most, made
