"""The Back button after a save that failed, where no draft is stored: without JavaScript, and without storage."""

import pytest
from playwright.sync_api import expect

from accounts.models import Session
from accounts.tests.factories import make_person
from brainlog.tests.browser.steps import (
    MIDDAY,
    NOTE,
    come_in,
    expect_saved,
    field,
    given_answers,
    log_in,
    option,
    press,
    tap,
    type_note,
    unfold,
)
from logs.tests.factories import DAY, make_log
from reflections.tests.factories import SUNDAY

pytestmark = pytest.mark.once

REFUSED = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})"
WEEK = f"/reflections/{SUNDAY}/"


@pytest.fixture
def without_javascript(new_page, live_server, person):
    return come_in(new_page(java_script_enabled=False), live_server, person)


@pytest.fixture
def without_storage(page, live_server, person):
    page.add_init_script(REFUSED)
    return come_in(page, live_server, person)


@pytest.fixture(params=["without_javascript", "without_storage"])
def own_page(request):
    return request.getfixturevalue(request.param)


def break_saves(monkeypatch):
    for view in ("logs.views.store", "reflections.views.store"):
        monkeypatch.setattr(view, lambda open_form: 1 / 0)


@pytest.mark.parametrize(
    ("address", "score", "note"),
    [(MIDDAY, "focus_level", "current_activity"), (WEEK, "week_rating", "week_highlights")],
)
def test_it_brings_back_what_was_typed(own_page, person, monkeypatch, expected_errors, address, score, note):
    expected_errors.append("status of 500")
    own_page.goto(address)
    tap(own_page, score, "3")
    unfold(own_page)
    field(own_page, note).fill(NOTE)
    with monkeypatch.context() as broken:
        break_saves(broken)
        press(own_page, "Save")
        expect(own_page.get_by_role("heading", level=1)).to_have_text("Something broke on our side")
    expect(own_page.locator("[data-kept]")).to_be_hidden()
    expect(own_page.get_by_text("If you were writing, go back one page")).to_be_visible()

    own_page.go_back()

    expect(field(own_page, note)).to_have_value(NOTE)
    expect(option(own_page, score, "3")).to_be_checked()
    press(own_page, "Save")
    expect(own_page.get_by_role("status").filter(has_text="saved")).to_be_visible()
    [row] = [*person.daily_logs.all(), *person.weekly_reflections.all()]
    assert (getattr(row, note), getattr(row, score)) == (NOTE, 3)


def test_it_does_so_after_a_new_login(without_javascript, person):
    page = without_javascript
    page.goto(MIDDAY)
    unfold(page)
    field(page, "current_activity").fill(NOTE)
    Session.objects.all().delete()
    press(page, "Save")
    said = page.locator(".subtitle").inner_text()  # Playwright's locators do not see <noscript>.
    assert "If you were writing: log in, then go back until you see it again." in said
    log_in(page, person)
    expect(page).to_have_url(MIDDAY)

    while field(page, "current_activity").input_value() != NOTE:
        page.go_back()

    press(page, "Save")
    expect_saved(page, "Midday saved.")
    assert person.daily_logs.get().current_activity == NOTE


def test_it_does_not_bring_input_over_newer_answers(own_page, person):
    own_page.goto(MIDDAY)
    tap(own_page, "focus_level", "3")
    own_page.on("dialog", lambda dialog: dialog.accept())  # What is typed here cannot be kept.
    own_page.goto("/logs/")
    make_log(person, DAY, focus_level=9)

    own_page.go_back()

    expect(option(own_page, "focus_level", "9")).to_be_checked()


def test_it_brings_nothing_to_another_person(without_javascript, live_server):
    page = without_javascript
    page.goto(MIDDAY)
    unfold(page)
    field(page, "current_activity").fill(NOTE)
    page.goto("/logs/")
    come_in(page, live_server, make_person())

    page.go_back()

    expect(field(page, "current_activity")).to_have_value("")


def test_where_drafts_are_stored_it_shows_what_is_stored(page, live_server, person):
    make_log(person, DAY, focus_level=9)
    come_in(page, live_server, person)
    type_note(page)
    tap(page, "focus_level", "3")
    page.goto("/logs/")

    page.go_back()

    assert given_answers(page) == {"focus_level": "9"}
    press(page, "Bring them back")
    assert given_answers(page) == {"focus_level": "3", "current_activity": NOTE}


def test_a_page_promises_only_what_is_kept(page, live_server, person, monkeypatch, expected_errors):
    expected_errors += ["status of 500", "status of 403"]
    come_in(page, live_server, person)
    type_note(page)
    with monkeypatch.context() as broken:
        break_saves(broken)
        press(page, "Save")
    expect(page.get_by_text("What you typed is kept in your browser")).to_be_visible()
    expect(page.locator("[data-not-kept]")).to_be_hidden()

    page.context.clear_cookies(name="sessionid")
    page.goto(MIDDAY)
    expect(page.get_by_text("What you typed is kept in your browser.")).to_be_visible()
