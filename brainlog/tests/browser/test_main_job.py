import datetime
import re
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from django.db import connection
from playwright.sync_api import expect

from accounts.models import User
from accounts.tests.factories import PASSWORD
from brainlog.tests.browser.steps import (
    answer,
    expect_saved,
    field,
    follow,
    given_answers,
    press,
    tap,
    unfold,
)
from logs.questions import shown_answers
from logs.stages import EVENING, STAGES
from logs.tests.factories import REQUIRED, answers

ONE_DAY = datetime.timedelta(days=1)
WEEK = {
    "week_rating": "8",
    "mental_state": "good",
    "week_highlights": "The lake",
    "week_challenges": "Mornings",
    "lessons_learned": "Lists help",
    "next_week_focus": "Sleep",
    "gym_days_count": "0",
    "diet_rating": "4",
    "questioned_leaving_job": "false",
    "memorable_family_activities": "Pancakes",
}
# At any hour of the day, these times are not to come.
FIRST_DOSE = {
    "doses-0-medication": "Concerta",
    "doses-0-amount": "36",
    "doses-0-unit": "mg",
    "doses-0-taken_at": "00:00",
}
SECOND_DOSE = {
    "doses-1-medication": "Ritalin",
    "doses-1-amount": "7,5",
    "doses-1-unit": "drops",
    "doses-1-taken_at": "00:05",
}


# `make test` does it on PostgreSQL with JavaScript and on SQLite without, `make thorough` the other way round.
IS_POSTGRESQL = connection.vendor == "postgresql"


@pytest.mark.parametrize(
    "java_script_enabled",
    [
        pytest.param(True, id="with JavaScript", marks=[] if IS_POSTGRESQL else pytest.mark.thorough),
        pytest.param(False, id="without JavaScript", marks=pytest.mark.thorough if IS_POSTGRESQL else []),
    ],
)
def test_a_person_keeps_a_log(new_page, live_server, java_script_enabled):
    page = new_page(java_script_enabled=java_script_enabled, timezone_id="Europe/Berlin")
    asked = set()
    page.context.on("request", lambda request: asked.add("{0.scheme}://{0.netloc}".format(urlsplit(request.url))))
    sign_up(page, types_the_time_zone=not java_script_enabled)
    person = User.objects.get()
    assert (person.username, person.timezone) == ("ada", "Europe/Berlin")
    today = person.today()

    fill_in_the_day(page)
    log = person.daily_logs.get()
    assert log.date == today
    assert log.is_complete
    expect_stored(log)

    correct_yesterday(page, today - ONE_DAY)
    reflect(page)
    read_the_day(page, log)
    mark_and_unmark(page, log)
    delete_and_undo(page, log)
    change_the_theme(page)
    log_out_and_in(page)

    assert sorted(person.daily_logs.values_list("date", "sleep_hours")) == [
        (today - ONE_DAY, Decimal("5.25")),
        (today, Decimal("7.5")),
    ]
    expect_stored(person.daily_logs.get(date=today))
    week = person.weekly_reflections.get()
    assert week.week_start == person.week_of(today)
    assert (week.week_rating, week.mental_state, week.gym_days_count) == (8, "good", 0)
    assert week.questioned_leaving_job is False
    assert week.completed_at
    person.refresh_from_db()
    assert person.theme == "dark"
    # As /privacy/ says: the browser loads everything from this server.
    assert asked == {live_server.url}


def sign_up(page, types_the_time_zone):
    page.goto("/")
    follow(page, "Sign up")
    page.fill("[name=username]", "ada")
    page.fill("[name=password1]", PASSWORD)
    page.fill("[name=password2]", PASSWORD)
    if types_the_time_zone:
        page.fill("[name=timezone]", "Europe/Berlin")
    expect(field(page, "timezone")).to_have_value("Europe/Berlin")
    press(page, "Sign up")
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")


def fill_in_the_day(page):
    page.get_by_role("link", name="Morning").first.click()
    for stage in STAGES:
        expect(page.get_by_role("heading", level=1)).to_have_text(str(stage.title))
        assert given_answers(page) == {}
        unfold(page)
        answer(page, answers(stage))
        if stage.slug == "medication":
            answer(page, FIRST_DOSE)
            press(page, "Add another dose")
            answer(page, SECOND_DOSE)
        press(page, "Save" if stage is EVENING else "Save and next")
        expect_saved(page, f"{stage.title} saved.")
    expect(page.get_by_text("5 of 5 done")).to_be_visible()


def expect_stored(log):
    assert all(shown_answers(stage.questions(log.user), log) for stage in STAGES)
    assert (log.sleep_hours, log.sleep_quality, log.morning_mood) == (Decimal("7.5"), 6, 5)
    assert (log.physical_status, log.dreams, log.breakfast) == ("rested", "Flying.\n\nAgain.", "Oats")
    assert (log.medication_taken, log.ate_within_hour, log.reason_for_skipping) == (True, False, None)
    assert [dose.in_words for dose in log.doses.select_related("medication")] == [
        "Concerta 36 mg at midnight",
        "Ritalin 7.5 drops at 12:05 a.m.",
    ]
    assert log.coping_strategies == ["talked_it_out", "journaled"]
    assert (log.is_crashing, log.crash_symptoms, log.overextended) == (True, "Tired eyes", "not_sure")
    assert (log.day_rating, log.met_dietary_goals, log.tomorrow_plan) == (7, False, "Call the bank")


def correct_yesterday(page, yesterday):
    follow(page, "History")
    if yesterday.month != (yesterday + ONE_DAY).month:
        follow(page, "The month before")
    page.locator(f'a[href="/logs/{yesterday}/"]').first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Yesterday")
    follow(page, "Fill in Morning")
    answer(page, REQUIRED["morning"])
    press(page, "Save")
    expect_saved(page, "Morning saved.")
    follow(page, "History")
    page.locator(".list").get_by_role("link").nth(1).click()
    follow(page, "Edit Morning")
    expect(field(page, "sleep_hours")).to_have_value("7.5")
    expect(page.get_by_text("Yesterday")).to_be_visible()
    answer(page, {"sleep_hours": "5:15"})
    press(page, "Save")
    expect(page.get_by_text("5.25 hours", exact=True)).to_be_visible()


def reflect(page):
    follow(page, "Week")
    follow(page, "This week Reflect")
    # Today and yesterday, of as many days as the week has since the account was made: that depends on the weekday.
    expect(page.get_by_text(re.compile(r"^[12] of [1-7] days logged"))).to_be_visible()
    unfold(page)
    answer(page, WEEK)
    press(page, "Save")
    expect_saved(page, "Your week is saved.")
    page.get_by_role("link", name="This week").click()
    unfold(page)
    assert given_answers(page) == WEEK


def read_the_day(page, log):
    page.goto(log.get_absolute_url())
    for text in ("7.5 hours", "Flying.", "Concerta 36 mg at midnight", "Ritalin 7.5 drops at 12:05 a.m.", "A letter"):
        expect(page.get_by_text(text)).to_be_visible()
    expect(page.get_by_text("talked it out, journaled")).to_be_visible()
    expect(page.get_by_text("Why not today?")).to_have_count(0)


def mark_and_unmark(page, log):
    page.get_by_text("Mark the day as not tracked").click()
    tap(page, "reason", "ill")
    press(page, "Mark the day")
    expect(page.get_by_text("Not tracked: ill.")).to_be_visible()
    log.refresh_from_db()
    assert log.not_tracked == "ill"
    press(page, "Take the mark off")
    expect_saved(page, "The mark is taken off.")


def delete_and_undo(page, log):
    follow(page, "Delete this day")
    press(page, "Delete")
    expect(page.get_by_role("heading", level=1)).to_have_text("Deleted")
    assert not log.user.daily_logs.filter(date=log.date).exists()
    press(page, "Undo")
    expect_saved(page, "The day is back.")


def change_the_theme(page):
    follow(page, "You")
    tap(page, "theme", "dark")
    press(page, "Save")
    expect_saved(page, "Your profile is saved.")
    expect(page.locator("html")).to_have_css("color-scheme", "dark")


def log_out_and_in(page):
    press(page, "Log out")
    expect_saved(page, "You are logged out.")
    follow(page, "Log in")
    page.fill("[name=username]", "ADA")
    page.fill("[name=password]", PASSWORD)
    press(page, "Log in")
    expect(page.get_by_text("5 of 5 done")).to_be_visible()
