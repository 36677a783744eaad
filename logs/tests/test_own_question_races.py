"""Parallel requests about a person's own questions: check-ins that answer them, and changes of what is asked."""

from datetime import timedelta
from itertools import cycle, islice

import pytest

from logs.models import OwnAnswer, OwnQuestion
from logs.own_kinds import KINDS
from logs.question_lists import QUESTION_LISTS, questions_for
from logs.stages import STAGES
from logs.tests.factories import DAY, answers, asked
from logs.tests.own_questions import TYPED, make_question, typed_in
from logs.tests.pages import check_in_url

pytestmark = pytest.mark.usefixtures("noon")

ROUNDS = 8
PAGE, NEW, GALLERY = "/logs/questions/", "/logs/questions/new/", "/logs/questions/gallery/"
WEEK = "/reflections/{}/"


def days(rounds=ROUNDS):
    return [DAY - timedelta(days=n) for n in range(rounds)]


def weeks(rounds=ROUNDS):
    return [DAY - timedelta(weeks=n) for n in range(rounds)]


def page_of(question) -> str:
    return f"{PAGE}{question.pk}/"


def answers_to(question, date) -> list:
    """The stored answers to a question, of a day or of the week that starts then."""
    model = QUESTION_LISTS[question.check_in].answers
    read = questions_for(question.user).own
    [of_form] = [each for each in read if each.own.pk == question.pk]
    return [of_form.value_of(answer) for answer in model.objects.filter(question=question, date=date)]


def evening_form(questions) -> dict:
    """The whole evening with these own questions, as its page sends it."""
    form = answers("evening") | asked("evening")
    form["asked-names"] += "".join(f" {question.name}" for question in questions)
    for question in questions:
        form |= typed_in(question)
    return form


def test_two_check_ins_with_own_answers_both_survive(send_in_parallel, person):
    questions = {stage: make_question(person, "number", check_in=stage.slug) for stage in STAGES}
    for n, day in enumerate(days(10)):
        first, second = STAGES[n % 5], STAGES[(n + 1 + n // 5) % 5]
        forms = [
            (check_in_url(stage, day), answers(stage) | {questions[stage].name: str(n)}) for stage in (first, second)
        ]

        assert send_in_parallel(forms) == [302, 302]

        log = person.daily_logs.get(date=day)
        assert [log.is_done(first), log.is_done(second)] == [True, True]
        assert [answers_to(questions[stage], day) for stage in (first, second)] == [[n], [n]]


@pytest.mark.parametrize("taps", [2, 6])
def test_the_same_form_sent_at_once_makes_one_answer_of_each_kind(send_in_parallel, person, taps):
    questions = [make_question(person, kind) for kind in KINDS]
    for day in days(4):
        assert send_in_parallel([(check_in_url("evening", day), evening_form(questions))] * taps) == [302] * taps

        assert OwnAnswer.objects.filter(date=day).count() == len(KINDS)
        for question in questions:
            assert answers_to(question, day) == [TYPED[question.kind][1]]


def test_the_same_week_sent_at_once_makes_one_answer(send_in_parallel, person):
    question = make_question(person, "score", check_in="week")
    for day in weeks(4):
        form = {"week_rating": "5", "mental_state": "good", question.name: "7"}

        assert send_in_parallel([(WEEK.format(day), form)] * 4) == [302] * 4

        assert answers_to(question, person.week_of(day)) == [7]


def changes_of(number, moved, worded, archived) -> list[tuple[str, dict]]:
    """The forms of another tab that changes the questions of the evening."""
    there = ("morning", "evening")[number % 2]
    return [
        (PAGE, {"check_in": "evening", moved.name: ("first", "folded", "off")[number % 3]}),
        (PAGE, {"check_in": "evening", "down": worded.name, "gratitude": ("first", "off")[number % 2]}),
        (page_of(moved), {"check_in": there}),
        (page_of(worded), {"label": f"Wording {number}", "choices": f"tea\nwater {number}"}),
        (page_of(archived), {"action": ("archive", "restore")[number % 2]}),
    ]


def test_changes_of_the_questions_lose_no_answer_that_is_saved_meanwhile(send_in_parallel, person):
    moved, worded, archived = (make_question(person, kind) for kind in ("number", "choice", "line"))
    # Whatever the words of a choice become, its answer stays.
    typed = {moved.name: "3", worded.name: "1", archived.name: "Text"}
    names = " ".join(["overall_mood", *typed])
    for number, day in enumerate(days(8)):
        forms = changes_of(number, moved, worded, archived)
        save = {"overall_mood": "5", "asked-names": names} | typed

        statuses = send_in_parallel([*forms, (check_in_url("evening", day), save)])

        assert statuses == [302] * len(statuses)
        assert person.daily_logs.get(date=day).overall_mood == 5
        found = [answers_to(question, day) for question in (moved, worded, archived)]
        assert found == [[3], [1], ["Text"]]


def test_changes_of_one_question_keep_one_another(send_in_parallel, person):
    """Its place, its wording, its check-in and whether it is archived, each by a request that has nothing else."""
    question = make_question(person, "choice")
    for number in range(ROUNDS):
        check_in, place = ("morning", "evening")[number % 2], ("folded", "first")[number % 2]
        statuses = send_in_parallel(
            [
                (PAGE, {question.name: place}),
                (page_of(question), {"label": f"Wording {number}"}),
                (page_of(question), {"check_in": check_in}),
                (page_of(question), {"action": "archive" if number % 2 else "restore"}),
            ]
        )

        assert statuses == [302] * 4
        question.refresh_from_db()
        found = question.place, question.label, question.check_in, question.archived_at is not None
        assert found == (place, f"Wording {number}", check_in, bool(number % 2))


def test_choices_added_at_once_never_share_an_id(send_in_parallel, person):
    """The later list is the one that is offered; what only the other had stays for answers that have it."""
    question = make_question(person, "several")
    for number in range(4):
        before = dict(question.choices) | dict(question.retired_choices)
        # Two new lines each: a list in which one line differs is the same list, reworded.
        new = [[f"{drink} {each} {number}" for each in range(2)] for drink in ("water", "juice", "milk")]
        forms = [(page_of(question), {"choices": "\n".join(["tea", "coffee", *lines])}) for lines in new]

        assert send_in_parallel(forms) == [302] * 3

        question.refresh_from_db()
        known = dict(question.choices) | dict(question.retired_choices)
        assert before.items() <= known.items()
        assert sorted(known.values()) == sorted([*before.values(), *(line for lines in new for line in lines)])
        assert len(question.choices) == 4


@pytest.mark.parametrize("others", ["other answers", "no other answer"])
def test_deleting_a_question_loses_nothing_else_that_is_saved_meanwhile(send_in_parallel, person, others):
    kept = make_question(person, "line")
    for number, day in enumerate(days(8)):
        question = make_question(person, "number")
        if number % 2:
            person.daily_logs.create(date=day, dinner="Rice")
        form = {question.name: "3", "asked-names": f"{question.name} {kept.name}"}
        form |= {kept.name: "Text"} if others == "other answers" else {}

        deleted, saved = send_in_parallel(
            [
                (page_of(question), {"action": "delete", "confirm": "1"}),
                (check_in_url("evening", day), form),
            ]
        )

        assert (deleted, saved) in {(302, 302), (302, 404)}
        assert not OwnQuestion.objects.filter(pk=question.pk).exists()
        assert not OwnAnswer.objects.filter(question_id=question.pk).exists()
        log = person.daily_logs.filter(date=day).first()
        assert answers_to(kept, day) == (["Text"] if others == "other answers" else [])
        if number % 2:
            assert log.dinner == "Rice"
        if others == "other answers":
            assert log.evening_asked_id, "What was asked stays recorded."
        elif not number % 2:
            assert log is None, "A day that says nothing is no day."


def test_deleting_a_question_and_saving_many_days(send_in_parallel, person):
    """All days have an answer to it, so that the deletion and each save want the same rows."""
    kept = make_question(person, "line")
    for _round in range(3):
        question = make_question(person, "number")
        for day in days(6):
            log, _is_new = person.daily_logs.get_or_create(date=day)
            OwnAnswer.objects.create(daily_log=log, user=person, date=day, question=question, number=3)
        saves = [(check_in_url("evening", day), {kept.name: "Text", question.name: "4"}) for day in days(6)]

        deleted, *saved = send_in_parallel([(page_of(question), {"action": "delete", "confirm": "1"}), *saves])

        assert deleted == 302
        assert set(saved) <= {302, 404}
        assert not OwnAnswer.objects.filter(question_id=question.pk).exists()
        assert [answers_to(kept, day) for day in days(6)] == [["Text"]] * 6
        assert all(log.evening_asked_id for log in person.daily_logs.all())


def test_deleting_a_weekly_question_while_a_week_is_saved(send_in_parallel, person):
    for day in weeks(8):
        question = make_question(person, "number", check_in="week")
        form = {"week_rating": "5", "mental_state": "good", question.name: "3"}

        deleted, saved = send_in_parallel(
            [(page_of(question), {"action": "delete", "confirm": "1"}), (WEEK.format(day), form)]
        )

        assert deleted == 302
        assert saved in (302, 404)
        assert person.weekly_reflections.get(week_start=person.week_of(day)).week_rating == 5


def test_two_deletions_at_once(send_in_parallel, person):
    for day in days(6):
        questions = [make_question(person, "number") for _ in range(2)]
        log, _is_new = person.daily_logs.get_or_create(date=day)
        for question in questions:
            OwnAnswer.objects.create(daily_log=log, user=person, date=day, question=question, number=3)
        delete = {"action": "delete", "confirm": "1"}

        statuses = send_in_parallel([(page_of(question), delete) for question in [*questions, questions[0]]])

        assert statuses[1] == 302
        assert sorted([statuses[0], statuses[2]]) == [302, 404]
        assert not person.daily_logs.filter(date=day).exists()
    person.refresh_from_db()
    assert not person.own_questions.exists()
    assert not person.has_own_questions


def test_an_undo_and_a_deletion_of_its_question(send_in_parallel, person, client):
    client.force_login(person)
    kept = make_question(person, "line")
    for day in days():
        question = make_question(person, "number")
        client.post(check_in_url("evening", day), {question.name: "3", kept.name: "Text"})
        client.post(check_in_url("evening", day), {question.name: "4"})
        *_others, message = client.get("/").context["messages"]

        statuses = send_in_parallel(
            [
                (page_of(question), {"action": "delete", "confirm": "1"}),
                (message.undo_address, {"envelope": message.envelope}),
            ]
        )

        assert statuses == [302, 302]
        assert not OwnAnswer.objects.filter(question_id=question.pk).exists()
        assert answers_to(kept, day) == ["Text"]


def test_tabs_that_place_different_questions_keep_all_of_it(send_in_parallel, person):
    own = make_question(person, "number")
    for number in range(ROUNDS):
        place = ("first", "folded", "off")[number % 3]

        statuses = send_in_parallel(
            [
                (PAGE, {"lunch": place}),
                (PAGE, {"dreams": place}),
                (PAGE, {own.name: place}),
                (PAGE, {"medication": ("off", "on")[number % 2]}),
                (PAGE, {"down": "gratitude"}),
            ]
        )

        assert statuses == [302] * 5
        person.refresh_from_db()
        placed = {
            question.name: question.place for slug in QUESTION_LISTS for question in questions_for(person).of(slug)
        }
        assert {placed[name] for name in ("lunch", "dreams", own.name)} == {place}
        assert ("medication" in person.question_choices.get("off", {})) == (number % 2 == 0)
        assert "gratitude" in person.question_choices["order"]["evening"]


def test_a_check_in_never_gets_fuller_than_full(send_in_parallel, person):
    room = 2
    for number in range(OwnQuestion.MOST_IN_A_CHECK_IN - room):
        make_question(person, "line", label=f"Question {number}")
    archived = make_question(person, "line", archived_at=person.date_joined)
    elsewhere = make_question(person, "line", check_in="morning")
    new = {"label": "New", "kind": "line", "check_in": "evening"}

    statuses = send_in_parallel(
        [
            (NEW, new),
            (NEW, new),
            (NEW, new),
            (page_of(archived), {"action": "restore"}),
            (page_of(elsewhere), {"check_in": "evening"}),
        ]
    )

    assert set(statuses) <= {200, 302}
    in_evening = person.own_questions.filter(check_in="evening", archived_at=None)
    assert in_evening.count() == OwnQuestion.MOST_IN_A_CHECK_IN


def test_one_of_two_requests_for_the_last_place_gets_the_sentence(send_in_parallel, person):
    for number in range(OwnQuestion.MOST_IN_A_CHECK_IN - 1):
        make_question(person, "line", label=f"Question {number}")

    statuses = send_in_parallel([(NEW, {"label": "New", "kind": "line", "check_in": "evening"})] * 2)

    assert sorted(statuses) == [200, 302]
    assert person.own_questions.count() == OwnQuestion.MOST_IN_A_CHECK_IN


def test_a_double_tap_in_the_gallery_is_one_question(send_in_parallel, person):
    for entry in islice(cycle(["bedtime", "waking_time"]), 4):
        assert send_in_parallel([(GALLERY, {"entry": entry})] * 4) == [302] * 4

        assert person.own_questions.filter(gallery=entry).count() == 1
        if person.own_questions.count() == 2:
            OwnQuestion.objects.all().delete()
