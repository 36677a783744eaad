"""Saves that fail: an expired session, a lost network, a conflicting save."""

import pytest
from django.db import connection
from playwright.sync_api import expect

from accounts.models import Session
from accounts.tests.factories import PASSWORD, make_person
from brainlog.tests.browser.steps import (
    MIDDAY,
    NOTE,
    answer,
    clear,
    come_in,
    drafts,
    expect_saved,
    field,
    follow,
    given_answers,
    log_in,
    offer,
    press,
    put_sent_draft,
    reopen,
    restored,
    tap,
    type_note,
    unfold,
    wait_until_kept,
)
from logs.answer_form import store
from logs.tests.factories import DAY, make_log

pytestmark = pytest.mark.thorough_on_sqlite


def expect_brought_back(page, person):
    """The typed text is in the form again, and not stored."""
    expect(restored(page)).to_be_visible()
    expect(field(page, "current_activity")).to_have_value(NOTE)
    assert not person.daily_logs.exists()


def expect_it_saves(page, person):
    press(page, "Save")
    expect_saved(page, "Midday saved")
    assert person.daily_logs.get().current_activity == NOTE
    assert drafts(page) == []


def test_the_session_has_expired(own_page, person):
    type_note(own_page)
    Session.objects.all().delete()
    press(own_page, "Save")
    expect(own_page.get_by_role("heading", level=1)).to_have_text("Log in")
    log_in(own_page, person)
    expect(own_page).to_have_url(MIDDAY)
    expect_brought_back(own_page, person)
    expect_it_saves(own_page, person)


def test_the_session_has_expired_and_another_person_logs_in(own_page, person):
    type_note(own_page)
    Session.objects.all().delete()
    press(own_page, "Save")
    other = make_person()
    log_in(own_page, other)
    expect(own_page).to_have_url(MIDDAY)
    assert given_answers(own_page) == {}
    assert NOTE not in own_page.content()
    assert not other.daily_logs.exists()
    # Its owner still finds it.
    assert drafts(own_page) == [f"brainlog-draft/{person.pk}/{DAY}/midday"]


def test_the_network_fails_and_the_browser_does_not_know(own_page, person, expected_errors):
    """With a browser that knows, see test_offline.py."""
    expected_errors.append("net::ERR_INTERNET_DISCONNECTED")
    type_note(own_page)
    own_page.route("**/*", lambda route: route.abort("internetdisconnected"))
    press(own_page, "Save")
    expect(own_page.locator("form")).to_have_count(0)
    own_page.unroute("**/*")
    own_page.goto("/")
    follow(own_page, "Midday, May 4, 2026")
    expect_brought_back(own_page, person)
    expect_it_saves(own_page, person)


def test_the_server_breaks(own_page, person, monkeypatch, expected_errors):
    expected_errors.append("status of 500")
    type_note(own_page)
    with monkeypatch.context() as broken:
        broken.setattr("logs.views.store", lambda open_form: 1 / 0)
        press(own_page, "Save")
        expect(own_page.get_by_role("heading", level=1)).to_have_text("Something broke on our side")
    own_page.goto(MIDDAY)
    expect_brought_back(own_page, person)
    expect_it_saves(own_page, person)


def test_the_database_takes_no_writes(own_page, person, monkeypatch, expected_errors):
    expected_errors.append("status of 503")
    type_note(own_page)
    with monkeypatch.context() as broken:
        broken.setattr("logs.views.store", store_without_writing)
        press(own_page, "Save")
        expect(own_page.get_by_role("heading", level=1)).to_have_text("We cannot reach your log just now")
    follow(own_page, "Open the page again")
    expect(own_page).to_have_url(MIDDAY)
    expect_brought_back(own_page, person)
    expect_it_saves(own_page, person)


def store_without_writing(open_form):
    """The view's function, while the connection of the server is read-only."""
    turn = "PRAGMA query_only = {}" if connection.vendor == "sqlite" else "SET default_transaction_read_only = {}"
    with connection.cursor() as cursor:
        cursor.execute(turn.format("on"))
        try:
            return store(open_form)
        finally:
            cursor.execute(turn.format("off"))


def test_the_answer_is_lost_after_the_server_stored_it(own_page, person, expected_errors):
    expected_errors.append("net::ERR_FAILED")
    type_note(own_page, NOTE + "  ")

    def lose_the_answer(route):
        route.fetch(max_redirects=0)
        route.abort()

    own_page.route(f"**{MIDDAY}", lose_the_answer)
    press(own_page, "Save")
    expect(own_page.locator("form")).to_have_count(0)
    assert person.daily_logs.get().current_activity == NOTE
    # "Saved" was in the answer too.
    own_page.context.clear_cookies(name="messages")

    # The server trimmed it, so the browser cannot know: saving once more is no conflict.
    page = reopen(own_page, MIDDAY)
    expect(restored(page)).to_be_visible()
    unfold(page)
    expect_it_saves(page, person)


def test_a_draft_that_equals_what_is_stored_is_put_away(own_page, person, expected_errors):
    type_note(own_page)
    page = reopen(own_page)
    make_log(person, current_activity=NOTE)
    page.goto(MIDDAY)
    expect(offer(page)).to_be_hidden()
    expect(restored(page)).to_be_hidden()
    assert drafts(page) == []


def test_the_page_was_open_while_the_person_logged_in_again(own_page, person, expected_errors):
    expected_errors.append("status of 403")
    type_note(own_page)
    own_page.context.clear_cookies(name="sessionid")
    tab = own_page.context.new_page()
    tab.goto("/accounts/login/")
    log_in(tab, person)
    expect(tab.get_by_role("heading", level=1)).to_have_text("Today")

    press(own_page, "Save")
    expect(own_page.get_by_role("heading", level=1)).to_have_text("This page was open for a long time")
    follow(own_page, "Open the page again")
    expect_brought_back(own_page, person)
    expect_it_saves(own_page, person)


def test_a_page_with_errors_is_kept_as_well(own_page, person):
    own_page.goto(f"/logs/{DAY}/morning/")
    unfold(own_page)
    typed = {"sleep_hours": "many", "morning_mood": "4", "dreams": NOTE}
    answer(own_page, typed)
    press(own_page, "Save")
    expect(own_page.get_by_role("alert")).to_contain_text("Write the hours")
    assert given_answers(own_page) == typed

    page = reopen(own_page, f"/logs/{DAY}/morning/")
    # The readable answers are saved.
    assert given_answers(page) == {name: typed[name] for name in ("morning_mood", "dreams")}
    press(page, "Bring them back")
    assert given_answers(page) == typed
    answer(page, {"sleep_hours": "7"})
    press(page, "Save")
    expect_saved(page, "Morning saved")
    assert drafts(page) == []
    assert person.daily_logs.get().dreams == NOTE


@pytest.mark.parametrize("state", ["waits", "needsYou"])
def test_a_page_with_errors_takes_no_draft_along_that_waits_or_needs_the_person(
    own_page, person, state, expected_errors
):
    """Such a draft is of another tab: the page with the errors has nothing of it."""
    expected_errors.append("net::ERR_FAILED")
    own_page.context.route("**/logs/waiting/", lambda route: route.abort())
    own_page.goto(f"/logs/{DAY}/morning/")
    put_sent_draft(own_page, f"{DAY}/morning", [["dreams", NOTE]], state)
    answer(own_page, {"sleep_hours": "many"})

    press(own_page, "Save")

    expect(own_page.get_by_role("alert")).to_contain_text("Write the hours")
    assert given_answers(own_page) == {"sleep_hours": "many"}
    wait_until_kept(own_page, "many")
    assert own_page.evaluate("key => Boolean(localStorage.getItem(key))", f"brainlog-draft/{person.pk}/{DAY}/morning/x")
    # What waits is sent by itself.
    expect(offer(own_page)).to_be_visible(visible=state == "needsYou")


def save_slowly(page, meanwhile):
    """Press Save, and run a script in the page while the request is on its way.

    Playwright does nothing in a page that waits for an answer, so another tab gives the sign.
    """
    page.evaluate(
        f"""addEventListener("storage", ({{key}}) => {{
            if (key !== "now") return;
            {meanwhile}
            localStorage.setItem("done", "yes");
        }})"""
    )
    other_tab = page.context.new_page()
    other_tab.goto("/")
    held = []
    page.route("**/logs/**", lambda route: route.continue_() if held else held.append(route))
    with page.expect_request("**/logs/**"):
        page.get_by_role("button", name="Save", exact=True).click(no_wait_after=True)
    other_tab.evaluate("localStorage.setItem('now', 'yes')")
    other_tab.wait_for_function("() => localStorage.getItem('done')")  # As a text, the policy refuses it.
    held[0].continue_()


def test_what_is_typed_while_a_save_is_on_its_way_is_kept(own_page, person):
    type_note(own_page, "sent")
    save_slowly(
        own_page,
        """const input = document.querySelector("[name=current_activity]");
        input.value = "sent, and more";
        input.dispatchEvent(new Event("change", {bubbles: true}));""",
    )
    expect_saved(own_page, "Midday saved")
    assert person.daily_logs.get().current_activity == "sent"

    own_page.goto(MIDDAY)
    press(own_page, "Bring them back")
    expect(field(own_page, "current_activity")).to_have_value("sent, and more")


def test_a_double_tap_sends_once(own_page, person):
    own_page.goto(f"/logs/{DAY}/medication/")
    answer(own_page, {"medication_taken": "true", "doses-0-medication": "Concerta", "doses-0-amount": "36"})
    field(own_page, "doses-0-unit").select_option("mg")
    sent = []
    own_page.on("request", lambda request: sent.append(request.method))
    save_slowly(own_page, "document.querySelector('.actions .button.main').click();")
    expect_saved(own_page, "Medication saved.")
    assert sent.count("POST") == 1
    assert person.daily_logs.get().doses.count() == 1


def test_going_back_after_a_save_shows_what_is_stored(own_page, person):
    type_note(own_page)
    press(own_page, "Save")
    expect_saved(own_page, "Midday saved")
    log = person.daily_logs.get()
    log.focus_level = 9  # and meanwhile on another device
    log.save()
    own_page.go_back()
    assert given_answers(own_page) == {"current_activity": NOTE, "focus_level": "9"}
    expect(offer(own_page)).to_be_hidden()
    expect(restored(own_page)).to_be_hidden()
    tap(own_page, "energy_level", "2")
    press(own_page, "Save")
    expect_saved(own_page, "Midday saved")


def test_a_page_out_of_the_browsers_memory_is_loaded_again(own_page, person):
    type_note(own_page)
    make_log(person, focus_level=9)
    with own_page.expect_navigation():
        own_page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    assert given_answers(own_page) == {"focus_level": "9"}
    press(own_page, "Bring them back")
    assert given_answers(own_page) == {"current_activity": NOTE}


def test_log_out_takes_all_of_ones_own_drafts_and_none_of_anothers(own_page, person, live_server):
    other = make_person()
    kept = {person: [], other: []}
    for someone in kept:
        come_in(own_page, live_server, someone)
        for stage in ("midday", "evening"):
            own_page.goto(f"/logs/{DAY}/{stage}/")
            tap(own_page, "focus_level" if stage == "midday" else "day_rating", "3")
            wait_until_kept(own_page)
            own_page = reopen(own_page)
            kept[someone].append(f"brainlog-draft/{someone.pk}/{DAY}/{stage}")
    own_page.goto("/accounts/profile/")
    assert drafts(own_page) == sorted(kept[person] + kept[other])
    press(own_page, "Log out")
    press(own_page, "Log out anyway")
    expect_saved(own_page, "You are logged out.")
    assert drafts(own_page) == sorted(kept[person])

    # Nor does a deleted account leave anything behind.
    come_in(own_page, live_server, person)
    own_page.goto("/accounts/delete/")
    own_page.fill("[name=username]", person.username)
    own_page.fill("[name=password]", PASSWORD)
    press(own_page, "Delete everything")
    expect_saved(own_page, "deleted")
    assert drafts(own_page) == []


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_answers_saved_elsewhere_meanwhile_are_put_side_by_side(new_page, live_server, person, java_script_enabled):
    page = come_in(new_page(java_script_enabled=java_script_enabled), live_server, person)
    page.goto(MIDDAY)
    unfold(page)
    answer(page, {"focus_level": "3", "energy_level": "4", "lunch": "Soup"})
    if java_script_enabled:
        wait_until_kept(page, "Soup")
        page = reopen(page)
    make_log(person, focus_level=9, energy_level=8, rumination_level=2)
    if java_script_enabled:
        page.goto(MIDDAY)
        assert given_answers(page) == {"focus_level": "9", "energy_level": "8", "rumination_level": "2"}
        press(page, "Bring them back")
    press(page, "Save")

    expect(page.get_by_role("heading", name="Which answers")).to_be_visible()
    expect(page.get_by_role("group", name="Focus").first).to_contain_text("3 of 10")
    expect(page.get_by_role("group", name="Focus").first).to_contain_text("9 of 10")
    log = person.daily_logs.get()
    assert (log.focus_level, log.energy_level, log.rumination_level, log.lunch) == (9, 8, 2, None)

    # Without a choice nothing is overwritten.
    press(page, "Save")
    expect(page.get_by_role("heading", name="Which answers")).to_be_visible()
    # Only what was answered in both is asked about.
    expect(page.locator(".conflict")).to_have_count(2)
    for name, choice in {"focus_level": "mine", "energy_level": "saved"}.items():
        tap(page, f"keep-{name}", choice)
    press(page, "Save")
    expect_saved(page, "Midday saved.")
    log.refresh_from_db()
    assert (log.focus_level, log.energy_level, log.rumination_level, log.lunch) == (3, 8, 2, "Soup")
    if java_script_enabled:
        assert drafts(page) == []


def test_clearing_an_answer_really_clears_it(own_page, person):
    make_log(person, focus_level=9, lunch="Soup")
    own_page.goto(MIDDAY)
    clear(own_page, "focus_level")
    press(own_page, "Save")
    expect_saved(own_page, "Midday saved")
    assert person.daily_logs.get().focus_level is None
