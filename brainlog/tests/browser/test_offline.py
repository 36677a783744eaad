"""Check-ins that are filled in without a network: they wait in the browser, and are sent once it is back."""

import pytest
from playwright.sync_api import expect

from accounts.models import Session, User
from accounts.tests.factories import make_person
from brainlog.tests.browser.steps import (
    MIDDAY,
    NOTE,
    answer,
    come_in,
    drafts,
    expect_no_drafts,
    expect_saved,
    field,
    fits_its_screen,
    given_answers,
    log_in,
    press,
    restored,
    tap,
    type_note,
    unfold,
    wait_until_kept,
)
from logs import views
from logs.models import DailyLog
from logs.tests.factories import DAY, make_log
from logs.tests.own_questions import make_question

pytestmark = pytest.mark.once

EVENING = f"/logs/{DAY}/evening/"
CATCH_UP = f"/logs/{DAY}/catch-up/"


@pytest.fixture(autouse=True)
def no_network_is_expected(expected_errors):
    expected_errors.append("net::ERR_(INTERNET_DISCONNECTED|FAILED)")


def note(page):
    """What the page says about a save that waits."""
    return page.locator("[data-draft-waits]")


def unsaved(page):
    return page.get_by_role("region", name="Not saved yet")


def go_offline(page):
    page.context.set_offline(True)


def go_online(page):
    page.context.set_offline(False)


def save_offline(page, text: str = NOTE, address: str = MIDDAY):
    """Type into the midday check-in, lose the network and save."""
    page.goto(address)
    unfold(page)
    field(page, "current_activity").fill(text)
    go_offline(page)
    press(page, "Save")
    expect(note(page)).to_be_visible()


def waiting(page) -> list[dict]:
    return page.evaluate(
        """Object.entries(localStorage).filter(([key]) => key.startsWith("brainlog-draft/"))
            .map(([, value]) => JSON.parse(value)).filter((draft) => draft.waits)"""
    )


def send_in(page):
    """Let a page that is open send what waits, as one does that is seen again."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


@pytest.mark.parametrize("width", [320, 390])
def test_a_save_waits_for_the_network_and_is_sent_when_it_is_back(new_page, live_server, person, width):
    page = come_in(new_page(viewport={"width": width, "height": 700}), live_server, person)
    save_offline(page)

    expect(note(page)).to_be_focused()
    expect(note(page)).to_be_in_viewport()
    assert fits_its_screen(page)
    assert field(page, "current_activity").input_value() == NOTE
    assert not person.daily_logs.exists()

    go_online(page)

    expect_saved(page, "Midday saved")
    expect(page.get_by_role("heading", level=1)).to_have_text("Monday")
    assert person.daily_logs.get().current_activity == NOTE
    expect_no_drafts(page)


def test_what_was_saved_without_a_network_can_be_undone(own_page, person):
    make_log(person, current_activity="before")
    save_offline(own_page)
    go_online(own_page)
    expect_saved(own_page, "Midday saved")

    press(own_page, "Undo")

    expect_saved(own_page, "Undone.")
    assert person.daily_logs.get().current_activity == "before"


def test_it_is_sent_at_the_next_visit_of_any_page(own_page, person):
    save_offline(own_page)
    context = own_page.context
    own_page.close(run_before_unload=False)
    context.set_offline(False)
    page = context.new_page()

    page.goto("/logs/")

    expect_no_drafts(page)
    assert person.daily_logs.get().current_activity == NOTE
    page.goto("/")
    expect_saved(page, "Midday saved")


def test_today_shows_what_was_sent_at_once(own_page, person):
    today = person.today()
    save_offline(own_page, address=f"/logs/{today}/midday/")
    context = own_page.context
    own_page.close(run_before_unload=False)
    context.set_offline(False)
    page = context.new_page()

    page.goto("/")

    expect_saved(page, "Midday saved")
    expect(page.get_by_role("link", name="Midday").filter(has_text="begun")).to_be_visible()
    expect(unsaved(page)).to_be_hidden()


def test_today_lists_what_waits(own_page, person):
    tab = own_page.context.new_page()
    tab.goto("/")
    save_offline(own_page)

    expect(unsaved(tab).get_by_role("link", name="Midday, May 4, 2026")).to_contain_text("sent by itself")

    go_online(own_page)
    expect_saved(own_page, "Midday saved")
    expect(unsaved(tab)).to_be_hidden()


def test_the_week_waits_as_well(own_page, person):
    own_page.goto("/reflections/2026-05-06/")
    tap(own_page, "week_rating", "8")
    go_offline(own_page)
    press(own_page, "Save")
    expect(note(own_page)).to_be_visible()

    go_online(own_page)

    expect_saved(own_page, "Your week is saved.")
    assert person.weekly_reflections.get().week_rating == 8
    expect_no_drafts(own_page)


def test_what_is_caught_up_waits_as_well(own_page, person):
    own_page.goto(CATCH_UP)
    tap(own_page, "focus_level", "3")
    go_offline(own_page)
    press(own_page, "Save")
    expect(note(own_page)).to_be_visible()

    go_online(own_page)

    expect_saved(own_page, "Saved for Monday, May 4, 2026.")
    log = person.daily_logs.get()
    assert (log.focus_level, log.midday_recalled) == (3, ["focus_level"])
    expect_no_drafts(own_page)


def test_doses_and_own_questions_are_sent_with_it(own_page, person):
    question = make_question(person, "score", check_in="medication", place="first")
    own_page.goto(f"/logs/{DAY}/medication/")
    answer(own_page, {"medication_taken": "true", "doses-0-medication": "Concerta", "doses-0-amount": "36"})
    field(own_page, "doses-0-unit").select_option("mg")
    press(own_page, "Add another dose")
    answer(own_page, {"doses-1-medication": "Melatonin", "doses-1-amount": "2", question.name: "7"})
    field(own_page, "doses-1-unit").select_option("mg")
    go_offline(own_page)
    press(own_page, "Save")
    expect(note(own_page)).to_be_visible()

    go_online(own_page)

    expect_saved(own_page, "Medication saved")
    log = person.daily_logs.get()
    assert [(dose.medication.name, int(dose.amount)) for dose in log.doses.order_by("pk")] == [
        ("Concerta", 36),
        ("Melatonin", 2),
    ]
    assert person.own_answers.get().number == 7


def test_save_and_next_leads_to_the_next_check_in(own_page, person):
    own_page.goto(MIDDAY)
    tap(own_page, "focus_level", "3")
    go_offline(own_page)
    press(own_page, "Save and next")
    expect(note(own_page)).to_be_visible()

    go_online(own_page)

    expect(own_page.get_by_role("heading", level=1)).to_have_text("Afternoon")
    assert person.daily_logs.get().focus_level == 3


def test_several_are_sent_in_turn(own_page, person):
    own_page.context.route("**/logs/waiting/", lambda route: route.abort())
    for address, name, value in ((MIDDAY, "focus_level", "3"), (EVENING, "day_rating", "8")):
        page = own_page.context.new_page()
        page.goto(address)
        tap(page, name, value)
        go_offline(page)
        press(page, "Save")
        expect(note(page)).to_be_visible()
        page.close(run_before_unload=False)
        own_page.context.set_offline(False)
    assert not person.daily_logs.exists()
    own_page.context.unroute("**/logs/waiting/")

    own_page.goto("/logs/")

    expect_no_drafts(own_page)
    log = person.daily_logs.get()
    assert (log.focus_level, log.day_rating) == (3, 8)
    own_page.goto("/")
    expect_saved(own_page, "Midday saved")
    expect_saved(own_page, "Evening saved")


def test_what_is_changed_after_the_save_has_to_be_saved_again(own_page, person):
    save_offline(own_page)

    field(own_page, "current_activity").fill("changed")

    expect(note(own_page)).to_be_hidden()
    wait_until_kept(own_page, "changed")
    go_online(own_page)
    send_in(own_page)
    assert waiting(own_page) == []
    press(own_page, "Save")
    expect_saved(own_page, "Midday saved")
    assert person.daily_logs.get().current_activity == "changed"


def test_what_is_changed_back_waits_again(own_page, person):
    save_offline(own_page)
    field(own_page, "current_activity").fill(NOTE + "x")
    expect(note(own_page)).to_be_hidden()

    field(own_page, "current_activity").fill(NOTE)

    expect(note(own_page)).to_be_visible()
    assert len(waiting(own_page)) == 1
    go_online(own_page)
    expect_saved(own_page, "Midday saved")
    assert person.daily_logs.get().current_activity == NOTE


def test_answers_saved_elsewhere_meanwhile_need_the_person(own_page, person):
    own_page.goto(MIDDAY)
    tap(own_page, "focus_level", "3")
    go_offline(own_page)
    press(own_page, "Save")
    expect(note(own_page)).to_be_visible()
    make_log(person, focus_level=9)

    go_online(own_page)

    expect(restored(own_page)).to_be_visible()  # The page was loaded again.
    assert given_answers(own_page) == {"focus_level": "3"}
    assert person.daily_logs.get().focus_level == 9
    press(own_page, "Save")
    expect(own_page.get_by_role("heading", name="Which answers")).to_be_visible()
    tap(own_page, "keep-focus_level", "mine")
    press(own_page, "Save")
    expect_saved(own_page, "Midday saved")
    assert person.daily_logs.get().focus_level == 3
    expect_no_drafts(own_page)


def test_today_lists_what_needs_the_person(own_page, person):
    own_page.goto(MIDDAY)
    tap(own_page, "focus_level", "3")
    go_offline(own_page)
    press(own_page, "Save")
    expect(note(own_page)).to_be_visible()
    make_log(person, focus_level=9)
    context = own_page.context
    own_page.close(run_before_unload=False)
    context.set_offline(False)
    page = context.new_page()

    page.goto("/")

    link = unsaved(page).get_by_role("link", name="Midday, May 4, 2026")
    expect(link).to_contain_text("Needs you")
    page.reload()
    expect(link).to_contain_text("Needs you")
    assert person.daily_logs.get().focus_level == 9
    link.click()
    expect(restored(page)).to_be_visible()
    assert given_answers(page) == {"focus_level": "3"}


def test_an_answer_with_an_error_needs_the_person_and_the_others_are_saved(own_page, person):
    own_page.goto(f"/logs/{DAY}/morning/")
    answer(own_page, {"sleep_hours": "many", "morning_mood": "4"})
    go_offline(own_page)
    press(own_page, "Save")
    expect(note(own_page)).to_be_visible()

    go_online(own_page)

    expect_saved(own_page, "The other answers are saved.")
    assert person.daily_logs.get().morning_mood == 4
    assert given_answers(own_page) == {"sleep_hours": "many", "morning_mood": "4"}
    answer(own_page, {"sleep_hours": "7"})
    press(own_page, "Save")
    expect_saved(own_page, "Morning saved")
    expect_no_drafts(own_page)


def lose_one_answer(page):
    """Let the next POST be stored, and its answer be lost."""
    lost = []

    def lose(route):
        if route.request.method != "POST" or lost:
            return route.continue_()
        lost.append(route.fetch(max_redirects=0))
        return route.abort()

    page.route("**/logs/**", lose)
    return lost


def test_a_save_whose_answer_was_lost_is_stored_once(own_page, person):
    own_page.goto(f"/logs/{DAY}/medication/")
    answer(own_page, {"medication_taken": "true", "doses-0-medication": "Concerta", "doses-0-amount": "36"})
    field(own_page, "doses-0-unit").select_option("mg")
    go_offline(own_page)
    press(own_page, "Save")
    expect(note(own_page)).to_be_visible()
    lost = lose_one_answer(own_page)
    go_online(own_page)
    own_page.wait_for_timeout(500)
    assert len(lost) == 1
    before = DailyLog.objects.get()
    assert before.doses.count() == 1
    assert len(waiting(own_page)) == 1

    send_in(own_page)

    expect_saved(own_page, "Medication saved")
    log = person.daily_logs.get()
    assert log.updated_at == before.updated_at
    assert log.doses.get().pk == before.doses.get().pk
    assert person.medications.count() == 1
    expect_no_drafts(own_page)


def test_after_a_lost_answer_newer_answers_are_not_overwritten(own_page, person):
    own_page.goto(MIDDAY)
    tap(own_page, "focus_level", "3")
    go_offline(own_page)
    press(own_page, "Save")
    expect(note(own_page)).to_be_visible()
    lost = lose_one_answer(own_page)
    go_online(own_page)
    own_page.wait_for_timeout(500)
    assert lost and person.daily_logs.get().focus_level == 3
    DailyLog.objects.update(focus_level=9)

    send_in(own_page)

    expect(restored(own_page)).to_be_visible()
    assert person.daily_logs.get().focus_level == 9


def test_two_tabs_send_it_once(own_page, person):
    save_offline(own_page)
    others = [own_page.context.new_page() for _ in range(2)]
    own_page.close(run_before_unload=False)
    sent = []
    others[0].context.on("request", lambda request: sent.append(request.method))
    others[0].context.set_offline(False)
    for tab in others:
        tab.goto("/logs/", wait_until="commit")

    expect_no_drafts(others[0])
    others[1].wait_for_load_state()
    send_in(others[1])
    assert sent.count("POST") == 1
    assert person.daily_logs.get().current_activity == NOTE


def test_without_locks_a_note_in_the_storage_keeps_other_tabs_from_sending(own_page, person):
    own_page.add_init_script("Object.defineProperty(navigator, 'locks', { value: undefined })")
    save_offline(own_page)
    own_page.evaluate("localStorage.setItem('brainlog-sending', Date.now() + 60_000)")
    go_online(own_page)
    own_page.wait_for_timeout(300)
    assert not person.daily_logs.exists()

    own_page.evaluate("localStorage.setItem('brainlog-sending', Date.now() - 1)")
    send_in(own_page)

    expect_saved(own_page, "Midday saved")
    assert own_page.evaluate("localStorage.getItem('brainlog-sending')") is None


def test_a_session_that_ended_meanwhile_is_no_loss(own_page, person):
    save_offline(own_page)
    Session.objects.all().delete()

    go_online(own_page)
    own_page.wait_for_timeout(300)

    expect(note(own_page)).to_be_visible()
    assert len(waiting(own_page)) == 1
    own_page.goto("/accounts/login/")
    log_in(own_page, person)
    expect_saved(own_page, "Midday saved")
    assert person.daily_logs.get().current_activity == NOTE


def test_the_person_logged_in_again_in_another_tab(own_page, person):
    """The token of the page has ended with the former login."""
    save_offline(own_page)
    go_online(own_page)  # Its save is on its way already, or waits for the login: both are right.
    own_page.context.clear_cookies(name="sessionid")
    tab = own_page.context.new_page()
    tab.goto("/accounts/login/")
    log_in(tab, person)
    expect(tab.get_by_role("heading", level=1)).to_have_text("Today")

    send_in(own_page)

    expect_no_drafts(tab)
    assert person.daily_logs.get().current_activity == NOTE


def test_another_person_on_the_device_sends_nothing_of_the_first(own_page, person, live_server):
    save_offline(own_page)
    other = make_person()
    own_page.close(run_before_unload=False)
    page = own_page.context.new_page()
    page.context.set_offline(False)
    come_in(page, live_server, other)

    page.goto("/")
    page.wait_for_load_state("networkidle")

    assert not DailyLog.objects.exists()
    expect(unsaved(page)).to_be_hidden()
    assert drafts(page) == [f"brainlog-draft/{person.pk}/{DAY}/midday"]
    come_in(page, live_server, person)
    page.goto("/")
    expect_no_drafts(page)
    assert person.daily_logs.get().current_activity == NOTE
    assert not other.daily_logs.exists()


def test_a_page_of_the_first_person_sends_nothing_to_the_account_of_another(own_page, person, live_server):
    save_offline(own_page)
    come_in(own_page, live_server, make_person())

    go_online(own_page)
    send_in(own_page)
    own_page.wait_for_load_state("networkidle")

    assert not DailyLog.objects.exists()
    assert len(waiting(own_page)) == 1


def test_the_answers_go_to_the_day_that_they_were_saved_on(own_page, person):
    """The day ends while they wait: for the page that was saved, it was still today."""
    today = person.today()
    save_offline(own_page, address=f"/logs/{today}/midday/?for=today")
    User.objects.filter(pk=person.pk).update(timezone="Pacific/Kiritimati" if is_ahead(person) else "Pacific/Pago_Pago")
    assert User.objects.get(pk=person.pk).today() != today

    go_online(own_page)

    expect_saved(own_page, "Midday saved")
    assert person.daily_logs.get().date == today


def is_ahead(person) -> bool:
    """Whether it is another day in Kiritimati already; if not, it is another one in Pago Pago."""
    return User(timezone="Pacific/Kiritimati").today() != person.today()


def test_which_day_is_meant_is_asked_if_the_page_had_outlasted_its_day(own_page, person):
    own_page.goto(MIDDAY)
    tap(own_page, "focus_level", "3")
    field(own_page, "today").evaluate(f"input => input.value = '{DAY}'")
    go_offline(own_page)
    press(own_page, "Save")
    expect(note(own_page)).to_be_visible()

    go_online(own_page)

    expect(restored(own_page)).to_be_visible()
    assert not person.daily_logs.exists()
    press(own_page, "Save")
    expect(own_page.get_by_text("A new day has begun.", exact=True)).to_be_visible()


def test_a_failing_server_is_asked_again(own_page, person, monkeypatch, expected_errors):
    expected_errors.append("status of 500")
    save_offline(own_page)
    with monkeypatch.context() as broken:
        broken.setattr(views, "store", lambda open_form: 1 / 0)
        go_online(own_page)
        own_page.wait_for_timeout(500)
        assert len(waiting(own_page)) == 1

    send_in(own_page)

    expect_saved(own_page, "Midday saved")
    assert person.daily_logs.get().current_activity == NOTE


FAILURES = {
    "an error": lambda route: route.fulfill(status=500),
    "a redirect": lambda route: route.fulfill(status=302, headers={"Location": "/"}),
    "no answer": lambda route: route.abort(),
    "a page": lambda route: route.fulfill(body="<!doctype html>"),
}


@pytest.mark.parametrize("fail", FAILURES.values(), ids=FAILURES)
def test_one_that_the_server_fails_at_does_not_stop_the_others(own_page, person, expected_errors, fail):
    expected_errors.append("status of 500|Fetch API cannot load|URL scheme")
    own_page.context.route("**/logs/waiting/", lambda route: route.abort())
    for address, name, value in ((MIDDAY, "focus_level", "3"), (EVENING, "day_rating", "8")):
        page = own_page.context.new_page()
        page.goto(address)
        tap(page, name, value)
        go_offline(page)
        press(page, "Save")
        expect(note(page)).to_be_visible()
        page.close(run_before_unload=False)
        own_page.context.set_offline(False)
    own_page.context.route(f"**{MIDDAY}", fail)
    own_page.context.unroute("**/logs/waiting/")

    own_page.goto("/logs/")

    own_page.wait_for_function(
        "() => Object.keys(localStorage).filter(key => key.startsWith('brainlog-draft/')).length === 1"
    )
    log = person.daily_logs.get()
    assert (log.focus_level, log.day_rating) == (None, 8)


@pytest.mark.parametrize("fail", [FAILURES["an error"], FAILURES["a redirect"]], ids=["an error", "a redirect"])
def test_one_that_the_server_fails_at_again_and_again_needs_the_person(own_page, person, expected_errors, fail):
    expected_errors.append("status of 500")
    save_offline(own_page)
    own_page.evaluate(
        """() => {
            const key = Object.keys(localStorage).find((each) => each.startsWith("brainlog-draft/"));
            localStorage.setItem(key, JSON.stringify({ ...JSON.parse(localStorage.getItem(key)), failures: 18 }));
        }"""
    )
    own_page.context.route(f"**{MIDDAY}", lambda route: fail(route) if is_post(route) else route.continue_())

    go_online(own_page)
    own_page.wait_for_timeout(500)
    assert len(waiting(own_page)) == 1
    send_in(own_page)

    expect(restored(own_page)).to_be_visible()  # The page was loaded again.
    assert waiting(own_page) == []
    assert given_answers(own_page)["current_activity"] == NOTE


def is_post(route) -> bool:
    return route.request.method == "POST"


def test_a_save_in_another_tab_leaves_what_waits(own_page, person):
    """The page that says "saved" removes drafts that were sent."""
    save_offline(own_page)
    own_page.context.route("**/logs/waiting/", lambda route: route.abort())
    go_online(own_page)
    tab = own_page.context.new_page()
    tab.goto(MIDDAY)
    unfold(tab)
    field(tab, "lunch").fill("Soup")
    press(tab, "Save")
    expect_saved(tab, "Midday saved")

    assert len(waiting(tab)) == 1
    own_page.context.unroute("**/logs/waiting/")
    send_in(own_page)
    expect_saved(own_page, "Midday saved")
    log = person.daily_logs.get()
    assert (log.lunch, log.current_activity) == ("Soup", NOTE)


def test_what_is_said_of_a_save_from_the_background_leaves_the_drafts_of_other_tabs(own_page, person, expected_errors):
    save_offline(own_page)
    own_page.context.route("**/logs/waiting/", lambda route: route.abort())
    go_online(own_page)
    tab = own_page.context.new_page()
    tab.goto(MIDDAY)
    unfold(tab)
    field(tab, "lunch").fill("Soup")
    expected_errors.append("status of 503")
    # Without an icon, the browser asks for /favicon.ico.
    broken = '<!doctype html><link rel="icon" href="data:,">'
    tab.route(f"**{MIDDAY}", lambda route: route.fulfill(status=503, body=broken))
    press(tab, "Save")  # It was sent, and no page confirms it.
    tab.wait_for_load_state()
    tab.unroute(f"**{MIDDAY}")
    own_page.context.unroute("**/logs/waiting/")

    send_in(own_page)

    expect_saved(own_page, "Midday saved")
    assert drafts(own_page) == [f"brainlog-draft/{person.pk}/{DAY}/midday"]
    tab.goto(MIDDAY)
    expect(restored(tab)).to_be_visible()
    assert given_answers(tab)["lunch"] == "Soup"


def test_other_forms_stay_without_a_network(own_page, person):
    own_page.goto("/accounts/profile/")
    own_page.fill("[name=display_name]", "Ada")
    go_offline(own_page)

    own_page.get_by_role("button", name="Save", exact=True).first.click()

    expect(own_page.get_by_text("You are offline.")).to_be_visible()
    assert own_page.input_value("[name=display_name]") == "Ada"
    go_online(own_page)
    own_page.get_by_role("button", name="Save", exact=True).first.click()
    expect_saved(own_page, "Your profile is saved.")
    person.refresh_from_db()
    assert person.display_name == "Ada"


def test_where_nothing_can_be_stored_the_page_says_that_it_was_not_sent(own_page, person):
    own_page.add_init_script(
        "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }"
    )
    own_page.goto(MIDDAY)
    unfold(own_page)
    field(own_page, "lunch").fill("Soup")
    go_offline(own_page)

    press(own_page, "Save")

    expect(own_page.get_by_text("You are offline.").filter(visible=True)).to_be_visible()
    expect(note(own_page)).to_be_hidden()
    go_online(own_page)
    press(own_page, "Save")
    expect_saved(own_page, "Midday saved")
    assert person.daily_logs.get().lunch == "Soup"


def test_a_server_on_the_same_machine_is_used_without_any_network(own_page, person):
    """A browser says that it is offline, and the server answers."""
    own_page.add_init_script("Object.defineProperty(navigator, 'onLine', { get: () => false })")
    type_note(own_page)

    press(own_page, "Save")

    expect_saved(own_page, "Midday saved")
    assert person.daily_logs.get().current_activity == NOTE


def test_logging_out_lists_what_waits_and_removes_it(own_page, person, live_server):
    save_offline(own_page)
    own_page.close(run_before_unload=False)
    page = own_page.context.new_page()
    page.route("**/logs/waiting/", lambda route: route.abort())
    page.context.set_offline(False)
    page.goto("/accounts/profile/")

    press(page, "Log out")
    expect(page.get_by_role("group", name="Not saved yet").get_by_role("link")).to_have_text(["Midday, May 4, 2026"])
    press(page, "Log out anyway")

    expect_saved(page, "You are logged out.")
    assert drafts(page) == []
    assert not person.daily_logs.exists()
