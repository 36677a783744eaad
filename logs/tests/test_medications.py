"""The list of a person's medications, and the page of a medication."""

import datetime

import pytest
from django.db import DataError, IntegrityError, transaction

from accounts.tests.factories import make_person
from logs.models import Dose, Medication
from logs.tests.factories import DAY, answers, doses_of, make_dose, make_log, make_medication, taken
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
    assert (medication.schedule, medication.usual_times, medication.since, medication.until) == (None,) * 4


@pytest.mark.matrix
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
        ("schedule", "hourly"),
        ("usual_times", "25:00"),
        ("usual_times", "8:60"),
        ("usual_times", "13 pm"),
        ("usual_times", "morning"),
        ("usual_times", "1,2,3,4,5,6,7"),
        ("usual_times", "x" * 300),
        ("since", "yesterday"),
        ("until", "2026-02-30"),
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


# How it is taken


def test_the_schedule_is_the_persons_to_say(as_person, person):
    medication = make_medication(person)
    schedule = {"schedule": "daily", "usual_times": "8:15, 10pm", "since": "2026-05-01", "until": "2026-05-01"}

    as_person.post(page_of(medication), facts(**schedule))

    medication.refresh_from_db()
    assert (medication.schedule, medication.usual_times) == ("daily", "08:15 22:00")
    assert str(medication.since) == str(medication.until) == "2026-05-01"
    assert medication.usual_times_of_day == [datetime.time(8, 15), datetime.time(22)]
    shown = as_person.get(page_of(medication)).context["form"]
    assert {name: shown[name].value() for name in schedule} == schedule | {
        "usual_times": "08:15, 22:00",
        **dict.fromkeys(["since", "until"], datetime.date(2026, 5, 1)),
    }
    assert "daily" in as_person.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("8", "08:00"),
        ("22 h, 2 h 30", "02:30 22:00"),
        ("8 h 22 h", "08:00 22:00"),
        ("8.30; 22h15", "08:30 22:15"),
        ("22:00 8:00 8:00", "08:00 22:00"),
        ("8 a.m. 12 pm\n12 AM", "00:00 08:00 12:00"),
        ("0 1 2 3 4 5", "00:00 01:00 02:00 03:00 04:00 05:00"),
        (" , ", None),
    ],
)
def test_times_are_understood_as_people_write_them(as_person, person, typed, stored):
    medication = make_medication(person)

    as_person.post(page_of(medication), facts(usual_times=typed))

    medication.refresh_from_db()
    assert medication.usual_times == stored


def test_the_last_day_is_not_before_the_first(as_person, person):
    medication = make_medication(person)

    response = as_person.post(page_of(medication), facts(since="2026-05-02", until="2026-05-01"))

    assert errors_of(response) == {"until": ["The last day is before the first."]}


@pytest.mark.parametrize(
    "wrong",
    [
        {"schedule": "hourly"},
        {"schedule": ""},
        {"usual_times": ""},
        {"usual_times": "8:15"},
        {"usual_times": "24:00"},
        {"usual_times": "29:15"},
        {"usual_times": "08:60"},
        {"usual_times": "08:15 "},
        {"usual_times": "08:15,22:00"},
        {"usual_times": "08:15\n"},
        {"usual_times": "08:15 24:00"},
        {"since": datetime.date(2026, 5, 2), "until": datetime.date(2026, 5, 1)},
    ],
    ids=str,
)
def test_the_database_refuses_a_schedule_that_cannot_be(person, wrong):
    medication = make_medication(person)

    with pytest.raises(IntegrityError), transaction.atomic():
        Medication.objects.filter(pk=medication.pk).update(**wrong)


def test_the_database_holds_no_more_than_six_times(person):
    medication = make_medication(person)
    six = " ".join(["23:59"] * 6)

    Medication.objects.filter(pk=medication.pk).update(usual_times=six)
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        Medication.objects.filter(pk=medication.pk).update(usual_times=f"{six} 23:59")


# Merging


def merge(client, old, new, **more):
    return client.post(f"{page_of(old)}merge/", {"into": new.pk, "confirm": "1"} | more)


@pytest.fixture
def mistyped(person):
    """A mistyped medication with doses on two days, and the right one."""
    old, new = make_medication(person, "Concreta"), make_medication(person)
    for date in (DAY, DAY - datetime.timedelta(days=1)):
        make_dose(make_log(person, date, medication_taken=True), old)
    make_dose(person.daily_logs.get(date=DAY), new, amount=18)
    return old, new


def test_all_doses_move_and_the_mistyped_one_is_gone(as_person, person, mistyped):
    old, new = mistyped
    before = person.answers_version

    response = merge(as_person, old, new)

    assert (response.status_code, response.url) == (302, LIST)
    assert person.medications.get() == new
    assert doses_of(person) == ["Concerta 36 mg at 8:15 a.m.", "Concerta 18 mg at 8:15 a.m."]
    assert {dose.user_id for dose in new.doses.all()} == {person.pk}
    assert new.doses.count() == 3
    assert "Concreta is merged into Concerta." in as_person.get(LIST).content.decode()
    person.refresh_from_db()
    assert person.answers_version > before


def test_a_merge_is_confirmed_on_a_page_that_says_what_it_does(as_person, person, mistyped):
    old, new = mistyped

    choice = as_person.get(f"{page_of(old)}merge/")
    page = as_person.post(f"{page_of(old)}merge/", {"into": new.pk})

    assert [each.name for each in choice.context["others"]] == ["Concerta"]
    text = page.content.decode()
    assert "2 doses of Concreta become doses of Concerta." in text
    assert "You can undo it for 10 minutes, on the page that follows." in text
    assert person.medications.count() == 2


def test_a_merge_that_is_sent_twice_is_not_there_the_second_time(as_person, person, mistyped):
    assert merge(as_person, *mistyped).status_code == 302
    assert merge(as_person, *mistyped).status_code == 404
    assert Dose.objects.count() == 3


@pytest.mark.parametrize("confirm", [{}, {"confirm": "1"}], ids=["chosen", "confirmed"])
def test_the_medications_of_two_people_are_never_merged(as_person, person, mistyped, confirm):
    old, _new = mistyped
    theirs = make_dose(make_log(make_person(), medication_taken=True)).medication

    assert as_person.post(f"{page_of(old)}merge/", {"into": theirs.pk} | confirm).status_code == 404
    assert as_person.post(f"{page_of(theirs)}merge/", {"into": old.pk} | confirm).status_code == 404
    assert as_person.get(f"{page_of(theirs)}merge/").status_code == 404

    assert (old.doses.count(), theirs.doses.count()) == (2, 1)


@pytest.mark.parametrize("into", ["x", "0", "-1", "٣", "9" * 30, "9" * 5000, "\0", "itself"])
def test_only_a_medication_of_the_list_can_be_merged_into(as_person, person, mistyped, into):
    old, _new = mistyped
    into = old.pk if into == "itself" else into

    assert as_person.post(f"{page_of(old)}merge/", {"into": into, "confirm": "1"}).status_code == 404
    assert person.medications.count() == 2


def test_a_merge_into_nothing_asks_again(as_person, person, mistyped):
    response = as_person.post(f"{page_of(mistyped[0])}merge/", {"confirm": "1"})

    assert response.status_code == 200
    assert errors_of(response) == {"into": ["Please choose the medication to keep."]}
    assert '<a href="#field-into">The one to keep</a>' in response.content.decode()
    assert person.medications.count() == 2


def test_the_only_medication_has_nothing_to_be_merged_into(as_person, person):
    page = as_person.get(f"{page_of(make_medication(person))}merge/").content.decode()

    assert "There is no other medication on your list." in page


def test_names_that_cannot_be_read_can_be_merged(as_person, person, mistyped, settings):
    settings.FIELD_ENCRYPTION_KEYS = {"another": bytes(range(7, 39))}
    as_person.force_login(person)  # The session is encrypted with the keys too.

    assert merge(as_person, *mistyped).status_code == 302
    assert mistyped[1].doses.count() == 3


# Deleting


def test_an_unused_medication_can_be_deleted(as_person, person):
    medication = make_medication(person)

    page = as_person.get(f"{page_of(medication)}delete/").content.decode()
    response = as_person.post(f"{page_of(medication)}delete/")

    assert "It has no doses." in page
    assert (response.status_code, response.url) == (302, LIST)
    assert not person.medications.exists()
    assert "Concerta is deleted." in as_person.get(LIST).content.decode()


def test_a_medication_with_doses_stays(as_person, person, mistyped):
    old, _new = mistyped

    page = as_person.get(f"{page_of(old)}delete/").content.decode()
    response = as_person.post(f"{page_of(old)}delete/", follow=True)

    assert "It has doses, so it stays." in page
    assert "Merge it into another medication instead." in response.content.decode()
    assert old.doses.count() == 2


@pytest.mark.parametrize("method", ["get", "post"])
def test_another_persons_is_not_there_to_be_deleted(as_person, method):
    theirs = make_medication(name="Theirs")

    assert getattr(as_person, method)(f"{page_of(theirs)}delete/").status_code == 404
    assert Medication.objects.get() == theirs


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
