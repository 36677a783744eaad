"""Changes of the key of private texts, and their first encryption, during writes and after killed processes."""

import base64
import datetime
import subprocess
import sys
import threading
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, connections, transaction

from accounts.tests.factories import make_person
from encryption import cipher
from encryption.fields import private_fields
from encryption.reencrypt import EncryptedTable, TableRewrite, encrypt_all
from insights.tests.factories import make_event
from logs.models import DailyLog, Medication
from logs.tests.columns import again, put, stored
from logs.tests.factories import DAY, make_log, make_medication
from logs.tests.own_questions import make_answer, make_question
from reflections.tests.factories import make_reflection
from reminders.tests.factories import make_delivery
from testing.encryption_keys import NEW, OLD
from testing.gunicorn import ROOT, environment_with
from testing.waiting import wait_until

ROWS = 3000
LOGS = EncryptedTable.of(DailyLog)


@pytest.fixture
def rows(db, keys):
    """One row of each table that has private texts, encrypted with the old key."""
    person = make_person(display_name="Maria")
    log = make_log(person, dreams="Flying", breakfast="Oats", gratitude="")
    week = make_reflection(person, week_highlights="A walk")
    make_answer(log, make_question(person, "line"), "One cup")
    make_answer(log, make_question(person, "choice", unit="cups", ends_low="none", ends_high="plenty"))
    make_answer(week, make_question(person, "note", check_in="week"), "Two cups")
    make_event(person)
    make_delivery(person)  # With a channel, which has an address and a name.
    return log, make_medication(person, note="With food"), week


def rotate(*arguments) -> str:
    output = StringIO()
    call_command("rotate_field_keys", *arguments, stdout=output, stderr=output)
    return output.getvalue()


def failed(*arguments) -> str:
    """The output and the error message of a rotation that fails."""
    output = StringIO()
    with pytest.raises(CommandError) as failure:
        call_command("rotate_field_keys", *arguments, stdout=output, stderr=output)
    return f"{output.getvalue()}{failure.value}"


def key_ids_of(model) -> set[str]:
    """The ids of the keys that a table's texts are encrypted with; `-` for those that are not."""
    columns = [field.column for field in private_fields(model)]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM {model._meta.db_table}")  # noqa: S608
        texts = {text for row in cursor.fetchall() for text in row if text}
    return {text.split(".")[1] if cipher.is_token(text) else "-" for text in texts}


def test_every_text_is_encrypted_with_the_first_key(rows, keys):
    log, medication, week = rows
    keys(new=NEW, old=OLD)
    before = again(log).updated_at

    output = rotate()

    assert output == (
        "accounts_user: 1 texts encrypted again\n"
        "logs_medication: 2 texts encrypted again\n"
        "logs_ownquestion: 7 texts encrypted again\n"
        "logs_ownanswer: 1 texts encrypted again\n"
        "logs_dailylog: 2 texts encrypted again\n"
        "reflections_weeklyreflection: 1 texts encrypted again\n"
        "reflections_ownweeklyanswer: 1 texts encrypted again\n"
        "support_supportplan: 0 texts encrypted again\n"
        "insights_appointment: 0 texts encrypted again\n"
        "insights_computation: 0 texts encrypted again\n"
        "insights_event: 1 texts encrypted again\n"
        "insights_report: 0 texts encrypted again\n"
        "reminders_channel: 2 texts encrypted again\n"
        "mfa_authenticator: 0 secrets encrypted again\n"
        "accounts_session: 0 sessions encrypted again\n"
        "Every text is encrypted with the key new. Once no process encrypts with another key, "
        "this database no longer needs: old. Its older backups still do.\n"
    )
    keys(new=NEW)
    assert (again(log).dreams, again(log).breakfast, again(log).gratitude) == ("Flying", "Oats", "")
    assert (again(medication).note, again(week).week_highlights) == ("With food", "A walk")
    assert (again(medication).name, again(log.user).display_name) == ("Concerta", "Maria")
    assert [answer.text for answer in log.own_answers.order_by("pk")] == ["One cup", None]
    assert week.own_answers.get().text == "Two cups"
    line, choice, note = log.user.own_questions.order_by("pk")
    assert (line.label, note.label, choice.label) == ("My line", "My note", "My choice")
    assert (choice.unit, choice.ends_low, choice.ends_high) == ("cups", "none", "plenty")
    assert choice.choices == [[1, "tea"], [2, "coffee"]]
    assert again(log).updated_at == before
    assert stored(medication, "name_key").startswith("bi1.new.")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_medication(log.user, name="CONCERTA")


def test_a_second_run_finds_nothing_to_do(rows, keys):
    keys(new=NEW, old=OLD)
    rotate()
    before = stored(rows[0])

    assert "logs_dailylog: 0 texts" in rotate()
    assert stored(rows[0]) == before
    keys(new=NEW)
    assert rotate().endswith("Every text is encrypted with the key new.\n")


def test_undecryptable_texts_are_kept_and_counted(rows, keys):
    log = rows[0]
    put(log, "dreams", stored(rows[1], "note"))
    other = make_log(breakfast="Rice")
    put(other, "dreams", "forged")
    before = stored(log), stored(other)
    keys(new=NEW, old=OLD)

    output = failed()

    reason = "it was not encrypted with the key old and this associated data"
    assert f"logs_dailylog: 1 texts cannot be decrypted: {reason}.\n" in output
    assert "logs_dailylog: 1 texts cannot be decrypted: it is not encrypted" in output
    assert output.endswith("2 texts cannot be decrypted, and were not changed. Keep every key.")
    assert "Flying" not in output and "forged" not in output
    assert (stored(log), stored(other)) == before
    assert stored(log, "breakfast").startswith("bl1.new.") and stored(other, "breakfast").startswith("bl1.new.")


def test_a_missing_key_is_named(rows, keys):
    keys(new=NEW)

    assert "logs_medication: 2 texts cannot be decrypted: there is no key old in FIELD_ENCRYPTION_KEYS." in failed()
    keys(new=NEW, old=OLD)
    rotate()
    assert key_ids_of(DailyLog) == {"new"}


def test_an_outdated_hash_is_computed_again(rows, keys):
    """A process was stopped after it encrypted the name with the new key."""
    medication = rows[1]
    keys(new=NEW, old=OLD)
    rotate()
    put(medication, "name_key", "bi1.old." + "A" * 43)
    assert "logs_medication: 1 texts cannot be decrypted: its hash belongs to another text" in failed("--check")

    rotate()

    assert stored(medication, "name_key").startswith("bi1.new.")
    assert rotate("--check").endswith("Every text can be decrypted.\n")


def test_duplicate_names_are_kept_for_the_person_to_rename(rows, keys):
    """A process without the new key cannot find the name that another process added with it."""
    medication = rows[1]
    keys(new=NEW)
    second = make_medication(medication.user, name="concerta", note="Twice")
    keys(new=NEW, old=OLD)

    output = failed()

    assert "logs_medication: 1 names are twice in a person's list." in output
    assert output.endswith("1 hashes were not changed. Keep every key.")
    assert stored(medication, "name").startswith("bl1.new.") and stored(medication, "name_key").startswith("bi1.old.")
    second.name = "Concerta 2"
    second.save()
    assert "this database no longer needs: old." in rotate()
    assert stored(medication, "name_key").startswith("bi1.new.")


def test_plaintext_is_encrypted_if_allowed(rows, keys):
    put(rows[0], "dreams", "As it was written")
    put(rows[1], "name", "Tea")
    put(rows[1], "name_key", "tea")
    keys(reads_plaintext=True, old=OLD)

    assert "this database no longer needs: plaintext." in rotate()

    keys(old=OLD)
    assert again(rows[0]).dreams == "As it was written"
    assert (again(rows[1]).name, stored(rows[1], "name_key").split(".")[0]) == ("Tea", "bi1")


def test_check_changes_nothing(rows, keys):
    keys(new=NEW, old=OLD)
    before = stored(rows[0])

    assert rotate("--check").endswith("Every text can be decrypted.\n")
    assert stored(rows[0]) == before
    put(rows[0], "dreams", "bl1.new." + "A" * 60)
    assert "logs_dailylog: 1 texts cannot be decrypted" in failed("--check")


def test_more_rows_than_a_batch(db, keys):
    person = make_person()
    days = [DAY - datetime.timedelta(days=n) for n in range(501)]
    DailyLog.objects.bulk_create(DailyLog(user=person, date=day, lunch=f"Soup {day}") for day in days)
    keys(new=NEW, old=OLD)
    progress = []

    assert encrypt_all(connection, LOGS, progress=progress.append).changed == 501

    assert progress == [200, 400, 600]
    assert all(log.lunch == f"Soup {log.date}" for log in DailyLog.objects.all())


# While people write


def test_a_concurrent_save_is_not_overwritten(rows, keys):
    """A process without the new key saves between the reading and the writing."""
    log = again(rows[0])
    keys(new=NEW, old=OLD)
    saves = []

    def replacement(stored_text, where):
        if where[1] == "dreams" and not saves:
            keys(old=OLD)
            log.dreams = "Saved in between"
            log.save(update_fields=["dreams"])
            keys(new=NEW, old=OLD)
            saves.append(stored(log))
        return cipher.encrypt(cipher.decrypt(stored_text, *where), *where)

    outcome = TableRewrite(connection, LOGS, replacement, ".new.", False).run()

    assert saves[0].startswith("bl1.old.")
    assert outcome.changed == 2
    assert (again(log).dreams, again(log).breakfast) == ("Saved in between", "Oats")
    assert key_ids_of(DailyLog) == {"new"}


def test_a_concurrent_deletion_is_kept(rows, keys):
    keys(new=NEW, old=OLD)

    def replacement(stored_text, where):
        DailyLog.objects.all().delete()
        return cipher.encrypt(cipher.decrypt(stored_text, *where), *where)

    assert TableRewrite(connection, LOGS, replacement, ".new.", False).run().changed == 0
    assert not DailyLog.objects.exists()


@pytest.fixture
def many_days(transactional_db, keys):
    """ROWS days of one person, each with two texts, encrypted with the old key."""
    person = make_person()
    DailyLog.objects.bulk_create(
        [
            DailyLog(user=person, date=day, dreams=f"A dream {day}", dinner=f"Rice {day}")
            for day in (DAY - datetime.timedelta(days=n) for n in range(ROWS))
        ],
        batch_size=500,
    )
    return person


@contextmanager
def writers(person, count=2):
    """Threads that write dreams of random days again and again. Yields the last text written, by date."""
    is_over, wrote, failures = threading.Event(), {}, []

    def write(number):
        try:
            for turn in range(number, 10**9, count):
                if is_over.is_set():
                    break
                day = DAY - datetime.timedelta(days=turn * 37 % ROWS)
                log = DailyLog.objects.only("user_id", "date", "dreams").get(user=person, date=day)
                log.dreams = f"Written in turn {turn}"
                log.save(update_fields=["dreams"])
                wrote[day] = log.dreams
                is_over.wait(0.005)  # Lets the other threads write.
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield wrote
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
    assert failures == []


def database_url() -> str:
    """The tests' database, for another process."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{found['NAME']}"
    return f"postgres://{found['USER']}:{found['PASSWORD']}@{found['HOST']}:{found['PORT']}/{found['NAME']}"


@contextmanager
def process(*arguments, **environment):
    with subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment_with(database_url(), **environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def text_of(**keys: bytes) -> str:
    return ",".join(f"{name}:{base64.b64encode(key).decode()}" for name, key in keys.items())


def assert_nothing_is_lost(person, wrote):
    # At an earlier migration, the other columns may not be there.
    for log in person.daily_logs.only("user_id", "date", "dreams", "dinner"):
        assert log.dreams == wrote.get(log.date, f"A dream {log.date}")
        assert log.dinner == f"Rice {log.date}"


@pytest.mark.thorough
def test_a_killed_rotation_resumes_during_writes(many_days, keys):
    environment = {"FIELD_ENCRYPTION_KEYS": text_of(new=NEW, old=OLD)}
    keys(old=OLD, new=NEW)  # The writers still use the old key first.
    with writers(many_days) as wrote:
        with process("rotate_field_keys", **environment) as rotation:
            assert rotation.stderr.readline() == "logs_dailylog: 1000 rows so far\n"
            rotation.kill()
            assert rotation.wait() < 0
        assert key_ids_of(DailyLog) == {"old", "new"}
        keys(new=NEW, old=OLD)
        with process("rotate_field_keys", **environment) as rotation:
            assert rotation.wait() == 0, rotation.stderr.read()

    assert len(wrote) > 10
    assert_nothing_is_lost(many_days, wrote)
    rotate()
    keys(new=NEW)
    assert key_ids_of(DailyLog) == {"new"}
    assert_nothing_is_lost(many_days, wrote)


@pytest.mark.thorough
def test_a_killed_migration_resumes_during_writes(many_days, keys):
    environment = {"FIELD_ENCRYPTION_KEYS": text_of(old=OLD)}
    make_medication(many_days, note="With food")
    many_days.display_name = "Maria"
    many_days.save()
    try:
        call_command("migrate", "logs", "0003", verbosity=0)
        assert key_ids_of(DailyLog) == key_ids_of(Medication) == {"-"}
        keys(reads_plaintext=True, old=OLD)
        assert_nothing_is_lost(many_days, {})
        with writers(many_days) as wrote:
            with process("migrate", "logs", **environment) as migrate:
                wait_until(lambda: key_ids_of(DailyLog) != {"-"}, process=migrate)
                migrate.kill()
                assert migrate.wait() < 0
            assert key_ids_of(DailyLog) == {"-", "old"}
            assert_all_readable(many_days)
            with process("migrate", "logs", **environment) as migrate:
                assert migrate.wait() == 0, migrate.stderr.read()
    finally:
        call_command("migrate", verbosity=0)

    keys(old=OLD)
    assert key_ids_of(DailyLog) == key_ids_of(Medication) == {"old"}
    assert_nothing_is_lost(many_days, wrote)
    medication = many_days.medications.get()
    assert (medication.name, medication.note) == ("Concerta", "With food")
    assert stored(medication, "name_key").startswith("bi1.old.")


def assert_all_readable(person):
    # Only what is needed: other columns are of later migrations.
    assert all(isinstance(log.dreams, str) for log in person.daily_logs.only("user_id", "date", "dreams"))


@pytest.mark.thorough_on_sqlite
def test_reversing_the_migration_needs_every_key(transactional_db, keys):
    log = make_log(dreams="Flying")
    keys(new=NEW)
    try:
        with pytest.raises(CommandError, match="logs_dailylog: 1 texts cannot be decrypted: there is no key old"):
            call_command("migrate", "logs", "0003", verbosity=0)
    finally:
        call_command("migrate", verbosity=0)
    assert stored(log).startswith("bl1.old.")
