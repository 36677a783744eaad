"""The questions of a check-in, by touch and by keyboard."""

import datetime

import pytest
from playwright.sync_api import expect

from brainlog.tests.browser.steps import (
    MIDDAY,
    answer,
    clear,
    come_in,
    expect_saved,
    field,
    follow,
    given_answers,
    option,
    press,
    tap,
    unfold,
)
from logs.stages import STAGES
from logs.tests.factories import DAY, make_dose, make_full_log, make_log

pytestmark = pytest.mark.once

MEDICATION = f"/logs/{DAY}/medication/"
EVENING = f"/logs/{DAY}/evening/"


def is_in_view(locator) -> bool:
    """Whether it is drawn, and inside what the screen shows."""
    return locator.evaluate(
        """element => {
            const {top, bottom} = element.getBoundingClientRect();
            return element.checkVisibility() && bottom > 0 && top < innerHeight;
        }"""
    )


def test_a_question_shows_with_the_answer_it_hangs_on(own_page):
    own_page.goto(MEDICATION)
    unfold(own_page)
    if_taken = own_page.locator("#field-doses, #field-ate_within_hour, #field-first_hour_feeling")
    if_not = own_page.locator("#field-reason_for_skipping")
    for answered, shown, hidden in ((None, 0, 0), ("true", 3, 0), ("false", 0, 1), ("true", 3, 0), ("", 0, 0)):
        if answered is not None:
            tap(own_page, "medication_taken", answered)
        expect(if_taken.filter(visible=True)).to_have_count(shown)
        expect(if_not.filter(visible=True)).to_have_count(hidden)


def test_what_was_typed_stays_in_sight_while_its_question_is_open(own_page, person):
    own_page.goto(MIDDAY)
    unfold(own_page)
    answer(own_page, {"had_emotional_event": "true", "emotional_event": "A letter"})
    clear(own_page, "had_emotional_event")
    expect(field(own_page, "emotional_event")).to_be_visible()
    tap(own_page, "had_emotional_event", "false")
    expect(field(own_page, "emotional_event")).to_be_hidden()
    # A slip of the thumb costs nothing.
    tap(own_page, "had_emotional_event", "true")
    expect(field(own_page, "emotional_event")).to_have_value("A letter")
    tap(own_page, "had_emotional_event", "false")
    press(own_page, "Save")
    expect_saved(own_page, "Midday saved")
    log = person.daily_logs.get()
    assert (log.had_emotional_event, log.emotional_event) == (False, None)


@pytest.mark.parametrize("stage", STAGES, ids=str)
def test_without_javascript_all_questions_show(new_page, live_server, person, stage):
    page = come_in(new_page(java_script_enabled=False), live_server, person)
    page.goto(f"/logs/{DAY}/{stage}/")
    unfold(page)
    for name in stage.field_names:
        expect(page.locator(f"#field-{name}")).to_be_visible()
    if stage.slug == "medication":
        expect(field(page, "doses-0-medication")).to_be_visible()


def test_a_score_is_chosen_and_cleared_by_tap(own_page, person):
    make_log(person, overall_mood=3)
    own_page.goto(EVENING)
    clear_mood = option(own_page, "overall_mood", "")
    expect(clear_mood).to_have_css("visibility", "visible")
    expect(option(own_page, "day_rating", "")).to_have_css("visibility", "hidden")
    tap(own_page, "overall_mood", "10")
    assert given_answers(own_page) == {"overall_mood": "10"}
    clear(own_page, "overall_mood")
    assert given_answers(own_page) == {}
    expect(clear_mood).to_have_css("visibility", "hidden")
    press(own_page, "Save")
    expect_saved(own_page, "Evening is empty")
    assert not person.daily_logs.exists()


def test_a_score_is_chosen_and_cleared_by_keyboard_alone(own_page):
    own_page.goto(EVENING)
    press_tab_until(own_page, "overall_mood")
    keys = own_page.keyboard
    keys.press("Space")
    assert given_answers(own_page) == {"overall_mood": "1"}
    keys.press("ArrowRight")
    keys.press("ArrowDown")
    assert given_answers(own_page) == {"overall_mood": "3"}
    expect_visible_focus(own_page)
    for _ in range(3):
        keys.press("ArrowLeft")
    assert given_answers(own_page) == {}
    # Cleared, and the keyboard is still where it was.
    expect(option(own_page, "overall_mood", "")).to_be_focused()
    expect_visible_focus(own_page)
    keys.press("ArrowRight")
    assert given_answers(own_page) == {"overall_mood": "1"}
    press_tab_until(own_page, "day_rating")
    expect_visible_focus(own_page)


def press_tab_until(page, name):
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == name:
            return
    pytest.fail(f"The keyboard does not reach {name}.")


def expect_visible_focus(page):
    """What has the keyboard's focus, or the label drawn in its place, is outlined, in view and not covered."""
    assert page.evaluate(
        """() => {
            const focused = document.activeElement;
            const drawn = [focused, focused.nextElementSibling].find(
                element => element && parseFloat(getComputedStyle(element).outlineWidth) >= 2
                    && getComputedStyle(element).outlineStyle === "solid" && element.checkVisibility({
                        opacityProperty: true, visibilityProperty: true}));
            const {left, top, width, height} = (drawn ?? focused).getBoundingClientRect();
            const onTop = document.elementFromPoint(left + width / 2, top + height / 2);
            return drawn !== undefined && [focused, drawn].some(element => element.contains(onTop));
        }"""
    )


def test_everything_the_keyboard_reaches_shows_that_it_is_there(own_page, person):
    make_full_log(person, DAY)
    for address in (EVENING, MEDICATION, f"/logs/{DAY}/", "/accounts/profile/"):
        own_page.goto(address)
        reached = set()
        for _ in range(60):
            own_page.keyboard.press("Tab")
            where = own_page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
            if where.startswith("<body") or where in reached:
                break
            reached.add(where)
            expect_visible_focus(own_page)
        assert len(reached) > 10


def test_the_enter_key_saves_and_does_not_press_the_first_button_it_finds(own_page, person):
    before = make_log(person, DAY - datetime.timedelta(days=1), medication_taken=True)
    make_dose(before)
    own_page.goto(MEDICATION)
    answer(own_page, {"medication_taken": "true", "doses-0-medication": "Ritalin", "doses-0-amount": "5"})
    field(own_page, "doses-0-unit").select_option("mg")
    field(own_page, "doses-0-amount").press("Enter")
    expect_saved(own_page, "Medication saved.")
    assert [dose.in_words for dose in person.daily_logs.get(date=DAY).doses.all()] == ["Ritalin 5 mg"]


def test_a_day_takes_six_doses_and_no_more(own_page, person):
    own_page.goto(MEDICATION)
    tap(own_page, "medication_taken", "true")
    for number in range(6):
        answer(own_page, {f"doses-{number}-medication": f"Number {number}", f"doses-{number}-amount": "1"})
        field(own_page, f"doses-{number}-unit").select_option("mg")
        if number < 5:
            press(own_page, "Add another dose")
            expect(field(own_page, f"doses-{number + 1}-medication")).to_be_focused()
    expect(own_page.get_by_role("button", name="Add another dose")).to_be_hidden()
    field(own_page, "doses-1-DELETE").check()
    press(own_page, "Save")
    expect_saved(own_page, "Medication saved.")
    assert [d.medication.name for d in person.daily_logs.get().doses.all()] == [f"Number {n}" for n in (0, 2, 3, 4, 5)]


def test_the_folded_questions_are_remembered_as_the_person_left_them(own_page):
    folded = own_page.locator("details[data-more]")
    own_page.goto(MIDDAY)
    expect(folded).not_to_have_attribute("open", "")
    unfold(own_page)
    own_page.goto(f"/logs/{DAY - datetime.timedelta(days=1)}/midday/")
    expect(folded).to_have_attribute("open", "")
    # Each kind of check-in on its own.
    own_page.goto(EVENING)
    expect(folded).not_to_have_attribute("open", "")
    own_page.goto(MIDDAY)
    folded.locator("summary").press("Enter")
    own_page.reload()
    expect(folded).not_to_have_attribute("open", "")


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_the_list_of_errors_leads_to_each_field(new_page, live_server, person, java_script_enabled):
    page = come_in(new_page(java_script_enabled=java_script_enabled), live_server, person)
    page.goto(f"/logs/{DAY}/morning/")
    unfold(page)
    answer(page, {"sleep_hours": "25", "breakfast": "x" * 201, "dreams": "y" * 4001})
    press(page, "Save")
    errors = page.get_by_role("alert")
    for label, name in (("Hours of sleep", "sleep_hours"), ("Breakfast", "breakfast")):
        errors.get_by_role("link", name=label).click()
        wrong = field(page, name)
        expect(wrong).to_be_in_viewport()
        expect(wrong).to_have_attribute("aria-invalid", "true")
        expect(page.locator(f"#field-{name} .errorlist")).to_be_visible()
        assert wrong.evaluate(
            "input => document.getElementById(input.getAttribute('aria-describedby').split(' ').at(-1))"
        )
    assert given_answers(page)["dreams"] == "y" * 4001
    assert not person.daily_logs.exists()


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_the_list_of_errors_leads_to_a_dose(new_page, live_server, person, java_script_enabled):
    page = come_in(new_page(java_script_enabled=java_script_enabled), live_server, person)
    page.goto(MEDICATION)
    answer(page, {"medication_taken": "true", "doses-0-medication": "Concerta", "doses-0-amount": "-5"})
    press(page, "Save")
    page.get_by_role("alert").get_by_role("link", name="Amount").click()
    expect(field(page, "doses-0-amount")).to_be_in_viewport()
    expect(field(page, "doses-0-amount")).to_have_value("-5")
    expect(page.locator("#field-doses-0-amount .errorlist")).to_have_text("An amount is more than 0.")


def test_an_error_below_a_question_answered_otherwise_is_no_error(own_page, person):
    own_page.goto(MIDDAY)
    unfold(own_page)
    answer(own_page, {"had_emotional_event": "true", "emotional_event": "x" * 4001})
    press(own_page, "Save")
    follow(own_page, "What triggered it?")
    expect(field(own_page, "emotional_event")).to_be_in_viewport()
    tap(own_page, "had_emotional_event", "false")
    press(own_page, "Save")
    expect_saved(own_page, "Midday saved")
    assert person.daily_logs.get().emotional_event is None


def test_the_browsers_time_zone_is_offered_and_a_chosen_one_is_kept(new_page):
    page = new_page(timezone_id="Asia/Tokyo")
    page.goto("/accounts/signup/")
    expect(field(page, "timezone")).to_have_value("Asia/Tokyo")
    field(page, "timezone").fill("Europe/Rome")
    press(page, "Sign up")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(field(page, "timezone")).to_have_value("Europe/Rome")

    # Nor does a script that comes late overwrite it.
    page.route("**/brainlog.js", lambda route: None)
    page.goto("/accounts/signup/", wait_until="commit")
    field(page, "timezone").fill("Europe/Rome")
    page.unroute("**/brainlog.js")
    page.evaluate("import('/static/brainlog.js?late')")
    expect(field(page, "timezone")).to_have_value("Europe/Rome")


def test_a_scale_is_described_by_the_words_at_its_ends(own_page):
    own_page.goto(MIDDAY)

    rumination = own_page.get_by_role("group", name="Rumination")
    words = "Going over the same thoughts again and again. 1 none 10 constant"
    expect(rumination).to_have_accessible_description(words)
    expect(own_page.get_by_role("group", name="Focus")).to_have_accessible_description(
        "1 very unfocused 10 very focused"
    )


def test_what_was_saved_has_the_focus_so_that_it_is_read_out(own_page):
    own_page.goto(MIDDAY)
    tap(own_page, "focus_level", "7")
    press(own_page, "Save")

    message = own_page.get_by_role("status").filter(has_text="Midday saved.")
    expect(message).to_be_focused()
    own_page.keyboard.press("Tab")
    expect(own_page.get_by_role("link", name="Next: Afternoon")).to_be_focused()


def test_the_errors_of_a_partly_saved_check_in_have_the_focus(own_page):
    own_page.goto(f"/logs/{DAY}/morning/")
    answer(own_page, {"sleep_hours": "25", "sleep_quality": "5"})
    press(own_page, "Save")

    expect(own_page.get_by_role("status").filter(has_text="The other answers are saved.")).to_be_visible()
    expect(own_page.get_by_role("alert")).to_be_focused()


def test_each_paragraph_is_shown_in_its_own_direction(own_page, person):
    make_log(person, dreams="Left to right\nשלום", sleep_quality=5)

    own_page.goto(f"/logs/{DAY}/")

    assert own_page.locator("dd:has(br)").evaluate("text => getComputedStyle(text).unicodeBidi") == "plaintext"
