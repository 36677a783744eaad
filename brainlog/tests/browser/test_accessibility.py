"""Accessibility of every page: axe, target sizes, headings, titles, and layouts.

In short with one theme and two layouts a page, in the long form with both themes and each layout in layouts.py.
"""

from collections import defaultdict

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.tests.factories import make_person
from brainlog.tests.addresses import addresses_of
from brainlog.tests.browser.layouts import (
    IN_FORCED_COLORS,
    IN_TURN,
    LAYOUTS,
    PHONE,
    SMALL_PHONE,
    SMALL_PHONE_ON_ITS_SIDE,
    WIDE,
    problems_of_layout,
    problems_on_paper,
)
from brainlog.tests.browser.site import NOT_PAGES, ONE_DAY, VIEWS, World
from brainlog.tests.browser.steps import come_in
from logs.stages import MORNING, STAGES, stage_for_hour
from logs.tests.factories import make_log
from testing.accessibility import violations

pytestmark = pytest.mark.once

# What a thumb hits: a label stands for its radio button or checkbox. A link amid the
# words of a sentence may be as high as its line. The days of a year are seen at once, so that each has the least that
# WCAG 2.2 asks for, 24 px; the history leads to each of them too.
SMALL_TARGETS = """() => {
    const isInSentence = (element) => element.matches("a")
        && getComputedStyle(element).display.startsWith("inline")
        && [...element.parentElement.childNodes].some(({nodeType, data}) => nodeType === Node.TEXT_NODE && data.trim());
    return [...document.querySelectorAll("a, button, summary, select, textarea, input:not([type=hidden])")]
        .filter((element) => element.checkVisibility({visibilityProperty: true}))
        .filter((element) => !element.closest("[aria-hidden=true]") && !isInSentence(element))
        .map((element) => element.matches("[type=radio], [type=checkbox]") ? element.labels[0] : element)
        .map((element) => [element.getBoundingClientRect(), element.outerHTML.slice(0, 150), element.closest(".cells")])
        .filter(([{width, height}, _html, isOfYear]) => Math.min(width, height) < (isOfYear ? 24 : 43.9))
        .map(([{width, height}, html]) => `${width.toFixed(1)} × ${height.toFixed(1)}: ${html}`);
}"""


IS_UNCOVERED = """(element) => {
    const {left, right, top, bottom} = element.getBoundingClientRect();
    return [top + 2, bottom - 2].every((y) => document.elementFromPoint((left + right) / 2, y) === element);
}"""


THEMES = "light", "dark"


def audit(page, number=0, is_wide=False, is_thorough=False) -> list[str]:
    """The problems of the current page as texts: in both themes and all layouts, or in short, each page in turn.

    In short, pages with an even number are looked at in the light theme and on a small phone, and those with an odd one
    in the dark theme and with large text.
    """
    problems = []
    for theme in THEMES if is_thorough else [THEMES[number % 2]]:
        # During a transition of colours, contrast cannot be measured.
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        problems += [f"in {theme}: {violation}" for violation in violations(page)]
    if is_thorough and is_wide:
        page.set_viewport_size(WIDE)
        problems += [f"on a wide screen: {violation}" for violation in violations(page)]
        page.set_viewport_size(PHONE)
    problems += [f"too small for a thumb, {target}" for target in page.evaluate(SMALL_TARGETS)]
    for layout in LAYOUTS if is_thorough else [IN_TURN[number % 2], IN_FORCED_COLORS]:
        problems += problems_of_layout(page, layout)
    problems += problems_on_paper(page)
    page.set_viewport_size(PHONE)
    if page.locator("h1").count() != 1:
        problems.append(f"{page.locator('h1').count()} headings of level 1")
    if not page.title().removesuffix(" · Brain Log").strip():
        problems.append("no title")
    return problems


@pytest.mark.parametrize("who", ["visitor", "regular"])
def test_every_page_is_accessible(new_page, live_server, settings, expected_errors, who):
    check_every_page(new_page, live_server, settings, expected_errors, who)


# The long form alone has the people who have logged nothing, not tracked some days, or secured their account: theirs
# are mostly the same pages.
@pytest.mark.thorough
@pytest.mark.parametrize("who", ["visitor", "regular", "newcomer", "ill", "careful"])
def test_every_page_can_be_used_in_the_dark_and_in_every_layout(new_page, live_server, settings, expected_errors, who):
    check_every_page(new_page, live_server, settings, expected_errors, who, is_thorough=True)


def check_every_page(new_page, live_server, settings, expected_errors, who, is_thorough=False):
    settings.ROOT_URLCONF = "brainlog.tests.browser.urls"
    world = World.make()
    page = new_page(viewport=PHONE)
    problems, titles = [], defaultdict(set)
    for number, view in enumerate(view for view in VIEWS if view.who == who):
        if who != "visitor":
            come_in(page, live_server, getattr(world, who))
        if view.error:
            expected_errors.append(f"status of {view.error}")
        view.open(page, world)
        problems += [f"{view.name}, {problem}" for problem in audit(page, number, view.is_wide, is_thorough)]
        titles[page.title()].add(view.route)
        page.evaluate("localStorage.clear()")
        page.close(run_before_unload=False)
        page = page.context.new_page()
    assert not problems, "\n".join(problems)
    assert {title: routes for title, routes in titles.items() if len(routes) > 1} == {}


@pytest.mark.parametrize("stage", STAGES, ids=str)
def test_the_check_in_of_now_fits_on_a_small_phone(new_page, live_server, stage):
    """Each check-in is the current one at some hour; their names differ in length."""
    hour = next(hour for hour in range(5, 24) if stage_for_hour(hour, 4) is stage)
    behind = (timezone.now().hour - hour + 12) % 24 - 12  # the server's zone, in hours
    person = make_person(timezone=f"Etc/GMT{behind:+d}")
    page = come_in(new_page(viewport=SMALL_PHONE), live_server, person)

    page.goto("/")

    assert page.locator(".check-in.now").count() == 1
    assert str(stage.title) in page.locator(".check-in.now").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") == SMALL_PHONE["width"]


@pytest.mark.parametrize("stage", STAGES, ids=str)
def test_a_check_in_shows_a_question_on_a_small_phone_on_its_side(new_page, live_server, stage):
    """Below the text of the evening before, too, which the morning shows."""
    person = make_person()
    make_log(person, person.today() - ONE_DAY, thought_for_tomorrow="One thing", tomorrow_plan="Then the next")
    page = come_in(new_page(viewport=SMALL_PHONE_ON_ITS_SIDE), live_server, person)

    page.goto(f"/logs/{person.today()}/{stage}/")

    expect(page.locator(".quoted")).to_have_count(1 if stage is MORNING else 0)
    answer = page.locator(".field").first.locator("input").first
    expect(answer).to_be_in_viewport(ratio=1)
    assert answer.evaluate(IS_UNCOVERED)


@pytest.mark.parametrize(("width", "has_words"), [(320, False), (360, True)])
def test_the_check_ins_of_a_day_are_named_where_the_names_fit(new_page, live_server, person, width, has_words):
    page = come_in(new_page(viewport={"width": width, "height": 640}), live_server, person)
    page.goto(f"/logs/{person.today()}/midday/")

    links = page.get_by_role("navigation", name="Check-ins of this day").get_by_role("link")

    expect(links).to_have_count(len(STAGES))
    for link, stage in zip(links.all(), STAGES, strict=True):
        expect(link).to_have_accessible_name(f"{stage.title} not started")
        assert (link.locator(".name").bounding_box()["width"] > 20) == has_words
    assert page.locator(".stages ol").evaluate("list => list.scrollWidth - list.clientWidth") == 0


def test_check_ins_come_before_what_was_written_the_evening_before(new_page, live_server, person):
    make_log(person, person.today() - ONE_DAY, thought_for_tomorrow="One thing " * 50, tomorrow_plan="Another " * 50)
    page = come_in(new_page(viewport=SMALL_PHONE), live_server, person)

    page.goto("/")

    last = page.locator(".check-in").last.bounding_box()
    assert last["y"] + last["height"] < page.locator(".quoted").first.bounding_box()["y"]


def test_no_page_is_forgotten():
    # Django tests the pages of its admin itself.
    routes = {name for name, _ in addresses_of() if not name.startswith("admin:")}
    assert len(routes) > 15
    assert routes == {view.route for view in VIEWS if view.route != "error"} | NOT_PAGES
