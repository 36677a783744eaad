"""Migrations that encrypt medication names and add the person to doses, forwards and backwards."""

import datetime
import re
from importlib import import_module
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection

from accounts.tests.factories import make_person
from encryption import cipher
from logs.models import DailyLog, Dose, Medication
from logs.stages import STAGES
from logs.tests.columns import again, put, stored
from logs.tests.factories import make_dose, make_full_log, make_log, make_medication, make_question_set
from logs.tests.pages import check_in_url, day_url

pytestmark = pytest.mark.thorough_on_sqlite

BEFORE = "0004_encrypt_texts"


@pytest.fixture
def before(transactional_db):
    """The database with the schema of the previous release. Migrated again afterwards."""
    call_command("migrate", "logs", BEFORE, verbosity=0)
    yield
    call_command("migrate", verbosity=0)


def insert(person, name, note=None):
    """A row as the previous release inserts it."""
    note = note and cipher.encrypt(note, "logs_medication", "note", str(person.pk))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO logs_medication (user_id, name, name_key, note, is_active) VALUES (%s, %s, %s, %s, %s)",
            [person.pk, name, name.casefold(), note, True],
        )


def columns(*names) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(names)} FROM logs_medication ORDER BY id")  # noqa: S608
        return cursor.fetchall()


def test_names_are_encrypted_and_notes_bound_anew(before):
    person = make_person()
    insert(person, "Concerta", "With food")
    insert(person, "Ünal's tea")

    call_command("migrate", "logs", verbosity=0)

    first, second = Medication.objects.order_by("pk")
    assert (first.name, first.note, second.name, second.note) == ("Concerta", "With food", "Ünal's tea", None)
    assert first.uuid != second.uuid
    assert all(name.startswith("bl1.") and key.startswith("bi1.") for name, key in columns("name", "name_key"))
    find = Medication._meta.get_field("name_key").hashes_of
    assert person.medications.get(name_key__in=find("ünal's TEA", person.pk)) == second


def test_the_release_before_adds_rows_while_it_is_still_running(before, settings):
    person = make_person()
    call_command("migrate", verbosity=0)
    settings.FIELD_ENCRYPTION_READS_PLAINTEXT = True
    insert(person, "Concerta")

    medication = person.medications.get()

    assert (medication.name, medication.uuid is None) == ("Concerta", False)
    call_command("rotate_field_keys", stdout=StringIO())
    settings.FIELD_ENCRYPTION_READS_PLAINTEXT = False
    assert again(medication).name == "Concerta"
    assert stored(medication, "name_key").startswith("bi1.")


def test_interrupted_it_goes_on(before):
    person = make_person()
    insert(person, "Concerta", "With food")
    call_command("migrate", "logs", "0006_encrypt_medication_names", verbosity=0)
    insert(person, "Tea", "Bitter")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE name = '0006_encrypt_medication_names'")

    call_command("migrate", "logs", verbosity=0)

    texts = [(row.name, row.note) for row in Medication.objects.order_by("pk")]
    assert texts == [("Concerta", "With food"), ("Tea", "Bitter")]


@pytest.mark.thorough
def test_the_way_back_stores_names_as_they_were_written(transactional_db):
    medication = make_medication(name="ÄTHER Öl", note="With food")
    try:
        call_command("migrate", "logs", BEFORE, verbosity=0)

        [(name, key, note)] = columns("name", "name_key", "note")
        assert (name, key) == ("ÄTHER Öl", "äther öl")
        assert cipher.decrypt(note, "logs_medication", "note", str(medication.user_id)) == "With food"
    finally:
        call_command("migrate", verbosity=0)
    assert (again(medication).name, again(medication).note) == ("ÄTHER Öl", "With food")


@pytest.mark.thorough
def test_the_way_back_needs_every_key(transactional_db):
    medication = make_medication()
    put(medication, "name", "bl1.lost." + "A" * 60)
    try:
        with pytest.raises(CommandError, match="logs_medication: 1 texts cannot be decrypted: there is no key lost"):
            call_command("migrate", "logs", BEFORE, verbosity=0)
    finally:
        call_command("migrate", verbosity=0)
    assert stored(medication, "name").startswith("bl1.lost.")


@pytest.mark.thorough
def test_names_to_be_called_by_are_encrypted_and_back(transactional_db):
    person = make_person(display_name="Maria")
    try:
        call_command("migrate", "accounts", "0008", verbosity=0)
        assert stored(person, "display_name") == "Maria"
    finally:
        call_command("migrate", verbosity=0)
    assert stored(person, "display_name").startswith("bl1.")
    assert again(person).display_name == "Maria"


WITHOUT_PERSON = "0007_medication_uuid_required"


@pytest.fixture
def without_person(transactional_db):
    """The database with the schema before doses had a person. Migrated again afterwards."""
    call_command("migrate", "logs", WITHOUT_PERSON, verbosity=0)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM logs_dose")
    call_command("migrate", verbosity=0)


def insert_day(person) -> DailyLog:
    """A day as that release adds it: without the columns that came later."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO logs_dailylog (user_id, date, created_at, updated_at)"
            " VALUES (%s, '2026-05-04', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP) RETURNING id",
            [person.pk],
        )
        return DailyLog(pk=cursor.fetchone()[0], user=person)


def insert_medication(person) -> Medication:
    """A medication as that release adds it: without the columns that came later."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO logs_medication (user_id, name, name_key, is_active) VALUES (%s, 'Tea', 'tea', true)"
            " RETURNING id",
            [person.pk],
        )
        return Medication(pk=cursor.fetchone()[0], user=person)


def insert_dose(log, medication):
    """A dose as the previous release inserts it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO logs_dose (daily_log_id, medication_id, amount) VALUES (%s, %s, 1)", [log.pk, medication.pk]
        )


def persons_of_doses() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT user_id FROM logs_dose ORDER BY id")
        return [person for (person,) in cursor.fetchall()]


def test_doses_get_their_person_in_batches(without_person, monkeypatch):
    monkeypatch.setattr(import_module("logs.migrations.0009_fill_dose_user"), "BATCH", 2)
    expected = []
    for _ in range(3):
        medication = insert_medication(make_person())
        log = insert_day(medication.user)
        for _ in range(3):
            insert_dose(log, medication)
        expected += [medication.user_id] * 3

    call_command("migrate", "logs", verbosity=0)

    assert persons_of_doses() == expected
    call_command("migrate", "logs", WITHOUT_PERSON, verbosity=0)
    call_command("migrate", "logs", verbosity=0)
    assert persons_of_doses() == expected


def test_a_dose_of_two_people_stops_the_migration_with_one_sentence(without_person):
    log, theirs = insert_day(make_person()), insert_medication(make_person())
    own = insert_medication(log.user)
    insert_dose(log, own)
    insert_dose(log, theirs)

    with pytest.raises(
        CommandError, match=r"logs_dose: 1 doses name a medication of another person \(id \d+\)\. docs/"
    ):
        call_command("migrate", "logs", verbosity=0)

    with connection.cursor() as cursor:
        cursor.execute("UPDATE logs_dose SET medication_id = %s", [own.pk])
    call_command("migrate", "logs", verbosity=0)
    assert persons_of_doses() == [log.user_id] * 2


def test_the_release_before_adds_doses_while_it_is_still_running(transactional_db):
    if connection.vendor != "postgresql":
        pytest.skip("On SQLite, the site is stopped for the migration: docs/database.md.")
    dose = make_dose()

    insert_dose(dose.daily_log, dose.medication)

    assert {each.user_id for each in Dose.objects.all()} == {dose.user_id}
    assert len(dose.daily_log.own_doses()) == 2


BEFORE_RECORDS = "0013_medication_schedule_valid"


def test_what_was_asked_goes_on_the_way_back_and_the_answers_stay(transactional_db):
    log = make_full_log()
    asked = make_question_set(log.user, "sleep_hours")
    DailyLog.objects.filter(pk=log.pk).update(morning_asked=asked.pk, morning_recalled=["sleep_hours"])
    before = DailyLog.objects.values().get()
    gone = {name: None for name in before if name.endswith(("_asked_id", "_recalled"))}

    call_command("migrate", "logs", BEFORE_RECORDS, verbosity=0)
    call_command("migrate", verbosity=0)

    assert DailyLog.objects.values().get() == before | gone
    assert not log.user.question_sets.exists()


def test_a_person_sees_the_same_before_and_after_what_was_asked_is_stored(transactional_db, client, noon):
    """The pages of a person whose days were all stored by the release before."""
    log = make_full_log(dreams="Flying")
    make_log(log.user, log.date - datetime.timedelta(days=1), sleep_hours=7)
    client.force_login(log.user)
    addresses = ["/logs/", day_url(log.date), *(check_in_url(stage, log.date) for stage in STAGES)]

    def pages() -> list[str]:
        return [re.sub(r"csrfmiddlewaretoken[^>]*", "", client.get(address).content.decode()) for address in addresses]

    before = pages()
    call_command("migrate", "logs", BEFORE_RECORDS, verbosity=0)
    call_command("migrate", verbosity=0)

    assert pages() == before


def test_the_way_back_refuses_what_is_done_without_the_usual_answers(transactional_db):
    log = make_full_log(sleep_hours=None)

    with pytest.raises(IntegrityError):
        call_command("migrate", "logs", BEFORE_RECORDS, verbosity=0)

    call_command("migrate", verbosity=0)
    assert again(log).morning_completed_at == log.morning_completed_at
