"""Hours as people write them, a wrong answer among others, days not tracked: on a phone, with and without scripts."""

import datetime
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from brainlog.tests.browser.steps import (
    answer,
    come_in,
    drafts,
    expect_saved,
    field,
    fits_its_screen,
    follow,
    given_answers,
    press,
    unfold,
)
from logs.tests.factories import DAY, make_log

pytestmark = pytest.mark.once

MORNING = f"/logs/{DAY}/morning/"
ONE_DAY = datetime.timedelta(days=1)

with_and_without_javascript = pytest.mark.parametrize(
    "java_script_enabled", [True, False], ids=["with JavaScript", "without JavaScript"]
)
each_width = pytest.mark.parametrize("width", [320, 390])


@pytest.fixture
def open_phone(new_page, live_server, person):
    """Open a page of a phone of this width, on which the person is logged in."""

    def open_page(width, **options):
        return come_in(new_page(viewport={"width": width, "height": 700}, **options), live_server, person)

    return open_page


def assert_no_sideways_scroll(page):
    assert fits_its_screen(page)


@pytest.mark.matrix
@each_width
@with_and_without_javascript
def test_a_wrong_answer_is_corrected_after_the_others_were_saved(open_phone, person, width, java_script_enabled):
    page = open_phone(width, java_script_enabled=java_script_enabled)
    page.goto(MORNING)
    unfold(page)
    typed = {"sleep_hours": "quite a lot", "sleep_quality": "6", "morning_mood": "4", "breakfast": "Oats"}
    answer(page, typed)
    press(page, "Save")

    errors = page.get_by_role("alert")
    expect(errors).to_contain_text("Saved, except for:")
    expect(errors.get_by_role("link")).to_have_text(["Hours of sleep"])
    expect(field(page, "sleep_hours")).to_have_value("quite a lot")
    assert given_answers(page) == typed
    assert_no_sideways_scroll(page)
    log = person.daily_logs.get()
    assert (log.sleep_hours, log.sleep_quality, log.breakfast, log.morning_completed_at) == (None, 6, "Oats", None)

    answer(page, {"sleep_hours": "23:30 – 7"})
    press(page, "Save")
    expect_saved(page, "Morning saved. “23:30 – 7” is stored as 7.5 hours.")
    assert_no_sideways_scroll(page)
    log.refresh_from_db()
    assert log.sleep_hours == Decimal("7.5")
    assert log.morning_completed_at
    if java_script_enabled:
        assert drafts(page) == []


def test_a_wrong_answer_left_on_the_page_is_offered_again(open_phone, person):
    page = open_phone(390)
    page.goto(MORNING)
    answer(page, {"sleep_hours": "quite a lot", "sleep_quality": "6"})
    press(page, "Save")
    expect(page.get_by_role("alert")).to_contain_text("Saved, except for:")

    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(MORNING)
    assert given_answers(page) == {"sleep_quality": "6"}
    press(page, "Bring them back")
    expect(field(page, "sleep_hours")).to_have_value("quite a lot")
    answer(page, {"sleep_hours": "7h30"})
    press(page, "Save")
    expect_saved(page, "“7h30” is stored as 7.5 hours.")
    assert person.daily_logs.get().sleep_hours == Decimal("7.5")


@pytest.mark.matrix
@each_width
@with_and_without_javascript
def test_a_week_away_is_marked_and_taken_back(open_phone, person, width, java_script_enabled):
    make_log(person, DAY - 2 * ONE_DAY, day_rating=6)
    page = open_phone(width, java_script_enabled=java_script_enabled)
    page.goto(f"/logs/{DAY - 6 * ONE_DAY}/")
    page.locator("summary", has_text="Mark the day as not tracked").click()
    follow(page, "Mark several days")
    expect(field(page, "first")).to_have_value(str(DAY - 6 * ONE_DAY))
    field(page, "last").fill(str(DAY))
    assert_no_sideways_scroll(page)
    press(page, "Mark these days")
    expect(page.get_by_role("alert")).to_contain_text("Please choose why the days are not tracked.")
    page.locator("label", has_text="holiday").click()
    press(page, "Mark these days")
    expect_saved(page, "6 days are marked as not tracked.")
    expect_saved(page, "Left as they are, with their answers:")
    assert_no_sideways_scroll(page)
    assert person.daily_logs.filter(not_tracked="holiday").count() == 6

    follow(page, "Change or take back")
    press(page, "Take marks off")
    expect_saved(page, "The mark is taken off 6 days.")
    assert person.daily_logs.get().day_rating == 6
