"""Questions that depend on another answer, of the same or of another check-in: the server's part."""

import datetime

import pytest

from logs.stages import EVENING, STAGES
from logs.tests.factories import (
    DAY,
    MORNING_DOSE,
    OPTIONAL,
    REQUIRED,
    answers,
    doses_of,
    make_full_log,
    make_log,
    taken,
)
from logs.tests.pages import check_in_url, day_url, errors_of, form_as_shown

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]

DEPENDENT = [(stage, field) for stage in STAGES for field in stage.fields if field.shown_when]
each_dependent = pytest.mark.parametrize(
    ("stage", "field"), DEPENDENT, ids=lambda value: getattr(value, "name", str(value))
)


def value_of(field):
    return (OPTIONAL["medication"] | OPTIONAL["midday"] | OPTIONAL["afternoon"] | {"reason_for_skipping": "forgot"})[
        field.name
    ]


@each_dependent
def test_an_answer_under_the_wrong_condition_is_cleared(as_person, person, stage, field):
    question, wanted = field.shown_when
    otherwise = str(not wanted).lower()

    response = as_person.post(
        check_in_url(stage), REQUIRED[str(stage)] | {question: otherwise, field.name: value_of(field)}
    )

    assert response.status_code == 302
    log = person.daily_logs.get()
    assert getattr(log, question) is (not wanted)
    assert getattr(log, field.name) is None


@each_dependent
def test_a_stored_answer_is_cleared_when_its_question_is_answered_otherwise(as_person, person, stage, field):
    question, wanted = field.shown_when
    as_person.post(check_in_url(stage), {question: str(wanted).lower(), field.name: value_of(field)})
    shown = form_as_shown(as_person.get(check_in_url(stage)))
    assert getattr(person.daily_logs.get(), field.name) is not None

    as_person.post(check_in_url(stage), shown | {question: str(not wanted).lower(), "remove": field.name})

    assert getattr(person.daily_logs.get(), field.name) is None


@each_dependent
def test_even_nonsense_under_the_wrong_condition_does_no_harm(as_person, person, stage, field):
    question, wanted = field.shown_when

    response = as_person.post(check_in_url(stage), {question: str(not wanted).lower(), field.name: "nonsense" * 1000})

    assert response.status_code == 302
    assert getattr(person.daily_logs.get(), field.name) is None


@each_dependent
def test_an_answer_whose_question_is_open_is_asked_about_and_kept(as_person, person, stage, field):
    question, _wanted = field.shown_when

    response = as_person.post(check_in_url(stage), {field.name: value_of(field)})

    assert response.status_code == 200
    label = response.context["form"].fields[question].label
    assert errors_of(response) == {
        question: ["You answered something that belongs to this question. Please answer it too."],
        field.name: [f"This is saved once “{label}” is answered."],
    }
    typed = value_of(field)
    assert form_as_shown(response)[field.name] == (typed if isinstance(typed, list) else [typed])
    assert not person.daily_logs.exists()


@each_dependent
def test_the_page_tells_its_script_when_to_show_it(as_person, stage, field):
    question, wanted = field.shown_when

    page = as_person.get(check_in_url(stage)).content.decode()

    assert f'id="field-{field.name}" data-shown-when="{question}={str(wanted).lower()}"' in page


# Before an answer is removed


def removals_of(response) -> list[str]:
    return [removal.name for removal in response.context["form"].get_context()["removals"]]


@each_dependent
def test_a_page_is_asked_before_a_stored_answer_is_removed(as_person, person, stage, field):
    question, wanted = field.shown_when
    as_person.post(check_in_url(stage), {question: str(wanted).lower(), field.name: value_of(field)})
    before = person.daily_logs.values().get()

    shown = form_as_shown(as_person.get(check_in_url(stage)))
    response = as_person.post(check_in_url(stage), shown | {question: str(not wanted).lower()})

    assert removals_of(response) == [field.name]
    page = response.content.decode()
    assert f'<button class="button" name="remove" value="{field.name}">Remove and save</button>' in page
    assert str(field.verbose_name) in page
    assert person.daily_logs.values().get() == before
    # What was there is still on the page: changing the answer back keeps it.
    again = form_as_shown(response) | {question: str(wanted).lower()}
    assert as_person.post(check_in_url(stage), again).status_code == 302
    assert getattr(person.daily_logs.get(), field.name) is not None


@each_dependent
def test_a_page_is_asked_before_a_typed_answer_is_removed(as_person, person, stage, field):
    question, wanted = field.shown_when
    shown = form_as_shown(as_person.get(check_in_url(stage)))
    typed = shown | {question: str(not wanted).lower(), field.name: value_of(field)}

    response = as_person.post(check_in_url(stage), typed)

    assert removals_of(response) == [field.name]
    expected = value_of(field)
    assert form_as_shown(response)[field.name] == (expected if isinstance(expected, list) else [expected])
    assert not person.daily_logs.exists()
    response = as_person.post(check_in_url(stage), form_as_shown(response) | {"remove": field.name})
    assert response.status_code == 302
    assert getattr(person.daily_logs.get(), field.name) is None


def test_nonsense_that_would_be_removed_is_asked_about_too(as_person, person):
    shown = form_as_shown(as_person.get(check_in_url("midday")))

    response = as_person.post(
        check_in_url("midday"), shown | {"had_emotional_event": "false", "emotional_event": "x" * 4001}
    )

    assert removals_of(response) == ["emotional_event"]
    assert form_as_shown(response)["emotional_event"] == ["x" * 4001]


def test_what_was_emptied_on_the_page_is_not_asked_about(as_person, person):
    as_person.post(check_in_url("midday"), {"had_emotional_event": "true", "emotional_event": "A letter"})
    shown = form_as_shown(as_person.get(check_in_url("midday")))

    response = as_person.post(check_in_url("midday"), shown | {"had_emotional_event": "false", "emotional_event": ""})

    assert response.status_code == 302


def test_all_that_would_be_removed_has_to_be_named(as_person, person):
    as_person.post(check_in_url("midday"), answers("midday"))
    shown = form_as_shown(as_person.get(check_in_url("midday"))) | {"had_emotional_event": "false"}

    response = as_person.post(check_in_url("midday"), shown | {"remove": "emotional_event"})
    assert removals_of(response) == ["emotional_event", "coping_strategies"]

    names = "coping_strategies emotional_event"
    assert as_person.post(check_in_url("midday"), shown | {"remove": names}).status_code == 302
    assert person.daily_logs.get().coping_strategies is None


def test_doses_are_asked_about(as_person, person):
    as_person.post(check_in_url("medication"), taken(MORNING_DOSE))
    shown = form_as_shown(as_person.get(check_in_url("medication"))) | {"medication_taken": "false"}

    response = as_person.post(check_in_url("medication"), shown)

    assert removals_of(response) == ["doses"]
    assert "Concerta 36 mg at 8:15 a.m." in response.content.decode()
    assert doses_of(person) == ["Concerta 36 mg at 8:15 a.m."]
    assert as_person.post(check_in_url("medication"), form_as_shown(response) | {"remove": "doses"}).status_code == 302
    assert doses_of(person) == []


def test_what_another_tab_wrote_is_asked_about(as_person, person):
    as_person.post(check_in_url("midday"), {"had_emotional_event": "true"})
    shown = form_as_shown(as_person.get(check_in_url("midday")))
    as_person.post(check_in_url("midday"), {"emotional_event": "A letter"})

    response = as_person.post(check_in_url("midday"), shown | {"had_emotional_event": "false"})

    assert removals_of(response) == ["emotional_event"]
    assert "A letter" in response.content.decode()
    assert person.daily_logs.get().emotional_event == "A letter"


def test_what_another_tab_wrote_is_not_removed_with_what_was_typed_here(as_person, person):
    as_person.post(check_in_url("midday"), {"had_emotional_event": "true"})
    shown = form_as_shown(as_person.get(check_in_url("midday")))
    as_person.post(check_in_url("midday"), {"emotional_event": "A letter"})
    no = {"had_emotional_event": "false", "emotional_event": "A call", "remove": "emotional_event"}

    response = as_person.post(check_in_url("midday"), shown | no)

    assert [(each.name, each.saved) for each in response.context["form"].conflicts] == [("emotional_event", "A letter")]
    assert person.daily_logs.get().emotional_event == "A letter"


def test_a_program_without_names_is_not_asked(as_person, person):
    as_person.post(check_in_url("midday"), answers("midday"))

    assert as_person.post(check_in_url("midday"), {"had_emotional_event": "false"}).status_code == 302
    assert person.daily_logs.get().emotional_event is None


# The evening, after the medication check-in


def test_the_evening_asks_about_medication_unless_it_was_not_taken(as_person, person):
    question = 'name="medication_effectiveness"'
    assert question in as_person.get(check_in_url(EVENING)).content.decode()
    log = make_log(person, medication_taken=True)
    assert question in as_person.get(check_in_url(EVENING)).content.decode()

    person.daily_logs.filter(pk=log.pk).update(medication_taken=False)

    assert question not in as_person.get(check_in_url(EVENING)).content.decode()


def effects_of(person) -> list[str | None]:
    return list(person.daily_logs.values_list("medication_effectiveness", flat=True))


def test_the_evening_keeps_what_it_does_not_ask(as_person, person):
    make_full_log(person, medication_taken=False, medication_effectiveness="yes")
    shown = form_as_shown(as_person.get(check_in_url(EVENING)))
    assert "medication_effectiveness" not in shown

    as_person.post(check_in_url(EVENING), shown | {"dinner": "Pasta"})

    assert effects_of(person) == ["yes"]


def test_it_counts_for_nothing_until_the_medication_was_taken_after_all(as_person, person):
    label = "All in all, did medication do you good today?"
    as_person.post(check_in_url("medication"), {"medication_taken": "true"})
    as_person.post(check_in_url(EVENING), answers(EVENING))
    as_person.post(check_in_url("medication"), {"medication_taken": "false"})
    as_person.post(check_in_url(EVENING), form_as_shown(as_person.get(check_in_url(EVENING))) | {"dinner": "Pasta"})

    assert label not in as_person.get(day_url()).content.decode()
    as_person.post(check_in_url("medication"), {"medication_taken": "true"})
    assert label in as_person.get(day_url()).content.decode()
    assert form_as_shown(as_person.get(check_in_url(EVENING)))["medication_effectiveness"] == ["mixed"]


def test_an_answer_is_kept_if_the_evening_asked_for_it(as_person, person):
    opened_before = form_as_shown(as_person.get(check_in_url(EVENING)))
    as_person.post(check_in_url("medication"), {"medication_taken": "false"})

    response = as_person.post(check_in_url(EVENING), opened_before | answers(EVENING, dinner="Pasta"))

    assert response.status_code == 302
    log = person.daily_logs.get()
    assert log.is_done(EVENING)
    assert (log.dinner, log.medication_effectiveness, log.medication_taken) == ("Pasta", "mixed", False)


def test_it_can_be_cleared_on_a_page_that_asked_for_it(as_person, person):
    as_person.post(check_in_url(EVENING), answers(EVENING))
    opened_before = form_as_shown(as_person.get(check_in_url(EVENING)))
    as_person.post(check_in_url("medication"), {"medication_taken": "false"})

    as_person.post(check_in_url(EVENING), opened_before | {"medication_effectiveness": ""})

    assert effects_of(person) == [None]


def test_a_page_that_comes_back_still_shows_it(as_person, person):
    opened_before = form_as_shown(as_person.get(check_in_url(EVENING)))
    as_person.post(check_in_url("medication"), {"medication_taken": "false"})

    wrong = answers(EVENING, day_rating="11", medication_effectiveness="nonsense")
    response = as_person.post(check_in_url(EVENING), opened_before | wrong)

    assert set(errors_of(response)) == {"day_rating", "medication_effectiveness"}
    wrong = answers(EVENING, day_rating="11")
    response = as_person.post(check_in_url(EVENING), opened_before | wrong)
    assert form_as_shown(response)["medication_effectiveness"] == ["mixed"]
    assert effects_of(person) == ["mixed"]


def test_an_answer_saved_elsewhere_meanwhile_is_asked_about(as_person, person):
    opened_before = form_as_shown(as_person.get(check_in_url(EVENING)))
    as_person.post(check_in_url(EVENING), {"medication_effectiveness": "yes"})
    as_person.post(check_in_url("medication"), {"medication_taken": "false"})

    response = as_person.post(check_in_url(EVENING), opened_before | {"medication_effectiveness": "no"})

    assert [(each.mine, each.saved) for each in response.context["form"].conflicts] == [("no", "yes")]
    assert effects_of(person) == ["yes"]


# The morning, after the evening before


def test_the_morning_shows_the_thought_and_plan_of_the_evening_before(as_person, person):
    make_log(person, DAY - datetime.timedelta(days=1), thought_for_tomorrow="One thing", tomorrow_plan="The bank")
    make_log(person, DAY - datetime.timedelta(days=2), thought_for_tomorrow="Too old", tomorrow_plan="Too old")
    make_log(date=DAY - datetime.timedelta(days=1), thought_for_tomorrow="Not yours", tomorrow_plan="Not yours")

    page = as_person.get(check_in_url("morning")).content.decode()

    assert "One thing" in page
    assert "The bank" in page
    assert "Too old" not in page
    assert "Not yours" not in page


@pytest.mark.parametrize("stage", STAGES[1:], ids=str)
def test_only_the_morning_shows_them(as_person, person, stage):
    make_log(person, DAY - datetime.timedelta(days=1), thought_for_tomorrow="One thing", tomorrow_plan="The bank")

    page = as_person.get(check_in_url(stage)).content.decode()

    assert "One thing" not in page
    assert "The bank" not in page


def test_a_morning_after_an_evening_without_them_shows_none(as_person, person):
    make_log(person, DAY - datetime.timedelta(days=1), gratitude="Sun")

    assert "From the evening before" not in as_person.get(check_in_url("morning")).content.decode()
