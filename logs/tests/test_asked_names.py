"""Answers without a key in a POST stay unchanged, unless `asked-names` names them: then they are cleared."""

import json
from urllib.parse import urlencode

import pytest

from logs.stages import EVENING, MEDICATION, MIDDAY, STAGES
from logs.tests.factories import DAY, MORNING_DOSE, answers, asked, doses_of, make_log, taken
from logs.tests.pages import check_in_url, errors_of, form_as_shown

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]

URL = check_in_url(MIDDAY)
each_stage = pytest.mark.parametrize("stage", STAGES, ids=str)


def stored(person, stage) -> dict:
    log = person.daily_logs.get()
    return {name: getattr(log, name) for name in stage.field_names}


@pytest.fixture
def midday(as_person, person):
    """All of midday, answered."""
    as_person.post(URL, answers(MIDDAY))
    return stored(person, MIDDAY)


@each_stage
def test_a_page_says_which_questions_it_asks(as_person, stage):
    [names] = form_as_shown(as_person.get(check_in_url(stage)))["asked-names"]

    assert names.split() == [question.name for question in stage.questions(None)]


def test_a_page_does_not_name_a_question_that_it_leaves_out(as_person, person):
    make_log(person, medication_taken=False)

    [names] = form_as_shown(as_person.get(check_in_url(EVENING)))["asked-names"]

    assert "day_rating" in names.split()
    assert "medication_effectiveness" not in names.split()


@each_stage
def test_without_names_and_keys_nothing_changes(as_person, person, stage):
    as_person.post(check_in_url(stage), answers(stage) | (taken(MORNING_DOSE) if stage is MEDICATION else {}))
    before = person.daily_logs.values().get(), doses_of(person)

    assert as_person.post(check_in_url(stage), {}).status_code == 302
    assert as_person.post(check_in_url(stage), {"asked-names": ""}).status_code == 302

    assert (person.daily_logs.values().get(), doses_of(person)) == before


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (urlencode({"lunch": "Bread"}), "application/x-www-form-urlencoded"),
        (
            b'--x\r\nContent-Disposition: form-data; name="lunch"\r\n\r\nBread\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
        ),
    ],
    ids=["urlencoded", "multipart"],
)
def test_a_program_changes_only_what_it_has_keys_for(as_person, person, midday, body, content_type):
    response = as_person.generic("POST", URL, body, content_type)

    assert response.status_code == 302
    assert stored(person, MIDDAY) == midday | {"lunch": "Bread"}
    assert person.daily_logs.get().is_done(MIDDAY)


def test_json_is_no_form_and_clears_nothing(as_person, person, midday):
    body = json.dumps({"lunch": "Bread", "focus_level": None, "asked-names": "lunch focus_level"})

    as_person.generic("POST", URL, body, "application/json")

    assert stored(person, MIDDAY) == midday


def test_a_key_without_a_value_clears(as_person, person, midday):
    as_person.post(URL, {"focus_level": "", "lunch": " "})

    assert stored(person, MIDDAY) == midday | {"focus_level": None, "lunch": None}
    assert person.daily_logs.get().state_of(MIDDAY) == "begun"


@pytest.mark.parametrize("names", ["focus_level lunch", ["focus_level", "lunch"], "focus_level  lunch dreams nonsense"])
def test_what_was_asked_and_has_no_key_is_cleared(as_person, person, midday, names):
    as_person.post(URL, {"asked-names": names})

    assert stored(person, MIDDAY) == midday | {"focus_level": None, "lunch": None}


def test_a_page_that_asked_less_leaves_the_rest(as_person, person, midday):
    """For example a page that was opened before a question was added."""
    shown = form_as_shown(as_person.get(URL))
    names = shown.pop("asked-names")[0].replace("lunch ", "").replace("coping_strategies", "")
    del shown["lunch"], shown["coping_strategies"]

    as_person.post(URL, shown | {"asked-names": names, "focus_level": "2"})

    assert stored(person, MIDDAY) == midday | {"focus_level": 2}


# Checkboxes without a tick, and conditional questions


def test_pills_without_a_tick_are_cleared_if_they_were_asked(as_person, person, midday):
    as_person.post(URL, {"asked-names": "coping_strategies"})

    assert stored(person, MIDDAY) == midday | {"coping_strategies": None}


def test_pills_without_a_tick_stay_if_they_were_not(as_person, person, midday):
    as_person.post(URL, {"had_emotional_event": "true"})

    assert stored(person, MIDDAY) == midday


def test_no_clears_dependent_answers_that_were_not_asked(as_person, person, midday):
    as_person.post(URL, {"had_emotional_event": "false"})

    cleared = {"had_emotional_event": False, "emotional_event": None, "coping_strategies": None}
    assert stored(person, MIDDAY) == midday | cleared


def test_a_question_cannot_be_cleared_below_a_stored_answer(as_person, person, midday):
    response = as_person.post(URL, {"had_emotional_event": ""})

    assert list(errors_of(response)) == ["had_emotional_event"]
    assert stored(person, MIDDAY) == midday


def test_an_answer_below_a_stored_one_needs_no_key_for_that(as_person, person, midday):
    as_person.post(URL, {"emotional_event": "A call"})

    assert stored(person, MIDDAY) == midday | {"emotional_event": "A call"}


# A page with errors


def test_a_page_with_errors_shows_what_was_not_asked_as_stored_and_saves_it_so(as_person, person, midday):
    response = as_person.post(URL, {"focus_level": "99", "lunch": "Bread"})

    assert list(errors_of(response)) == ["focus_level"]
    shown = form_as_shown(response)
    assert shown["coping_strategies"] == midday["coping_strategies"]
    assert (shown["energy_level"], shown["distractions"], shown["lunch"]) == (["4"], ["Phone"], ["Bread"])
    as_person.post(URL, shown | {"focus_level": "9"})
    assert stored(person, MIDDAY) == midday | {"focus_level": 9, "lunch": "Bread"}


def test_an_invalid_stored_answer_does_not_prevent_saving_others(as_person, person):
    """As an import may store it: hours that are not quarters. This POST has no key for them."""
    log = make_log(person, sleep_hours="7.30", sleep_quality=5)

    assert as_person.post(check_in_url("morning"), {"breakfast": "Oats"}).status_code == 302

    log.refresh_from_db()
    assert (str(log.sleep_hours), log.breakfast) == ("7.30", "Oats")


def test_a_conflict_is_only_about_what_was_asked(as_person, person, midday):
    version = form_as_shown(as_person.get(URL))["version"]
    as_person.post(URL, {"lunch": "Rice", "focus_level": "1"})

    response = as_person.post(URL, {"version": version, "lunch": "Bread"})

    assert [conflict.name for conflict in response.context["form"].conflicts] == ["lunch"]


# Doses


def test_doses_stay_without_their_rows(as_person, person):
    url = check_in_url(MEDICATION)
    as_person.post(url, taken(MORNING_DOSE))

    as_person.post(url, {"first_hour_feeling": "calm"})
    assert doses_of(person) == ["Concerta 36 mg at 8:15 a.m."]

    as_person.post(url, taken())
    assert doses_of(person) == []


def test_doses_can_be_added_by_a_program_that_sends_nothing_else(as_person, person):
    url = check_in_url(MEDICATION)
    as_person.post(url, {"medication_taken": "true", "first_hour_feeling": "calm"})

    rows = {name: value for name, value in taken(MORNING_DOSE).items() if name.startswith("doses-")}
    as_person.post(url, rows)

    assert doses_of(person) == ["Concerta 36 mg at 8:15 a.m."]
    assert person.daily_logs.get().first_hour_feeling == "calm"


def test_another_row_of_doses_keeps_what_was_not_asked(as_person, person):
    url = check_in_url(MEDICATION)
    as_person.post(url, answers(MEDICATION))

    shown = form_as_shown(as_person.post(url, {"add_dose": "1"} | taken(MORNING_DOSE)))

    assert shown["first_hour_feeling"] == ["calm"]
    as_person.post(url, shown)
    assert person.daily_logs.get(date=DAY).first_hour_feeling == "calm"


def test_names_alone_make_a_check_in_empty(as_person, person, midday):
    as_person.post(URL, asked(MIDDAY))

    assert not person.daily_logs.exists()
