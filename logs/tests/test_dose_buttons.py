"""The two buttons above and below the doses, which work without JavaScript and store nothing."""

import datetime
from decimal import Decimal

import pytest

from accounts.tests.factories import make_person
from logs.models import Medication
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

URL = check_in_url("medication")


def last_time(person, *amounts, days_ago=2):
    log = make_log(person, DAY - datetime.timedelta(days=days_ago), medication_taken=True)
    medication = Medication.objects.filter(user=person).first() or make_medication(person)
    for amount in amounts:
        make_dose(log, medication, amount=Decimal(amount))


def test_same_as_last_time_fills_in_and_stores_nothing(as_person, person):
    last_time(person, 18, days_ago=3)
    last_time(person, 36, 54)

    response = as_person.post(URL, {"same_as_last_time": "1"} | dose_rows({}))

    assert response.status_code == 200
    assert [row["amount"] for row in shown_doses(response)] == ["36", "54"]
    assert doses_of(person) == []
    assert not person.daily_logs.filter(date=DAY).exists()


def test_what_same_as_last_time_filled_in_can_be_saved(as_person, person):
    last_time(person, 36)
    shown = form_as_shown(as_person.post(URL, taken({}) | {"same_as_last_time": "1"}))

    as_person.post(URL, shown)

    assert doses_of(person) == ["Concerta 36 mg at 8:15 a.m."]


def test_same_as_last_time_keeps_what_was_typed(as_person, person):
    last_time(person, 36)
    typed = answers("medication") | dose_rows(NOON_DOSE, {"medication": "", "amount": "nonsense"})

    response = as_person.post(URL, typed | {"same_as_last_time": "1", "version": "as opened"})

    shown = form_as_shown(response)
    assert {name: shown[name][0] for name in answers("medication")} == answers("medication")
    assert shown["version"] == ["as opened"]
    assert [(row["medication"], row["amount"]) for row in shown_doses(response)] == [
        ("Ritalin", "2,5"),
        ("", "nonsense"),
        ("Concerta", "36"),
    ]


def test_same_as_last_time_twice_fills_in_once(as_person, person):
    last_time(person, 36)
    button = {"same_as_last_time": "1"}

    shown = form_as_shown(as_person.post(URL, taken({}) | button))
    response = as_person.post(URL, shown | button)

    assert [row["amount"] for row in shown_doses(response)] == ["36"]


def test_last_time_is_before_this_day(as_person, person):
    log = make_log(person, DAY + datetime.timedelta(days=1), medication_taken=True)
    make_dose(log)

    assert "Same as last time" not in as_person.get(URL).content.decode()


def test_last_time_is_offered_in_words(as_person, person):
    last_time(person, 36)

    assert "Concerta 36 mg at 8:15 a.m." in as_person.get(URL).content.decode()


@pytest.mark.parametrize("button", ["add_dose", "same_as_last_time"])
def test_a_row_ticked_for_removal_does_not_come_back(as_person, person, button):
    as_person.post(URL, taken(MORNING_DOSE, NOON_DOSE))
    shown = form_as_shown(as_person.get(URL))

    response = as_person.post(URL, shown | {"doses-0-DELETE": "on", button: "1"})
    as_person.post(URL, form_as_shown(response))

    assert doses_of(person) == ["Ritalin 2.5 tablets at 12:30 p.m."]


def test_another_row_is_added_and_everything_kept(as_person, person):
    typed = answers("medication") | dose_rows(MORNING_DOSE, NOON_DOSE)

    response = as_person.post(URL, typed | {"add_dose": "1"})

    assert response.status_code == 200
    assert shown_doses(response) == [MORNING_DOSE, NOON_DOSE]
    assert form_as_shown(response)["doses-TOTAL_FORMS"] == ["3"]
    assert not person.daily_logs.exists()


def test_a_stranger_s_last_time_is_not_offered(as_person, person):
    last_time(make_person(), 36)

    response = as_person.post(URL, taken({}) | {"same_as_last_time": "1"})

    assert shown_doses(response) == []


def test_a_stranger_s_newer_doses_do_not_hide_ones_own(as_person, person):
    last_time(person, 36, days_ago=5)
    last_time(make_person(), 54, days_ago=1)

    response = as_person.post(URL, taken({}) | {"same_as_last_time": "1"})

    assert [row["amount"] for row in shown_doses(response)] == ["36"]


def test_same_as_last_time_completes_a_name_that_was_typed_already(as_person, person):
    last_time(person, 36)

    response = as_person.post(URL, {"same_as_last_time": "1"} | dose_rows({"medication": "concerta"}))

    assert [(row["medication"], row["amount"]) for row in shown_doses(response)] == [("Concerta", "36")]


def test_a_medication_is_offered_with_its_usual_dose(as_person, person):
    make_medication(person, usual_amount=Decimal("36.000"))

    assert '<option value="Concerta">36 mg</option>' in as_person.get(URL).content.decode()
