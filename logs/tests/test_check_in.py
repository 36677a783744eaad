"""The page of a check-in. Doses, conflicts and invalid input have separate test files."""

import datetime
import re
from decimal import Decimal
from itertools import pairwise, permutations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from logs.models import DailyLog
from logs.stages import EVENING, MEDICATION, MIDDAY, STAGES
from logs.tests.factories import DAY, REQUIRED, answers, asked, make_full_log, make_log
from logs.tests.pages import check_in_url, day_url, errors_of, form_as_shown
from logs.which_day import FOR_TODAY

pytestmark = pytest.mark.usefixtures("noon")

TODAY = DAY + datetime.timedelta(days=1)
TOMORROW = TODAY + datetime.timedelta(days=1)

each_stage = pytest.mark.parametrize("stage", STAGES, ids=str)
each_question = pytest.mark.parametrize(
    ("stage", "name"), [(stage, name) for stage in STAGES for name in stage.field_names], ids=str
)


def stored(log):
    """All columns of the row."""
    return type(log).objects.filter(pk=log.pk).values().get()


@each_stage
def test_it_works(as_person, person, stage):
    assert as_person.get(check_in_url(stage)).status_code == 200

    response = as_person.post(check_in_url(stage), answers(stage))

    assert response.status_code == 302
    log = person.daily_logs.get()
    assert log.date == DAY
    assert log.is_done(stage)
    assert all(getattr(log, name) is not None for name in stage.field_names if name != "reason_for_skipping")


@pytest.mark.matrix
@each_stage
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_anonymous_are_asked_to_log_in_and_come_back(db, client, stage, method):
    response = getattr(client, method)(check_in_url(stage), answers(stage))

    assert response.status_code == 302
    assert response.url.startswith("/accounts/login/?next=/logs/2026-05-04/")
    assert not DailyLog.objects.exists()


@each_stage
def test_another_persons_day_is_neither_seen_nor_touched(as_person, person, stage):
    theirs = make_full_log(thought_for_tomorrow="theirs", dreams="theirs")
    before = stored(theirs)

    page = as_person.get(check_in_url(stage))
    as_person.post(check_in_url(stage), answers(stage))

    assert "theirs" not in page.content.decode()
    assert {step["state"] for step in page.context["steps"]} == {"not-started"}
    assert stored(theirs) == before
    assert person.daily_logs.get().is_done(stage)


@pytest.mark.matrix
@each_stage
@pytest.mark.parametrize("method", ["put", "delete", "patch", "options"])
def test_other_methods_are_refused(as_person, person, stage, method):
    response = getattr(as_person, method)(check_in_url(stage))

    assert response.status_code == 405
    assert not person.daily_logs.exists()


@each_stage
def test_bad_input_is_shown_with_its_question_and_all_that_was_typed_is_kept(as_person, person, stage):
    wrong = stage.required_names[0]
    typed = answers(stage, **{wrong: "99"})

    response = as_person.post(check_in_url(stage), typed)

    assert response.status_code == 200
    waiting = [question.name for question in stage.questions(person) if question.shown_when and question.name in typed]
    assert list(errors_of(response)) == [wrong, *(waiting if stage is MEDICATION else [])]
    page = response.content.decode()
    assert f'href="#field-{wrong}"' in page
    assert f'id="field-{wrong}"' in page
    shown = form_as_shown(response)
    for name in typed.keys() - {wrong}:
        values = typed[name] if isinstance(typed[name], list) else [typed[name]]
        assert [value.replace("\r\n", "\n") for value in shown[name]] == values
    log = person.daily_logs.first()
    assert log is None or not log.is_done(stage)


def test_a_wrong_number_that_was_typed_is_kept_too(as_person):
    response = as_person.post(check_in_url("morning"), {"sleep_hours": "eight"})

    assert form_as_shown(response)["sleep_hours"] == ["eight"]


@each_stage
def test_an_error_leaves_what_is_stored(as_person, person, stage):
    before = stored(make_full_log(person))

    as_person.post(check_in_url(stage), {stage.required_names[0]: "99"})

    assert stored(person.daily_logs.get()) == before


@pytest.mark.parametrize(
    ("typed", "hours"),
    [
        ("7,25", "7.25"),
        ("7:45", "7.75"),
        (" 07.50 ", "7.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("24:00", "24"),
        ("7h30", "7.5"),
    ],
)
def test_hours_are_understood_however_they_are_written(as_person, person, typed, hours):
    as_person.post(check_in_url("morning"), {"sleep_hours": typed})

    assert person.daily_logs.get().sleep_hours == Decimal(hours)
    assert form_as_shown(as_person.get(check_in_url("morning")))["sleep_hours"] == [hours]


# Unanswered stays unanswered


@each_stage
def test_nothing_is_chosen_for_the_person(as_person, stage):
    shown = form_as_shown(as_person.get(check_in_url(stage)))

    not_answers = {"csrfmiddlewaretoken", "version", "asked-names", "today", "doses-TOTAL_FORMS", "doses-INITIAL_FORMS"}
    assert {name: values for name, values in shown.items() if name not in not_answers and values != [""]} == {}


@each_stage
def test_a_fresh_form_sent_as_it_is_stores_no_row(as_person, person, stage):
    response = as_person.post(check_in_url(stage), form_as_shown(as_person.get(check_in_url(stage))), follow=True)

    assert not person.daily_logs.exists()
    assert "is empty, so nothing is stored for it." in response.content.decode()


@each_stage
def test_a_form_without_anything_stores_no_row(as_person, person, stage):
    assert as_person.post(check_in_url(stage), {}).status_code == 302
    assert not person.daily_logs.exists()


@each_question
def test_one_answer_alone_is_saved_as_begun(as_person, person, stage, name):
    given = answers(stage)
    given["reason_for_skipping"] = "weekend"
    field = {field.name: field for field in stage.fields}[name]
    sent = {name: given[name]}
    if field.shown_when:
        sent[field.shown_when[0]] = str(field.shown_when[1]).lower()

    as_person.post(check_in_url(stage), sent)

    log = person.daily_logs.get()
    assert {other for other in stage.field_names if getattr(log, other) is not None} == set(sent)
    assert log.state_of(stage) == ("done" if set(stage.required_names) <= set(sent) else "begun")


@each_question
def test_clearing_an_answer_really_clears_it(as_person, person, stage, name):
    as_person.post(check_in_url(stage), answers(stage))
    sent = form_as_shown(as_person.get(check_in_url(stage)))
    hanging = {field.name for field in stage.fields if field.shown_when and field.shown_when[0] == name}
    sent |= {other: [""] for other in {name} | hanging if other != "coping_strategies"}
    if "coping_strategies" in {name} | hanging:
        sent.pop("coping_strategies")

    response = as_person.post(check_in_url(stage), sent)

    assert response.status_code == 302
    assert not person.daily_logs.filter(**{f"{name}__isnull": False})


@each_stage
def test_emptying_the_whole_form_leaves_the_other_check_ins(as_person, person, stage):
    for each in STAGES:
        as_person.post(check_in_url(each), answers(each))

    as_person.post(check_in_url(stage), asked(stage))

    log = person.daily_logs.get()
    assert log.state_of(stage) == "not-started"
    assert log.stages_done == 4


@each_stage
def test_emptying_the_only_check_in_leaves_no_row(as_person, person, stage):
    as_person.post(check_in_url(stage), answers(stage))

    as_person.post(check_in_url(stage), asked(stage))

    assert not person.daily_logs.exists()


# Done


@each_stage
def test_completed_at_is_the_time_of_the_first_completion(as_person, person, stage, noon):
    as_person.post(check_in_url(stage), answers(stage))
    first = getattr(person.daily_logs.get(), stage.completed_at)
    noon.shift(3600)

    as_person.post(check_in_url(stage), REQUIRED[str(stage)])

    assert first is not None
    assert getattr(person.daily_logs.get(), stage.completed_at) == first


@pytest.mark.parametrize(
    ("stage", "name"), [(stage, name) for stage in STAGES if stage is not MEDICATION for name in stage.required_names]
)
def test_it_is_not_done_any_more_without_one_of_its_first_answers(as_person, person, stage, name):
    as_person.post(check_in_url(stage), answers(stage))

    as_person.post(check_in_url(stage), answers(stage, **{name: ""}))

    log = person.daily_logs.get()
    assert log.state_of(stage) == "begun"
    assert getattr(log, stage.completed_at) is None


@each_stage
def test_imported_answers_get_completed_at_when_saved(as_person, person, stage):
    """Imported answers may have no completion time. Saving the check-in unchanged completes it."""
    as_person.post(check_in_url(stage), answers(stage))
    person.daily_logs.update(**{stage.completed_at: None})

    as_person.post(check_in_url(stage), answers(stage))

    assert person.daily_logs.get().is_done(stage)


# Only its own columns


@each_stage
def test_it_writes_its_own_columns_only(as_person, person, stage):
    make_log(person, not_tracked="ill")

    with CaptureQueriesContext(connection) as queries:
        as_person.post(check_in_url(stage), answers(stage))

    [update] = [query["sql"] for query in queries if query["sql"].startswith('UPDATE "logs_dailylog"')]
    written = set(re.findall(r'"(\w+)" = ', update.split(" WHERE ")[0]))
    recorded = {*stage.part.kept_off_pages, stage.part.asked_id}
    assert written == {*stage.field_names, stage.completed_at, "updated_at"} - {"reason_for_skipping"} | recorded


@pytest.mark.parametrize(("first", "second"), list(permutations(STAGES, 2)), ids=str)
def test_two_check_ins_in_two_stale_tabs_both_survive(as_person, person, first, second):
    tabs = {stage: form_as_shown(as_person.get(check_in_url(stage))) for stage in (first, second)}

    for stage, shown in tabs.items():
        assert as_person.post(check_in_url(stage), shown | answers(stage)).status_code == 302

    log = person.daily_logs.get()
    assert log.is_done(first)
    assert log.is_done(second)


@each_stage
def test_the_same_form_twice_is_one_log(as_person, person, stage):
    sent = form_as_shown(as_person.get(check_in_url(stage))) | answers(stage)

    responses = [as_person.post(check_in_url(stage), sent) for _ in range(2)]

    assert [response.status_code for response in responses] == [302, 302]
    assert person.daily_logs.count() == 1


@each_stage
def test_get_writes_nothing(as_person, person, stage):
    with CaptureQueriesContext(connection) as fresh:
        as_person.get(check_in_url(stage))
        as_person.head(check_in_url(stage))
    assert not person.daily_logs.exists()
    make_full_log(person)
    with CaptureQueriesContext(connection) as existing:
        as_person.get(check_in_url(stage))

    assert {query["sql"].split()[0] for query in [*fresh, *existing]} == {"SELECT"}


def test_saving_what_is_stored_already_writes_nothing(as_person, person):
    as_person.post(check_in_url("midday"), answers("midday"))

    with CaptureQueriesContext(connection) as queries:
        as_person.post(check_in_url("midday"), form_as_shown(as_person.get(check_in_url("midday"))))

    assert not [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]


@each_stage
def test_a_form_is_drawn_in_one_template_and_its_doses_in_another(as_person, stage):
    templates = [template.name for template in as_person.get(check_in_url(stage)).templates]

    drawn = [name for name in templates if name.startswith(("forms/", "django/")) or name == "logs/_doses.html"]
    assert drawn == ["forms/form.html", *(["logs/_doses.html"] if stage is MEDICATION else [])]


# Redirects


@pytest.mark.matrix
@pytest.mark.parametrize("name", ["save", "next"])
@each_stage
def test_it_says_what_was_saved_and_offers_the_next(as_person, stage, name):
    response = as_person.post(check_in_url(stage, TODAY), answers(stage) | {name: "1"}, follow=True)

    page = response.content.decode()
    assert f"{stage.title} saved." in page
    following = dict(pairwise(STAGES)).get(stage)
    address = check_in_url(following, TODAY) + FOR_TODAY if following else "/"
    if name == "next":
        assert response.redirect_chain[0][0] == address
    else:
        assert response.redirect_chain[0][0] == "/"
        assert (f'<a href="{address}">Next: ' in page) == bool(following)


def test_the_next_is_the_next_that_is_not_done(as_person):
    for stage in ("midday", "afternoon"):
        as_person.post(check_in_url(stage, TODAY), answers(stage))

    response = as_person.post(check_in_url("medication", TODAY), answers("medication") | {"next": "1"})

    assert response.url == check_in_url("evening", TODAY) + FOR_TODAY


NEXT_AFTER_MIDDAY = check_in_url("afternoon", TODAY) + FOR_TODAY
TO_MIDDAY = check_in_url("midday", TODAY)


def asked_about_removal(client, **pressed):
    """The form of a page that asks what to remove, after this button."""
    client.post(TO_MIDDAY, {"had_emotional_event": "true", "emotional_event": "A letter"})
    no = form_as_shown(client.get(TO_MIDDAY)) | {"had_emotional_event": "false"} | pressed
    response = client.post(TO_MIDDAY, no)
    assert "Remove and save" in response.content.decode()
    return form_as_shown(response)


def asked_about_conflict(client, **pressed):
    """The form of a page that asks which answer to keep, after this button, and the choice."""
    opened = form_as_shown(client.get(TO_MIDDAY))
    client.post(TO_MIDDAY, {"lunch": "Soup"})
    response = client.post(TO_MIDDAY, opened | {"lunch": "Bread"} | pressed)
    assert "Which answers should stay?" in response.content.decode()
    return form_as_shown(response) | {"keep-lunch": "mine"}


@pytest.mark.parametrize(("pressed", "goes_on"), [({"save": "1"}, False), ({"next": "1"}, True), ({}, False)])
def test_remove_and_save_goes_where_the_save_before_would_have_gone(as_person, pressed, goes_on):
    shown = asked_about_removal(as_person, **pressed)

    response = as_person.post(TO_MIDDAY, shown | {"remove": "emotional_event"})

    assert response.url == (NEXT_AFTER_MIDDAY if goes_on else "/")


@pytest.mark.parametrize("ask", [asked_about_removal, asked_about_conflict])
@pytest.mark.parametrize(
    ("first", "second", "goes_on"),
    [("next", "save", False), ("save", "next", True), ("next", "next", True), ("save", "save", False)],
)
def test_the_button_that_is_pressed_last_counts(as_person, ask, first, second, goes_on):
    shown = ask(as_person, **{first: "1"}) | {"remove": "emotional_event"}

    response = as_person.post(TO_MIDDAY, shown | {second: "1"})

    assert response.url == (NEXT_AFTER_MIDDAY if goes_on else "/")


def test_the_next_check_in_is_remembered_from_one_question_to_another(as_person):
    shown = asked_about_removal(as_person, next="1")
    as_person.post(TO_MIDDAY, {"lunch": "Soup"})
    response = as_person.post(TO_MIDDAY, shown | {"lunch": "Bread", "remove": "emotional_event"})
    assert [each.name for each in response.context["form"].conflicts] == ["lunch"]

    shown = form_as_shown(response) | {"keep-lunch": "saved", "remove": "emotional_event"}
    assert as_person.post(TO_MIDDAY, shown).url == NEXT_AFTER_MIDDAY


def test_the_page_that_was_not_asked_about_remembers_nothing(as_person):
    assert "then" not in form_as_shown(as_person.get(TO_MIDDAY + "?next=1"))


def test_a_corrected_day_leads_back_to_that_day(as_person):
    response = as_person.post(check_in_url("evening"), answers("evening") | {"next": "1"})

    assert response.url == day_url()


def test_a_check_in_with_first_answers_missing_is_saved_and_says_so(as_person):
    response = as_person.post(check_in_url("midday"), {"lunch": "Soup"}, follow=True)

    assert "Midday saved. Still open, if you like: Focus, Energy, Rumination." in response.content.decode()


def test_only_the_last_check_in_has_no_next(as_person):
    assert b"Save and next" in as_person.get(check_in_url(MIDDAY)).content
    assert b"Save and next" not in as_person.get(check_in_url(EVENING)).content
