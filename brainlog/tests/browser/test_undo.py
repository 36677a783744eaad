"""What “No” removes is said before, and every save can be undone, with and without JavaScript."""

import pytest
from playwright.sync_api import expect

from brainlog.tests.browser.steps import (
    MIDDAY,
    NOTE,
    answer,
    clear,
    come_in,
    drafts,
    expect_saved,
    field,
    press,
    reopen,
    tap,
    unfold,
    wait_until_kept,
)
from logs.tests.factories import DAY, MORNING_DOSE, answers, doses_of, make_dose, make_full_log, make_log
from reflections.tests.factories import make_reflection

pytestmark = pytest.mark.once

MEDICATION = f"/logs/{DAY}/medication/"
TRIGGER = "“What triggered it?” will be removed when you save."

each_width = pytest.mark.parametrize("width", [320, pytest.param(390, marks=pytest.mark.thorough)])
with_and_without = pytest.mark.parametrize("java_script", [True, False], ids=["with JavaScript", "without JavaScript"])


def phone(new_page, live_server, person, width=390, java_script=True):
    page = new_page(java_script_enabled=java_script, viewport={"width": width, "height": 700})
    return come_in(page, live_server, person)


def expect_no_scrolling_sideways(page):
    widths = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert widths[0] <= widths[1]


def notices(page):
    return page.locator(".removal-notice")


@each_width
def test_no_says_what_it_removes_and_keeps_it_in_the_page(new_page, live_server, person, width):
    make_log(person, had_emotional_event=True, emotional_event=NOTE, coping_strategies=["journaled"])
    page = phone(new_page, live_server, person, width)
    page.goto(MIDDAY)
    expect(notices(page)).to_have_count(0)

    tap(page, "had_emotional_event", "false")
    expect(notices(page)).to_have_text([TRIGGER, "“How did you cope?” will be removed when you save."])
    expect(page.locator("#field-had_emotional_event .removal-notice").first).to_be_in_viewport()
    expect_no_scrolling_sideways(page)
    tap(page, "had_emotional_event", "true")
    expect(notices(page)).to_have_count(0)
    expect(field(page, "emotional_event")).to_have_value(NOTE)

    # Without another tap for it: the page has said so.
    tap(page, "had_emotional_event", "false")
    press(page, "Save")
    expect_saved(page, "Midday saved")
    assert person.daily_logs.get().emotional_event is None
    expect_no_scrolling_sideways(page)

    press(page, "Undo")
    expect_saved(page, "Undone. Midday is as it was before.")
    log = person.daily_logs.get()
    assert (log.had_emotional_event, log.emotional_event, log.coping_strategies) == (True, NOTE, ["journaled"])


def test_what_no_hides_stays_in_the_draft(own_page, person):
    own_page.goto(MIDDAY)
    unfold(own_page)
    answer(own_page, {"had_emotional_event": "true", "emotional_event": NOTE, "coping_strategies": "journaled"})
    tap(own_page, "had_emotional_event", "false")
    wait_until_kept(own_page, "Line one")

    page = reopen(own_page, MIDDAY)
    press(page, "Bring them back")
    expect(notices(page)).to_have_count(2)
    tap(page, "had_emotional_event", "true")
    expect(field(page, "emotional_event")).to_have_value(NOTE)


def test_a_question_that_is_cleared_removes_nothing_and_says_nothing(own_page, person):
    make_log(person, had_emotional_event=True, emotional_event=NOTE)
    own_page.goto(MIDDAY)
    clear(own_page, "had_emotional_event")
    expect(notices(own_page)).to_have_count(0)
    expect(field(own_page, "emotional_event")).to_be_visible()


@each_width
def test_not_taken_says_that_doses_go(new_page, live_server, person, width):
    make_dose(make_full_log(person, first_hour_feeling="calm"))
    page = phone(new_page, live_server, person, width)
    page.goto(MEDICATION)
    tap(page, "medication_taken", "false")
    expect(notices(page)).to_have_text(
        ["“Doses” will be removed when you save.", "“How did the first hour feel?” will be removed when you save."]
    )
    press(page, "Save")
    expect_saved(page, "Medication saved")
    assert doses_of(person) == []
    press(page, "Undo")
    expect_saved(page, "Undone. Medication is as it was before.")
    assert doses_of(person) == ["Concerta 36 mg at 8:15 a.m."]
    press(page, "Undo")
    expect_saved(page, "Brought back. Medication is as it was before you undid it.")
    assert doses_of(person) == []


@each_width
def test_without_javascript_the_server_asks_first(new_page, live_server, person, width):
    make_log(person, had_emotional_event=True, emotional_event=NOTE)
    page = phone(new_page, live_server, person, width, java_script=False)
    page.goto(MIDDAY)
    tap(page, "had_emotional_event", "false")
    press(page, "Save")
    expect(page.get_by_role("heading", name="Remove this?")).to_be_visible()
    expect(page.locator(".removals")).to_contain_text("Line three")
    expect_no_scrolling_sideways(page)
    assert person.daily_logs.get().emotional_event == NOTE
    # The answer can still be changed.
    tap(page, "had_emotional_event", "true")
    press(page, "Save")
    expect_saved(page, "Midday saved")
    assert person.daily_logs.get().emotional_event == NOTE

    page.goto(MIDDAY)
    tap(page, "had_emotional_event", "false")
    press(page, "Save")
    press(page, "Remove and save")
    expect_saved(page, "Midday saved")
    assert person.daily_logs.get().emotional_event is None
    press(page, "Undo")
    expect_saved(page, "Undone. Midday is as it was before.")
    assert person.daily_logs.get().emotional_event == NOTE


@with_and_without
def test_remove_and_save_goes_on_to_the_next_check_in(new_page, live_server, person, java_script):
    page = phone(new_page, live_server, person, 320, java_script)
    log = make_log(person, had_emotional_event=True)
    page.goto(MIDDAY)
    log.emotional_event = NOTE  # In another tab, so that the page's script cannot say so.
    log.save()
    tap(page, "had_emotional_event", "false")
    press(page, "Save and next")
    expect(page.locator(".errors")).to_be_focused()
    press(page, "Remove and save")
    expect_saved(page, "Midday saved")
    expect(page.get_by_role("heading", level=1)).to_have_text("Afternoon")
    assert person.daily_logs.get().emotional_event is None
    if java_script:
        assert drafts(page) == []


@with_and_without
def test_the_first_save_can_be_undone(new_page, live_server, person, java_script):
    page = phone(new_page, live_server, person, java_script=java_script)
    page.goto(MIDDAY)
    unfold(page)
    answer(page, answers("midday"))
    press(page, "Save and next")
    expect_saved(page, "Midday saved.")
    press(page, "Undo")
    expect_saved(page, "Undone. Midday is as it was before.")
    assert not person.daily_logs.exists()
    if java_script:
        assert drafts(page) == []


@with_and_without
def test_a_reflection_can_be_brought_back(new_page, live_server, person, java_script):
    page = phone(new_page, live_server, person, java_script=java_script)
    week = make_reflection(person, week_highlights=NOTE)
    page.goto(f"{week.get_absolute_url()}delete/")
    press(page, "Delete")
    expect(page.get_by_role("heading", level=1)).to_have_text("Deleted")
    assert not person.weekly_reflections.exists()
    press(page, "Undo")
    expect_saved(page, "Your week is back.")
    assert person.weekly_reflections.get().week_highlights == NOTE


def test_the_folded_questions_say_how_many_are_answered(own_page, person):
    summary = own_page.locator("details[data-more] > summary")
    own_page.goto(f"/logs/{DAY}/evening/")
    expect(summary).to_have_text("More questions, if you like")
    unfold(own_page)
    answer(own_page, {"sleepiness": "3", "dinner": "Rice", "met_dietary_goals": "false"})
    field(own_page, "gratitude").fill("Sun")
    field(own_page, "gratitude").blur()
    expect(summary).to_have_text("More questions, 4 answered")
    clear(own_page, "sleepiness")
    expect(summary).to_have_text("More questions, 3 answered")
    press(own_page, "Save")
    expect_saved(own_page, "Evening saved")

    # Open, even if the person had closed it.
    own_page.goto(f"/logs/{DAY}/evening/")
    expect(field(own_page, "gratitude")).to_be_visible()
    summary.click()
    own_page.reload()
    expect(summary).to_have_text("More questions, 3 answered")
    expect(field(own_page, "gratitude")).to_be_visible()


def test_doses_that_were_typed_are_said_to_go(own_page):
    own_page.goto(MEDICATION)
    tap(own_page, "medication_taken", "true")
    answer(own_page, {"doses-0-medication": MORNING_DOSE["medication"], "doses-0-amount": "36"})
    tap(own_page, "medication_taken", "false")
    expect(notices(own_page)).to_have_text(["“Doses” will be removed when you save."])
    expect(own_page.locator("#field-doses")).to_be_hidden()
