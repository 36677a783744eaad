"""Encrypted columns: ciphertext in the database, plain text on the row, bound to that row."""

import copy
import datetime
import logging

import pytest
from django.core.exceptions import FieldError, ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st

from accounts.models import User
from accounts.tests.factories import make_person
from encryption import cipher
from encryption.fields import PrivateCharField, Unreadable, private_fields
from logs.fields import LineField, NoteField
from logs.models import DailyLog, Medication
from logs.question_lists import questions_of_day
from logs.tests.columns import again, put, stored
from logs.tests.factories import DAY, make_full_log, make_log, make_medication
from reflections.models import WeeklyReflection
from reflections.tests.factories import make_reflection
from testing.encryption_keys import NEW, OLD

pytestmark = pytest.mark.django_db

TEXT = "I was flying"
PRIVATE = [field.name for field in private_fields(DailyLog)]


def test_every_note_and_line_and_name_is_private():
    kinds = (NoteField, LineField, PrivateCharField)
    found = {
        model: [field.name for field in model._meta.concrete_fields if isinstance(field, kinds)]
        for model in (DailyLog, Medication, WeeklyReflection, User)
    }

    assert [len(names) for names in found.values()] == [19, 2, 5, 1]
    assert all(names == [field.name for field in private_fields(model)] for model, names in found.items())


@pytest.mark.parametrize("name", PRIVATE)
def test_stored_values_are_encrypted(name):
    questions = {field.shown_when[0]: True for field in private_fields(DailyLog) if field.shown_when}

    log = make_log(**questions | {name: TEXT})

    assert stored(log, name).startswith("bl1.test.")
    assert TEXT not in stored(log, name)
    assert getattr(log, name) == getattr(again(log), name) == TEXT


def test_medications_and_weeks_and_people_are_private_too():
    medication, week = make_medication(name=TEXT, note=TEXT), make_reflection(week_highlights=TEXT)
    person = make_person(display_name=TEXT)

    for row, name in ((medication, "name"), (medication, "note"), (week, "week_highlights"), (person, "display_name")):
        assert stored(row, name).startswith("bl1.test.") and TEXT not in stored(row, name)
        assert getattr(again(row), name) == getattr(row, name) == TEXT
    assert TEXT.casefold() not in stored(medication, "name_key")


@hypothesis_settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4000))
def test_any_text_comes_back(text):
    DailyLog.objects.all().delete()
    log = make_log(dreams=text, breakfast=text)

    assert (again(log).dreams, again(log).breakfast) == (text, text)
    if len(text) > 8:
        assert text not in stored(log)


@pytest.mark.parametrize("empty", [None, ""])
def test_empty_stays_empty(empty):
    log = make_log(dreams=empty)

    assert stored(log) == empty
    assert again(log).dreams == empty


def test_the_longest_texts_fit():
    log = make_log(dreams="💥" * 4000, breakfast="💥" * 200)

    assert len(stored(log)) == 21_380  # "bl1.test." and 4 bytes a character, in base64
    assert again(log).breakfast == "💥" * 200


def test_validation_counts_the_text_and_not_the_token():
    DailyLog(user=make_person(), date=DAY, dreams="a" * 4000, breakfast="a" * 200).clean_fields(
        exclude=[field.name for field in DailyLog._meta.fields if field.name not in {"dreams", "breakfast"}]
    )
    with pytest.raises(ValidationError) as error:
        DailyLog(user=make_person(), date=DAY, dreams="a" * 4001, breakfast="a" * 201).full_clean()

    assert {"dreams", "breakfast"} <= error.value.error_dict.keys()


def test_validation_sends_no_text_to_the_database():
    log = make_full_log(had_emotional_event=True, emotional_event=TEXT)
    constraint = next(c for c in DailyLog._meta.constraints if c.name == "daily_log_emotional_event_asked")

    with CaptureQueriesContext(connection) as queries:
        constraint.validate(DailyLog, log)
        log.had_emotional_event = False
        with pytest.raises(ValidationError):
            constraint.validate(DailyLog, log)

    assert len([query for query in queries if query["sql"].startswith("SELECT")]) == 2
    assert not [query for query in queries if TEXT in query["sql"]]


# Ways to write


def test_many_rows_at_once_are_encrypted():
    DailyLog.objects.bulk_create(DailyLog(user=make_person(), date=DAY, dreams=TEXT) for _ in range(3))

    for log in DailyLog.objects.all():
        assert TEXT not in stored(log)
        assert log.dreams == TEXT


@pytest.mark.parametrize(
    "write",
    [
        lambda log: DailyLog.objects.update(dreams=TEXT),
        lambda log: DailyLog.objects.filter(pk=log.pk).update(dreams=log.breakfast),
        lambda log: DailyLog.objects.bulk_update([log], ["breakfast"]),
    ],
    ids=["update", "update from another", "bulk_update"],
)
def test_updates_without_the_row_are_refused(write):
    log = make_log(breakfast="Oats")
    log = again(log)

    with pytest.raises(FieldError, match="assign it to the row and save that"), transaction.atomic():
        write(log)

    assert (again(log).dreams, again(log).breakfast) == (None, "Oats")


def test_a_text_can_be_cleared_by_update():
    log = make_log(dreams=TEXT)

    DailyLog.objects.update(dreams=None)

    assert again(log).dreams is None


def test_a_text_needs_its_owner():
    with pytest.raises(ValueError, match="owner"):
        DailyLog(date=DAY, dreams=TEXT).save()


@pytest.mark.parametrize("date", ["2026-05-04", "2026-5-4", datetime.datetime(2026, 5, 4, 12, 30)], ids=str)
def test_the_date_can_be_set_in_any_format(date):
    log = DailyLog.objects.create(user=make_person(), date=date, dreams=TEXT)

    assert (again(log).date, again(log).dreams) == (DAY, TEXT)


def test_only_the_named_columns_are_written():
    log = make_log(dreams=TEXT, breakfast="Oats")
    before = stored(log, "breakfast")
    log.dreams, log.breakfast = "Falling", "Rice"

    log.save(update_fields=["dreams"])

    assert (again(log).dreams, stored(log, "breakfast")) == ("Falling", before)


def test_an_unchanged_text_keeps_its_token():
    log = again(make_log(dreams=TEXT, breakfast="Oats"))
    before = stored(log), stored(log, "breakfast")
    log.dreams = log.dreams + ""

    log.save()

    assert (stored(log), stored(log, "breakfast")) == before


def test_saving_a_row_encrypts_it_with_the_new_key(settings):
    settings.FIELD_ENCRYPTION_KEYS = {"old": OLD}
    log = make_log(dreams=TEXT)
    settings.FIELD_ENCRYPTION_KEYS = {"new": NEW, "old": OLD}

    again(log).save()

    assert stored(log).startswith("bl1.new.")
    assert again(log).dreams == TEXT


@pytest.mark.parametrize("is_read_before", [True, False])
def test_a_copy_for_another_person(is_read_before):
    log = again(make_log(dreams=TEXT))
    if is_read_before:
        assert log.dreams == TEXT
    log.pk, log.user, log._state.adding = None, make_person(), True

    log.save()

    # What was read goes along. What was not stays locked, and says so.
    assert (again(log).dreams == TEXT) == is_read_before
    assert isinstance(again(log).dreams, str) == is_read_before


def test_other_values_are_refused():
    with pytest.raises(TypeError, match="is a text, not a int"):
        make_log(dreams=7)


# Ways to read


def test_a_deferred_text_is_loaded_with_one_query():
    log = DailyLog.objects.defer("dreams").get(pk=make_log(dreams=TEXT).pk)
    with CaptureQueriesContext(connection) as queries:
        assert log.dreams == log.dreams == TEXT

    assert len(queries) == 1
    assert DailyLog.objects.only("dreams").get(pk=log.pk).dreams == TEXT
    assert DailyLog.objects.defer("user", "date").get(pk=log.pk).dreams == TEXT


def test_refresh_from_db():
    log = make_log(dreams=TEXT)
    other = again(log)
    other.dreams = "Falling"
    other.save()

    log.refresh_from_db()
    assert log.dreams == "Falling"
    other.dreams = TEXT
    other.save()
    log.refresh_from_db(fields=["dreams"])
    assert log.dreams == TEXT
    assert copy.copy(log).dreams == copy.deepcopy(log).dreams == TEXT


def test_values_return_ciphertext():
    make_log(dreams=TEXT)

    [row] = DailyLog.objects.values("dreams")
    [(value,)] = DailyLog.objects.values_list("dreams")

    assert row["dreams"] == value
    assert TEXT not in f"{value} {value!r} {row}"
    assert value != TEXT


LOOKUPS = [
    {"dreams": TEXT},
    {"dreams": None},
    {"dreams": ""},
    {"dreams__in": [TEXT]},
    {"dreams__contains": "fly"},
    {"dreams__iexact": TEXT},
    {"dreams__gt": "a"},
    {"dreams__regex": "."},
    {"dreams__length": 3},
]


@pytest.mark.parametrize("lookup", LOOKUPS, ids=str)
def test_lookups_are_refused(lookup):
    for ask in (DailyLog.objects.filter, DailyLog.objects.exclude, DailyLog.objects.get):
        with pytest.raises(FieldError, match="the database cannot compare or search it"):
            ask(**lookup)
    with pytest.raises(FieldError):
        Medication.objects.filter(user__daily_logs__dreams="x")


def test_isnull_is_supported():
    log = make_log(dreams=TEXT)

    assert DailyLog.objects.get(dreams__isnull=False) == log
    assert not DailyLog.objects.filter(breakfast__isnull=False).exists()
    assert DailyLog.objects.with_is_answered(questions_of_day(None)).get().is_answered


def test_a_model_with_private_texts_needs_texts_belong_to():
    class Note(models.Model):
        text = NoteField("text")

        class Meta:
            app_label = "logs"
            managed = False

    try:
        assert [error.id for error in Note.check()] == ["encryption.E001"]
    finally:
        del Note._meta.apps.all_models["logs"]["note"]
        Note._meta.apps.clear_cache()


# Moved, or altered


@pytest.fixture
def moves():
    """Take a text from one place to another."""
    maria, bob = make_person(), make_person()
    mine, earlier, theirs = make_log(maria), make_log(maria, DAY - datetime.timedelta(days=1)), make_log(bob)
    week = make_reflection(maria, DAY)
    mine.dreams = TEXT
    mine.save()
    return {
        "another person": (mine, "dreams", theirs, "dreams"),
        "another day": (mine, "dreams", earlier, "dreams"),
        "another question": (mine, "dreams", mine, "gratitude"),
        "another table": (mine, "dreams", week, "lessons_learned"),
    }


@pytest.mark.parametrize("where", ["another person", "another day", "another question", "another table"])
def test_a_text_copied_to_another_row_cannot_be_read(moves, where, caplog):
    source, name, target, target_name = moves[where]
    put(target, target_name, stored(source, name))

    text = getattr(again(target), target_name)

    assert isinstance(text, Unreadable)
    assert str(text).startswith("This text cannot be read: what is stored here is not what was written.")
    [record] = caplog.records
    assert (record.levelno, record.name) == (logging.ERROR, "encryption.fields")
    assert record.getMessage() == (
        f"{target._meta.db_table}.{target_name} of row {target.pk} cannot be read: "
        "it was not encrypted with the key test and this associated data."
    )


@pytest.mark.parametrize("name", ["name", "note"])
@pytest.mark.parametrize("is_mine", [True, False])
def test_a_medications_texts_are_bound_to_their_row(name, is_mine):
    mine = make_medication(note=TEXT)
    other = make_medication(mine.user if is_mine else None, name="Tea", note="Bitter")
    put(other, name, stored(mine, name))

    assert isinstance(getattr(again(other), name), Unreadable)


@pytest.mark.parametrize("is_owner_copied", [True, False])
def test_a_medications_texts_are_bound_to_owner_and_uuid(is_owner_copied):
    mine, theirs = make_medication(note=TEXT), make_medication(name="Tea")
    put(theirs, "name", stored(mine, "name"))
    if is_owner_copied:
        put(theirs, "user_id", mine.user_id)
    else:
        put(theirs, "uuid", stored(mine, "uuid"))

    assert isinstance(again(theirs).name, Unreadable)


def test_a_display_name_is_bound_to_its_person():
    maria, bob = make_person(display_name="Maria"), make_person()
    put(bob, "display_name", stored(maria, "display_name"))

    assert isinstance(again(bob).display_name, Unreadable)
    assert again(bob).get_full_name() == bob.username


def test_a_new_person_can_have_a_display_name():
    person = User(username="maria", password="!", display_name="Maria")  # noqa: S106
    person.full_clean()
    person.save()
    person.save()

    assert (person.display_name, again(person).display_name) == ("Maria", "Maria")
    with pytest.raises(ValueError, match="bound to its owner"), transaction.atomic():
        User.objects.bulk_create([User(username="bob", username_key="bob", display_name="Bob")])
    with pytest.raises(IntegrityError), transaction.atomic():
        User(username="maria", display_name="Maria").save()


def test_a_medication_can_be_renamed():
    medication = make_medication(note=TEXT)
    medication = again(medication)
    medication.name = "Tea"
    medication.save()

    assert again(medication).note == TEXT


def test_plain_text_in_the_table_is_not_accepted(settings):
    log = make_log()
    put(log, "dreams", "I give up")

    assert isinstance(again(log).dreams, Unreadable)
    settings.FIELD_ENCRYPTION_READS_PLAINTEXT = True
    assert again(log).dreams == "I give up"


def test_an_unreadable_text_is_kept_whatever_is_saved(settings):
    log = make_log(dreams=TEXT, breakfast="Oats")
    before, keys = stored(log), settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = {"other": OLD}
    log = again(log)
    log.breakfast = "Rice"
    log.dreams = log.dreams  # noqa: PLW0127

    log.save()
    log.refresh_from_db()
    log.save()
    log.full_clean(exclude=[name for name in (f.name for f in log._meta.fields) if name != "dreams"])

    assert stored(log) == before
    settings.FIELD_ENCRYPTION_KEYS = keys | settings.FIELD_ENCRYPTION_KEYS
    assert (again(log).dreams, again(log).breakfast) == (TEXT, "Rice")


def test_a_missing_key_is_distinguished_from_a_forged_text(settings):
    log = make_log(dreams=TEXT)
    settings.FIELD_ENCRYPTION_KEYS = {"other": OLD}

    text = again(log).dreams

    assert text.is_key_missing
    assert "its key is missing on the server" in str(text)
    assert cipher.key_ids() == ["other"]
