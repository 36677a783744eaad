"""The doses of a medication check-in."""

import datetime

import pytest

from logs.models import Dose
from logs.stages import MEDICATION, MIDDAY
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


# Add, change, remove


def test_doses_are_stored_as_typed(as_person, person):
    as_person.post(URL, taken(MORNING_DOSE, NOON_DOSE))

    assert doses_of(person) == ["Concerta 36 mg at 8:15 a.m.", "Ritalin 2.5 tablets at 12:30 p.m."]
    assert shown_doses(as_person.get(URL)) == [MORNING_DOSE, NOON_DOSE | {"amount": "2.5"}]


def test_unit_and_time_may_be_left_out(as_person, person):
    as_person.post(URL, taken({"medication": "Tea", "amount": "1"}))

    assert doses_of(person) == ["Tea 1"]


def test_a_dose_is_added_to_what_is_stored(as_person, person):
    as_person.post(URL, taken(MORNING_DOSE))
    first = Dose.objects.get()

    shown = form_as_shown(as_person.post(URL, form_as_shown(as_person.get(URL)) | {"add_dose": "1"}))
    as_person.post(URL, shown | {f"doses-1-{name}": value for name, value in NOON_DOSE.items()})

    assert doses_of(person) == ["Concerta 36 mg at 8:15 a.m.", "Ritalin 2.5 tablets at 12:30 p.m."]
    assert first in Dose.objects.all()


def test_a_dose_is_changed_in_its_place(as_person, person):
    as_person.post(URL, taken(MORNING_DOSE, NOON_DOSE))
    keys = list(Dose.objects.values_list("pk", flat=True))

    as_person.post(URL, form_as_shown(as_person.get(URL)) | {"doses-0-amount": "54"})

    assert doses_of(person) == ["Concerta 54 mg at 8:15 a.m.", "Ritalin 2.5 tablets at 12:30 p.m."]
    assert list(Dose.objects.values_list("pk", flat=True)) == keys


@pytest.mark.parametrize("how", [{"doses-0-DELETE": "on"}, {f"doses-0-{name}": "" for name in MORNING_DOSE}])
def test_a_dose_is_removed_by_its_box_or_by_emptying_its_row(as_person, person, how):
    as_person.post(URL, taken(MORNING_DOSE, NOON_DOSE))

    as_person.post(URL, form_as_shown(as_person.get(URL)) | how)

    assert doses_of(person) == ["Ritalin 2.5 tablets at 12:30 p.m."]


def test_a_removed_row_need_not_make_sense(as_person, person):
    as_person.post(URL, taken(MORNING_DOSE, {"medication": "", "amount": "nonsense", "DELETE": "on"}))

    assert doses_of(person) == ["Concerta 36 mg at 8:15 a.m."]


def test_blank_rows_are_no_doses(as_person, person):
    blank = dict.fromkeys(MORNING_DOSE, "")

    as_person.post(URL, taken(blank, MORNING_DOSE, blank, {"medication": "  "}))

    assert doses_of(person) == ["Concerta 36 mg at 8:15 a.m."]


def test_a_day_has_up_to_six(as_person, person):
    rows = [MORNING_DOSE | {"amount": str(n)} for n in range(1, 7)]

    assert as_person.post(URL, taken(*rows)).status_code == 302

    assert len(doses_of(person)) == 6
    assert len(shown_doses(as_person.get(URL))) == 6
    assert b'name="add_dose"' not in as_person.get(URL).content


def test_a_day_has_not_seven(as_person, person):
    rows = [MORNING_DOSE | {"amount": str(n)} for n in range(1, 8)]

    response = as_person.post(URL, taken(*rows))

    assert response.status_code == 200
    assert "6" in "".join(response.context["form"]["doses"].rows.non_form_errors())
    assert doses_of(person) == []


def test_six_and_a_blank_row_are_six(as_person, person):
    rows = [MORNING_DOSE | {"amount": str(n)} for n in range(1, 7)]

    assert as_person.post(URL, taken(*rows, dict.fromkeys(MORNING_DOSE, ""))).status_code == 302
    assert len(doses_of(person)) == 6


def test_the_same_rows_twice_are_one_set_of_doses(as_person, person):
    """Sent again from a page that was opened when there was none yet."""
    for _ in range(2):
        as_person.post(URL, taken(MORNING_DOSE, NOON_DOSE))

    assert doses_of(person) == ["Concerta 36 mg at 8:15 a.m.", "Ritalin 2.5 tablets at 12:30 p.m."]


def test_a_retry_of_the_page_itself_is_no_conflict(as_person, person):
    sent = form_as_shown(as_person.get(URL)) | taken(MORNING_DOSE)

    assert [as_person.post(URL, sent).status_code for _ in range(3)] == [302, 302, 302]
    assert doses_of(person) == ["Concerta 36 mg at 8:15 a.m."]


def test_the_same_dose_may_be_taken_twice(as_person, person):
    as_person.post(URL, taken(MORNING_DOSE, MORNING_DOSE))

    assert doses_of(person) == ["Concerta 36 mg at 8:15 a.m."] * 2


# The person's own list


def test_a_medication_typed_once_joins_the_list_and_is_offered(as_person, person):
    as_person.post(URL, taken(MORNING_DOSE | {"medication": "  Concerta   XL "}))

    medication = person.medications.get()
    assert (medication.name, medication.usual_amount, medication.unit) == ("Concerta XL", 36, "mg")
    assert '<option value="Concerta XL"' in as_person.get(check_in_url("medication", DAY)).content.decode()


@pytest.mark.parametrize(
    "spelling", ["concerta", "CONCERTA", " Concerta  ", "Concerta", "\u200eConcerta\u200b", "Con\u00adcerta\ufeff"]
)
def test_another_spelling_is_the_same_medication(as_person, person, spelling):
    known = make_medication(person, name="Concerta")

    as_person.post(URL, taken(MORNING_DOSE | {"medication": spelling}))

    assert person.medications.get() == known
    assert doses_of(person) == ["Concerta 36 mg at 8:15 a.m."]


def test_a_new_medication_in_two_rows_joins_once(as_person, person):
    as_person.post(URL, taken(MORNING_DOSE, MORNING_DOSE | {"medication": "concerta", "amount": "18"}))

    assert person.medications.get().name == "Concerta"


def test_a_stranger_s_medication_is_neither_offered_nor_linked(as_person, person):
    theirs = make_dose(make_log(date=DAY - datetime.timedelta(days=1), medication_taken=True)).medication

    page = as_person.get(URL)
    as_person.post(URL, taken(MORNING_DOSE))

    assert "Concerta" not in page.content.decode()
    assert 'name="take"' not in page.content.decode()
    assert Dose.objects.get(daily_log__user=person).medication != theirs
    assert theirs.doses.count() == 1


def test_a_medication_put_away_is_not_offered_but_still_understood(as_person, person):
    known = make_medication(person, is_active=False)

    assert 'value="Concerta"' not in as_person.get(URL).content.decode()
    as_person.post(URL, taken(MORNING_DOSE))

    assert Dose.objects.get().medication == known


# What cannot be


@pytest.mark.parametrize(
    "amount",
    [
        "-5",
        "0",
        "0.0001",
        "1e9",
        "1000000000",
        "100000",
        "NaN",
        "Infinity",
        "-inf",
        "two",
        "1.2.3",
        "1,000.5",
        "三",
        "\0",
    ],
)
def test_an_amount_that_cannot_be(as_person, person, amount):
    response = as_person.post(URL, taken(MORNING_DOSE | {"amount": amount}))

    assert response.status_code == 200
    assert list(response.context["form"]["doses"].rows.errors[0]) == ["amount"]
    assert response.context["form"]["doses"].rows[0]["amount"].value() == amount
    assert form_as_shown(response)["doses-0-medication"] == ["Concerta"]
    assert doses_of(person) == []
    assert not person.medications.exists()


@pytest.mark.parametrize(
    ("amount", "dose"),
    [("٣", "3"), ("३६", "36"), ("１８", "18"), ("٢٫٥", "2.5"), ("\u200e36\u2060", "36"), ("36\u00a0", "36")],
)
def test_an_amount_in_other_digits_or_with_invisible_characters(as_person, person, amount, dose):
    as_person.post(URL, taken(MORNING_DOSE | {"amount": amount}))

    assert doses_of(person) == [f"Concerta {dose} mg at 8:15 a.m."]


@pytest.mark.parametrize(
    ("facts", "wrong", "message"),
    [
        ({"amount": "36mg"}, "amount", "Write the number alone, such as 36. The unit has a field of its own."),
        ({"medication": "\u200b"}, "medication", "Which medication was it?"),
        ({"amount": ""}, "amount", "How much was it?"),
        ({"medication": ""}, "medication", "Which medication was it?"),
        ({"medication": "x" * 101}, "medication", "Please keep this to 100 characters; these are 101."),
        ({"medication": "a\0b"}, "medication", "This text has a character that cannot be stored. Please retype it."),
        ({"taken_at": "25:00"}, "taken_at", "Write a time, such as 8:15 or 20:15."),
        ({"unit": "stones"}, "unit", "Choose one of the answers offered."),
    ],
)
def test_a_dose_that_cannot_be(as_person, person, facts, wrong, message):
    response = as_person.post(URL, taken(MORNING_DOSE | facts))

    assert response.status_code == 200
    assert response.context["form"]["doses"].rows.errors == [{wrong: [message]}]
    assert message in response.content.decode()
    assert doses_of(person) == []


@pytest.mark.matrix
@pytest.mark.parametrize("total", ["1000000", "-1", "", "many", "9" * 5000, "\0"])
@pytest.mark.parametrize("initial", ["0", "many"])
@pytest.mark.parametrize("button", ["", "add_dose", "now"])
def test_a_tampered_count_of_rows_is_no_trouble(as_person, person, total, initial, button):
    tampered = {"doses-TOTAL_FORMS": total, "doses-INITIAL_FORMS": initial, button: "1"}

    response = as_person.post(URL, taken(MORNING_DOSE) | tampered)

    assert response.status_code in {200, 302}
    assert Dose.objects.count() <= 1


# When there is nothing to say about doses


def test_doses_are_cleared_when_nothing_was_taken(as_person, person):
    as_person.post(URL, taken(MORNING_DOSE))

    as_person.post(URL, form_as_shown(as_person.get(URL)) | {"medication_taken": "false", "remove": "doses"})

    assert person.daily_logs.get().medication_taken is False
    assert doses_of(person) == []
    assert person.medications.exists()


def test_even_nonsense_rows_are_dropped_when_nothing_was_taken(as_person, person):
    rows = dose_rows({"medication": "", "amount": "-5"})

    assert as_person.post(URL, {"medication_taken": "false"} | rows).status_code == 302
    assert person.daily_logs.get().is_done(MEDICATION)


def test_doses_whose_question_is_open_are_asked_about_and_kept(as_person, person):
    response = as_person.post(URL, dose_rows(MORNING_DOSE))

    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["medication_taken", "doses"]
    assert shown_doses(response) == [MORNING_DOSE]
    assert not person.daily_logs.exists()
    assert not person.medications.exists()


def test_a_program_that_does_not_speak_of_doses_leaves_them(as_person, person):
    as_person.post(URL, taken(MORNING_DOSE))

    as_person.post(URL, {"medication_taken": "true", "first_hour_feeling": "calm"})

    assert person.daily_logs.get().first_hour_feeling == "calm"
    assert doses_of(person) == ["Concerta 36 mg at 8:15 a.m."]


def test_a_program_that_does_not_speak_of_doses_can_say_that_none_was_taken(as_person, person):
    as_person.post(URL, taken(MORNING_DOSE))

    as_person.post(URL, {"medication_taken": "false"})

    assert doses_of(person) == []


def test_emptying_the_check_in_takes_the_doses_along(as_person, person):
    as_person.post(URL, taken(MORNING_DOSE))

    as_person.post(URL, {"medication_taken": ""} | dose_rows())

    assert not person.daily_logs.exists()
    assert not Dose.objects.exists()


def test_emptying_the_check_in_on_a_day_with_more_leaves_the_rest(as_person, person):
    as_person.post(check_in_url("midday"), answers("midday"))
    as_person.post(URL, taken(MORNING_DOSE))

    as_person.post(URL, {"medication_taken": ""} | dose_rows())

    assert person.daily_logs.get().is_done(MIDDAY)
    assert not Dose.objects.exists()
