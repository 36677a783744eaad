"""A page with an answer that cannot be read: the others are stored, and that one comes back as typed with its error."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains, assertNotContains

from logs.answer_form import CheckInForm
from logs.models import DailyLog, Dose
from logs.stages import STAGES
from logs.tests.factories import DAY, MORNING_DOSE, answers, dose_rows, doses_of, make_full_log, make_log, taken
from logs.tests.pages import check_in_url, errors_of, form_as_shown, shown_doses

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]

MORNING, MEDICATION, MIDDAY = (check_in_url(name) for name in ("morning", "medication", "midday"))

UNREADABLE = {
    "Score": "eleven",
    "Hours": "many",
    "YesNo": "perhaps",
    "Choice": "nonsense",
    "Several": ["nonsense"],
    "Line": "x" * 201,
    "Note": "x" * 4001,
}
EACH_ANSWER = [
    pytest.param(stage, question, id=f"{stage}-{question.name}")
    for stage in STAGES
    for question in stage.questions(None)
    if question.kind
]


def opened(client, url) -> dict:
    return form_as_shown(client.get(url))


@pytest.mark.parametrize(("stage", "question"), EACH_ANSWER)
def test_every_kind_of_answer_leaves_the_others_to_be_stored(as_person, person, stage, question):
    url, wrong = check_in_url(stage), UNREADABLE[type(question.kind).__name__]
    conditions = {question.shown_when[0]: str(question.shown_when[1]).lower()} if question.shown_when else {}
    typed = answers(stage) | conditions
    waiting = {each.name for each in stage.questions(None) if each.shown_when and each.shown_when[0] == question.name}

    typed_too = typed | {question.name: wrong, "remove": " ".join(dependents_under_another(stage, typed))}
    response = as_person.post(url, opened(as_person, url) | typed_too)

    assert errors_of(response).keys() == {question.name} | (waiting & typed.keys() | waiting & {"doses"} & typed.keys())
    assert response.context["form"][question.name].value() == wrong
    log = person.daily_logs.first()
    stored = {each.name for each in stage.questions(None) if log and each.read(log) is not None}
    refused = {name for name, given in conditions.items() if given != answers(stage).get(name)}
    assert question.name not in stored
    assert stored >= typed.keys() - {question.name} - waiting - dependents_under_another(stage, typed) - refused
    assertContains(response, "Saved, except for:" if stored else "Not saved yet.")
    assert log is None or log.is_done(stage) == (not question.is_needed)


def dependents_under_another(stage, typed) -> set[str]:
    """What is cleared because its question is answered otherwise."""
    dependent = [(each.name, *each.shown_when) for each in stage.questions(None) if each.shown_when]
    return {name for name, question, wanted in dependent if typed.get(question) != str(wanted).lower()}


def test_the_corrected_page_is_saved_without_a_question_about_it(as_person, person):
    page = opened(as_person, MORNING)

    response = as_person.post(MORNING, page | answers("morning", sleep_hours="many"))
    again = form_as_shown(response)
    assert again["sleep_hours"] == ["many"]
    response = as_person.post(MORNING, again | {"sleep_hours": "7:20"}, follow=True)

    assertContains(response, "Morning saved. “7:20” is stored as 7.25 hours.")
    log = person.daily_logs.get()
    assert (log.sleep_hours, log.sleep_quality, log.breakfast) == (7.25, 6, "Oats")
    assert log.morning_completed_at


WITH_ONE_WRONG = {
    "morning": answers("morning", sleep_hours="7,5", sleep_quality="eleven"),
    "medication": taken(MORNING_DOSE, MORNING_DOSE | {"medication": "New  one", "amount": "2,50"})
    | {"first_hour_feeling": "nonsense", "ate_within_hour": "true"},
    "midday": answers("midday", focus_level="eleven"),
    "afternoon": answers("afternoon", anxiety_level="eleven"),
    "evening": answers("evening", sleepiness="eleven"),
}


@pytest.mark.parametrize("stage", STAGES, ids=str)
def test_the_page_that_comes_back_says_the_version_that_a_fresh_one_says(as_person, person, stage):
    response = as_person.post(check_in_url(stage), opened(as_person, check_in_url(stage)) | WITH_ONE_WRONG[stage.slug])

    assertContains(response, "Saved, except for:")
    fresh = CheckInForm(stage, person.daily_logs.get())
    assert form_as_shown(response)["version"] == [fresh.version]


def test_answers_saved_elsewhere_are_not_overwritten_by_the_correction(as_person, person):
    make_full_log(person)
    page = opened(as_person, MORNING)
    as_person.post(MORNING, {"sleep_hours": "8"})

    response = as_person.post(MORNING, page | {"sleep_hours": "many"})
    response = as_person.post(MORNING, form_as_shown(response) | {"sleep_hours": "6"})

    assertContains(response, "Which answers should stay?")
    assert person.daily_logs.get().sleep_hours == 8


def test_with_a_conflict_nothing_is_saved_until_all_is_in_order(as_person, person):
    make_full_log(person)
    page = opened(as_person, MORNING)
    as_person.post(MORNING, {"sleep_quality": "2"})

    response = as_person.post(MORNING, page | {"sleep_hours": "many", "breakfast": "Oats"})
    response = as_person.post(
        MORNING, form_as_shown(response) | {"keep-sleep_quality": "saved", "keep-breakfast": "mine"}
    )

    assertContains(response, "Not saved yet.")
    assert person.daily_logs.get().breakfast is None
    assert as_person.post(MORNING, form_as_shown(response) | {"sleep_hours": "6"}).status_code == 302
    log = person.daily_logs.get()
    assert (log.sleep_hours, log.sleep_quality, log.breakfast) == (6, 2, "Oats")


def test_a_stamp_stays_while_what_is_stored_is_complete(as_person, person):
    log = make_full_log(person)

    as_person.post(MORNING, {"sleep_hours": "many", "breakfast": "Oats"})

    again = person.daily_logs.get()
    assert (again.sleep_hours, again.breakfast) == (log.sleep_hours, "Oats")
    assert again.morning_completed_at == log.morning_completed_at


def test_no_stamp_is_set_while_a_needed_answer_is_unreadable(as_person, person):
    make_log(person, sleep_hours=7, sleep_quality=5)

    as_person.post(MORNING, {"sleep_hours": "many", "morning_mood": "4"})

    log = person.daily_logs.get()
    assert (log.sleep_hours, log.morning_mood, log.morning_completed_at) == (7, 4, None)


# Questions that depend on one another


def test_an_answer_waits_for_its_question(as_person, person):
    typed = {"had_emotional_event": "perhaps", "emotional_event": "A letter", "lunch": "Soup"}

    response = as_person.post(MIDDAY, typed)

    assert list(errors_of(response)) == ["had_emotional_event", "emotional_event"]
    assert form_as_shown(response)["emotional_event"] == ["A letter"]
    log = person.daily_logs.get()
    assert (log.lunch, log.had_emotional_event, log.emotional_event) == ("Soup", None, None)


def test_an_answer_under_a_stored_question_does_not_wait(as_person, person):
    make_log(person, had_emotional_event=True, emotional_event="A call")

    as_person.post(MIDDAY, {"had_emotional_event": "perhaps", "emotional_event": "A letter"})

    log = person.daily_logs.get()
    assert (log.had_emotional_event, log.emotional_event) == (True, "A letter")


def test_a_question_stays_while_a_stored_answer_below_it_does(as_person, person):
    make_log(person, had_emotional_event=True, emotional_event="A call")
    page = opened(as_person, MIDDAY)
    page["had_emotional_event"] = [""]

    response = as_person.post(MIDDAY, page | {"emotional_event": "x" * 4001, "lunch": "Soup"})

    assert errors_of(response).keys() == {"had_emotional_event", "emotional_event"}
    log = person.daily_logs.get()
    assert (log.had_emotional_event, log.emotional_event, log.lunch) == (True, "A call", "Soup")


def test_an_unreadable_answer_under_another_condition_is_cleared(as_person, person):
    make_log(person, had_emotional_event=True, emotional_event="A call")

    response = as_person.post(MIDDAY, {"had_emotional_event": "false", "emotional_event": "x" * 4001})

    assert response.status_code == 302
    assert person.daily_logs.get().emotional_event is None


def test_doses_with_an_error_stay_as_they_are_stored(as_person, person):
    as_person.post(MEDICATION, taken(MORNING_DOSE))
    before = list(Dose.objects.values())
    wrong = MORNING_DOSE | {"amount": "much"}

    response = as_person.post(MEDICATION, taken(wrong, MORNING_DOSE) | {"first_hour_feeling": "calm"})

    assert [row["amount"] for row in shown_doses(response)] == ["much", "36"]
    assert list(Dose.objects.values()) == before
    assert person.daily_logs.get().first_hour_feeling == "calm"


def test_doses_wait_for_their_question(as_person, person):
    response = as_person.post(MEDICATION, {"medication_taken": "perhaps"} | dose_rows(MORNING_DOSE))

    assert shown_doses(response) == [MORNING_DOSE]
    assert doses_of(person) == []
    assert not person.medications.exists()


# Programs, neighbours, cost


def test_a_program_without_names_of_questions_changes_only_what_it_has_keys_for(as_person, person):
    make_full_log(person, dreams="Flying")

    response = as_person.post(MORNING, {"sleep_hours": "many", "breakfast": "Oats"})

    assert errors_of(response).keys() == {"sleep_hours"}
    log = person.daily_logs.get()
    assert (log.sleep_hours, log.sleep_quality, log.dreams, log.breakfast) == (7.5, 6, "Flying", "Oats")


def test_nothing_but_an_unreadable_answer_makes_no_row(as_person, person):
    response = as_person.post(MORNING, opened(as_person, MORNING) | {"sleep_hours": "many"})

    assertContains(response, "Not saved yet.")
    assertNotContains(response, "Saved, except for:")
    assert not person.daily_logs.exists()


def test_how_hours_were_read_is_said_beside_an_error(as_person):
    response = as_person.post(MORNING, {"sleep_hours": "23:30-7", "sleep_quality": "eleven"})

    assertContains(response, "“23:30-7” is stored as 7.5 hours.")


def test_hours_that_are_typed_by_the_page_s_example_are_not_explained(as_person):
    response = as_person.post(MORNING, answers("morning"), follow=True)

    assertContains(response, "Morning saved.")
    assertNotContains(response, "is stored as")


def test_an_error_costs_no_query_more_than_a_save(as_person, person):
    make_log(person, DAY - datetime.timedelta(days=1), thought_for_tomorrow="One thing")

    def queries(**typed):
        DailyLog.objects.filter(date=DAY).delete()
        with CaptureQueriesContext(connection) as captured:
            as_person.post(MORNING, answers("morning", **typed))
        return len(captured)

    # The page that comes back reads what was written the evening before.
    assert queries(sleep_hours="many") <= queries() + 1


def test_what_was_saved_of_a_page_with_errors_can_be_undone(as_person, person):
    response = as_person.post(MORNING, opened(as_person, MORNING) | answers("morning", sleep_hours="many"))
    [message] = response.context["messages"]

    assert str(message).startswith("The other answers are saved. <a ")
    assertContains(response, '<a class="aside" href="/help/">Need to talk to someone?</a>')
    assert not message.saved  # The draft of what was typed stays.
    as_person.post(message.undo_address, {"envelope": message.envelope})

    assert not person.daily_logs.exists()
