"""A page that is still open when the person's day is over, by the clocks of the browser and of the server."""

import datetime

import pytest
import time_machine
from playwright.sync_api import Page, expect

from brainlog.tests.browser.steps import (
    MIDDAY,
    NOTE,
    come_in,
    drafts,
    expect_no_drafts,
    expect_saved,
    field,
    fits_its_screen,
    follow,
    given_answers,
    offer,
    press,
    put_sent_draft,
    reopen,
    restored,
    tap,
    unfold,
    wait_until_kept,
)
from logs.tests.conftest import NEW_YORK
from logs.tests.factories import DAY, make_log
from logs.which_day import FOR_TODAY
from reflections.tests.factories import SUNDAY

pytestmark = pytest.mark.once

NEXT_DAY, DAY_BEFORE = DAY + datetime.timedelta(days=1), DAY - datetime.timedelta(days=1)
EVENING = datetime.datetime(2026, 5, 4, 23, 30, tzinfo=NEW_YORK)
UNTIL_MORNING = 8 * 3600 + 1800
PHONES = [{"width": 320, "height": 568}, {"width": 390, "height": 844}]
each_phone = pytest.mark.parametrize("phone", PHONES, ids=["320", "390"])
ASKS = "A new day has begun. Which one do you mean?"


class Clocks:
    """The clocks of the server and of a page, which show the same time."""

    def __init__(self, server):
        self.server = server

    def set_in(self, page: Page) -> Page:
        page.clock.install(time=datetime.datetime.now(datetime.UTC))
        return page

    def go_on(self, page: Page, seconds: int):
        """Let the time go by in a page that is open."""
        self.server.shift(seconds)
        page.clock.fast_forward(seconds * 1000)

    def sleep(self, page: Page, seconds: int):
        """The same in a device that is asleep: no timer runs."""
        self.server.shift(seconds)
        page.clock.set_system_time(datetime.datetime.now(datetime.UTC))


@pytest.fixture
def clocks():
    """It is 23:30 on DAY in New York, whose day ends at 4:00."""
    with time_machine.travel(EVENING) as server:
        yield Clocks(server)


@pytest.fixture
def own_page(clocks, page, live_server, person):
    return clocks.set_in(come_in(page, live_server, person))


def heading(page: Page):
    return page.get_by_role("heading", level=1)


def notice(page: Page):
    return page.locator("[data-day-ends-in]")


def assert_fits(page: Page):
    assert fits_its_screen(page)


def mark(page: Page):
    page.evaluate("window.mark = 'the same page'")


def is_same(page: Page) -> bool:
    return page.evaluate("window.mark === 'the same page'")


def test_today_left_open_becomes_the_new_today(own_page, person, clocks):
    make_log(person, DAY, lunch="Soup")
    own_page.goto("/")
    expect(own_page.get_by_text("Monday, May 4")).to_be_visible()
    mark(own_page)
    clocks.go_on(own_page, 4 * 3600)
    assert is_same(own_page)

    clocks.go_on(own_page, 3600)

    expect(own_page.get_by_text("Tuesday, May 5")).to_be_visible()
    own_page.get_by_role("link", name="Midday").click()
    tap(own_page, "focus_level", "4")
    press(own_page, "Save")
    expect_saved(own_page, "Midday saved.")
    assert [(log.date, log.focus_level) for log in person.daily_logs.order_by("date")] == [(DAY, None), (NEXT_DAY, 4)]


@pytest.mark.parametrize(
    "event",
    [
        "document.dispatchEvent(new Event('visibilitychange'))",
        "dispatchEvent(new Event('focus'))",
        "dispatchEvent(new PageTransitionEvent('pageshow'))",
    ],
    ids=["seen", "focused", "shown"],
)
def test_a_page_that_slept_is_loaded_again_when_it_is_seen(own_page, clocks, event):
    own_page.goto("/")
    clocks.sleep(own_page, UNTIL_MORNING)

    with own_page.expect_navigation():
        own_page.evaluate(event)

    expect(own_page.get_by_text("Tuesday, May 5")).to_be_visible()


def test_a_page_that_is_not_seen_waits(own_page, clocks):
    own_page.goto("/")
    own_page.evaluate("""window.mark = 'the same page';
        Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true})""")
    clocks.go_on(own_page, UNTIL_MORNING)
    assert is_same(own_page)

    with own_page.expect_navigation():
        own_page.evaluate("""delete document.visibilityState;
            document.dispatchEvent(new Event('visibilitychange'))""")

    expect(own_page.get_by_text("Tuesday, May 5")).to_be_visible()


def test_without_a_network_the_page_stays_and_says_so(own_page, clocks):
    own_page.goto("/")
    mark(own_page)
    own_page.context.set_offline(True)
    clocks.go_on(own_page, UNTIL_MORNING)
    expect(notice(own_page)).to_be_visible()
    assert is_same(own_page)

    with own_page.expect_navigation():
        own_page.context.set_offline(False)

    expect(own_page.get_by_text("Tuesday, May 5")).to_be_visible()


@pytest.mark.parametrize("address", ["/logs/", f"/logs/{DAY}/", "/reflections/", f"/reflections/{DAY}/"])
def test_other_pages_about_days_are_loaded_again_too(own_page, clocks, address):
    own_page.goto(address)
    mark(own_page)
    clocks.go_on(own_page, 60)
    assert is_same(own_page)

    with own_page.expect_navigation():
        clocks.go_on(own_page, UNTIL_MORNING)

    expect(notice(own_page)).to_be_hidden()


@each_phone
def test_a_check_in_that_was_opened_and_not_touched_asks_which_day(new_page, live_server, person, clocks, phone):
    page = clocks.set_in(come_in(new_page(viewport=phone), live_server, person))
    page.goto(MIDDAY + FOR_TODAY)
    expect(page.get_by_text("Today, Monday")).to_be_visible()

    with page.expect_navigation():
        clocks.go_on(page, UNTIL_MORNING)

    expect(page.get_by_text(ASKS)).to_be_visible()
    assert_fits(page)
    follow(page, "Today Tuesday, May 5, 2026")
    expect(page.get_by_text("Today, Tuesday")).to_be_visible()


@pytest.mark.matrix
@each_phone
@pytest.mark.parametrize(
    ("button", "day"),
    [("Yesterday Monday, May 4, 2026", DAY), ("Today Tuesday, May 5, 2026", NEXT_DAY)],
    ids=["yesterday", "today"],
)
def test_what_is_typed_is_neither_lost_nor_stored_on_an_unasked_day(
    new_page, live_server, person, clocks, phone, button, day
):
    page = clocks.set_in(come_in(new_page(viewport=phone), live_server, person))
    page.goto(MIDDAY + FOR_TODAY)
    unfold(page)
    tap(page, "focus_level", "4")
    field(page, "current_activity").fill(NOTE)
    mark(page)

    clocks.go_on(page, UNTIL_MORNING)
    expect(notice(page)).to_be_visible()
    if phone["height"] > 600:  # On a lower screen it would cover the questions.
        expect(notice(page)).to_be_in_viewport()
    assert is_same(page)
    assert given_answers(page) == {"focus_level": "4", "current_activity": NOTE}
    press(page, "Save")

    question = page.get_by_role("alert")
    expect(question).to_be_focused()
    expect(question).to_contain_text("A new day has begun. Which one is this for?")
    assert_fits(page)
    assert given_answers(page) == {"focus_level": "4", "current_activity": NOTE}
    assert not person.daily_logs.exists()
    question.get_by_role("button", name=button).click()
    expect_saved(page, "Midday saved.")
    log = person.daily_logs.get()
    assert (log.date, log.focus_level, log.current_activity) == (day, 4, NOTE)
    expect_no_drafts(page)


def test_without_javascript_it_is_asked_too(new_page, live_server, person, clocks):
    page = come_in(new_page(java_script_enabled=False), live_server, person)
    page.goto("/")
    page.get_by_role("link", name="Midday").click()
    unfold(page)
    tap(page, "focus_level", "4")
    field(page, "current_activity").fill(NOTE)
    clocks.server.shift(UNTIL_MORNING)

    press(page, "Save")

    expect(page.get_by_role("alert")).to_be_focused()
    expect(field(page, "current_activity")).to_have_value(NOTE)
    page.get_by_role("button", name="Today Tuesday, May 5, 2026").last.click()
    expect_saved(page, "Midday saved.")
    assert person.daily_logs.get().date == NEXT_DAY


def test_a_tap_on_yesterdays_today_without_javascript_asks(new_page, live_server, person, clocks):
    page = come_in(new_page(java_script_enabled=False), live_server, person)
    page.goto("/")
    clocks.server.shift(UNTIL_MORNING)

    page.get_by_role("link", name="Midday").click()

    expect(page.get_by_text(ASKS)).to_be_visible()
    follow(page, "Yesterday Monday, May 4, 2026")
    expect(page.get_by_text("Yesterday, Monday")).to_be_visible()
    tap(page, "focus_level", "4")
    press(page, "Save")
    expect_saved(page, "Midday saved.")
    assert person.daily_logs.get().date == DAY


def test_a_draft_typed_after_the_days_end_asks_when_it_is_brought_back(own_page, person, clocks):
    own_page.goto(MIDDAY + FOR_TODAY)
    unfold(own_page)
    field(own_page, "lunch").fill("Soup")
    clocks.go_on(own_page, UNTIL_MORNING)
    field(own_page, "current_activity").fill(NOTE)
    wait_until_kept(own_page, NOTE)
    page = reopen(own_page, MIDDAY)
    expect(page.get_by_text("Yesterday, Monday")).to_be_visible()

    press(page, "Bring them back")
    press(page, "Save")

    expect(page.get_by_role("alert")).to_contain_text("Which one is this for?")
    assert not person.daily_logs.exists()
    page.get_by_role("alert").get_by_role("button", name="Today").click()
    expect_saved(page, "Midday saved.")
    log = person.daily_logs.get()
    assert (log.date, log.lunch, log.current_activity) == (NEXT_DAY, "Soup", NOTE)
    expect_no_drafts(page)


def test_a_draft_typed_before_the_days_end_belongs_to_its_day(own_page, person, clocks):
    own_page.goto(MIDDAY + FOR_TODAY)
    unfold(own_page)
    field(own_page, "lunch").fill("Soup")
    wait_until_kept(own_page, "Soup")
    page = clocks.set_in(reopen(own_page))
    clocks.server.shift(UNTIL_MORNING)
    page.goto(MIDDAY)

    press(page, "Bring them back")
    press(page, "Save")

    expect_saved(page, "Midday saved.")
    assert person.daily_logs.get().date == DAY


def test_what_was_moved_and_meets_a_conflict_waits_on_the_new_day_only(own_page, person, clocks):
    make_log(person, NEXT_DAY, focus_level=9)
    own_page.goto(MIDDAY + FOR_TODAY)
    tap(own_page, "focus_level", "4")
    clocks.go_on(own_page, UNTIL_MORNING)
    press(own_page, "Save")

    own_page.get_by_role("alert").get_by_role("button", name="Today").click()

    expect(own_page.get_by_role("heading", name="Which answers")).to_be_visible()
    own_page.wait_for_function(
        "day => Object.keys(localStorage).filter(key => key.includes('draft/')).every(key => key.includes(day))",
        arg=str(NEXT_DAY),
    )
    assert drafts(own_page) == [f"brainlog-draft/{person.pk}/{NEXT_DAY}/midday"]
    own_page.goto(MIDDAY)
    expect(offer(own_page)).to_be_hidden()
    expect(restored(own_page)).to_be_hidden()


def test_what_is_moved_takes_no_draft_of_the_old_day_along_that_needs_the_person(own_page, person, clocks):
    make_log(person, NEXT_DAY, focus_level=9)
    own_page.goto(MIDDAY + FOR_TODAY)
    tap(own_page, "focus_level", "4")
    put_sent_draft(own_page, f"{DAY}/midday", [["lunch", "Soup"]], "needsYou")
    clocks.go_on(own_page, UNTIL_MORNING)
    press(own_page, "Save")

    own_page.get_by_role("alert").get_by_role("button", name="Today").click()

    expect(own_page.get_by_role("heading", name="Which answers")).to_be_visible()
    wait_until_kept(own_page, str(NEXT_DAY))
    assert own_page.evaluate("key => Boolean(localStorage.getItem(key))", f"brainlog-draft/{person.pk}/{DAY}/midday/x")


def test_the_week_left_open_over_its_end_asks_which_week(own_page, person, clocks):
    own_page.goto(f"/reflections/{SUNDAY}/{FOR_TODAY}")
    unfold(own_page)
    field(own_page, "lessons_learned").fill(NOTE)
    clocks.go_on(own_page, 7 * 24 * 3600)
    expect(notice(own_page)).to_be_visible()

    press(own_page, "Save")

    question = own_page.get_by_role("alert")
    expect(question).to_contain_text("A new week has begun. Which one is this for?")
    assert not person.weekly_reflections.exists()
    question.get_by_role("button", name="This week Week of May 10, 2026").click()
    expect_saved(own_page, "Your week is saved.")
    reflection = person.weekly_reflections.get()
    assert (reflection.week_start.isoformat(), reflection.lessons_learned) == ("2026-05-10", NOTE)
    expect_no_drafts(own_page)


def test_a_reason_chosen_for_a_day_that_is_over_is_asked_about(own_page, person, clocks):
    own_page.goto(f"/logs/{DAY}/")
    own_page.get_by_text("Mark the day as not tracked").click()
    tap(own_page, "reason", "ill")
    clocks.go_on(own_page, UNTIL_MORNING)
    expect(notice(own_page)).to_be_visible()

    press(own_page, "Mark the day")

    expect(own_page.get_by_text(ASKS)).to_be_visible()
    own_page.get_by_role("button", name="Today Tuesday, May 5, 2026").click()
    expect(own_page.get_by_text("Not tracked: ill.")).to_be_visible()
    log = person.daily_logs.get()
    assert (log.date, log.not_tracked) == (NEXT_DAY, "ill")


def test_a_page_that_is_loaded_again_stays_hidden_by_the_screen_lock(own_page, person, clocks):
    person.screen_lock_minutes = 5
    person.save()
    own_page.goto("/")

    with own_page.expect_navigation():
        clocks.go_on(own_page, UNTIL_MORNING)

    expect(own_page.get_by_role("dialog", name="Hidden while you were away")).to_be_visible()


# The person's zone has moved west meanwhile: the day of the page is ahead of their clock


@pytest.fixture
def clocks_before_breakfast():
    """It is 5:00 on DAY in New York, and the evening before in Honolulu."""
    with time_machine.travel(datetime.datetime(2026, 5, 4, 5, tzinfo=NEW_YORK)) as server:
        yield Clocks(server)


@pytest.mark.matrix
@each_phone
@pytest.mark.parametrize(
    ("button", "day"),
    [("The day of this page Monday, May 4, 2026", DAY), ("Today Sunday, May 3, 2026", DAY_BEFORE)],
    ids=["that day", "today"],
)
@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["with JavaScript", "without"])
def test_a_day_ahead_of_the_clock_is_asked_about(
    new_page, live_server, person, clocks_before_breakfast, phone, button, day, java_script_enabled
):
    page = come_in(new_page(viewport=phone, java_script_enabled=java_script_enabled), live_server, person)
    if java_script_enabled:
        clocks_before_breakfast.set_in(page)
    page.goto(f"/logs/{DAY}/morning/{FOR_TODAY}")
    field(page, "sleep_hours").fill("7:30")
    tap(page, "morning_mood", "4")
    person.timezone = "Pacific/Honolulu"  # As by the question about the trip on another device.
    person.save()

    press(page, "Save and next")
    question = page.get_by_role("alert")
    expect(question).to_be_focused()
    expect(question).to_contain_text("By your clock, this day has not begun yet. Which one is this for?")
    assert_fits(page)
    expect(field(page, "sleep_hours")).to_have_value("7:30")
    assert not person.daily_logs.exists()
    question.get_by_role("button", name=button).click()

    expect_saved(page, "Morning saved.")
    expect(heading(page)).to_have_text("Medication")
    log = person.daily_logs.get()
    assert (log.date, log.sleep_hours, log.morning_mood) == (day, 7.5, 4)
    if java_script_enabled:
        expect_no_drafts(page)


def test_a_draft_of_a_day_ahead_waits_until_that_day(own_page, person, clocks):
    """A person who leaves the question open finds what they typed when the day begins."""
    clocks.server.move_to(datetime.datetime(2026, 5, 4, 5, tzinfo=NEW_YORK))
    clocks.set_in(own_page)
    own_page.goto(MIDDAY + FOR_TODAY)
    tap(own_page, "focus_level", "4")
    person.timezone = "Pacific/Honolulu"
    person.save()
    press(own_page, "Save")
    expect(own_page.get_by_role("alert")).to_be_focused()
    wait_until_kept(own_page)

    own_page.goto("/")
    expect(own_page.get_by_role("heading", name="Not saved yet")).to_be_visible()
    with own_page.expect_navigation():  # Today loads itself again, which would abort a navigation of the test.
        clocks.go_on(own_page, 24 * 3600)
    own_page.goto(MIDDAY)

    press(own_page, "Bring them back")
    press(own_page, "Save")
    expect_saved(own_page, "Midday saved.")
    expect_no_drafts(own_page)
    log = person.daily_logs.get()
    assert (log.date, log.focus_level) == (DAY, 4)
