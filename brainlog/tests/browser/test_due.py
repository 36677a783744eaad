"""The badge of Today while the page stays open."""

import datetime

import pytest
import time_machine
from playwright.sync_api import expect

from brainlog.tests.browser.steps import come_in, press
from logs.tests.conftest import NEW_YORK
from reminders.tests.factories import remind

pytestmark = pytest.mark.once


@pytest.mark.django_db(transaction=True)
def test_a_check_in_becomes_due_while_today_is_open(live_server, person, page):
    with time_machine.travel(datetime.datetime(2026, 5, 4, 11, 58, tzinfo=NEW_YORK)) as clock:
        remind(person, {"midday": "12:00", "afternoon": "15:00"}, session=False)
        page.clock.install(time=datetime.datetime.now(datetime.UTC))
        come_in(page, live_server, person).goto(live_server.url)
        heading = page.get_by_role("heading", name="It is time for")
        expect(heading).to_be_hidden()
        expect(page).to_have_title("Today · Brain Log")

        page.clock.fast_forward(3 * 60 * 1000)
        expect(heading).to_be_visible()
        expect(page).to_have_title("(1) Today · Brain Log")
        expect(page.locator("[data-due] li:visible")).to_have_text(["Midday"])

        page.clock.fast_forward(3 * 60 * 60 * 1000)
        expect(page.locator("[data-due] li:visible")).to_have_text(["Afternoon"])

        clock.shift(60 * 60 * 3)
        press(page, "In an hour")
        expect(page.get_by_text("The next reminder comes at")).to_be_visible()
