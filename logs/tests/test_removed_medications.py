"""Undo of a merge of two medications, and of the deletion of one."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import make_person
from logs.models import DailyLog, Dose, Medication
from logs.removed_medications import BATCH, LIST_FULL, NAMED_AGAIN
from logs.tests.factories import DAY, dose_rows, make_dose, make_log, make_medication
from logs.tests.pages import check_in_url, form_as_shown
from logs.undo import CHANGED_SINCE, TOO_LATE, UNDONE_ALREADY
from personal_data.wipe import wipe_all

pytestmark = pytest.mark.usefixtures("noon")

LIST = "/logs/medications/"
DAY_BEFORE = DAY - datetime.timedelta(days=1)


def last_message(response):
    *_others, message = response.context["messages"]
    return message


def merge(client, old, new):
    """Merge two medications. Returns the message that offers to undo it."""
    address = f"{LIST}{old.pk}/merge/"
    return last_message(client.post(address, {"into": new.pk, "confirm": "1"}, follow=True))


def delete(client, medication):
    return last_message(client.post(f"{LIST}{medication.pk}/delete/", follow=True))


def undo(client, message):
    return client.post(message.undo_address, {"envelope": message.envelope}, follow=True)


def state(person):
    """All rows of a person's list and doses, but for the number of a medication, which is a new one."""
    medications = person.medications.order_by("pk").values()
    doses = person.doses.order_by("pk").values("pk", "daily_log", "medication__uuid", "amount", "unit", "taken_at")
    return {row["uuid"]: row | {"id": None} for row in medications}, list(doses)


@pytest.fixture
def mistyped(person):
    """A mistyped medication with doses on two days, and the right one with doses of its own."""
    old = make_medication(person, "Concreta", usual_amount=36, note="From the pharmacy", usual_times="08:15")
    new = make_medication(person)
    for date in (DAY, DAY_BEFORE):
        log = make_log(person, date, medication_taken=True)
        make_dose(log, new, amount=18)
        make_dose(log, old)
    return old, new


def test_a_merge_is_undone(as_person, person, mistyped):
    before, version = state(person), person.answers_version
    message = merge(as_person, *mistyped)
    assert state(person) != before

    response = undo(as_person, message)

    assert last_message(response).message == "Undone. Concreta is on your list as before."
    assert state(person) == before
    person.refresh_from_db()
    assert person.answers_version == version + 2


def test_a_deletion_is_undone(as_person, person):
    medication = make_medication(person, usual_amount=36, note="Line one\nline two 🧠", is_active=False)
    before = state(person)
    message = delete(as_person, medication)
    assert not person.medications.exists()

    assert last_message(undo(as_person, message)).message == "Undone. Concerta is on your list as before."

    assert state(person) == before


def test_a_name_that_cannot_be_read_comes_back(as_person, person, mistyped, settings):
    before = state(person)
    token = Medication.objects.get(pk=mistyped[0].pk).__dict__["name"].token
    settings.FIELD_ENCRYPTION_KEYS = {"another": bytes(range(7, 39))}
    as_person.force_login(person)  # The session is encrypted with the keys too.

    undo(as_person, merge(as_person, *mistyped))

    found = person.medications.get(uuid=mistyped[0].uuid)
    assert found.__dict__["name"].token == token
    assert found.name_key == before[0][found.uuid]["name_key"]
    assert found.doses.count() == 2


def test_doses_that_were_there_or_came_since_stay(as_person, person, mistyped):
    _old, new = mistyped
    message = merge(as_person, *mistyped)
    later = make_dose(person.daily_logs.get(date=DAY), new, amount=9)

    undo(as_person, message)

    assert sorted(new.doses.values_list("amount", flat=True)) == [9, 18, 18]
    later.refresh_from_db()
    assert later.medication == new


def change_amount(client, person):
    shown = form_as_shown(client.get(check_in_url("medication")))
    client.post(check_in_url("medication"), shown | {"doses-1-amount": "40"})


def remove_first_dose(client, person):
    """The second dose keeps its row, so that only one is gone."""
    rows = dose_rows({"medication": "Concerta", "amount": "18", "unit": "mg", "taken_at": "08:15"})
    client.post(check_in_url("medication"), {"medication_taken": "true"} | rows)


def delete_a_day(client, person):
    client.post(f"/logs/{DAY}/delete/")


def merge_once_more(client, person):
    merge(client, person.medications.get(), make_medication(person, "Ritalin"))


def wipe(client, person):
    wipe_all(person)


@pytest.mark.parametrize("change", [change_amount, remove_first_dose, delete_a_day, merge_once_more, wipe])
def test_nothing_is_undone_once_a_moved_dose_has_changed(as_person, person, mistyped, change):
    message = merge(as_person, *mistyped)
    change(as_person, person)
    before = state(person)

    assert last_message(undo(as_person, message)).message == CHANGED_SINCE

    assert state(person) == before


def test_a_name_that_is_on_the_list_again_stays(as_person, person, mistyped):
    message = merge(as_person, *mistyped)
    make_medication(person, "CONCRETA")
    before = state(person)

    assert last_message(undo(as_person, message)).message == NAMED_AGAIN

    assert state(person) == before


def test_a_full_list_stays_as_it_is(as_person, person):
    message = delete(as_person, make_medication(person))
    Medication.objects.bulk_create(Medication(user=person, name=f"Tea {n}") for n in range(Medication.MOST_PER_PERSON))

    assert last_message(undo(as_person, message)).message == LIST_FULL

    assert person.medications.count() == Medication.MOST_PER_PERSON


def test_twice_is_once(as_person, person, mistyped):
    before = state(person)
    message = merge(as_person, *mistyped)
    undo(as_person, message)

    assert last_message(undo(as_person, message)).message == UNDONE_ALREADY

    assert state(person) == before


@pytest.mark.parametrize(("seconds", "works"), [(600, True), (601, False)])
def test_it_works_for_ten_minutes(as_person, person, mistyped, noon, seconds, works):
    message = merge(as_person, *mistyped)
    noon.shift(seconds)

    assert (last_message(undo(as_person, message)).message == TOO_LATE) is not works

    assert person.medications.count() == 1 + works


def test_another_persons_is_not_there(as_person, person, mistyped):
    message = merge(as_person, *mistyped)
    other = make_person()
    as_person.force_login(other)

    assert undo(as_person, message).status_code == 404

    assert (person.medications.count(), other.medications.count()) == (1, 0)


def test_another_medications_is_not_there(as_person, person, mistyped):
    message = merge(as_person, *mistyped)

    response = as_person.post(f"{LIST}{mistyped[1].pk}/undo/", {"envelope": message.envelope})

    assert response.status_code == 404


def test_an_entry_can_be_edited_and_undone_after_it_came_back(as_person, person, mistyped):
    undo(as_person, merge(as_person, *mistyped))
    back = person.medications.get(uuid=mistyped[0].uuid)
    facts = {"name": "Concreta XR", "note": "", "is_active": "on"}

    message = last_message(as_person.post(f"{LIST}{back.pk}/", facts, follow=True))
    undo(as_person, message)

    back.refresh_from_db()
    assert (back.name, back.note) == ("Concreta", "From the pharmacy")


def test_thousands_of_doses_are_moved_back_in_few_queries(as_person, person, mistyped):
    """Their numbers are as far apart as on a server with many people."""
    old, new = mistyped
    first = datetime.date(2000, 1, 1)
    logs = DailyLog.objects.bulk_create(
        DailyLog(user=person, date=first + datetime.timedelta(days=number), medication_taken=True)
        for number in range(1500)
    )
    Dose.objects.bulk_create(
        Dose(
            pk=100_000 + number * 3000 + number * number * 7919 % 2999,
            daily_log=log,
            medication=old,
            amount=Decimal(36),
            unit="mg",
        )
        for number, log in enumerate(log for log in logs for _dose in range(2))
    )
    before = state(person)
    message = merge(as_person, old, new)
    assert len(message.envelope) < 15_000  # 3,000 doses

    with CaptureQueriesContext(
        connection,
    ) as queries:
        undo(as_person, message)

    assert state(person) == before
    assert len([query for query in queries if 'UPDATE "logs_dose"' in query["sql"]]) == -(-3002 // BATCH)
