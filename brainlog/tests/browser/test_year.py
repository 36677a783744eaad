"""The cells of a year that is over: keys, fingers, what a cell says, and how large it is."""

import datetime

import pytest
from playwright.sync_api import expect

from brainlog.tests.browser.layouts import PHONE, SMALL_PHONE, WIDE
from brainlog.tests.browser.steps import come_in
from logs.tests.factories import make_log

pytestmark = pytest.mark.once

DAY = datetime.date(2025, 5, 15)
YEAR = "/insights/year/2025/"


@pytest.fixture
def open_year(new_page, live_server, person):
    make_log(person, DAY, day_rating=7)

    def open_year(size, **options):
        page = come_in(new_page(viewport=size, **options), live_server, person)
        page.goto(YEAR)
        return page

    return open_year


def cell(page, month: int, day: int):
    return page.locator(f'.cells a[href="/logs/2025-{month:02}-{day:02}/"]')


@pytest.mark.parametrize(("size", "is_wide"), [(PHONE, False), (WIDE, True)], ids=["months as columns", "as rows"])
def test_arrow_keys_go_from_day_to_day_and_tab_past_all_of_them(open_year, size, is_wide):
    page = open_year(size)
    cell(page, 5, 15).focus()

    for key, there, then in (
        ("ArrowRight", (5, 16), (6, 15)),
        ("ArrowLeft", (5, 15), (5, 15)),
        ("ArrowDown", (6, 15), (5, 16)),
        ("ArrowUp", (5, 15), (5, 15)),
    ):
        page.keyboard.press(key)
        expect(cell(page, *(there if is_wide else then))).to_be_focused()

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.cells')") is None
    page.keyboard.press("Shift+Tab")
    expect(cell(page, 5, 15)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/logs/{DAY}/")


def test_what_a_cell_says_is_seen_while_it_has_the_focus_until_escape(open_year):
    page = open_year(PHONE)
    link = cell(page, 5, 15)
    tip = link.locator(".tip")
    expect(link).to_have_accessible_name("Thursday, May 15, 2025: 7 of 10")
    assert tip.bounding_box()["width"] == 1

    page.keyboard.press("Tab")
    link.focus()
    box = tip.bounding_box()
    assert box["width"] > 60 and box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]

    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_the_first_tap_shows_what_a_cell_says_and_the_second_opens_its_day(open_year):
    page = open_year(PHONE, has_touch=True)
    link = cell(page, 5, 15)

    cell(page, 3, 1).tap()
    link.tap()
    expect(page).to_have_url(f"{page.url.split('/insights')[0]}{YEAR}")
    expect(page.locator(".cells .shown")).to_have_count(1)
    assert link.locator(".tip").bounding_box()["width"] > 60

    link.tap()
    page.wait_for_url(f"**/logs/{DAY}/")


@pytest.mark.parametrize("size", [SMALL_PHONE, PHONE, WIDE], ids=["320", "390", "1280"])
def test_each_cell_has_room_for_a_finger_and_its_number(open_year, size):
    """WCAG 2.2, 2.5.8: 24 px from the middle of one target to that of the next."""
    page = open_year(size)
    one, right, below = (cell(page, *day).bounding_box() for day in ((5, 15), (5, 16), (6, 15)))

    for other in (right, below):
        assert max(abs(other["x"] - one["x"]), abs(other["y"] - one["y"])) >= 24
    number = cell(page, 5, 15).locator("[aria-hidden]").bounding_box()
    assert number["width"] > 3 and number["x"] >= one["x"] and number["x"] + number["width"] <= one["x"] + one["width"]


def test_without_javascript_each_cell_leads_to_its_day(open_year):
    page = open_year(PHONE, java_script_enabled=False)

    cell(page, 5, 15).click()

    page.wait_for_url(f"**/logs/{DAY}/")


def test_in_forced_colours_an_answer_looks_unlike_none(open_year):
    """The number of an answer may be too long for its cell."""
    page = open_year(PHONE, forced_colors="active")

    def background(each):
        return each.evaluate("element => getComputedStyle(element).backgroundColor")

    assert background(cell(page, 5, 15)) != background(cell(page, 5, 16))
