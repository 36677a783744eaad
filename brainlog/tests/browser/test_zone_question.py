"""A device with another clock than the person's days: they are asked once per trip, and only where clocks differ."""

import pytest
from playwright.sync_api import expect

from accounts.models import User
from accounts.tests.factories import make_person
from brainlog.tests.browser.steps import come_in, expect_saved, press

pytestmark = pytest.mark.once

QUESTION = "[data-zone-question]"
STORED = "Object.entries(localStorage).filter(([key]) => key.startsWith('brainlog-zone/'))"


@pytest.fixture
def berliner(db):
    return make_person(timezone="Europe/Berlin")


@pytest.fixture
def on_device(new_page, live_server, berliner):
    """Opens Today on a device of the person in this zone; a device keeps what it stored as it travels."""

    def open_today(zone, before=None, **options):
        state = before.context.storage_state() if before else None
        page = come_in(new_page(timezone_id=zone, storage_state=state, **options), live_server, berliner)
        page.goto("/")
        expect(page.get_by_role("heading", name="Today", level=1)).to_be_visible()
        return page

    return open_today


@pytest.mark.parametrize("width", [320, pytest.param(390, marks=pytest.mark.thorough)])
def test_the_zone_of_the_device_can_be_used_from_now_on(on_device, berliner, width):
    page = on_device("Asia/Tokyo", viewport={"width": width, "height": 700})

    expect(page.locator(QUESTION)).to_contain_text("This device has the time of Tokyo. Your days still follow Berlin.")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    press(page, "Use Tokyo from now on")

    expect_saved(page, "Your days now follow the time of Tokyo.")
    expect(page.locator(QUESTION)).to_be_hidden()
    assert User.objects.get(pk=berliner.pk).timezone == "Asia/Tokyo"


def test_who_keeps_their_zone_is_asked_once_per_trip(on_device, berliner):
    page = on_device("Asia/Tokyo")
    press(page, "Keep Berlin")
    expect(page.locator(QUESTION)).to_be_hidden()
    assert page.evaluate("document.activeElement.id") == "content"

    page.reload()
    expect(page.locator(QUESTION)).to_be_hidden()
    assert page.evaluate(STORED) == [[f"brainlog-zone/{berliner.pk}/", '"Europe/Berlin Asia/Tokyo"']]

    elsewhere = on_device("America/Denver", before=page)
    expect(elsewhere.locator(QUESTION)).to_contain_text("Denver")

    home = on_device("Europe/Berlin", before=page)
    expect(home.locator(QUESTION)).to_be_hidden()
    assert home.evaluate(STORED) == []

    again = on_device("Asia/Tokyo", before=home)
    expect(again.locator(QUESTION)).to_be_visible()
    assert User.objects.get(pk=berliner.pk).timezone == "Europe/Berlin"


@pytest.mark.parametrize(
    ("own", "device"),
    [("Europe/Berlin", "Europe/Paris"), ("Europe/Kiev", "Europe/Kyiv"), ("Asia/Calcutta", "Asia/Kolkata")],
)
def test_clocks_that_are_the_same_all_year_are_no_question(on_device, berliner, own, device):
    User.objects.filter(pk=berliner.pk).update(timezone=own)

    expect(on_device(device).locator(QUESTION)).to_be_hidden()


def test_clocks_that_are_the_same_for_half_of_the_year_are_a_question(on_device, berliner):
    """Phoenix has no summer time: in winter it has the time of Denver."""
    User.objects.filter(pk=berliner.pk).update(timezone="America/Denver")

    expect(on_device("America/Phoenix").locator(QUESTION)).to_be_visible()


def test_a_zone_that_the_browser_does_not_know_is_no_question(on_device, berliner):
    User.objects.filter(pk=berliner.pk).update(timezone="Europe/Atlantis")

    expect(on_device("Asia/Tokyo").locator(QUESTION)).to_be_hidden()


def test_without_javascript_nothing_is_asked(on_device):
    expect(on_device("Asia/Tokyo", java_script_enabled=False).locator(QUESTION)).to_be_hidden()


def test_logging_out_forgets_the_trip(on_device):
    page = on_device("Asia/Tokyo")
    press(page, "Keep Berlin")
    page.goto("/accounts/profile/")
    press(page, "Log out")
    expect_saved(page, "You are logged out.")

    assert page.evaluate(STORED) == []
