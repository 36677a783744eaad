"""Answers to own questions stay when their question is moved, when others go, and when a save is undone."""

import pytest

from accounts.models import User
from logs.models import OwnAnswer
from logs.not_tracked import mark_days
from logs.stages import EVENING, MEDICATION, MORNING
from logs.tests.factories import DAY, REQUIRED, answers, make_dose, make_log, make_medication
from logs.tests.own_questions import make_question
from logs.tests.pages import check_in_url, day_url, form_as_shown

pytestmark = pytest.mark.usefixtures("noon")

PAGE = "/logs/questions/"


def move(client, question, check_in="evening"):
    client.post(question.get_absolute_url(), {"label": question.label, "check_in": check_in})
    question.refresh_from_db()
    assert question.check_in == check_in


def undo_form(client, response) -> dict:
    """The form of the undo button on the page after a save."""
    return {"envelope": [*response.context["messages"]][-1].extra_tags.split(" ")[-1]}


@pytest.fixture
def moved(as_person, person):
    """A question that was answered in the morning, beside hours of sleep, and is asked in the evening since."""
    question = make_question(person, "line", check_in="morning")
    as_person.post(check_in_url(MORNING), {"sleep_hours": "7", question.name: "Tea"})
    move(as_person, question)
    return question


def test_the_record_goes_with_the_question(as_person, person, moved):
    log = person.daily_logs.get()

    assert log.evening_asked_id == log.morning_asked_id
    assert (log.state_of(MORNING), log.state_of(EVENING)) == ("begun", "begun")
    assert log.evening_answered_at == log.morning_answered_at


def test_clearing_another_answer_keeps_the_day(as_person, person, moved):
    as_person.post(check_in_url(MORNING), {"sleep_hours": "", "asked-names": "sleep_hours"})

    assert person.daily_logs.get().own_answers.get().text == "Tea"


def test_undo_of_a_save_keeps_the_day(as_person, person):
    question = make_question(person, "line", check_in="morning")
    as_person.post(check_in_url(MORNING), {question.name: "Tea"})
    response = as_person.post(check_in_url(MORNING), {question.name: "Coffee"}, follow=True)
    form = undo_form(as_person, response)
    move(as_person, question)

    as_person.post(day_url(name="undo"), form)

    assert person.daily_logs.get().own_answers.get().text == "Tea"


def test_a_day_is_answered_though_another_question_of_the_check_in_was_deleted(as_person, person, moved):
    other = make_question(person, "line", check_in="morning")
    as_person.post(check_in_url(MORNING), {"sleep_hours": "", other.name: "Oats", "asked-names": "sleep_hours"})
    as_person.post(other.get_absolute_url(), {"action": "delete", "confirm": "1"})

    person.daily_logs.update(**dict.fromkeys(EVENING.part.columns))  # As if it were answered on a page of the morning.

    assert mark_days(person, DAY, DAY, "ill").left == [DAY]
    assert OwnAnswer.objects.get().text == "Tea"


def test_a_deleted_day_is_gone_though_a_check_in_without_answers_has_a_record(as_person, person, moved):
    recorded = dict(zip(EVENING.part.recorded, MORNING.part.recorded, strict=True))
    log = person.daily_logs.get()
    values = {name: getattr(log, EVENING.part.asked_id if name == EVENING.part.asked else name) for name in recorded}
    stays = {recorded[name]: value for name, value in values.items()}
    person.daily_logs.update(sleep_hours=None, **stays, **dict.fromkeys(recorded))

    as_person.post(day_url(name="delete"))

    assert not person.daily_logs.exists()


def test_an_answer_to_the_first_own_question_saved_meanwhile_keeps_the_day(person):
    """The person was read before another request added the question."""
    before = User.objects.get(pk=person.pk)
    question = make_question(person, "line", check_in="morning")
    log = make_log(person, sleep_hours=7)
    OwnAnswer.objects.create(daily_log=log, user=person, date=DAY, question=question, text="Tea")
    log = before.daily_logs.get()

    log.sleep_hours = None

    assert not log.is_empty


def test_a_deleted_day_comes_back_without_the_answers_to_a_question_that_was_deleted(as_person, person):
    gone, stays = make_question(person, "line"), make_question(person, "number")
    as_person.post(check_in_url(EVENING), answers(EVENING) | {gone.name: "Tea", stays.name: "3"})
    page = as_person.post(day_url(name="delete"))
    as_person.post(gone.get_absolute_url(), {"action": "delete", "confirm": "1"})

    as_person.post(page.context["address"], {"envelope": page.context["envelope"]})

    log = person.daily_logs.get()
    assert log.overall_mood is not None
    assert log.own_answers.get().number == 3


@pytest.mark.parametrize("is_deleted", [True, False], ids=["deletion", "save"])
def test_undo_keeps_when_a_check_in_was_done_before_a_question_was_added(as_person, person, is_deleted):
    as_person.post(check_in_url(MORNING), answers(MORNING))
    done_at = person.daily_logs.get().morning_completed_at
    make_question(person, "line", check_in="morning", place="first")
    if is_deleted:
        page = as_person.post(day_url(name="delete"))
        address, form = page.context["address"], {"envelope": page.context["envelope"]}
    else:
        response = as_person.post(check_in_url(MORNING), {"breakfast": "Something else"}, follow=True)
        assert person.daily_logs.get().breakfast == "Something else"
        address, form = day_url(name="undo"), undo_form(as_person, response)

    as_person.post(address, form)

    log = person.daily_logs.get()
    assert log.breakfast == answers(MORNING)["breakfast"]
    assert log.morning_completed_at == done_at


def test_undo_of_what_made_a_check_in_done_makes_it_open(as_person, person):
    as_person.post(check_in_url(MORNING), {"sleep_hours": "7"})
    response = as_person.post(check_in_url(MORNING), REQUIRED["morning"], follow=True)

    as_person.post(day_url(name="undo"), undo_form(as_person, response))

    log = person.daily_logs.get()
    assert (log.morning_completed_at, log.sleep_hours) == (None, 7)


def test_a_save_that_clears_nothing_leaves_a_check_in_done(as_person, person):
    question = make_question(person, "line", check_in="morning", place="first")
    as_person.post(PAGE, dict.fromkeys(REQUIRED["morning"], "folded"))
    as_person.post(check_in_url(MORNING), {question.name: "Tea"})
    done_at = person.daily_logs.get().morning_completed_at
    as_person.post(question.get_absolute_url(), {"action": "archive"})

    as_person.post(check_in_url(MORNING), form_as_shown(as_person.get(check_in_url(MORNING))))

    assert done_at is not None
    assert person.daily_logs.get().morning_completed_at == done_at


def test_a_dose_from_today_does_not_make_a_check_in_done_that_asks_more(as_person, person):
    make_question(person, "yes_no", check_in="medication", place="first")
    medication = make_medication(person, usual_amount=36, unit="mg")
    make_dose(make_log(person, medication_taken=True), medication)

    as_person.post(f"/logs/medications/{medication.pk}/taken/", {"shown": ""})

    log = person.daily_logs.get(date=person.today())
    assert log.state_of(MEDICATION) == "begun"
    assert log.own_doses().count() == 1
