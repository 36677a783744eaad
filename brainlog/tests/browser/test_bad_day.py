"""A bad day on a phone: one question, one tap and a save; and the day after, what is missing on one page."""

import datetime

import pytest
import time_machine
from playwright.sync_api import Page, expect

from accounts.models import User
from brainlog.tests.browser.steps import (
    come_in,
    drafts,
    expect_no_drafts,
    expect_saved,
    field,
    fits_its_screen,
    follow,
    offer,
    press,
    put_sent_draft,
    reopen,
    tap,
    wait_until_kept,
)
from logs.question_changes import delete_question
from logs.tests.conftest import NEW_YORK
from logs.tests.factories import DAY, make_full_log, make_log, make_medication
from logs.tests.own_questions import make_question

pytestmark = pytest.mark.once

NEXT_DAY = DAY + datetime.timedelta(days=1)
NOON, EVENING, NIGHT, MORNING_AFTER = (
    datetime.datetime(2026, 5, day, hour, 30, tzinfo=NEW_YORK) for day, hour in ((4, 12), (4, 21), (5, 3), (5, 8))
)
each_phone = pytest.mark.parametrize("width", [320, 390])
with_and_without = pytest.mark.parametrize("java_script_enabled", [True, False], ids=["with JavaScript", "without"])


@pytest.fixture
def clock(db):
    """The server's clock stands at half past noon on DAY in New York."""
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def phone(clock, new_page, live_server, person):
    User.objects.filter(pk=person.pk).update(date_joined=NOON - datetime.timedelta(days=7))

    def open_page(width=390, *, java_script_enabled=True) -> Page:
        options = {"viewport": {"width": width, "height": 800}, "java_script_enabled": java_script_enabled}
        page = come_in(new_page(timezone_id="America/New_York", **options), live_server, person)
        page.goto("/")
        return page

    return open_page


@each_phone
@with_and_without
def test_one_question_is_chosen_asked_answered_and_over_by_itself(phone, clock, person, width, java_script_enabled):
    make_medication(person, usual_amount=36)
    page = phone(width, java_script_enabled=java_script_enabled)
    press(page, "Just one question today")

    expect(page.get_by_role("heading", name="Just one question today")).to_be_visible()
    expect(page.get_by_role("radiogroup").or_(page.locator("fieldset.field"))).to_have_count(1)
    expect(page.get_by_text("Mood this morning")).to_be_visible()
    for text in ("done", "not started", "Midday", "The last seven days"):
        expect(page.get_by_text(text)).to_have_count(0)
    expect(page.get_by_role("button", name="Taken now Concerta")).to_be_visible()
    if java_script_enabled:
        assert fits_its_screen(page)

    tap(page, "morning_mood", "3")
    press(page, "Save")

    expect_saved(page, "Saved. That is enough for today.")
    expect(page.get_by_text("3 of 10")).to_be_visible()
    if java_script_enabled:
        assert fits_its_screen(page)
    assert person.daily_logs.get().morning_mood == 3

    clock.move_to(NIGHT)
    page.goto("/")
    expect(page.get_by_role("heading", name="Just one question today")).to_be_visible()
    clock.move_to(MORNING_AFTER)
    page.goto("/")
    expect(page.get_by_text("0 of 5 done")).to_be_visible()
    expect(page.get_by_text("Yesterday, if you like")).to_have_count(0)


def test_everything_is_asked_again_at_a_tap(phone, person):
    page = phone()
    press(page, "Just one question today")

    press(page, "Ask everything again")

    expect_saved(page, "All your check-ins are there again.")
    expect(page.get_by_text("0 of 5 done")).to_be_visible()


def test_the_answer_is_changed_and_undone(phone, person):
    page = phone()
    press(page, "Just one question today")
    tap(page, "morning_mood", "3")
    press(page, "Save")
    follow(page, "Change Mood this morning")
    expect(page.get_by_role("heading", level=1)).to_have_text("One question")
    tap(page, "morning_mood", "5")
    press(page, "Save")
    expect_saved(page, "Saved. That is enough for today.")
    assert person.daily_logs.get().morning_mood == 5

    press(page, "Undo")

    expect_saved(page, "Undone.")
    expect(page.get_by_text("3 of 10")).to_be_visible()
    assert person.daily_logs.get().morning_mood == 3


def test_all_check_ins_are_a_quiet_link_away(phone):
    page = phone()
    press(page, "Just one question today")

    follow(page, "All check-ins")

    expect(page.get_by_role("link", name="Fill in Midday")).to_be_visible()


def test_another_question_is_chosen(phone, person):
    page = phone()
    press(page, "Just one question today")
    follow(page, "Another question")
    field(page, "one").select_option(label="Anxiety")
    page.locator("#one").get_by_role("button", name="Save").click()
    expect_saved(page, "Saved. Answers you gave stay as they are.")

    page.goto("/")

    expect(page.get_by_text("Anxiety")).to_be_visible()
    expect(page.locator("fieldset.field")).to_have_count(1)


@with_and_without
def test_a_save_after_the_days_end_asks_for_which_day_it_is(phone, clock, person, java_script_enabled):
    clock.move_to(EVENING)
    page = phone(320, java_script_enabled=java_script_enabled)
    press(page, "Just one question today")
    tap(page, "overall_mood", "3")
    clock.move_to(MORNING_AFTER)

    press(page, "Save")

    expect(page.get_by_role("alert")).to_contain_text("A new day has begun.")
    page.get_by_role("button", name="Yesterday Monday, May 4, 2026").click()
    expect_saved(page, "Saved.")
    log = person.daily_logs.get()
    assert (log.date, log.overall_mood, log.evening_recalled) == (DAY, 3, ["overall_mood"])


def test_a_save_that_was_sent_meanwhile_leaves_what_is_tapped(phone, person):
    """Today is loaded again to show it, but not over an answer."""
    page = phone()
    press(page, "Just one question today")
    sent = "document.dispatchEvent(new CustomEvent('drafts-sent', {detail: [{key: 'x', address: '/'}]}))"
    tap(page, "morning_mood", "3")

    page.evaluate(f"window.isSamePage = true; {sent}")
    page.wait_for_timeout(500)

    assert page.evaluate("window.isSamePage")
    press(page, "Save")
    expect_saved(page, "Saved. That is enough for today.")
    with page.expect_navigation():
        page.evaluate(sent)


def test_a_score_that_was_chosen_and_not_saved_is_kept(phone, person):
    page = phone(320)
    press(page, "Just one question today")
    tap(page, "morning_mood", "3")
    wait_until_kept(page, "morning_mood")

    page = reopen(page, "/")

    expect(offer(page)).to_be_visible()
    assert fits_its_screen(page)
    press(page, "Bring them back")
    press(page, "Save")
    expect_saved(page, "Saved. That is enough for today.")
    assert person.daily_logs.get().morning_mood == 3
    expect_no_drafts(page)


def test_it_is_kept_for_its_day_once_that_is_over(phone, clock, person):
    page = phone()
    press(page, "Just one question today")
    tap(page, "morning_mood", "3")
    wait_until_kept(page, "morning_mood")
    clock.move_to(MORNING_AFTER)

    page = reopen(page, "/")
    follow(page, "One question, May 4, 2026")

    expect(page.get_by_role("heading", level=1)).to_have_text("One question")
    press(page, "Bring them back")
    press(page, "Save")
    expect_saved(page, "Saved.")
    log = person.daily_logs.get()
    assert (log.date, log.morning_mood) == (DAY, 3)
    expect_no_drafts(page)


def test_the_answer_waits_for_the_network_and_goes_to_its_day(phone, clock, person, expected_errors):
    expected_errors.append("net::ERR_(INTERNET_DISCONNECTED|FAILED)")
    page = phone(320)
    press(page, "Just one question today")
    tap(page, "morning_mood", "3")
    page.context.set_offline(True)
    press(page, "Save")
    expect(page.locator("[data-draft-waits]")).to_be_focused()
    assert fits_its_screen(page)
    assert not person.daily_logs.exists()
    clock.move_to(MORNING_AFTER)

    page.context.set_offline(False)

    expect_saved(page, "Saved.")
    log = person.daily_logs.get()
    assert (log.date, log.morning_mood, log.morning_recalled) == (DAY, 3, ["morning_mood"])
    expect_no_drafts(page)


def test_a_draft_of_a_question_that_was_deleted_does_not_stay(phone, person, expected_errors):
    expected_errors.append("404")
    own = make_question(person, "score")
    page = phone()
    put_sent_draft(page, f"{DAY}/one-question/{own.name}", [[own.name, "4"]], "needsYou")
    delete_question(User.objects.get(pk=person.pk), own.pk)

    page.goto(f"/logs/{DAY}/one-question/{own.name}/")

    expect(page.get_by_text("This question is not there any more, so no answer to it can be saved.")).to_be_visible()
    expect_no_drafts(page)


@each_phone
@with_and_without
def test_yesterday_is_caught_up_on_one_page(phone, clock, person, width, java_script_enabled):
    make_log(person, DAY, focus_level=6)
    clock.move_to(MORNING_AFTER)
    page = phone(width, java_script_enabled=java_script_enabled)
    follow(page, "Catch up")

    expect(page.get_by_text("Yesterday, Monday")).to_be_visible()
    expect(field(page, "focus_level")).to_have_count(0)
    expect(page.locator("input[type=radio]:checked:not([value=''])")).to_have_count(0)
    if java_script_enabled:
        assert fits_its_screen(page)
    for name, value in {"morning_mood": "4", "anxiety_level": "7"}.items():
        tap(page, name, value)
    press(page, "Save")

    expect_saved(page, "Saved for Monday, May 4, 2026.")
    expect(page.get_by_role("link", name="Catch up")).to_have_count(0)
    log = person.daily_logs.get()
    assert (log.focus_level, log.morning_mood, log.anxiety_level, log.energy_level) == (6, 4, 7, None)
    assert (log.morning_recalled, log.afternoon_recalled) == (["morning_mood"], ["anxiety_level"])
    if java_script_enabled:
        expect_no_drafts(page)


@with_and_without
def test_yesterday_is_left_at_a_tap(phone, clock, person, java_script_enabled):
    clock.move_to(MORNING_AFTER)
    page = phone(320, java_script_enabled=java_script_enabled)

    press(page, "Leave it")

    expect_saved(page, "Monday, May 4, 2026 stays as it is.")
    page.goto("/")
    expect(page.get_by_text("Yesterday, if you like")).to_have_count(0)
    assert not person.daily_logs.exists()


def test_what_was_tapped_and_not_saved_is_kept(phone, clock, person):
    clock.move_to(MORNING_AFTER)
    page = phone()
    follow(page, "Catch up")
    address = page.url
    tap(page, "focus_level", "4")
    wait_until_kept(page, "focus_level")

    page = reopen(page, "/")
    expect(page.get_by_role("link", name="Catch up, May 4, 2026")).to_be_visible()
    page.goto(address)
    expect(offer(page)).to_be_visible()
    press(page, "Bring them back")
    press(page, "Save")

    expect_saved(page, "Saved for Monday, May 4, 2026.")
    assert person.daily_logs.get().focus_level == 4
    expect_no_drafts(page)


def caught_up_elsewhere(phone, person, state) -> Page:
    """The page of a day on which nothing is missing any more, with a draft of it."""
    page = phone(320)
    put_sent_draft(page, f"{DAY}/catch-up", [["focus_level", "4"]], state)
    put_sent_draft(page, f"{DAY}/midday", [["lunch", "Soup"]], "needsYou")
    make_full_log(person, DAY, focus_level=8, sleepiness=5)
    page.goto(f"/logs/{DAY}/catch-up/")
    expect(page.get_by_text("Nothing is missing on this day.")).to_be_visible()
    return page


@pytest.mark.parametrize("state", ["sent", "needsYou"])
def test_where_nothing_is_missing_any_more_a_draft_is_asked_about(phone, person, state):
    page = caught_up_elsewhere(phone, person, state)
    expect(page.get_by_text("We brought back what you had typed.")).to_be_visible()
    assert fits_its_screen(page)

    press(page, "Save")

    expect(page.get_by_role("heading", name="Which answers should stay?")).to_be_visible()
    page.locator("label", has=page.locator("[name=keep-focus_level][value=mine]")).click()
    press(page, "Save")
    expect_saved(page, "Saved for Monday, May 4, 2026.")
    assert person.daily_logs.get().focus_level == 4
    assert {each.partition(f"{DAY}/")[2] for each in drafts(page)} == {"midday"}


def test_where_nothing_is_missing_any_more_a_draft_can_be_discarded(phone, person):
    page = caught_up_elsewhere(phone, person, "needsYou")

    press(page, "Discard it")

    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    assert {each.partition(f"{DAY}/")[2] for each in drafts(page)} == {"midday"}
    assert person.daily_logs.get().focus_level == 8


def test_where_nothing_is_missing_what_waits_is_sent_by_itself(phone, person, expected_errors):
    expected_errors.append("net::ERR_FAILED")
    page = phone()
    page.context.route("**/logs/waiting/", lambda route: route.abort())
    page = caught_up_elsewhere(lambda width: page, person, "waits")

    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    assert {each.partition(f"{DAY}/")[2] for each in drafts(page)} == {"midday", "catch-up"}


def test_what_was_kept_of_a_question_that_was_answered_elsewhere_is_asked_about(phone, clock, person):
    clock.move_to(MORNING_AFTER)
    page = phone(320)
    follow(page, "Catch up")
    address = page.url
    tap(page, "focus_level", "4")
    tap(page, "anxiety_level", "7")
    wait_until_kept(page, "anxiety_level")
    make_log(person, DAY, focus_level=8)
    page = reopen(page, address)
    expect(page.locator("fieldset.field").first).to_be_visible()
    expect(field(page, "focus_level")).to_have_count(0)

    press(page, "Bring them back")
    press(page, "Save")

    expect(page.get_by_role("heading", name="Which answers should stay?")).to_be_visible()
    page.locator("label", has=page.locator("[name=keep-focus_level][value=mine]")).click()
    press(page, "Save")
    expect_saved(page, "Saved for Monday, May 4, 2026.")
    log = person.daily_logs.get()
    assert (log.focus_level, log.anxiety_level) == (4, 7)
    expect_no_drafts(page)


def test_what_is_discarded_after_it_was_brought_back_is_not_sent(phone, clock, person):
    clock.move_to(MORNING_AFTER)
    page = phone()
    put_sent_draft(page, f"{DAY}/catch-up", [["focus_level", "4"]], "needsYou")
    make_log(person, DAY, focus_level=8)
    page.goto(f"/logs/{DAY}/catch-up/")

    press(page, "Discard it")
    tap(page, "anxiety_level", "7")
    press(page, "Save")

    expect_saved(page, "Saved for Monday, May 4, 2026.")
    log = person.daily_logs.get()
    assert (log.focus_level, log.anxiety_level) == (8, 7)


def test_leaving_the_day_removes_what_was_kept_of_it(phone, clock, person):
    clock.move_to(MORNING_AFTER)
    page = phone()
    put_sent_draft(page, f"{DAY}/midday", [["lunch", "Soup"]], "needsYou")
    page.goto("/")
    follow(page, "Catch up")
    tap(page, "focus_level", "4")
    wait_until_kept(page, "focus_level")

    press(page, "Leave it")

    expect_saved(page, "Monday, May 4, 2026 stays as it is.")
    page.wait_for_function("() => !Object.keys(localStorage).some((key) => key.includes('catch-up'))")
    assert {each.partition(f"{DAY}/")[2] for each in drafts(page)} == {"midday"}
    expect(page.get_by_role("link", name="Catch up, May 4, 2026")).to_have_count(0)


def test_an_answer_given_in_another_tab_is_asked_about(phone, clock, person):
    clock.move_to(MORNING_AFTER)
    page = phone(320)
    follow(page, "Catch up")
    tap(page, "focus_level", "4")
    make_log(person, DAY, focus_level=8)

    press(page, "Save")

    expect(page.get_by_role("heading", name="Which answers should stay?")).to_be_visible()
    assert fits_its_screen(page)
    page.locator("label", has=page.locator("[name=keep-focus_level][value=saved]")).click()
    press(page, "Save")
    expect(page.get_by_role("link", name="Catch up")).to_have_count(0)
    assert person.daily_logs.get().focus_level == 8
