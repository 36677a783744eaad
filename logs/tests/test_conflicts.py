"""Conflicts: a check-in was saved elsewhere since its page was opened. The person chooses between both versions."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from logs.models import DailyLog
from logs.stages import MIDDAY as MIDDAY_STAGE, STAGES
from logs.tests.factories import MORNING_DOSE, NOON_DOSE, answers, asked, doses_of, taken
from logs.tests.pages import check_in_url, day_url, form_as_shown

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]

MIDDAY = check_in_url("midday")
MEDICATION = check_in_url("medication")

each_stage = pytest.mark.parametrize("stage", STAGES, ids=str)


def opened(client, url=MIDDAY) -> dict:
    return form_as_shown(client.get(url))


def conflicts_of(response) -> dict[str, tuple[str, str]]:
    """The names of the answers that the page asks the person to choose, and that are not chosen yet."""
    return {c.name: (c.mine, c.saved) for c in response.context["form"].conflicts if c.choice is None}


def removals_of(response) -> dict[str, str]:
    """What the page says will be removed."""
    return {removal.name: removal.answer for removal in response.context["form"].get_context()["removals"]}


@pytest.fixture
def two_versions(as_person):
    """Saves focus 7 and soup. Returns the data of a page that was opened before, with focus 3 and bread."""
    page = opened(as_person)
    as_person.post(MIDDAY, opened(as_person) | answers("midday", focus_level="7", lunch="Soup"))
    return page | answers("midday", focus_level="3", lunch="Bread")


def stored(person):
    log = person.daily_logs.get()
    return log.focus_level, log.lunch


def test_nothing_is_overwritten_and_both_versions_are_shown(as_person, person, two_versions):
    response = as_person.post(MIDDAY, two_versions)

    assert response.status_code == 200
    assert conflicts_of(response) == {"focus_level": ("3 of 10", "7 of 10"), "lunch": ("Bread", "Soup")}
    page = response.content.decode()
    assert "This was saved elsewhere since you opened the page." in page
    for words in ("3 of 10", "7 of 10", "Bread", "Soup"):
        assert words in page
    assert form_as_shown(response)["lunch"] == ["Bread"]
    assert stored(person) == (7, "Soup")


def test_the_page_preselects_no_version(as_person, two_versions):
    shown = form_as_shown(as_person.post(MIDDAY, two_versions))

    assert not [name for name in shown if name.startswith("keep-")]


@pytest.mark.parametrize(
    ("focus", "lunch", "kept"),
    [
        ("mine", "mine", (3, "Bread")),
        ("saved", "saved", (7, "Soup")),
        ("mine", "saved", (3, "Soup")),
        ("saved", "mine", (7, "Bread")),
    ],
)
def test_the_person_chooses_answer_by_answer(as_person, person, two_versions, focus, lunch, kept):
    shown = form_as_shown(as_person.post(MIDDAY, two_versions))

    response = as_person.post(MIDDAY, shown | {"keep-focus_level": focus, "keep-lunch": lunch})

    assert (response.status_code, response.url) == (302, day_url())
    assert stored(person) == kept


@pytest.mark.parametrize("choices", [{}, {"keep-focus_level": "mine"}, {"keep-focus_level": "mine", "keep-lunch": "x"}])
def test_it_asks_again_until_all_is_chosen(as_person, person, two_versions, choices):
    shown = form_as_shown(as_person.post(MIDDAY, two_versions))

    response = as_person.post(MIDDAY, shown | choices)

    assert "lunch" in conflicts_of(response)
    assert stored(person) == (7, "Soup")


def test_what_is_typed_while_choosing_is_mine(as_person, person, two_versions):
    shown = form_as_shown(as_person.post(MIDDAY, two_versions))

    as_person.post(MIDDAY, shown | {"lunch": "Cake", "keep-focus_level": "saved", "keep-lunch": "mine"})

    assert stored(person) == (7, "Cake")


def test_an_answer_changed_while_choosing_is_asked_about_too(as_person, person, two_versions):
    shown = form_as_shown(as_person.post(MIDDAY, two_versions))
    choices = {"keep-focus_level": "mine", "keep-lunch": "mine"}

    response = as_person.post(MIDDAY, shown | choices | {"energy_level": "9"})

    assert conflicts_of(response) == {"energy_level": ("9 of 10", "4 of 10")}
    shown = form_as_shown(response)
    assert {name: shown[name] for name in choices} == {name: ["mine"] for name in choices}
    assert stored(person) == (7, "Soup")
    as_person.post(MIDDAY, shown | {"keep-energy_level": "saved"})
    assert stored(person) == (3, "Bread")


def test_choices_made_about_an_older_version_do_not_count(as_person, person, two_versions):
    shown = form_as_shown(as_person.post(MIDDAY, two_versions))
    as_person.post(MIDDAY, answers("midday", focus_level="9", lunch="Rice"))
    choices = {"keep-focus_level": "mine", "keep-lunch": "saved"}

    response = as_person.post(MIDDAY, shown | choices)

    assert conflicts_of(response) == {"focus_level": ("3 of 10", "9 of 10"), "lunch": ("Bread", "Rice")}
    assert stored(person) == (9, "Rice")
    as_person.post(MIDDAY, form_as_shown(response) | choices)
    assert stored(person) == (3, "Rice")


def test_choices_without_having_seen_the_versions_do_not_count(as_person, person, two_versions):
    response = as_person.post(MIDDAY, two_versions | {"keep-focus_level": "mine", "keep-lunch": "mine"})

    assert set(conflicts_of(response)) == {"focus_level", "lunch"}
    assert stored(person) == (7, "Soup")


@each_stage
def test_equal_answers_are_no_conflict(as_person, person, stage):
    url = check_in_url(stage)
    page = opened(as_person, url)
    as_person.post(url, answers(stage))

    assert as_person.post(url, page | answers(stage)).status_code == 302
    assert person.daily_logs.get().is_done(stage)


@each_stage
def test_every_answer_of_every_check_in_is_guarded(as_person, person, stage):
    url = check_in_url(stage)
    as_person.post(url, answers(stage))
    page = opened(as_person, url)
    as_person.post(url, asked(stage))

    response = as_person.post(url, page)

    given = {name for name in stage.field_names if name in answers(stage)}
    assert set(conflicts_of(response)) == given
    assert {saved for _mine, saved in conflicts_of(response).values()} == {"no answer"}
    assert not person.daily_logs.exists()


@each_stage
def test_another_check_in_of_the_day_is_no_conflict(as_person, person, stage):
    pages = {each: opened(as_person, check_in_url(each)) for each in STAGES}
    for other in STAGES:
        if other is not stage:
            as_person.post(check_in_url(other), answers(other))

    assert as_person.post(check_in_url(stage), pages[stage] | answers(stage)).status_code == 302
    assert person.daily_logs.get().is_complete


def test_an_answer_cleared_here_and_changed_there_is_a_conflict(as_person, person):
    as_person.post(MIDDAY, answers("midday"))
    page = opened(as_person)
    as_person.post(MIDDAY, answers("midday", lunch="Rice"))

    response = as_person.post(MIDDAY, page | {"lunch": ""})

    assert conflicts_of(response) == {"lunch": ("no answer", "Rice")}
    as_person.post(MIDDAY, form_as_shown(response) | {"keep-lunch": "mine"})
    assert person.daily_logs.get().lunch is None


def test_a_day_deleted_elsewhere_does_not_come_back_unasked(as_person, person):
    as_person.post(MIDDAY, answers("midday"))
    page = opened(as_person)
    as_person.post(day_url(name="delete"))

    response = as_person.post(MIDDAY, page)

    assert conflicts_of(response)["focus_level"] == ("7 of 10", "no answer")
    assert not person.daily_logs.exists()
    choices = {f"keep-{name}": "mine" for name in conflicts_of(response)}
    as_person.post(MIDDAY, form_as_shown(response) | choices)
    assert person.daily_logs.get().focus_level == 7


def test_a_day_deleted_elsewhere_can_stay_deleted(as_person, person):
    as_person.post(MIDDAY, answers("midday"))
    page = opened(as_person)
    as_person.post(day_url(name="delete"))
    response = as_person.post(MIDDAY, page)

    as_person.post(MIDDAY, form_as_shown(response) | {f"keep-{name}": "saved" for name in conflicts_of(response)})

    assert not person.daily_logs.exists()


def test_a_program_that_sends_no_version_overwrites(as_person, person, two_versions):
    del two_versions["version"]

    assert as_person.post(MIDDAY, two_versions).status_code == 302
    assert stored(person) == (3, "Bread")


def test_a_condition_chosen_away_takes_its_answer_along(as_person, person):
    page = opened(as_person)
    as_person.post(MIDDAY, {"had_emotional_event": "true", "emotional_event": "A letter"})

    response = as_person.post(MIDDAY, page | {"had_emotional_event": "false"})
    assert set(conflicts_of(response)) == {"had_emotional_event", "emotional_event"}
    choices = {"keep-had_emotional_event": "mine", "keep-emotional_event": "saved"}
    response = as_person.post(MIDDAY, form_as_shown(response) | choices)
    assert removals_of(response) == {"emotional_event": "A letter"}
    assert person.daily_logs.get().emotional_event == "A letter"
    response = as_person.post(MIDDAY, form_as_shown(response) | {"remove": "emotional_event"})

    assert response.status_code == 302
    log = person.daily_logs.get()
    assert (log.had_emotional_event, log.emotional_event) == (False, None)


def test_an_answer_kept_against_its_question_is_asked_about(as_person, person):
    page = opened(as_person)
    as_person.post(MIDDAY, {"had_emotional_event": "false"})
    response = as_person.post(MIDDAY, page | {"had_emotional_event": "true", "emotional_event": "A letter"})

    assert set(conflicts_of(response)) == {"had_emotional_event"}
    response = as_person.post(MIDDAY, form_as_shown(response) | {"keep-had_emotional_event": "saved"})

    assert removals_of(response) == {"emotional_event": "A letter"}
    assert form_as_shown(response)["emotional_event"] == ["A letter"]
    assert person.daily_logs.get().had_emotional_event is False
    as_person.post(MIDDAY, form_as_shown(response) | {"keep-had_emotional_event": "mine"})
    assert person.daily_logs.get().emotional_event == "A letter"


def test_an_answer_kept_without_its_question_is_asked_about(as_person, person):
    as_person.post(MIDDAY, {"had_emotional_event": "false"})
    page = opened(as_person)
    as_person.post(MIDDAY, {"had_emotional_event": "true", "emotional_event": "A letter"})
    response = as_person.post(MIDDAY, page | {"had_emotional_event": ""})

    choices = {"keep-had_emotional_event": "mine", "keep-emotional_event": "saved"}
    response = as_person.post(MIDDAY, form_as_shown(response) | choices)

    assert list(response.context["form"].errors) == ["had_emotional_event"]
    assert person.daily_logs.get().emotional_event == "A letter"


# What is no conflict


def test_an_answer_that_only_this_page_changed_is_none(as_person, person):
    as_person.post(MIDDAY, answers("midday"))
    page = opened(as_person)
    as_person.post(MIDDAY, {"lunch": "Rice"})

    response = as_person.post(MIDDAY, page | {"focus_level": "1"})

    assert conflicts_of(response) == {"lunch": ("Soup", "Rice")}
    as_person.post(MIDDAY, form_as_shown(response) | {"keep-lunch": "saved"})
    assert stored(person) == (1, "Rice")


def test_an_answer_to_what_was_unanswered_is_none(as_person, person):
    page = opened(as_person)
    as_person.post(MIDDAY, {"lunch": "Rice"})

    response = as_person.post(MIDDAY, page | {"focus_level": "1", "lunch": "Rice"})

    assert response.status_code == 302
    assert stored(person) == (1, "Rice")


def test_an_answer_to_what_was_cleared_elsewhere_is_one(as_person, person):
    as_person.post(MIDDAY, answers("midday"))
    page = opened(as_person)
    as_person.post(MIDDAY, {"lunch": ""})

    assert conflicts_of(as_person.post(MIDDAY, page | {"lunch": "Bread"})) == {"lunch": ("Bread", "no answer")}
    # Also what was not touched here: the page shows it, and the person saves what it shows.
    assert conflicts_of(as_person.post(MIDDAY, page)) == {"lunch": ("Soup", "no answer")}
    assert stored(person) == (7, None)


def test_what_was_answered_elsewhere_is_kept_where_this_page_was_left_blank(as_person, person):
    page = opened(as_person)
    as_person.post(MIDDAY, answers("midday"))

    assert as_person.post(MIDDAY, page | {"distractions": "Phone"}).status_code == 302
    log = person.daily_logs.get()
    assert (log.focus_level, log.lunch, log.emotional_event) == (7, "Soup", "A letter")
    assert log.coping_strategies == ["talked_it_out", "journaled"]
    assert log.is_done(MIDDAY_STAGE)


def test_it_is_kept_also_if_something_else_is_a_conflict(as_person, person, two_versions):
    response = as_person.post(MIDDAY, two_versions | {"energy_level": "4", "rumination_level": "3", "lunch": ""})

    assert set(conflicts_of(response)) == {"focus_level"}
    as_person.post(MIDDAY, form_as_shown(response) | {"keep-focus_level": "mine"})
    assert stored(person) == (3, "Soup")


def test_showing_a_conflict_writes_nothing(as_person, two_versions):
    with CaptureQueriesContext(connection) as queries:
        as_person.post(MIDDAY, two_versions)

    assert not [q["sql"] for q in queries if q["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


def test_a_version_that_is_no_version_is_taken_for_an_older_one(as_person, person):
    as_person.post(MIDDAY, answers("midday"))

    response = as_person.post(MIDDAY, answers("midday", lunch="Rice") | {"version": "💥" * 100_000})

    assert conflicts_of(response) == {"lunch": ("Rice", "Soup")}
    assert DailyLog.objects.get().lunch == "Soup"


# Doses


def test_doses_saved_elsewhere_are_a_conflict(as_person, person):
    page = opened(as_person, MEDICATION)
    as_person.post(MEDICATION, taken(MORNING_DOSE))

    response = as_person.post(MEDICATION, page | taken(NOON_DOSE))

    words = "Ritalin 2.5 tablets at 12:30 p.m.", "Concerta 36 mg at 8:15 a.m."
    assert conflicts_of(response) == {"doses": words}
    assert all(text in response.content.decode() for text in words)
    assert doses_of(person) == ["Concerta 36 mg at 8:15 a.m."]


@pytest.mark.parametrize(
    ("choice", "kept"),
    [("mine", ["Ritalin 2.5 tablets at 12:30 p.m."]), ("saved", ["Concerta 36 mg at 8:15 a.m."])],
)
def test_the_person_chooses_between_sets_of_doses(as_person, person, choice, kept):
    page = opened(as_person, MEDICATION)
    as_person.post(MEDICATION, taken(MORNING_DOSE))
    shown = form_as_shown(as_person.post(MEDICATION, page | taken(NOON_DOSE)))

    assert as_person.post(MEDICATION, shown | {"keep-doses": choice}).status_code == 302
    assert doses_of(person) == kept


def test_doses_added_elsewhere_and_none_here(as_person, person):
    page = opened(as_person, MEDICATION)
    as_person.post(MEDICATION, taken(MORNING_DOSE))

    assert as_person.post(MEDICATION, page | taken()).status_code == 302
    assert doses_of(person) == ["Concerta 36 mg at 8:15 a.m."]


def test_doses_taken_out_here_and_added_elsewhere(as_person, person):
    as_person.post(MEDICATION, taken(NOON_DOSE))
    page = opened(as_person, MEDICATION)
    as_person.post(MEDICATION, taken(MORNING_DOSE))

    response = as_person.post(MEDICATION, page | {"doses-0-DELETE": "on"})

    assert conflicts_of(response) == {"doses": ("no dose", "Concerta 36 mg at 8:15 a.m.")}


def test_not_taken_here_and_doses_there(as_person, person):
    page = opened(as_person, MEDICATION)
    as_person.post(MEDICATION, taken(MORNING_DOSE))

    response = as_person.post(MEDICATION, page | {"medication_taken": "false"})
    assert set(conflicts_of(response)) == {"medication_taken", "doses"}
    choices = {"keep-medication_taken": "mine", "keep-doses": "saved"}
    response = as_person.post(MEDICATION, form_as_shown(response) | choices)
    assert removals_of(response) == {"doses": "Concerta 36 mg at 8:15 a.m."}
    response = as_person.post(MEDICATION, form_as_shown(response) | {"remove": "doses"})

    assert response.status_code == 302
    assert person.daily_logs.get().medication_taken is False
    assert doses_of(person) == []


def test_taken_there_and_not_here_can_keep_the_doses_there(as_person, person):
    page = opened(as_person, MEDICATION)
    as_person.post(MEDICATION, taken(MORNING_DOSE))
    response = as_person.post(MEDICATION, page | {"medication_taken": "false"})

    choices = {"keep-medication_taken": "saved", "keep-doses": "saved"}
    response = as_person.post(MEDICATION, form_as_shown(response) | choices)

    assert response.status_code == 302
    assert person.daily_logs.get().medication_taken is True
    assert doses_of(person) == ["Concerta 36 mg at 8:15 a.m."]
