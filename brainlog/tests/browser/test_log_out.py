"""Logging out, here or on another device, leaves nothing of the person in storage or the back-forward cache."""

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from accounts.models import Session
from accounts.tests.codes import confirm_by_password
from accounts.tests.factories import PASSWORD, make_person
from brainlog.tests.browser.steps import (
    MIDDAY,
    NOTE,
    come_in,
    drafts,
    expect_saved,
    field,
    fits_its_screen,
    follow,
    log_in,
    offer,
    press,
    tap,
    type_note,
    wait_until_kept,
)
from brainlog.tests.browser.test_accessibility import audit
from logs.tests.factories import DAY, make_log
from testing.chromium import ARGUMENTS, find_chromium, watched_pages

pytestmark = pytest.mark.once

SECRET = "A walk by the river with M."
STORED = """async () => ({
    local: {...localStorage},
    session: {...sessionStorage},
    databases: (await indexedDB.databases()).map(({name}) => name),
    caches: await caches.keys(),
    cookie: document.cookie,
})"""


@pytest.fixture
def remembering(chromium, live_server, expected_errors):
    """A page of a browser that keeps pages in memory for the Back button, as people's do."""
    browser = chromium.browser_type.launch(
        executable_path=find_chromium(), args=ARGUMENTS, ignore_default_args=["--disable-back-forward-cache"]
    )
    try:
        with watched_pages(browser, live_server.url, expected_errors) as open_page:
            yield open_page()
    finally:
        browser.close()


def sign_in(page, person):
    page.goto("/accounts/login/")
    log_in(page, person)
    expect(page.get_by_role("link", name="You")).to_be_visible()


def answer_dialogs(page) -> list[str]:
    """Answer no to what the browser asks from now on. Returns a list that the kinds of questions will be in."""
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    return asked


def unsaved_texts(page):
    """The panel that lists, before a log-out, what is not saved."""
    return page.get_by_role("group", name="Not saved yet")


def log_out(page, *, has_drafts=False):
    page.goto("/accounts/profile/")
    press(page, "Log out")
    if has_drafts:
        press(page, "Log out anyway")
    expect_saved(page, "You are logged out.")


def end_from_elsewhere(person):
    """End all other logins at another device of the person."""
    phone = Client()
    phone.post("/accounts/login/", {"username": person.username, "password": PASSWORD})
    confirm_by_password(phone)
    phone.post("/accounts/sessions/end/")


def assert_nothing_is_left(page, person):
    """In any storage that pages have, or in the cookies that they cannot see."""
    stored = page.evaluate(STORED)
    # Whether more questions were open, for any person: the privacy page says so.
    stored["local"].pop("brainlog-more/midday", None)
    assert stored == {"local": {}, "session": {}, "databases": [], "caches": [], "cookie": ""}
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    assert {*cookies} <= {"csrftoken", "messages", settings.KNOWN_BROWSER_COOKIE_NAME}
    assert person.username not in str(cookies)


def assert_back_shows_nothing(page, presses: int):
    for _ in range(presses):
        page.evaluate("history.back()")
        page.wait_for_function("location.pathname !== '/'")
        expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
        assert SECRET not in page.content() and NOTE not in page.content()


def test_this_browser_keeps_pages_in_memory(remembering):
    """Or the tests below prove nothing."""
    remembering.goto("/")
    remembering.evaluate("window.mark = 'the same page'")
    remembering.goto("/accounts/login/")

    remembering.evaluate("history.back()")

    remembering.wait_for_function("window.mark === 'the same page'")


def test_nothing_is_left_in_any_storage_and_back_shows_nothing(remembering, person):
    page = remembering
    make_log(person, dreams=SECRET)
    sign_in(page, person)
    type_note(page)
    page.goto(f"/logs/{DAY}/")
    assert SECRET in page.content()
    page.goto("/accounts/security/")

    log_out(page, has_drafts=True)

    assert_nothing_is_left(page, person)
    assert_back_shows_nothing(page, 4)
    assert_nothing_is_left(page, person)


def test_nor_after_a_session_that_was_over_already(remembering, person):
    """The button on a page that was still open: no cookie is left that could change."""
    page = remembering
    make_log(person, dreams=SECRET)
    sign_in(page, person)
    type_note(page)
    page.goto(f"/logs/{DAY}/")
    page.goto("/accounts/profile/")
    Session.objects.update(expire_date="2020-01-01T00:00Z")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)

    press(page, "Log out")
    press(page, "Log out anyway")

    expect_saved(page, "You are logged out.")
    assert_nothing_is_left(page, person)
    assert_back_shows_nothing(page, 3)


@pytest.mark.parametrize("width", [320, pytest.param(390, marks=pytest.mark.thorough)])
def test_logging_out_lists_what_is_not_saved_and_leads_to_it(new_page, person, width):
    page = new_page(viewport={"width": width, "height": 700})
    sign_in(page, person)
    asked = answer_dialogs(page)
    type_note(page)
    page.goto(f"/reflections/{DAY}/")
    tap(page, "week_rating", "3")
    page.goto("/accounts/profile/")
    expect(unsaved_texts(page)).to_be_hidden()

    press(page, "Log out")

    expect(unsaved_texts(page)).to_be_focused()
    expect(unsaved_texts(page)).to_be_in_viewport()
    assert unsaved_texts(page).get_by_role("link").all_inner_texts() == ["Week of May 3, 2026", "Midday, May 4, 2026"]
    assert fits_its_screen(page)
    assert audit(page) == []
    press(page, "Stay logged in")
    expect(unsaved_texts(page)).to_be_hidden()
    expect(page.get_by_role("button", name="Log out", exact=True)).to_be_focused()
    press(page, "Log out")
    follow(page, "Midday, May 4, 2026")
    press(page, "Bring them back")
    expect(field(page, "current_activity")).to_have_value(NOTE)
    press(page, "Save")
    expect_saved(page, "Midday saved.")
    assert asked == []


def test_logging_out_of_a_hidden_page_lists_it_too(page, person):
    person.screen_lock_minutes = 5
    person.save()
    sign_in(page, person)
    type_note(page)
    page.evaluate("localStorage.setItem(`brainlog-active/${document.body.dataset.person}/`, Date.now() - 3_600_000)")
    page.reload()
    dialog = page.get_by_role("dialog")

    dialog.get_by_role("button", name="Log out").click()

    expect(dialog.get_by_role("link", name="Midday, May 4, 2026")).to_be_visible()
    dialog.get_by_role("button", name="Log out anyway").click()
    expect_saved(page, "You are logged out.")
    assert_nothing_is_left(page, person)


def test_who_has_typed_nothing_is_logged_out_at_once(page, person):
    sign_in(page, person)
    asked = answer_dialogs(page)

    log_out(page)

    assert asked == []


def test_other_tabs_close_and_leave_nothing_behind(page, person):
    sign_in(page, person)
    type_note(page)
    other = page.context.new_page()

    log_out(other, has_drafts=True)

    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    assert_nothing_is_left(other, person)


def test_tabs_of_another_person_stay_open(page, person, live_server):
    other = make_person()
    come_in(page, live_server, other)
    type_note(page)
    tab = page.context.new_page()
    tab.goto("/privacy/")
    tab.evaluate(f"new BroadcastChannel('brainlog-logged-out').postMessage('{person.pk}/')")
    tab.goto("/privacy/")

    assert field(page, "current_activity").input_value() == NOTE
    assert drafts(page) == [f"brainlog-draft/{other.pk}/{DAY}/midday"]


@pytest.mark.parametrize(
    "address", ["/", *(pytest.param(path, marks=pytest.mark.thorough) for path in ("/accounts/login/", MIDDAY))]
)
def test_a_login_that_was_ended_elsewhere_leaves_nothing_at_the_next_visit(remembering, person, address):
    page = remembering
    make_log(person, dreams=SECRET)
    sign_in(page, person)
    page.goto(f"/logs/{DAY}/")
    type_note(page)
    page.evaluate("localStorage.setItem('brainlog-draft/0/2026-05-04/midday/x', '{}')")
    end_from_elsewhere(person)

    page.goto(address)

    expect(page.get_by_text("You were logged out of this browser")).to_be_visible()
    expect(page.get_by_text("What you typed is kept")).to_have_count(0)
    assert drafts(page) == ["brainlog-draft/0/2026-05-04/midday"], "Those of other people stay."
    page.evaluate("localStorage.clear()")
    assert_nothing_is_left(page, person)
    assert_back_shows_nothing(page, 1)
    page.goto("/accounts/login/")
    log_in(page, person)
    page.goto(MIDDAY)
    expect(offer(page)).to_be_hidden()
    type_note(page)


def test_a_login_that_has_merely_expired_leaves_what_was_typed_to_its_person(page, person):
    sign_in(page, person)
    type_note(page)
    Session.objects.update(expire_date="2020-01-01T00:00Z")

    press(page, "Save")

    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    expect(page.get_by_text("You were logged out of this browser")).to_have_count(0)
    wait_until_kept(page, NOTE)
    log_in(page, person)
    expect(field(page, "current_activity")).to_have_value(NOTE)
