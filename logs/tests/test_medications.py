"""The list of a person's medications, and the page of a medication."""

import pytest

from accounts.tests.factories import make_person
from logs.models import Dose, Medication
from logs.tests.factories import answers, doses_of, make_dose, make_log, make_medication, taken
from logs.tests.pages import check_in_url, errors_of, form_as_shown, shown_doses

pytestmark = pytest.mark.thorough_on_sqlite

LIST = "/logs/medications/"


def page_of(medication):
    return f"{LIST}{medication.pk}/"


def facts(**changes):
    return {"name": "Concerta", "usual_amount": "36", "unit": "mg", "note": "", "is_active": "on"} | changes


def test_the_list_shows_ones_own_in_order(as_person, person):
    for name in ("Ritalin", "concerta"):
        make_medication(person, name)
    make_medication(name="Theirs")

    response = as_person.get(LIST)

    assert [medication.name for medication in response.context["medications"]] == ["concerta", "Ritalin"]
    assert "Theirs" not in response.content.decode()


def test_an_empty_list_says_how_it_fills(as_person):
    assert "There is nothing to set up" in as_person.get(LIST).content.decode()


def test_it_works(as_person, person):
    medication = make_medication(person)
    assert as_person.get(page_of(medication)).status_code == 200

    sent = facts(name="  Concerta   XL ", usual_amount="54,5", unit="ml", note="with food\r\nonly")
    response = as_person.post(page_of(medication), {k: v for k, v in sent.items() if k != "is_active"})

    assert (response.status_code, response.url) == (302, LIST)
    medication.refresh_from_db()
    assert medication.name == "Concerta XL"
    assert (str(medication.usual_amount), medication.unit) == ("54.500", "ml")
    assert (medication.note, medication.is_active) == ("with food\nonly", False)


def test_everything_but_the_name_may_be_emptied(as_person, person):
    medication = make_medication(person, usual_amount=36, note="with food")

    as_person.post(page_of(medication), {"name": "Concerta"})

    medication.refresh_from_db()
    assert (medication.usual_amount, medication.unit, medication.note) == (None, None, None)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", [LIST, f"{LIST}1/"])
def test_the_anonymous_are_asked_to_log_in(db, client, path, method):
    response = getattr(client, method)(path)

    assert (response.status_code, response.url) == (302, f"/accounts/login/?next={path}")


@pytest.mark.parametrize("method", ["get", "post"])
def test_another_persons_is_not_there(as_person, method):
    theirs = make_medication(name="Theirs")

    assert getattr(as_person, method)(page_of(theirs), facts()).status_code == 404

    theirs.refresh_from_db()
    assert theirs.name == "Theirs"


@pytest.mark.parametrize("number", ["0", "999999999999999999999999", "-1", "x"])
def test_a_medication_that_does_not_exist_is_not_there(as_person, number):
    assert as_person.get(f"{LIST}{number}/").status_code == 404


def test_other_methods_are_refused(as_person, person):
    medication = make_medication(person)

    assert as_person.post(LIST).status_code == 405
    assert as_person.put(page_of(medication)).status_code == 405
    assert as_person.delete(page_of(medication)).status_code == 405


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", ""),
        ("name", "   "),
        ("name", "x" * 101),
        ("name", "a\0b"),
        ("name", "a\N{REPLACEMENT CHARACTER}b"),  # the replacement character
        ("usual_amount", "-5"),
        ("usual_amount", "0"),
        ("usual_amount", "1e9"),
        ("usual_amount", "1000000000"),
        ("usual_amount", "NaN"),
        ("unit", "stones"),
        ("note", "x" * 4001),
        ("note", "a\0b"),
    ],
)
def test_bad_input_is_shown_and_what_was_typed_is_kept(as_person, person, name, value):
    medication = make_medication(person, name="As it was")

    response = as_person.post(page_of(medication), facts(**{name: value}))

    assert response.status_code == 200
    assert list(errors_of(response)) == [name]
    assert response.context["form"][name].value() == value
    assert "<h1>As it was</h1>" in response.content.decode()
    medication.refresh_from_db()
    assert (medication.name, medication.usual_amount, medication.unit) == ("As it was", None, "mg")


@pytest.mark.parametrize("spelling", ["Ritalin", "RITALIN", "  ritalin "])
def test_two_medications_do_not_share_a_name(as_person, person, spelling):
    make_medication(person, "Ritalin")
    medication = make_medication(person)

    response = as_person.post(page_of(medication), facts(name=spelling))

    assert errors_of(response) == {"name": ["You already have a medication of this name."]}


def test_a_stranger_may_have_the_same_name(as_person, person):
    make_medication(make_person(), "Ritalin")

    assert as_person.post(page_of(make_medication(person)), facts(name="Ritalin")).status_code == 302


def test_its_own_name_may_change_its_case(as_person, person):
    medication = make_medication(person)

    assert as_person.post(page_of(medication), facts(name="CONCERTA")).status_code == 302


def test_old_doses_follow_the_name_and_keep_the_unit(as_person, person):
    dose = make_dose(make_log(person, medication_taken=True), taken_at=None)

    as_person.post(page_of(dose.medication), facts(name="Methylphenidate", usual_amount="1", unit="tablets"))

    assert person.daily_logs.get().doses.get().in_words == "Methylphenidate 36 mg"


# Many of them


def fill(person, count):
    Medication.objects.bulk_create(Medication(user=person, name=f"Tea {n:03}") for n in reversed(range(count)))


def test_the_list_has_pages_of_fifty_in_the_order_of_names(as_person, person):
    fill(person, Medication.MOST_PER_PERSON)

    pages = [as_person.get(LIST, {"page": number}) for number in (1, 2, 4)]

    shown = [[medication.name for medication in page.context["medications"]] for page in pages]
    assert [(names[0], names[-1], len(names)) for names in shown] == [
        ("Tea 000", "Tea 049", 50),
        ("Tea 050", "Tea 099", 50),
        ("Tea 150", "Tea 199", 50),
    ]
    assert 'href="?page=2" rel="next">Next</a>' in pages[0].content.decode()
    assert 'href="?page=3" rel="prev">Previous</a>' in pages[2].content.decode()
    assert all(len(page.content) < 20_000 for page in pages)


@pytest.mark.parametrize("number", ["5", "0", "-1", "x", "10001", "9" * 5000])
def test_a_page_that_does_not_exist_is_not_there(as_person, person, number):
    fill(person, Medication.MOST_PER_PERSON)

    assert as_person.get(LIST, {"page": number}).status_code == 404


def test_a_full_list_takes_no_new_name_and_loses_nothing(as_person, person, noon):
    fill(person, Medication.MOST_PER_PERSON - 1)
    url = check_in_url("medication")
    first, second = ({"medication": name, "amount": "1", "unit": "mg"} for name in ("One more", "And another"))
    typed = answers("medication") | taken(first, second, {"medication": "TEA  007", "amount": "2"})

    response = as_person.post(url, typed)

    assert response.status_code == 200
    rows = response.context["form"]["doses"].rows
    message = "Your list is full: it has room for 200 medications. Choose one that is on it."
    assert [row.errors.get("medication") for row in rows] == [None, [message], None]
    assert [row["medication"] for row in shown_doses(response)] == ["One more", "And another", "TEA  007"]
    assert doses_of(person) == []
    assert person.medications.count() == Medication.MOST_PER_PERSON - 1
    again = form_as_shown(response) | {"doses-1-medication": "one  MORE"}
    assert as_person.post(url, again).status_code == 302
    assert person.medications.count() == Medication.MOST_PER_PERSON
    assert [dose.medication.name for dose in Dose.objects.all()] == ["One more", "One more", "Tea 007"]


def test_a_full_list_of_another_person_does_not_matter(as_person, person, noon):
    fill(make_person(), Medication.MOST_PER_PERSON)

    assert as_person.post(check_in_url("medication"), taken({"medication": "Tea", "amount": "1"})).status_code == 302


# Undo


def change(client, medication, **data):
    """Change an entry, and return the message that says so."""
    sent = {"name": medication.name, "usual_amount": "36", "unit": "mg", "note": "With food", "is_active": "on"} | data
    response = client.post(f"/logs/medications/{medication.pk}/", sent, follow=True)
    *_others, message = response.context["messages"]
    return message


def undo(client, message) -> str:
    response = client.post(message.undo_address, {"envelope": message.envelope}, follow=True)
    *_others, message = response.context["messages"]
    return str(message)


@pytest.fixture
def entry(as_person, person):
    medication = make_medication(person, usual_amount=36, note="With food")
    return medication


@pytest.mark.parametrize(
    "data", [{"name": "Tea"}, {"usual_amount": "", "unit": ""}, {"note": "Never again"}, {"is_active": ""}], ids=str
)
def test_a_change_can_be_undone_and_that_too(as_person, person, entry, data):
    before = person.medications.values().get()
    message = change(as_person, entry, **data)
    after = person.medications.values().get()
    assert before != after

    assert undo(as_person, message) == "Undone. The medication is as it was before."
    assert person.medications.get().name == "Concerta"
    assert person.medications.values().get() == before


def test_no_change_offers_no_undo(as_person, entry):
    assert change(as_person, entry).envelope == ""


def test_a_newer_change_stays(as_person, person, entry):
    message = change(as_person, entry, note="Never again")
    change(as_person, entry, note="Or else")

    assert "Newer answers were saved since then." in undo(as_person, message)
    assert person.medications.get().note == "Or else"


@pytest.mark.parametrize("spelling", ["Concerta", "CONCERTA "])
def test_a_name_that_was_taken_since_does_not_come_back(as_person, person, entry, spelling):
    message = change(as_person, entry, name="Tea")
    make_medication(person, spelling.strip())

    assert "Newer answers were saved since then." in undo(as_person, message)
    assert person.medications.get(pk=entry.pk).name == "Tea"


def test_another_persons_change_is_not_there(as_person, entry):
    message = change(as_person, entry, name="Tea")
    as_person.force_login(make_person())

    assert as_person.post(message.undo_address, {"envelope": message.envelope}).status_code == 404
    assert as_person.post(message.undo_address).status_code == 404
