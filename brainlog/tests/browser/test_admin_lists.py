"""The admin's lists on a phone and on a wide screen: accessible, no wider than the screen, light and dark."""

import datetime

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.tests.factories import make_person
from brainlog.tests.browser.steps import come_in, follow
from logs.stages import EVENING
from logs.tests.factories import make_full_log, make_log
from reflections.tests.factories import make_reflection
from testing.accessibility import violations

pytestmark = pytest.mark.once

PEOPLE = reverse("admin:accounts_user_changelist")
DAYS = reverse("admin:logs_dailylog_changelist")
WEEKS = reverse("admin:reflections_weeklyreflection_changelist")
# Django's search field has a picture as its label. WCAG allows this; the rule is a best practice of axe.
ACCEPTED = "label-title-only"


@pytest.fixture
def staff(db):
    """A superuser, beside a person who stopped logging eight days ago and one who never logged."""
    maria, _anna = make_person(username="maria"), make_person(username="anna")
    for days in (8, 9, 10):
        make_full_log(maria, maria.today() - datetime.timedelta(days=days), **{EVENING.completed_at: None})
    make_log(maria, maria.today() - datetime.timedelta(days=400), not_tracked="holiday")
    make_reflection(maria)
    return make_person(username="staff", is_staff=True, is_superuser=True)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_lists_are_accessible_and_fit_the_screen(new_page, live_server, staff, theme):
    page = come_in(new_page(color_scheme=theme), live_server, staff)
    for path in (reverse("admin:index"), PEOPLE, f"{PEOPLE}?last_logged=7", DAYS, f"{DAYS}?state=not-tracked", WEEKS):
        page.goto(path)
        for width in (320, 390, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            assert [problem for problem in violations(page) if not problem.startswith(ACCEPTED)] == [], (path, width)
            assert page.evaluate("document.documentElement.scrollWidth") == width, path


def test_the_days_of_a_person_who_stopped_logging_are_three_clicks_away(new_page, live_server, staff):
    page = come_in(new_page(viewport={"width": 1280, "height": 900}), live_server, staff)
    page.goto(PEOPLE)

    follow(page, "7 or more days ago")
    expect(page.locator(".field-username")).to_have_text(["maria"])
    page.locator(".field-last_day_logged a").click()

    expect(page.locator(".field-missing")).to_have_text(["Evening", "Evening", "Evening", "not tracked"])
