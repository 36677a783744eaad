"""Doses on a phone: taps counted, and times by a clock that is set."""

import datetime

import pytest
import time_machine
from playwright.sync_api import expect

from brainlog.tests.browser.steps import come_in, expect_saved, field, fits_its_screen, option, press, tap
from logs.tests.conftest import NEW_YORK
from logs.tests.factories import DAY, doses_of, make_dose, make_log, make_medication

pytestmark = pytest.mark.once

TODAY = DAY + datetime.timedelta(days=1)
MEDICATION, YESTERDAY = f"/logs/{TODAY}/medication/", f"/logs/{DAY}/medication/"

with_and_without = pytest.mark.parametrize(
    "java_script_enabled", [True, False], ids=["with JavaScript", "without JavaScript"]
)
narrow_and_wide = pytest.mark.parametrize("width", [320, 390])


@pytest.fixture
def clock(db):
    """The server's clock stands at 8:40 in New York. The browser's own is another, and must not matter."""
    with time_machine.travel(datetime.datetime(2026, 5, 5, 8, 40, 30, tzinfo=NEW_YORK), tick=False) as clock:
        yield clock


@pytest.fixture
def phone(clock, new_page, live_server, person):
    """Open a page on a phone in another zone than the person's."""

    def open_page(**options):
        return come_in(new_page(**{"timezone_id": "Asia/Tokyo"} | options), live_server, person)

    return open_page


def rows(page) -> list[tuple]:
    """What the rows of doses say."""
    names = ("medication", "amount", "unit", "taken_at")
    count = int(field(page, "doses-TOTAL_FORMS").input_value())
    found = [tuple(field(page, f"doses-{n}-{name}").input_value() for name in names) for n in range(count)]
    return [row for row in found if any(row)]


def take(page, name: str, words: str = "Taken now"):
    press(page, f"{words} {name}")


def test_a_time_typed_in_part_is_not_dropped(phone, person, expected_errors):
    expected_errors.append('value "incomplete" does not conform')  # Of the page that comes back, which shows none.
    page = phone()
    page.goto(MEDICATION)
    tap(page, "medication_taken", "true")
    field(page, "doses-0-medication").fill("Concerta")
    field(page, "doses-0-amount").fill("36")
    field(page, "doses-0-unit").select_option("mg")
    field(page, "doses-0-taken_at").focus()
    page.keyboard.type("08")

    press(page, "Save")

    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Taken at: Write a time, such as 8:15 or 20:15.")
    assert not doses_of(person, TODAY)
    alert.get_by_role("link", name="Taken at").click()
    expect(field(page, "doses-0-taken_at")).to_be_focused()
    field(page, "doses-0-taken_at").fill("08:15")
    press(page, "Save")
    expect_saved(page, "Medication saved.")
    assert doses_of(person, TODAY) == ["Concerta 36 mg at 8:15 a.m."]


def test_a_day_typed_in_part_is_not_dropped(phone, person, expected_errors):
    expected_errors.append('value "incomplete" does not conform')
    medication = make_medication(person)
    page = phone()
    page.goto(f"/logs/medications/{medication.pk}/")
    field(page, "since").focus()
    page.keyboard.type("05")

    press(page, "Save")

    expect(page.get_by_role("alert")).to_contain_text("First day")
    medication.refresh_from_db()
    assert medication.since is None


@pytest.mark.matrix
@pytest.mark.parametrize("width", [320, 390, 768, 1280])
@pytest.mark.parametrize("day", [TODAY, DAY], ids=["today", "yesterday"])
def test_a_dose_can_be_read_in_full(phone, person, width, day):
    medication = make_medication(person, "Méthylphénidate LP")
    make_dose(make_log(person, day, medication_taken=True), medication, unit="tablets")
    page = phone(viewport={"width": width, "height": 700})

    page.goto(f"/logs/{day}/medication/")

    cut_off = (
        page.locator(".dose")
        .first.locator("input, select")
        .evaluate_all("inputs => inputs.filter(each => each.scrollWidth > each.clientWidth).map(each => each.name)")
    )
    assert not cut_off
    assert field(page, "doses-0-taken_at").bounding_box()["width"] >= 130


@pytest.mark.matrix
@narrow_and_wide
@with_and_without
def test_the_first_dose_ever_takes_eight_taps_at_most(phone, person, width, java_script_enabled):
    page = phone(viewport={"width": width, "height": 700}, java_script_enabled=java_script_enabled)
    page.goto("/")
    taps = 0

    def tapping(locator):
        nonlocal taps
        taps += 1
        locator.click()
        return locator

    tapping(page.get_by_role("link", name="Medication").first)
    tapping(page.locator("label", has=option(page, "medication_taken", "true")))
    tapping(field(page, "doses-0-medication")).fill("Concerta")
    tapping(field(page, "doses-0-amount")).fill("36")
    tapping(field(page, "doses-0-unit"))
    taps += 1  # The choice in the phone's own list.
    field(page, "doses-0-unit").select_option("mg")
    tapping(page.locator('[name="now"]').first)
    tapping(page.get_by_role("button", name="Save", exact=True).last)

    expect_saved(page, "Medication saved.")
    assert taps <= 8
    assert doses_of(person, TODAY) == ["Concerta 36 mg at 8:40 a.m."]
    assert fits_its_screen(page)


@pytest.mark.matrix
@narrow_and_wide
@with_and_without
def test_a_usual_dose_is_one_tap_and_nothing_is_invented(phone, person, width, java_script_enabled):
    yesterday = make_log(person, DAY, medication_taken=True)
    for name, hour in (("Concerta", 8), ("Melatonin", 23)):
        usual = make_medication(person, name, usual_amount=36)
        make_dose(yesterday, usual, taken_at=datetime.time(hour, 10))
    page = phone(viewport={"width": width, "height": 700}, java_script_enabled=java_script_enabled)
    page.goto(MEDICATION)
    tap(page, "medication_taken", "true")
    assert rows(page) == []

    take(page, "Concerta")

    expect(page.get_by_role("button", name="Another dose Concerta")).to_be_visible()
    expect(page.get_by_role("button", name="Taken now Melatonin")).to_be_visible()
    assert rows(page) == [("Concerta", "36", "mg", "08:40")]
    assert fits_its_screen(page)
    assert not person.daily_logs.filter(date=TODAY).exists()
    field(page, "doses-0-taken_at").fill("07:55")
    press(page, "Save")
    expect_saved(page, "Medication saved.")
    assert doses_of(person, TODAY) == ["Concerta 36 mg at 7:55 a.m."]


def test_a_tap_on_a_row_that_was_removed_or_begun(phone, person):
    make_medication(person, usual_amount=36)
    page = phone()
    page.goto(MEDICATION)
    tap(page, "medication_taken", "true")
    field(page, "doses-0-medication").fill("concerta")
    take(page, "Concerta")
    assert rows(page) == [("concerta", "36", "mg", "08:40")]
    field(page, "doses-0-DELETE").check()
    expect(page.get_by_role("button", name="Taken now Concerta")).to_be_visible()

    take(page, "Concerta")

    assert rows(page) == [("concerta", "36", "mg", "08:40"), ("Concerta", "36", "mg", "08:40")]
    press(page, "Save")
    expect_saved(page, "Medication saved.")
    assert doses_of(person, TODAY) == ["Concerta 36 mg at 8:40 a.m."]


def test_the_server_fills_in_the_last_dose_where_no_amount_is_usual(phone, person):
    tea = make_medication(person, "Tea", unit=None)
    make_dose(make_log(person, DAY, medication_taken=True), tea, amount=2, unit="ml")
    page = phone()
    page.goto(MEDICATION)
    tap(page, "medication_taken", "true")
    take(page, "Tea")
    expect(field(page, "doses-0-medication")).to_have_value("Tea")
    assert rows(page) == [("Tea", "2", "ml", "08:40")]
    expect(page.locator('[name="medication_taken"][value="true"]')).to_be_checked()


def test_a_name_from_the_list_fills_in_what_is_blank(phone, person):
    make_medication(person, usual_amount=36)
    page = phone()
    page.goto(MEDICATION)
    tap(page, "medication_taken", "true")

    field(page, "doses-0-medication").fill("CONCERTA ")
    field(page, "doses-0-medication").blur()
    assert rows(page) == [("CONCERTA ", "36", "mg", "")]
    press(page, "Add another dose")
    field(page, "doses-1-amount").fill("18")
    field(page, "doses-1-medication").fill("Con\u00adcerta\u200b")  # As it is copied from a message.
    field(page, "doses-1-medication").blur()

    assert rows(page)[1] == ("Con\u00adcerta\u200b", "18", "mg", "")


def test_an_amount_typed_over_the_usual_one_replaces_it(phone, person):
    make_medication(person, usual_amount=36)
    page = phone(has_touch=True)
    page.goto(MEDICATION)
    tap(page, "medication_taken", "true")
    field(page, "doses-0-medication").tap()
    page.keyboard.type("concerta")

    field(page, "doses-0-amount").tap()
    page.wait_for_function("() => getSelection().toString() === '36'")
    page.keyboard.type("18")
    assert rows(page) == [("concerta", "18", "mg", "")]
    field(page, "doses-0-medication").tap()
    field(page, "doses-0-amount").tap()
    page.keyboard.press("End")
    page.keyboard.type(",5")

    assert rows(page) == [("concerta", "18,5", "mg", "")]


def test_remove_is_there_once_a_row_says_something(phone, person):
    page = phone()
    page.goto(MEDICATION)
    tap(page, "medication_taken", "true")
    expect(page.get_by_text("Remove").first).to_be_hidden()
    field(page, "doses-0-amount").fill("1")
    expect(page.get_by_text("Remove").first).to_be_visible()


@with_and_without
def test_an_earlier_day_is_offered_the_usual_times(phone, person, java_script_enabled):
    make_medication(person, usual_amount=36, usual_times="08:15 22:00")
    page = phone(java_script_enabled=java_script_enabled)
    page.goto(YESTERDAY)
    tap(page, "medication_taken", "true")
    assert rows(page) == []
    expect(page.locator('[name="now"]')).to_have_count(0)

    take(page, "Concerta", "Taken")
    take(page, "Concerta", "Another dose")

    expect(field(page, "doses-1-taken_at")).to_have_value("22:00")
    assert [row[3] for row in rows(page)] == ["08:15", "22:00"]


def test_six_doses_hide_the_taps(phone, person):
    make_medication(person, usual_amount=36)
    page = phone()
    page.goto(MEDICATION)
    tap(page, "medication_taken", "true")
    take(page, "Concerta")
    for _ in range(5):
        take(page, "Concerta", "Another dose")
    expect(page.locator("[data-takes]")).to_be_hidden()
    press(page, "Save")
    expect_saved(page, "Medication saved.")
    assert len(doses_of(person, TODAY)) == 6


@pytest.mark.matrix
@narrow_and_wide
@with_and_without
def test_one_tap_on_today_and_another_later(phone, clock, person, width, java_script_enabled):
    make_medication(person, usual_amount=36)
    page = phone(viewport={"width": width, "height": 700}, java_script_enabled=java_script_enabled)
    page.goto("/")
    take(page, "Concerta")
    expect_saved(page, "Concerta 36 mg at 8:40 a.m. is recorded.")
    assert fits_its_screen(page)

    clock.move_to(datetime.datetime(2026, 5, 5, 13, 5, tzinfo=NEW_YORK))
    take(page, "Concerta", "Another dose")
    expect_saved(page, "Concerta 36 mg at 1:05 p.m. is recorded.")

    assert len(doses_of(person, TODAY)) == 2
    page.get_by_role("link", name="Change it").click()
    assert [row[3] for row in rows(page)] == ["08:40", "13:05"]


def test_a_double_tap_on_today_is_one_dose(phone, person):
    make_medication(person, usual_amount=36)
    page = phone()
    page.goto("/")
    page.get_by_role("button", name="Taken now Concerta").dblclick()
    expect_saved(page, "Concerta 36 mg at 8:40 a.m.")
    page.goto("/")
    assert doses_of(person, TODAY) == ["Concerta 36 mg at 8:40 a.m."]


def test_a_mistyped_medication_is_merged(phone, person):
    make_medication(person, usual_amount=36)
    make_dose(make_log(person, DAY, medication_taken=True), make_medication(person, "Concreta"))
    page = phone(viewport={"width": 320, "height": 700})
    page.goto("/logs/medications/")
    page.get_by_role("link", name="Concreta").click()
    page.get_by_role("link", name="Merge it into another").click()
    page.get_by_label("The one to keep").select_option(label="Concerta, 36 mg")
    press(page, "Go on")
    expect(page.get_by_role("heading", level=1)).to_have_text("Merge Concreta into Concerta?")
    press(page, "Merge")
    expect_saved(page, "Concreta is merged into Concerta.")
    assert doses_of(person) == ["Concerta 36 mg at 8:15 a.m."]
    assert fits_its_screen(page)

    press(page, "Undo")
    expect_saved(page, "Undone. Concreta is on your list as before.")
    assert doses_of(person) == ["Concreta 36 mg at 8:15 a.m."]
    page.get_by_role("link", name="Concreta").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Concreta")


def test_a_deleted_medication_comes_back(phone, person):
    make_medication(person, usual_amount=36)
    page = phone(viewport={"width": 320, "height": 700}, java_script_enabled=False)
    page.goto("/logs/medications/")
    page.get_by_role("link", name="Concerta").click()
    page.get_by_role("link", name="Delete it").click()
    press(page, "Delete")
    expect_saved(page, "Concerta is deleted.")
    press(page, "Undo")
    expect_saved(page, "Undone. Concerta is on your list as before.")
    assert person.medications.get().usual_amount == 36
