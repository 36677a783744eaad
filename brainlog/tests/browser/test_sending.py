"""What a page shows while a form is on its way, and after it came back with errors."""

import pytest
from playwright.sync_api import Page, expect

from accounts.tests.factories import PASSWORD
from brainlog.tests.browser.site import confirmed
from brainlog.tests.browser.steps import (
    MIDDAY,
    NOTE,
    answer,
    come_in,
    expect_no_drafts,
    expect_saved,
    field,
    fits_its_screen,
    follow,
    given_answers,
    option,
    press,
    tap,
    type_note,
    unfold,
)
from brainlog.tests.browser.test_accessibility import audit
from logs.tests.factories import DAY

pytestmark = pytest.mark.once

MORNING = f"/logs/{DAY}/morning/"
PHONES = [{"width": 320, "height": 568}, {"width": 390, "height": 844}]
each_phone = pytest.mark.parametrize("phone", PHONES, ids=["320", "390"])
with_and_without = pytest.mark.parametrize("java_script_enabled", [True, False], ids=["with JavaScript", "without"])


def answer_nothing(page: Page, address: str) -> list[str]:
    """Let saves come to nothing: the browser stays on the page. Returns a list that the requests' texts will be in."""
    sent = []

    def stay(route):
        if route.request.method != "POST":
            return route.continue_()
        sent.append(route.request.post_data)
        return route.fulfill(status=204)

    page.route(f"**{address}*", stay)
    return sent


def errors(page: Page):
    return page.get_by_role("alert")


@each_phone
def test_a_save_on_its_way_shows_and_can_be_repeated_if_no_answer_comes(new_page, live_server, person, phone):
    page = come_in(new_page(viewport=phone), live_server, person)
    page.clock.install()
    type_note(page)
    sent = answer_nothing(page, MIDDAY)

    press(page, "Save")

    button = page.get_by_role("button", name="Saving …")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(button).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Saving …")).to_have_count(1)
    assert fits_its_screen(page)
    assert audit(page) == []
    button.click(force=True)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Save and next").click()
    assert len(sent) == 1

    page.clock.fast_forward("00:11")

    expect(page.get_by_role("status").filter(has_text="This is taking long. You can try again.")).to_be_visible()
    expect(page.get_by_role("button", name="Save", exact=True)).not_to_have_attribute("aria-disabled", "true")
    page.unroute(f"**{MIDDAY}*")
    press(page, "Save")
    expect_saved(page, "Midday saved.")
    assert person.daily_logs.get().current_activity == NOTE
    expect_no_drafts(page)


def test_the_button_that_was_pressed_is_sent_as_ever(own_page, person):
    own_page.goto(MIDDAY)
    tap(own_page, "focus_level", "4")
    press(own_page, "Save and next")
    expect(own_page.get_by_role("heading", level=1)).to_have_text("Afternoon")
    assert person.daily_logs.get().focus_level == 4


def test_the_enter_key_shows_it_on_the_button_in_sight(own_page):
    own_page.goto(MORNING)
    field(own_page, "sleep_hours").fill("7")
    answer_nothing(own_page, MORNING)

    field(own_page, "sleep_hours").press("Enter")

    expect(own_page.get_by_role("button", name="Saving …")).to_be_visible()


@pytest.mark.parametrize(
    ("address", "button", "shown"),
    [
        ("/accounts/profile/", "Save", "Saving …"),
        (f"/reflections/{DAY}/", "Save", "Saving …"),
        ("/accounts/delete/", "Delete everything", "One moment …"),
    ],
)
def test_other_forms_show_it_too(own_page, address, button, shown):
    own_page.goto(address)
    sent = answer_nothing(own_page, address)

    press(own_page, button)

    expect(own_page.get_by_role("button", name=shown)).to_be_visible()
    own_page.get_by_role("button", name=shown).click(force=True)
    assert len(sent) == 1


def test_a_download_leaves_its_page_as_it_is(own_page):
    own_page.goto("/accounts/data/export/")
    confirmed(own_page, None)

    with own_page.expect_download():
        press(own_page, "Download")

    expect(own_page.get_by_role("button", name="Download")).to_be_visible()


def test_a_page_out_of_the_browsers_memory_can_send_again(page):
    page.goto("/accounts/login/")
    answer_nothing(page, "/accounts/login/")
    page.fill("[name=username]", "ada")
    page.fill("[name=password]", "x")
    press(page, "Log in")
    expect(page.get_by_role("button", name="One moment …")).to_be_visible()

    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")

    expect(page.get_by_role("button", name="Log in", exact=True)).to_be_visible()


# After an error


@pytest.mark.matrix
@each_phone
@with_and_without
def test_the_errors_are_in_sight_and_have_the_focus(new_page, live_server, person, phone, java_script_enabled):
    page = come_in(new_page(viewport=phone, java_script_enabled=java_script_enabled), live_server, person)
    page.goto(MORNING)
    unfold(page)
    answer(page, {"sleep_hours": "25", "dreams": "y" * 4001})

    press(page, "Save")

    expect(errors(page)).to_be_focused()
    expect(errors(page)).to_be_in_viewport()


@with_and_without
def test_the_errors_of_a_page_of_one_button_have_the_focus(new_page, live_server, person, java_script_enabled):
    phone = new_page(viewport={"width": 320, "height": 568}, java_script_enabled=java_script_enabled)
    page = come_in(phone, live_server, person)
    page.goto("/accounts/second-factor/codes/new/")
    field(page, "password").fill(PASSWORD)
    press(page, "Go on")

    press(page, "Make new ones")

    expect(errors(page)).to_be_focused()
    expect(errors(page)).to_contain_text("without having two-factor authentication enabled")


@each_phone
def test_the_list_of_errors_leads_into_each_field(new_page, live_server, person, phone):
    page = come_in(new_page(viewport=phone), live_server, person)
    page.goto(MORNING)
    unfold(page)
    answer(page, {"sleep_hours": "25", "dreams": "y" * 4001})
    press(page, "Save")
    for label, name in (("Hours of sleep", "sleep_hours"), ("Dreams and notes on sleep", "dreams")):
        page.locator("details[data-more]").evaluate("details => details.open = false")

        errors(page).get_by_role("link", name=label).click()

        expect(field(page, name)).to_be_focused()
        expect(field(page, name)).to_be_in_viewport()
        assert "#" not in page.url


@pytest.mark.parametrize(("chosen", "focused"), [(None, "1"), ("7", "7")])
def test_it_leads_to_the_chosen_button_of_a_group_or_else_to_the_first(own_page, chosen, focused):
    own_page.goto(f"/logs/{DAY}/evening/")
    if chosen:
        tap(own_page, "day_rating", chosen)
    own_page.evaluate(
        """() => {
            const list = document.createElement("div");
            list.className = "errors";
            const link = document.createElement("a");
            [link.href, link.textContent] = ["#field-day_rating", "The day"];
            list.append(link);
            document.querySelector("main").prepend(list);
            return import("/static/brainlog.js?again");
        }"""
    )

    follow(own_page, "The day")

    expect(option(own_page, "day_rating", focused)).to_be_focused()


@with_and_without
def test_no_fragment_pulls_the_page_down_again(new_page, live_server, person, java_script_enabled):
    page = come_in(new_page(java_script_enabled=java_script_enabled), live_server, person)
    page.goto(MORNING + "#field-dreams")
    unfold(page)
    answer(page, {"sleep_hours": "25", "dreams": "y" * 4001})
    press(page, "Save")
    expect(errors(page)).to_be_in_viewport()
    errors(page).get_by_role("link", name="Dreams and notes on sleep").click()
    expect(field(page, "dreams")).to_be_in_viewport()

    field(page, "dreams").fill("Flying")
    press(page, "Save")

    expect(errors(page)).to_be_focused()
    expect(errors(page)).to_be_in_viewport()
    assert given_answers(page)["dreams"] == "Flying"
    assert "#" not in page.url


def test_a_page_opened_with_a_fragment_forgets_it(own_page):
    own_page.goto(MORNING + "#field-morning_mood")
    expect(own_page).to_have_url(MORNING)

    own_page.evaluate("scrollTo(0, 0)")
    own_page.reload()

    assert own_page.evaluate("scrollY") == 0
