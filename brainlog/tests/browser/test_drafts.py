"""Drafts in the browser: they are stored, offered and removed at the right time."""

import re

import pytest
from playwright.sync_api import expect

from accounts.tests.factories import make_person
from brainlog.tests.browser.steps import (
    MIDDAY,
    NOTE,
    answer,
    clear,
    come_in,
    drafts,
    expect_saved,
    field,
    fits_its_screen,
    given_answers,
    offer,
    option,
    press,
    put_sent_draft,
    reopen,
    restored,
    tap,
    type_note,
    unfold,
    wait_until_kept,
)
from logs.tests.factories import DAY, answers, make_log

pytestmark = pytest.mark.once

MEDICATION = f"/logs/{DAY}/medication/"
DOSES = {
    "doses-0-medication": "Concerta",
    "doses-0-amount": "36",
    "doses-0-unit": "mg",
    "doses-0-taken_at": "08:15",
    "doses-1-medication": "Ritalin",
    "doses-1-amount": "7,5",
    "doses-2-medication": "Vitamin D",
}


def test_what_was_typed_is_offered_after_a_crash_and_brought_back_as_it_was(own_page, person):
    own_page.goto(MIDDAY)
    unfold(own_page)
    typed = answers("midday", current_activity=NOTE)
    answer(own_page, typed)
    own_page.locator("details[data-more] > summary").click()
    wait_until_kept(own_page, NOTE)

    page = reopen(own_page, MIDDAY)
    expect(field(page, "current_activity")).to_be_hidden()
    expect(offer(page)).to_be_visible()
    assert given_answers(page) == {}
    press(page, "Bring them back")
    expect(offer(page)).to_be_hidden()
    expect(restored(page)).to_be_visible()
    assert given_answers(page) == typed
    # Restored answers are not saved, and restored optional answers are visible.
    assert not person.daily_logs.exists()
    expect(field(page, "emotional_event")).to_be_visible()

    press(page, "Save")
    expect_saved(page, "Midday saved.")
    assert person.daily_logs.get().current_activity == NOTE


def test_what_was_too_much_for_the_server_is_there_after_going_back(own_page, person, expected_errors):
    expected_errors.append("status of 413")
    own_page.goto(MIDDAY)
    unfold(own_page)
    field(own_page, "lunch").fill(NOTE)
    field(own_page, "current_activity").evaluate("input => input.value = 'a'.repeat(3 * 1024 * 1024)")
    press(own_page, "Save")
    expect(own_page.get_by_role("heading", level=1)).to_have_text("That is too much at once")

    own_page.go_back()

    expect(field(own_page, "lunch")).to_have_value(" ".join(NOTE.split("\n")))
    assert len(field(own_page, "current_activity").input_value()) == 3 * 1024 * 1024
    field(own_page, "current_activity").fill("Shorter")
    press(own_page, "Save")
    expect_saved(own_page, "Midday saved.")
    assert person.daily_logs.get().current_activity == "Shorter"


def test_doses_come_back_with_their_rows(own_page):
    own_page.goto(MEDICATION)
    tap(own_page, "medication_taken", "true")
    press(own_page, "Add another dose")
    press(own_page, "Add another dose")
    answer(own_page, DOSES)
    field(own_page, "doses-1-DELETE").check()
    wait_until_kept(own_page, "Vitamin D")

    page = reopen(own_page, MEDICATION)
    press(page, "Bring them back")
    assert given_answers(page) == {"medication_taken": "true", "doses-1-DELETE": "on"} | DOSES
    expect(field(page, "doses-2-medication")).to_be_visible()


def test_an_answer_taken_back_comes_back_as_taken_back(own_page, person):
    make_log(person, focus_level=7, had_emotional_event=True, lunch="Soup")
    own_page.goto(MIDDAY)
    unfold(own_page)
    tap(own_page, "focus_level", "")
    field(own_page, "lunch").fill("")
    wait_until_kept(own_page)

    page = reopen(own_page, MIDDAY)
    assert given_answers(page) == {"focus_level": "7", "had_emotional_event": "true", "lunch": "Soup"}
    press(page, "Bring them back")
    assert given_answers(page) == {"had_emotional_event": "true"}


def test_a_draft_that_says_nothing_else_than_what_is_saved_later_is_gone(own_page, person):
    own_page.goto(MIDDAY)
    tap(own_page, "energy_level", "5")
    page = reopen(own_page, MIDDAY)
    tap(page, "focus_level", "3")
    page = reopen(page, MIDDAY)
    tap(page, "focus_level", "7")
    tap(page, "energy_level", "5")
    assert len(drafts(page)) == 3

    press(page, "Save")

    expect_saved(page, "Midday saved.")
    assert len(drafts(page)) == 1
    page.goto(MIDDAY)
    press(page, "Bring them back")
    assert given_answers(page)["focus_level"] == "3"


def test_a_draft_has_the_time_at_which_it_was_typed(own_page):
    read_time = """Object.entries(localStorage).filter(([key]) => key.startsWith("brainlog-draft/"))
        .map(([_key, value]) => JSON.parse(value).at)"""
    own_page.clock.install()
    own_page.goto(MIDDAY)
    tap(own_page, "focus_level", "7")
    typed_at = own_page.evaluate(read_time)

    own_page.clock.fast_forward(3_600_000)
    own_page.evaluate("""Object.defineProperty(document, "visibilityState", {value: "hidden", configurable: true});
        document.dispatchEvent(new Event("visibilitychange"))""")

    assert len(typed_at) == 1
    assert own_page.evaluate(read_time) == typed_at


def test_the_week_is_kept_too(own_page):
    own_page.goto(f"/reflections/{DAY}/")
    unfold(own_page)
    answer(own_page, {"week_rating": "3", "mental_state": "poor", "lessons_learned": NOTE})
    wait_until_kept(own_page, NOTE)
    page = reopen(own_page, f"/reflections/{DAY}/")
    press(page, "Bring them back")
    assert given_answers(page) == {"week_rating": "3", "mental_state": "poor", "lessons_learned": NOTE}


def test_discarded_is_gone(own_page):
    type_note(own_page)
    page = reopen(own_page, MIDDAY)
    press(page, "Discard them")
    expect(offer(page)).to_be_hidden()
    page.reload()
    expect(offer(page)).to_be_hidden()
    assert given_answers(page) == {}


def test_brought_back_can_still_be_discarded(own_page, person):
    make_log(person, lunch="Soup")
    type_note(own_page)
    page = reopen(own_page, MIDDAY)
    press(page, "Bring them back")
    press(page, "Discard it")
    expect(restored(page)).to_be_hidden()
    assert given_answers(page) == {"lunch": "Soup"}
    page.reload()
    expect(offer(page)).to_be_hidden()


def test_a_second_tab_in_which_nothing_was_typed_takes_no_draft_along(own_page):
    own_page.goto(MIDDAY)
    untouched = own_page.context.new_page()
    untouched.goto(MIDDAY)
    type_note(own_page, "only here")
    untouched.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    untouched.close(run_before_unload=False)
    page = reopen(own_page, MIDDAY)
    press(page, "Bring them back")
    expect(field(page, "current_activity")).to_have_value("only here")


def test_a_save_in_one_tab_leaves_what_another_tab_has_typed(own_page, person):
    other = own_page.context.new_page()
    other.goto(MIDDAY)
    type_note(own_page, "crashed before it was saved")
    unfold(other)
    field(other, "lunch").fill("Soup")
    press(other, "Save")
    expect_saved(other, "Midday saved.")
    own_page.close(run_before_unload=False)
    other.goto(MIDDAY)
    press(other, "Bring them back")
    expect(field(other, "current_activity")).to_have_value("crashed before it was saved")


def test_typing_on_before_deciding_does_not_cost_the_older_draft(own_page):
    type_note(own_page, "older")
    page = reopen(own_page)
    type_note(page, "newer")
    page = reopen(page, MIDDAY)
    press(page, "Bring them back")
    expect(field(page, "current_activity")).to_have_value("newer")
    press(page, "Bring them back")
    expect(field(page, "current_activity")).to_have_value("older")
    # The newer draft is still kept.
    press(page, "Bring them back")
    expect(field(page, "current_activity")).to_have_value("newer")


def begin_and_leave(page, **given):
    page.goto(MIDDAY)
    unfold(page)
    answer(page, given)
    wait_until_kept(page)
    return reopen(page)


def test_what_was_begun_and_left_several_times_is_offered_once(own_page, person):
    page = begin_and_leave(own_page, focus_level="3")
    page = begin_and_leave(page, focus_level="4")
    page = begin_and_leave(page, focus_level="5", lunch="Soup")

    page.goto(MIDDAY)

    assert len(drafts(page)) == 1
    press(page, "Bring them back")
    assert given_answers(page) == {"focus_level": "5", "lunch": "Soup"}
    press(page, "Save")
    expect_saved(page, "Midday saved.")
    assert drafts(page) == []


@pytest.mark.parametrize("newer", [{"lunch": "Rice"}, {"energy_level": "4"}, {"lunch": "Soup"}], ids=str)
def test_what_a_newer_draft_has_not_is_kept(own_page, newer):
    page = begin_and_leave(own_page, focus_level="3", lunch="Soup")
    page = begin_and_leave(page, **newer)

    page.goto(MIDDAY)

    press(page, "Bring them back")
    assert given_answers(page) == newer
    press(page, "Bring them back")
    assert given_answers(page) == {"focus_level": "3", "lunch": "Soup"}


def test_a_save_removes_its_own_draft_and_keeps_undecided_ones(own_page, person):
    type_note(own_page, "older")
    page = reopen(own_page)
    type_note(page, "newer")
    press(page, "Save")
    expect_saved(page, "Midday saved.")
    assert person.daily_logs.get().current_activity == "newer"
    page.goto(MIDDAY)
    press(page, "Bring them back")
    expect(field(page, "current_activity")).to_have_value("older")
    press(page, "Discard it")
    page.reload()
    expect(offer(page)).to_be_hidden()


def test_looking_in_a_second_tab_takes_nothing_from_the_first(own_page):
    type_note(own_page, "first")
    second = own_page.context.new_page()
    second.goto(MIDDAY)
    expect(offer(second)).to_be_visible()
    second.close()
    field(own_page, "current_activity").fill("first, finished")
    press(own_page, "Save")
    expect_saved(own_page, "Midday saved.")
    own_page.goto(MIDDAY)
    expect(offer(own_page)).to_be_hidden()


def test_what_was_typed_before_the_script_ran_is_kept_too(own_page):
    # Held back as long as the page is open: let go, the script would run beside the other copy of it.
    own_page.route("**/brainlog.js", lambda route: None)
    own_page.goto(MIDDAY, wait_until="commit")
    tap(own_page, "focus_level", "4")
    own_page.evaluate("import('/static/brainlog.js?late')")
    wait_until_kept(own_page)
    page = reopen(own_page, MIDDAY)
    press(page, "Bring them back")
    assert given_answers(page) == {"focus_level": "4"}


def test_a_typo_taken_back_leaves_nothing_behind(own_page):
    type_note(own_page)
    field(own_page, "current_activity").fill("")
    own_page.goto("/")  # A dialog about leaving the page would fail the test.
    own_page.goto(MIDDAY)
    expect(offer(own_page)).to_be_hidden()


def test_one_more_dose_left_blank_is_nothing_typed(own_page):
    own_page.goto(MEDICATION)
    tap(own_page, "medication_taken", "true")
    press(own_page, "Add another dose")
    clear(own_page, "medication_taken")
    assert drafts(own_page) == []


@pytest.mark.parametrize("typed", [True, False], ids=["typed", "untouched"])
def test_leaving_never_warns_where_what_was_typed_is_kept(own_page, typed):
    warnings = []
    own_page.on("dialog", lambda dialog: (warnings.append(dialog.type), dialog.dismiss()))
    own_page.goto(MIDDAY)
    unfold(own_page)
    if typed:
        field(own_page, "lunch").press_sequentially("Soup")  # Some of it a moment ago.

    own_page.get_by_role("link", name="History").click()

    expect(own_page).to_have_title(re.compile("History"))
    assert warnings == []
    own_page.goto(MIDDAY)
    if typed:
        press(own_page, "Bring them back")
        expect(field(own_page, "lunch")).to_have_value("Soup")
    else:
        expect(offer(own_page)).to_be_hidden()


@pytest.mark.parametrize("width", [320, pytest.param(390, marks=pytest.mark.thorough)])
def test_today_lists_what_is_not_saved_until_it_is(new_page, live_server, person, width):
    page = come_in(new_page(viewport={"width": width, "height": 700}), live_server, person)
    unsaved = page.get_by_role("region", name="Not saved yet")
    page.goto("/")
    expect(unsaved).to_be_hidden()
    type_note(page, "older")
    page = reopen(page)
    type_note(page, "newer")
    page.goto("/reflections/2026-05-04/")
    field(page, "lessons_learned").evaluate("input => input.closest('details').open = true")
    field(page, "lessons_learned").fill(NOTE)
    page.goto("/")
    unsaved = page.get_by_role("region", name="Not saved yet")

    # Each page once, the latest first.
    assert unsaved.get_by_role("link").all_inner_texts() == ["Week of May 3, 2026", "Midday, May 4, 2026"]
    assert fits_its_screen(page)
    tab = page.context.new_page()
    tab.goto("/")
    page.goto(MIDDAY)
    for _ in ("newer", "older"):
        press(page, "Bring them back")
    press(page, "Save")
    expect_saved(page, "Midday saved.")
    # The other one of this page is not decided on yet.
    assert tab.get_by_role("region", name="Not saved yet").get_by_role("link").count() == 2
    page.goto(MIDDAY)
    press(page, "Discard them")
    expect(tab.get_by_role("region", name="Not saved yet").get_by_role("link")).to_have_count(1)
    page.goto("/")
    unsaved.get_by_role("link", name="Week of May 3, 2026").click()
    press(page, "Bring them back")
    press(page, "Save")
    expect_saved(page, "Your week is saved.")
    page.goto("/")
    expect(unsaved).to_be_hidden()


def test_today_lists_nothing_of_another_person(own_page, live_server):
    type_note(own_page)
    page = come_in(reopen(own_page), live_server, make_person())

    page.goto("/")

    expect(page.get_by_role("region", name="Not saved yet")).to_be_hidden()
    assert "Midday, May 4, 2026" not in page.content()


def test_without_javascript_today_lists_nothing(new_page, live_server, person):
    page = come_in(new_page(java_script_enabled=False), live_server, person)
    page.goto("/")
    expect(page.get_by_role("heading", name="Not saved yet")).to_be_hidden()


def test_a_draft_is_offered_to_its_person_and_page_only(own_page, live_server):
    type_note(own_page)
    page = reopen(own_page)
    for address in (f"/logs/{DAY}/evening/", "/logs/2026-05-03/midday/"):
        page.goto(address)
        expect(offer(page)).to_be_hidden()
    come_in(page, live_server, make_person())
    page.goto(MIDDAY)
    expect(offer(page)).to_be_hidden()
    assert given_answers(page) == {}
    assert NOTE not in page.content()


@pytest.mark.parametrize("storage", ["forbidden", "full"])
def test_the_form_works_when_the_browser_keeps_nothing(own_page, person, storage):
    own_page.add_init_script(
        """Object.defineProperty(window, "localStorage", {get() { throw new DOMException("no", "SecurityError") }})"""
        if storage == "forbidden"
        else """Storage.prototype.setItem = () => { throw new DOMException("full", "QuotaExceededError") }"""
    )
    warnings = []
    own_page.on("dialog", lambda dialog: (warnings.append(dialog.type), dialog.dismiss()))
    own_page.goto(MIDDAY)
    unfold(own_page)
    answer(own_page, {"lunch": "Soup", "had_emotional_event": "true", "emotional_event": "A letter"})
    own_page.get_by_role("link", name="History").click(no_wait_after=True)
    expect(field(own_page, "lunch")).to_have_value("Soup")
    assert warnings == ["beforeunload"]
    press(own_page, "Save")
    expect_saved(own_page, "Midday saved")
    assert person.daily_logs.get().emotional_event == "A letter"
    assert option(own_page, "focus_level", "1").count() == 0


def put_drafts(page, day: str, number: int, characters: int):
    """Store drafts of a day in the browser, each as many seconds old as its number."""
    page.evaluate(
        """([day, number, characters]) => {
            const person = document.body.dataset.person;
            for (let place = 1; place <= number; place++) {
                const answers = [["lunch", place + "a".repeat(characters)]];
                const draft = {at: Date.now() - place * 1000, version: "", answers};
                localStorage.setItem(`brainlog-draft/${person}/${day}/midday/${place}`, JSON.stringify(draft));
            }
        }""",
        [day, number, characters],
    )


def test_where_there_is_no_room_the_oldest_draft_gives_way_to_the_newest(own_page):
    own_page.goto(MIDDAY)
    put_drafts(own_page, "2026-01-01", 5, 1_000_000)
    unfold(own_page)

    field(own_page, "lunch").fill("b" * 400_000)

    wait_until_kept(own_page, "b" * 1_000)
    kept = own_page.evaluate("Object.keys(localStorage).filter(key => key.includes('2026-01-01'))")
    assert sorted(key.rpartition("/")[2] for key in kept) == ["1", "2", "3", "4"]


def test_without_room_what_waits_needs_the_person_or_is_of_another_one_stays(own_page, person, expected_errors):
    expected_errors.append("net::ERR_FAILED")
    own_page.context.route("**/logs/waiting/", lambda route: route.abort())
    own_page.goto(MIDDAY)
    put_sent_draft(own_page, "2026-01-01/midday", [["lunch", "a" * 1_600_000]], "waits")
    put_sent_draft(own_page, "2026-01-02/midday", [["lunch", "a" * 1_600_000]], "needsYou")
    own_page.evaluate(
        """([other, text]) => localStorage.setItem(`brainlog-draft/${other}/2026-01-01/midday/x`, JSON.stringify(
            {at: 1, version: "", answers: [["lunch", text]]}))""",
        [person.pk + 1, "a" * 1_600_000],
    )
    kept = drafts(own_page)
    warnings = []
    own_page.on("dialog", lambda dialog: (warnings.append(dialog.type), dialog.dismiss()))
    unfold(own_page)

    field(own_page, "lunch").fill("b" * 800_000)
    own_page.get_by_role("link", name="History").click(no_wait_after=True)

    assert own_page.url.endswith(MIDDAY)
    assert warnings == ["beforeunload"]
    assert drafts(own_page) == kept and len(kept) == 3


def test_a_page_offers_so_many_drafts(own_page):
    own_page.goto(MIDDAY)
    put_drafts(own_page, str(DAY), 30, 10)

    own_page.reload()

    expect(offer(own_page)).to_be_visible()
    kept = own_page.evaluate("Object.keys(localStorage).filter(key => key.includes('midday'))")
    assert sorted(int(key.rpartition("/")[2]) for key in kept) == list(range(1, 21))
