"""The screen lock covers the page of a person who is away."""

import datetime
import time

import pytest
from playwright.sync_api import Page, expect

from accounts.models import User
from brainlog.tests.browser.steps import NOTE, drafts, expect_saved, field, press, type_note
from brainlog.tests.browser.test_accessibility import audit

pytestmark = pytest.mark.once

HISTORY = "History · Brain Log"
HIDDEN = "Hidden · Brain Log"
# When the person was last active, as the tabs of one browser tell each other.
KEY = "Object.keys(localStorage).find(key => key.startsWith('brainlog-active/'))"
AN_HOUR_AGO = f"localStorage.setItem({KEY}, Date.now() - 3_600_000)"
IS_HIDDEN = "document.querySelector('dialog').open"
FIRST_PAINT = """async name => {
    await new Promise(done => new PerformanceObserver(done).observe({type: 'paint', buffered: true}));
    const script = performance.getEntriesByType('resource').find(entry => entry.name.includes(name));
    return performance.getEntriesByName('first-paint')[0].startTime - script.responseEnd;
}"""


@pytest.fixture
def locking_page(own_page, person) -> Page:
    """A page of a person whose pages are hidden after five minutes."""
    User.objects.filter(pk=person.pk).update(screen_lock_minutes=5)
    return own_page


def curtain(page: Page):
    return page.get_by_role("dialog", name="Hidden while you were away")


def visible_texts(page: Page) -> set[str]:
    """What Chromium tells assistive technology of the page, its title aside."""
    nodes = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    return {node["name"]["value"] for node in nodes if not node["ignored"] and node["role"]["value"] == "StaticText"}


def test_the_page_is_hidden_after_so_long_without_a_touch_and_comes_back_as_it_was(locking_page):
    page = locking_page
    page.clock.install()
    type_note(page)
    title = page.title()
    page.clock.fast_forward("04:55")
    page.keyboard.press("Shift")
    page.clock.fast_forward("04:55")
    expect(curtain(page)).to_be_hidden()
    assert "Midday" in visible_texts(page)

    page.clock.fast_forward("00:06")

    expect(curtain(page)).to_be_visible()
    expect(page).to_have_title(HIDDEN)
    assert visible_texts(page) and visible_texts(page) <= set(curtain(page).inner_text().splitlines())
    assert drafts(page) != []
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert page.evaluate(IS_HIDDEN)
    page.emulate_media(media="print")
    expect(field(page, "current_activity")).to_be_hidden()
    page.emulate_media(media="screen")
    assert audit(page, 0) + audit(page, 1) == []  # No list of pages has this one: both looks.
    page.get_by_role("button", name="Continue").press("Enter")
    expect(curtain(page)).to_be_hidden()
    expect(page).to_have_title(title)
    expect(field(page, "current_activity")).to_be_focused()
    expect(field(page, "current_activity")).to_have_value(NOTE)

    # Asleep: the time goes on, the timers do not.
    page.clock.set_system_time(datetime.datetime(2100, 1, 1))
    page.mouse.move(1, 1)
    assert page.evaluate(IS_HIDDEN)
    for day, event in ((2, "visibilitychange"), (3, "pageshow")):
        press(page, "Continue")
        expect(curtain(page)).to_be_hidden()
        page.clock.set_system_time(datetime.datetime(2100, 1, day))
        page.evaluate(f"document.dispatchEvent(new Event('{event}', {{bubbles: true}}))")
        assert page.evaluate(IS_HIDDEN)


def test_tabs_count_together(locking_page):
    page = locking_page
    page.clock.install()
    page.goto("/logs/")
    other = page.context.new_page()
    other.goto("/logs/")
    other.mouse.move(1, 1)
    page.clock.fast_forward("04:00")
    page.keyboard.press("Shift")  # A tab in the background gets moves of the mouse with the next frame only.
    page.clock.fast_forward("02:00")
    assert not other.evaluate(IS_HIDDEN)
    page.clock.fast_forward("04:00")
    expect(curtain(page)).to_be_visible()
    expect(curtain(other)).to_be_visible()
    press(page, "Continue")
    expect(curtain(other)).to_be_hidden()


def test_a_page_that_opens_by_itself_is_hidden_before_it_is_drawn(locking_page):
    page = locking_page
    page.goto("/logs/")
    page.evaluate(AN_HOUR_AGO)
    page.route("**/brainlog.js", lambda route: (time.sleep(0.4), route.continue_()))
    page.reload()
    assert page.evaluate(FIRST_PAINT, "brainlog.js") > 0
    expect(curtain(page)).to_be_visible()
    page.unroute_all()
    page.goto("/logs/")  # A person opens another page.
    expect(page).to_have_title(HISTORY)
    expect(curtain(page)).to_be_hidden()
    page.evaluate(AN_HOUR_AGO)
    page.reload()
    press(page, "Log out")
    expect_saved(page, "You are logged out.")
    assert page.evaluate("localStorage.length") == 0
