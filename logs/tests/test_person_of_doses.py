"""A dose, its day and its medication belong to one person: by constraint, and in every query of a page."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from logs.models import Dose, Medication
from logs.tests.factories import DAY, MORNING_DOSE, NOON_DOSE, answers, make_dose, make_log, make_medication, taken
from logs.tests.pages import check_in_url, day_url
from personal_data.export_tables import doses as exported_doses
from personal_data.wipe import wipe_all

MEDICATION = check_in_url("medication")
JOINS = re.compile(r'JOIN "logs_\w+" .*?\bON \((.*?)(?= (?:INNER|LEFT OUTER) JOIN | WHERE | ORDER BY |$)')
SAME_PERSON = re.compile(r'"?\w+"?\."user_id" = \("?\w+"?\."user_id"\)')
ONE_PERSON = re.compile(r'"user_id" (= \d+|IN \(\d+\))')
# Queries of whole tables, without a join.
ACROSS_PEOPLE = (
    # Django's deletions, and its check whether a medication has doses: by the keys of the rows to delete.
    re.compile(
        r'(DELETE|SELECT .*) FROM "logs_dose" WHERE "logs_dose"\."(daily_log|medication)_id" IN \([\d, ]+\)( ORDER|$)'
    ),
    # The check whether another row has the key of a restored dose.
    re.compile(r'SELECT .* FROM "logs_dose" WHERE "logs_dose"\."id" IN \([\d, ]+\) LIMIT 1$'),
)


def assert_names_person(sql: str):
    joins = JOINS.findall(sql)
    assert len(joins) == sql.count('JOIN "logs_')
    for condition in joins:
        assert SAME_PERSON.search(condition), sql
    if sql.startswith("INSERT"):
        assert '"user_id"' in sql
    elif not any(pattern.search(sql) for pattern in ACROSS_PEOPLE):
        assert ONE_PERSON.search(sql), sql


@pytest.fixture
def full(person):
    """Two days with doses of the same two medications."""
    medications = [make_medication(person, "Concerta"), make_medication(person, "Ritalin", unit="tablets")]
    for date in (DAY.replace(day=3), DAY):
        log = make_log(person, date, medication_taken=True)
        for medication in medications:
            make_dose(log, medication, unit=medication.unit)
    return person


def save(client, *doses):
    assert client.post(MEDICATION, answers("medication") | taken(*doses)).status_code == 302


def delete_and_undo(client):
    envelope = client.post(day_url(name="delete")).context["envelope"]
    assert client.post(day_url(name="undo"), {"envelope": envelope}).status_code == 302


VISITS = {
    "day": lambda client, person: client.get(day_url()),
    "form": lambda client, person: client.get(MEDICATION),
    "another row": lambda client, person: client.post(MEDICATION, taken(MORNING_DOSE) | {"add_dose": "1"}),
    "change": lambda client, person: save(client, MORNING_DOSE, NOON_DOSE),
    "add": lambda client, person: save(client, MORNING_DOSE, NOON_DOSE, NOON_DOSE | {"medication": "Tea"}),
    "remove": lambda client, person: save(client, MORNING_DOSE),
    "delete and undo": lambda client, person: delete_and_undo(client),
    "export": lambda client, person: list(exported_doses(person)),
    "wipe": lambda client, person: wipe_all(person),
}


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize("visit", VISITS.values(), ids=VISITS.keys())
def test_each_query_with_doses_names_the_person(as_person, full, visit):
    with CaptureQueriesContext(connection) as queries:
        visit(as_person, full)

    made = [query["sql"] for query in queries if '"logs_dose"' in query["sql"]]
    assert made
    for sql in made:
        assert_names_person(sql)


def test_a_query_that_does_not_is_found(full):
    with CaptureQueriesContext(connection) as queries:
        list(Dose.objects.filter(amount__gt=0))
        list(
            Dose.objects.raw(
                """SELECT d.* FROM "logs_dose" d INNER JOIN "logs_dailylog" l ON (l.id = d.daily_log_id)
               WHERE l."user_id" = 5"""
            )
        )

    for query in queries:
        with pytest.raises(AssertionError):
            assert_names_person(" ".join(query["sql"].split()))


# The row


def test_the_person_comes_from_the_day(full):
    log = full.daily_logs.first()
    medication = full.medications.first()

    made = Dose.objects.create(daily_log=log, medication=medication, amount=1)
    [another] = Dose.objects.bulk_create([Dose(daily_log_id=log.pk, medication=medication, amount=1)])

    assert made.user_id == another.user_id == full.pk
    assert {dose.user_id for dose in Dose.objects.all()} == {full.pk}


@pytest.mark.django_db
def test_a_dose_of_two_people_is_refused():
    dose, theirs = make_dose(), make_dose()
    changes = (
        {"user": theirs.user_id},
        {"medication": theirs.medication},
        {"daily_log": theirs.daily_log},
        {"daily_log": theirs.daily_log, "user": theirs.user_id},
    )

    for change in changes:
        with pytest.raises(IntegrityError), transaction.atomic():
            Dose.objects.filter(pk=dose.pk).update(**change)
            connection.check_constraints()
    with pytest.raises(IntegrityError), transaction.atomic():
        make_dose(dose.daily_log, theirs.medication)
        connection.check_constraints()


@pytest.mark.django_db
def test_validation_says_so_too():
    dose, theirs = make_dose(), make_dose()
    dose.validate_constraints()
    dose.medication_id = theirs.medication_id

    with pytest.raises(ValidationError, match="dose_medication_of_same_person"):
        dose.validate_constraints()
    dose.validate_constraints(exclude={"medication"})


@pytest.mark.django_db
def test_a_related_row_of_another_person_is_not_found():
    dose, theirs = make_dose(), make_dose()
    found = Dose.objects.get(pk=dose.pk)
    found.medication_id = theirs.medication_id

    with pytest.raises(Medication.DoesNotExist):
        _ = found.medication


def test_doses_can_be_left_out_of_a_query(full):
    make_dose()

    assert set(Medication.objects.exclude(doses__amount=36)) == set()
    assert set(Medication.objects.exclude(doses__amount=1)) == set(Medication.objects.all())


def test_doses_are_deleted_with_their_person(full):
    kept = make_dose()

    User.objects.get(pk=full.pk).delete()

    assert [dose.pk for dose in Dose.objects.all()] == [kept.pk]
