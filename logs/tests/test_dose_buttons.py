"""The buttons of the doses, which work without JavaScript and store nothing."""

import datetime
from decimal import Decimal

import pytest
import time_machine

from accounts.tests.factories import make_person
from logs.tests.conftest import NEW_YORK
from logs.tests.factories import (
    DAY,
    MORNING_DOSE,
    NOON_DOSE,
    answers,
    dose_rows,
    doses_of,
    make_dose,
    make_log,
    make_medication,
    taken,
)
from logs.tests.pages import check_in_url, form_as_shown, shown_doses

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]

TODAY = DAY + datetime.timedelta(days=1)
URL = check_in_url("medication", TODAY)
YESTERDAY = check_in_url("medication")


def make_usual(person, name="Concerta", **facts):
    return make_medication(person, name, **{"usual_amount": Decimal(36)} | facts)


def take(medication) -> dict:
    return {"take": str(medication.uuid)}


def tap(medication) -> dict:
    """The page without a dose, sent with the button of a medication."""
    return dose_rows({}) | take(medication)


def at(hour, minute=0, day=TODAY):
    return time_machine.travel(datetime.datetime.combine(day, datetime.time(hour, minute, 40), NEW_YORK), tick=False)


def buttons_of(response) -> list[tuple[str, str]]:
    """Each medication offered for one tap, with the words on its button."""
    return [(line.medication.name, words) for line, words in response.context["form"]["doses"].lines]


# Taken now


def test_a_tap_adds_the_usual_dose_now_and_stores_nothing(as_person, person):
    concerta = make_usual(person)

    with at(8, 40):
        response = as_person.post(URL, tap(concerta))

    assert response.status_code == 200
    assert shown_doses(response) == [{"medication": "Concerta", "amount": "36", "unit": "mg", "taken_at": "08:40"}]
    assert not person.daily_logs.exists()


def test_what_a_tap_added_can_be_saved(as_person, person):
    """The tap answers that medication was taken, too."""
    shown = form_as_shown(as_person.post(URL, tap(make_usual(person))))

    assert as_person.post(URL, shown).status_code == 302

    assert doses_of(person, TODAY) == ["Concerta 36 mg at noon"]
    assert person.daily_logs.get().medication_taken is True


def test_yesterdays_doses_are_not_invented_for_today(as_person, person):
    log = make_log(person, DAY, medication_taken=True)
    for hour, name in ((8, "Concerta"), (23, "Melatonin")):
        make_dose(log, make_usual(person, name), taken_at=datetime.time(hour, 10))

    with at(8, 40):
        response = as_person.get(URL)

    assert shown_doses(response) == []
    assert buttons_of(response) == [("Concerta", "Taken now"), ("Melatonin", "Taken now")]


def test_without_a_usual_dose_it_is_the_last_one(as_person, person):
    tea = make_medication(person, "Tea", unit=None)
    for days, amount in ((30, 1), (20, 2), (25, 3)):
        log = make_log(person, DAY - datetime.timedelta(days=days), medication_taken=True)
        make_dose(log, tea, amount=Decimal(amount), unit="ml")

    [row] = shown_doses(as_person.post(URL, tap(tea)))

    assert (row["amount"], row["unit"]) == ("2", "ml")


def test_without_any_dose_the_amount_is_left_open(as_person, person):
    [row] = shown_doses(as_person.post(URL, tap(make_medication(person, "Tea"))))

    assert row == {"medication": "Tea", "amount": "", "unit": "mg", "taken_at": "12:00"}


def test_a_medication_on_the_form_is_offered_as_another_dose(as_person, person):
    concerta, _ritalin = make_usual(person), make_usual(person, "Ritalin")

    first = as_person.post(URL, tap(concerta))
    with at(13):
        second = as_person.post(URL, form_as_shown(first) | take(concerta))

    assert buttons_of(first) == [("Concerta", "Another dose"), ("Ritalin", "Taken now")]
    assert [(row["medication"], row["taken_at"]) for row in shown_doses(second)] == [
        ("Concerta", "12:00"),
        ("Concerta", "13:00"),
    ]
    as_person.post(URL, taken({"medication": "ritalin", "amount": "1"}))
    assert buttons_of(as_person.get(URL)) == [("Concerta", "Taken now"), ("Ritalin", "Another dose")]


def test_a_tap_keeps_what_was_typed(as_person, person):
    concerta = make_usual(person)
    typed = answers("medication") | dose_rows(NOON_DOSE, {"medication": "", "amount": "nonsense"})

    response = as_person.post(URL, typed | take(concerta) | {"version": "as opened"})

    shown = form_as_shown(response)
    assert {name: shown[name][0] for name in answers("medication")} == answers("medication")
    assert shown["version"] == ["as opened"]
    assert [(row["medication"], row["amount"]) for row in shown_doses(response)] == [
        ("Ritalin", "2,5"),
        ("", "nonsense"),
        ("Concerta", "36"),
    ]


def test_a_tap_completes_a_name_that_was_typed_already(as_person, person):
    response = as_person.post(URL, dose_rows({"medication": "concerta"}) | take(make_usual(person)))

    assert [(row["medication"], row["amount"]) for row in shown_doses(response)] == [("Concerta", "36")]


@pytest.mark.parametrize("uuid", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
def test_a_tap_on_nothing_known_is_not_there(as_person, person, uuid):
    assert as_person.post(URL, dose_rows({}) | {"take": uuid}).status_code == 404


def test_the_medication_of_another_person_is_not_there(as_person, person):
    theirs = make_usual(make_person(), "Theirs")

    assert as_person.post(URL, tap(theirs)).status_code == 404
    assert buttons_of(as_person.get(URL)) == []


def test_after_midnight_a_dose_belongs_to_the_evening_before(as_person, person):
    shown = form_as_shown(as_person.post(URL, tap(make_usual(person))))

    with at(1, 30, TODAY + datetime.timedelta(days=1)):
        assert as_person.post(URL, shown | {"doses-0-taken_at": "01:30"}).status_code == 302
    assert doses_of(person, TODAY) == ["Concerta 36 mg at 1:30 a.m."]


# Never in the future


@pytest.mark.parametrize(
    ("now", "time", "is_accepted"),
    [
        ((8, 40), "08:40", True),
        ((8, 40), "08:44", True),  # The phone's clock is ahead.
        ((8, 40), "08:50", False),
        ((8, 40), "23:10", False),
        ((8, 40), "02:00", True),
        ((23, 58), "23:59", True),
        ((23, 58), "03:00", True),
    ],
)
def test_a_time_to_come_is_not_stored(as_person, person, now, time, is_accepted):
    with at(*now):
        response = as_person.post(URL, taken(MORNING_DOSE | {"taken_at": time}))

    assert response.status_code == (302 if is_accepted else 200)
    assert len(doses_of(person, TODAY)) == is_accepted
    if not is_accepted:
        assert "This time is still to come." in response.content.decode()
        assert shown_doses(response) == [MORNING_DOSE | {"taken_at": time}]


@pytest.mark.parametrize(("time", "is_accepted"), [("23:10", True), ("01:30", True), ("03:00", False), ("04:00", True)])
def test_a_time_to_come_after_midnight(as_person, person, time, is_accepted):
    """The day ends at four."""
    with at(1, 30, TODAY + datetime.timedelta(days=1)):
        response = as_person.post(URL, taken(MORNING_DOSE | {"taken_at": time}))

    assert response.status_code == (302 if is_accepted else 200)


def test_a_stored_time_that_lies_ahead_after_a_flight_west_stays(as_person, person):
    make_dose(make_log(person, TODAY, medication_taken=True), make_usual(person), taken_at=datetime.time(15))

    response = as_person.post(URL, form_as_shown(as_person.get(URL)) | {"first_hour_feeling": "calm"})

    assert response.status_code == 302
    assert person.daily_logs.get().first_hour_feeling == "calm"


# Earlier days


def test_on_an_earlier_day_the_usual_times_are_filled_in_one_after_the_other(as_person, person):
    concerta = make_usual(person, usual_times="08:15 22:00")

    response = as_person.get(YESTERDAY)
    assert shown_doses(response) == []
    assert buttons_of(response) == [("Concerta", "Taken")]
    times = []
    for _ in range(3):
        response = as_person.post(YESTERDAY, form_as_shown(response) | take(concerta))
        times.append([row["taken_at"] for row in shown_doses(response)])

    assert times == [["08:15"], ["08:15", "22:00"], ["08:15", "22:00", ""]]


def test_on_an_earlier_day_there_is_no_now(as_person, person):
    assert 'name="now"' not in as_person.get(YESTERDAY).content.decode()


def test_a_time_that_is_to_come_today_may_be_of_an_earlier_day(as_person, person):
    assert as_person.post(YESTERDAY, taken(MORNING_DOSE | {"taken_at": "23:10"})).status_code == 302


# Now


def test_now_fills_in_the_time_of_one_row(as_person, person):
    with at(12, 40):
        response = as_person.post(URL, taken(MORNING_DOSE, NOON_DOSE | {"taken_at": ""}) | {"now": "doses-1"})

    assert shown_doses(response) == [MORNING_DOSE, NOON_DOSE | {"taken_at": "12:40"}]
    assert not person.daily_logs.exists()


# Which are offered


def test_those_that_are_current_are_offered_daily_ones_first(as_person, person):
    make_usual(person, "Aspirin", schedule="as_needed")
    make_usual(person, "Concerta", schedule="daily", since=TODAY)
    make_usual(person, "Over", until=DAY)
    make_usual(person, "To come", since=TODAY + datetime.timedelta(days=1))
    make_usual(person, "Put away", is_active=False)

    assert [name for name, _words in buttons_of(as_person.get(URL))] == ["Concerta", "Aspirin"]
    assert [name for name, _words in buttons_of(as_person.get(YESTERDAY))] == ["Aspirin", "Over"]


def test_a_long_list_offers_twelve_and_all_by_name(as_person, person):
    for number in range(15):
        make_usual(person, f"Tea {number:02}")

    response = as_person.get(URL)

    assert len(buttons_of(response)) == 12
    assert '<option value="Tea 14"' in response.content.decode()


def test_a_medication_is_offered_with_its_usual_dose(as_person, person):
    make_usual(person, usual_amount=Decimal("37.500"))

    option = '<option value="Concerta" data-amount="37.5" data-unit="mg">37.5 mg</option>'
    assert option in as_person.get(URL).content.decode()


# What is asked about a row


def test_a_unit_left_open_is_asked_about_once(as_person, person):
    first = as_person.post(URL, taken({"medication": "Tea", "amount": "1", "unit": ""}))

    assert first.status_code == 200
    assert "If there is none, leave this open and save again." in first.content.decode()
    assert as_person.post(URL, form_as_shown(first)).status_code == 302
    assert doses_of(person, TODAY) == ["Tea 1"]
    # Nor the next time it is taken.
    again = taken({"medication": "tea", "amount": "2", "unit": ""})
    assert as_person.post(YESTERDAY, again).status_code == 302


def test_the_usual_unit_is_offered_where_it_was_left_open(as_person, person):
    make_usual(person)

    first = as_person.post(URL, taken({"medication": "Concerta", "amount": "18", "unit": ""}))

    assert "Is it mg, as usual?" in first.content.decode()
    assert shown_doses(first)[0]["unit"] == "mg"
    as_person.post(URL, form_as_shown(first))
    assert doses_of(person, TODAY) == ["Concerta 18 mg"]


def test_a_unit_may_be_left_open_although_another_is_usual(as_person, person):
    make_usual(person)
    first = as_person.post(URL, taken({"medication": "Concerta", "amount": "18", "unit": ""}))

    as_person.post(URL, form_as_shown(first) | {"doses-0-unit": ""})

    assert doses_of(person, TODAY) == ["Concerta 18"]


def test_a_stored_dose_without_a_unit_is_not_asked_about_again(as_person, person):
    make_dose(make_log(person, TODAY, medication_taken=True), make_usual(person), unit=None)

    assert as_person.post(URL, form_as_shown(as_person.get(URL)) | {"ate_within_hour": "true"}).status_code == 302


def test_a_program_that_sends_no_unit_is_not_asked(as_person, person):
    assert as_person.post(URL, taken({"medication": "Tea", "amount": "1"})).status_code == 302


@pytest.mark.parametrize("amount", ["-5", "nonsense", "0"])
def test_a_unit_is_not_asked_about_beside_a_wrong_amount(as_person, person, amount):
    make_usual(person)

    response = as_person.post(URL, taken({"medication": "Concerta", "amount": amount, "unit": ""}))

    assert list(response.context["form"]["doses"].rows.errors[0]) == ["amount"]


def test_a_row_that_is_removed_is_not_asked_about(as_person, person):
    removed = {"medication": "Tea", "amount": "1", "unit": "", "DELETE": "on"}

    assert as_person.post(URL, taken(MORNING_DOSE, removed)).status_code == 302


def test_the_question_about_a_unit_outlasts_a_button(as_person, person):
    first = form_as_shown(as_person.post(URL, taken({"medication": "Tea", "amount": "1", "unit": ""})))

    second = form_as_shown(as_person.post(URL, first | {"add_dose": "1"}))

    assert as_person.post(URL, second).status_code == 302


def test_the_usual_amount_is_offered_where_it_was_left_open(as_person, person):
    make_usual(person)

    first = as_person.post(URL, taken({"medication": "concerta", "amount": "", "unit": ""}))

    assert "Was it 36 mg, as usual?" in first.content.decode()
    assert doses_of(person, TODAY) == []
    assert as_person.post(URL, form_as_shown(first)).status_code == 302
    assert doses_of(person, TODAY) == ["Concerta 36 mg"]


# Rows


@pytest.mark.parametrize("button", ["add_dose", "now"])
def test_a_row_ticked_for_removal_does_not_come_back(as_person, person, button):
    as_person.post(YESTERDAY, taken(MORNING_DOSE, NOON_DOSE))
    shown = form_as_shown(as_person.get(YESTERDAY))

    response = as_person.post(YESTERDAY, shown | {"doses-0-DELETE": "on", button: "1"})
    as_person.post(YESTERDAY, form_as_shown(response))

    assert doses_of(person) == ["Ritalin 2.5 tablets at 12:30 p.m."]


def test_another_row_is_added_and_everything_kept(as_person, person):
    typed = answers("medication") | dose_rows(MORNING_DOSE, NOON_DOSE)

    response = as_person.post(URL, typed | {"add_dose": "1"})

    assert response.status_code == 200
    assert shown_doses(response) == [MORNING_DOSE, NOON_DOSE]
    assert form_as_shown(response)["doses-TOTAL_FORMS"] == ["3"]
    assert not person.daily_logs.exists()


def test_a_full_day_offers_no_tap(as_person, person):
    concerta = make_usual(person)
    as_person.post(URL, taken(*[MORNING_DOSE] * 6))

    page = as_person.get(URL).content.decode()
    response = as_person.post(URL, form_as_shown(as_person.get(URL)) | take(concerta))

    assert "data-takes hidden" in page
    assert len(shown_doses(response)) == 6


def test_a_blank_row_has_nothing_to_remove(as_person, person):
    as_person.post(YESTERDAY, taken(MORNING_DOSE))

    assert 'class="remove" hidden><input type="checkbox" name="doses-0-DELETE"' in as_person.get(URL).content.decode()
    assert 'class="remove"><input type="checkbox" name="doses-0-DELETE"' in as_person.get(YESTERDAY).content.decode()
