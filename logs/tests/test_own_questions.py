"""A person's own questions, from the page that makes them to the answers of a day."""

import datetime
from decimal import Decimal

import pytest

from accounts.tests.factories import make_person
from logs.models import OwnAnswer, OwnQuestion
from logs.own_kinds import KINDS, NOT_NOTICED
from logs.question_lists import QUESTION_LISTS
from logs.stages import EVENING, MEDICATION, MORNING
from logs.tests.factories import DAY, answers
from logs.tests.own_questions import TYPED, make_question
from logs.tests.pages import check_in_url, day_url, form_as_shown

pytestmark = pytest.mark.usefixtures("noon")

NEW = "/logs/questions/new/"


def facts(kind: str, **more) -> dict:
    """The form of a new question of a kind."""
    always = {"label": f"My {kind}", "check_in": "evening", "asked": "first", "choices": "tea\ncoffee"}
    return always | {"kind": kind} | more


def answer_to(person, question) -> object:
    [asked] = [each for each in EVENING.questions(person) if each.name == question.name]
    return asked.read(person.daily_logs.get(date=DAY))


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_made_asked_answered_shown_and_saved_again(as_person, person, kind):
    assert as_person.post(NEW, facts(kind)).status_code == 302
    question = person.own_questions.get()
    typed, value, words = TYPED[kind]
    data = {name.replace("own", question.name): given for name, given in typed.items()}

    page = as_person.get(check_in_url(EVENING)).content.decode()
    assert f"My {kind}" in page
    as_person.post(check_in_url(EVENING), answers(EVENING) | data)

    person.refresh_from_db()
    assert answer_to(person, question) == value
    assert words in as_person.get(day_url()).content.decode()
    form = as_person.get(check_in_url(EVENING)).context["form"]
    assert form.initial[question.name] == value
    stored = OwnAnswer.objects.values().get()
    as_person.post(check_in_url(EVENING), {"asked-names": question.name} | data)
    assert OwnAnswer.objects.values().get() == stored


def test_an_answer_is_cleared_by_a_page_that_asked(as_person, person):
    question = make_question(person, "number")
    as_person.post(check_in_url(EVENING), {question.name: "7.5"})
    assert answer_to(person, question) == Decimal("7.5")

    as_person.post(check_in_url(EVENING), {"overall_mood": "5"})
    assert answer_to(person, question) == Decimal("7.5")
    as_person.post(check_in_url(EVENING), {question.name: "", "asked-names": question.name})

    assert not OwnAnswer.objects.exists()


def test_a_day_with_own_answers_alone_is_not_empty(as_person, person):
    question = make_question(person, "line", check_in="morning")

    as_person.post(check_in_url(MORNING), {question.name: "Tea"})

    log = person.daily_logs.get()
    assert not log.is_empty
    assert log.state_of(MORNING) == "begun"
    assert log.own_answers.get().text == "Tea"


def test_it_counts_for_done_when_asked_first(as_person, person):
    question = make_question(person, "yes_no", place="first")

    as_person.post(check_in_url(EVENING), answers(EVENING))
    assert not person.daily_logs.get().is_done(EVENING)
    as_person.post(check_in_url(EVENING), {question.name: "no"})

    assert person.daily_logs.get().is_done(EVENING)


@pytest.mark.parametrize("address", ["/logs/questions/{}/", "check-in", "arrange"])
def test_another_persons_is_a_404(as_person, person, address):
    theirs = make_question(make_person(), "number", label="theirs")
    make_question(person, "line")
    before = OwnQuestion.objects.values().get(pk=theirs.pk)

    if address == "check-in":
        response = as_person.post(check_in_url(EVENING), answers(EVENING) | {theirs.name: "5"})
        assert person.daily_logs.get().is_done(EVENING), "The other answers are stored."
    elif address == "arrange":
        response = as_person.post("/logs/questions/", {theirs.name: "off"})
    else:
        assert as_person.get(address.format(theirs.pk)).status_code == 404
        response = as_person.post(address.format(theirs.pk), {"action": "delete", "confirm": "1"})

    assert response.status_code == 404
    assert OwnQuestion.objects.values().get(pk=theirs.pk) == before
    assert not OwnAnswer.objects.exists()


def test_answers_to_a_question_archived_meanwhile_are_kept(as_person, person):
    question = make_question(person, "number")
    as_person.post(f"/logs/questions/{question.pk}/", {"action": "archive"})

    response = as_person.post(check_in_url(EVENING), {"asked-names": question.name, question.name: "3"})

    assert response.status_code == 302
    person.refresh_from_db()
    assert answer_to(person, question) == 3


def test_deleting_says_how_much_goes_and_asks(as_person, person):
    question = make_question(person, "number")
    kept = make_question(person, "line")
    for number in range(3):
        day = DAY - datetime.timedelta(days=number)
        as_person.post(check_in_url(EVENING, day), {question.name: "3", kept.name: "text" if number else ""})

    page = as_person.post(f"/logs/questions/{question.pk}/", {"action": "delete"}).content.decode()
    assert "3 answers, of 3 days" in page
    assert OwnAnswer.objects.filter(question=question).count() == 3
    as_person.post(f"/logs/questions/{question.pk}/", {"action": "delete", "confirm": "1"})

    assert person.own_questions.get() == kept
    assert OwnAnswer.objects.count() == 2
    assert person.daily_logs.count() == 2, "A day that says nothing any more is no day."


def test_there_is_room_for_so_many(as_person, person):
    for number in range(OwnQuestion.MOST_IN_A_CHECK_IN):
        make_question(person, "line", label=f"Question {number}")

    response = as_person.post(NEW, facts("line"))

    assert response.status_code == 200
    assert "15 questions of your own are asked there already" in response.content.decode()
    assert person.own_questions.count() == OwnQuestion.MOST_IN_A_CHECK_IN
    for stage in ("morning", "midday"):
        for number in range(20):
            make_question(person, "line", check_in=stage, label=f"{stage} {number}")
    assert "plenty for a day" in as_person.post(NEW, facts("line", check_in="week")).content.decode()


def test_not_noticed_is_an_answer(as_person, person):
    question = make_question(person, "time")

    as_person.post(check_in_url(EVENING), {f"{question.name}-not-noticed": "on"})

    assert answer_to(person, question) == NOT_NOTICED


def test_a_question_of_the_gallery_is_added_by_one_tap(as_person, person):
    for _times in range(2):
        response = as_person.post("/logs/questions/gallery/", {"entry": "water"}, follow=True)
        assert "is asked from now on: Evening." in response.content.decode()

    question = person.own_questions.get()
    assert (question.gallery, question.kind, question.check_in) == ("water", "number", "evening")
    as_person.post(f"/logs/questions/{question.pk}/", {"action": "archive"})
    as_person.post("/logs/questions/gallery/", {"entry": "water"})
    assert person.own_questions.get().archived_at is None
    assert as_person.post("/logs/questions/gallery/", {"entry": "nothing"}).status_code == 404


def test_rewording_keeps_answers(as_person, person):
    question = make_question(person, "choice")
    as_person.post(check_in_url(EVENING), {question.name: "2"})

    as_person.post(f"/logs/questions/{question.pk}/", {"label": "Which drink?", "choices": "tea\nespresso\nwater"})
    assert "espresso" not in as_person.get(day_url()).content.decode(), "Another list: the former choice is retired."
    assert "coffee" in as_person.get(day_url()).content.decode()
    reworded = {"label": "Which drink?", "choices": "black tea\nespresso\nwater"}
    as_person.post(f"/logs/questions/{question.pk}/", reworded)
    question.refresh_from_db()
    person.refresh_from_db()

    assert [words for _pk, words in question.choices] == ["black tea", "espresso", "water"]
    assert answer_to(person, question) == 2
    form = as_person.get(check_in_url(EVENING)).context["form"]
    as_person.post(check_in_url(EVENING), {"asked-names": form.asked_names, question.name: "2"})
    assert OwnAnswer.objects.get().chosen == [2]


def test_a_list_can_be_changed_so_many_times(as_person, person):
    question = make_question(person, "choice")
    question.set_choices(question.choices, [[number, f"former {number}"] for number in range(3, 103)])
    question.save()

    response = as_person.post(f"/logs/questions/{question.pk}/", {"label": "Drink?", "choices": "water\njuice\nmilk"})

    assert "This list was changed very often." in response.content.decode()
    question.refresh_from_db()
    assert [words for _pk, words in question.choices] == ["tea", "coffee"]


def test_archived_ones_are_kept_so_many(as_person, person):
    archived = [make_question(person, "line", archived_at=person.date_joined)]
    texts = {"label": "Archived", "check_in": "evening", "kind": "line", "place": "folded"}
    archived += OwnQuestion.objects.bulk_create(
        OwnQuestion(user=person, archived_at=person.date_joined, **texts) for _ in range(OwnQuestion.MOST_STORED - 1)
    )

    as_person.post(NEW, facts("line"))
    as_person.post("/logs/questions/gallery/", {"entry": "water"})

    assert person.own_questions.count() == len(archived) == OwnQuestion.MOST_STORED
    archived[0].delete()
    as_person.post("/logs/questions/gallery/", {"entry": "water"})
    assert person.own_questions.get(archived_at=None).gallery == "water"


@pytest.mark.parametrize("archived", [True, False], ids=["archived", "asked"])
def test_rewording_switches_no_check_in_on(as_person, person, archived):
    question = make_question(person, "line", archived_at=person.date_joined if archived else None)
    as_person.post("/logs/questions/", {"evening": "off"})

    as_person.post(question.get_absolute_url(), {"label": "Reworded"})

    question.refresh_from_db()
    person.refresh_from_db()
    assert question.label == "Reworded"
    assert not EVENING.is_on(person)


@pytest.mark.parametrize("action", ["archive", "delete"])
def test_a_check_in_that_is_off_with_its_last_question_is_said(as_person, person, action):
    question = make_question(person, "line", check_in="afternoon")
    built_in = [each.name for each in QUESTION_LISTS["afternoon"].built_in if not each.shown_when]
    as_person.post("/logs/questions/", dict.fromkeys(built_in, "off"))

    page = as_person.post(question.get_absolute_url(), {"action": action, "confirm": "1"}, follow=True)

    assert "Nothing is left to ask in Afternoon, so it is off." in page.content.decode()


def test_after_a_question_was_deleted_the_page_knows_what_it_saved(as_person, person):
    question = make_question(person, "line")
    form = form_as_shown(as_person.get(check_in_url(EVENING)))
    as_person.post(question.get_absolute_url(), {"action": "delete", "confirm": "1"})

    page = as_person.post(check_in_url(EVENING), form | {"overall_mood": "5", question.name: "Tea"})
    again = as_person.post(check_in_url(EVENING), form_as_shown(page) | {"overall_mood": "7"})

    assert (page.status_code, again.status_code) == (404, 302)
    assert person.daily_logs.get().overall_mood == 7


def test_a_page_that_is_drawn_again_shows_what_was_typed_for_a_deleted_question(as_person, person):
    question = make_question(person, "line", check_in="medication")
    form = form_as_shown(as_person.get(check_in_url(MEDICATION)))
    as_person.post(question.get_absolute_url(), {"action": "delete", "confirm": "1"})

    page = as_person.post(check_in_url(MEDICATION), form | {question.name: "Tea", "add_dose": "1"})

    assert "<li>Tea</li>" in page.content.decode()


def test_two_inputs_that_are_much_too_long_do_not_come_back(as_person, person):
    question = make_question(person, "two_numbers")

    page = as_person.post(check_in_url(EVENING), {question.name: "9" * 20_000, f"{question.name}-2": "1"})

    assert page.status_code == 200
    assert "9" * 20_000 not in page.content.decode()
