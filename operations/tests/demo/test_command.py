"""The command demo: its accounts, refusals, and repeated runs."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_person
from insights.models import Appointment, Event
from logs.models import DailyLog, Dose, Medication, OwnAnswer, OwnQuestion, QuestionSet
from logs.tests.factories import make_log
from logs.tests.own_questions import make_question
from operations.demo import generate
from operations.demo.own_questions import CONTACT, make_own_questions
from operations.tests.demo.conftest import ONE_DAY, TODAY, run_demo
from personal_data.wipe import wipe_all
from reflections.models import WeeklyReflection

BOOKKEEPING = {"id", "uuid", "user_id", "daily_log_id", "medication_id", "created_at", "updated_at"}
MODELS = (DailyLog, Dose, Medication, WeeklyReflection, OwnQuestion, OwnAnswer, Event, Appointment)


def rows_of(model) -> list[dict]:
    names = [field.attname for field in model._meta.concrete_fields if field.attname not in BOOKKEEPING]
    return [{name: getattr(row, name) for name in names} for row in model.objects.order_by("pk")]


def all_rows() -> list[list[dict]]:
    """All rows, with the wording of own questions in place of their keys, and names in place of keys of sets."""
    labels = {question.pk: question.label for question in OwnQuestion.objects.all()}
    names = {f"own-{pk}": label for pk, label in labels.items()}
    sets = {row.pk: sorted(names.get(name, name) for name in row.names) for row in QuestionSet.objects.all()}

    def without_keys(name, value):
        if name == "question_id":
            return labels[value]
        if name.endswith("asked_id"):
            return value and sets[value]
        return sorted(names.get(each, each) for each in value) if name.endswith("recalled") and value else value

    return [[{name: without_keys(name, row[name]) for name in row} for row in rows_of(model)] for model in MODELS]


@pytest.mark.django_db
def test_it_refuses_to_run_outside_debug():
    with pytest.raises(CommandError, match="DEBUG is off"):
        run_demo()

    assert not User.objects.exists()


def test_it_makes_a_person_and_a_staff_account(demo_person):
    admin = User.objects.get(username="demo-admin")

    assert (admin.is_staff, admin.is_superuser) == (True, True)
    assert (demo_person.is_staff, demo_person.is_superuser) == (False, False)
    assert not admin.daily_logs.exists()


def test_the_report_of_the_demo_person_is_since_the_last_appointment(client, demo_person):
    client.force_login(demo_person)

    form = client.get(reverse("insights:reports")).context["form"]

    assert form["period"].value() == "since"
    past = demo_person.appointments.filter(date__lt=TODAY)
    assert form.since == past.latest("date")
    assert (past.count(), demo_person.appointments.count()) == (2, 3)
    assert past.earliest("date").date in demo_person.events.values_list("date", flat=True)


def test_it_shows_the_passwords_once(in_debug):
    first = run_demo()
    hashes = list(User.objects.order_by("pk").values_list("password", flat=True))
    again = run_demo()

    for name in ("demo", "demo-admin"):
        line = next(line for line in first.splitlines() if f"account {name}." in line)
        assert User.objects.get(username=name).check_password(line.split()[-1])
        assert f"manage.py changepassword {name}" in again
    assert "shown only now" not in again
    assert list(User.objects.order_by("pk").values_list("password", flat=True)) == hashes


@pytest.mark.thorough_on_sqlite
def test_a_second_run_makes_the_same_rows(demo_person):
    before, sets = all_rows(), QuestionSet.objects.count()

    run_demo()

    assert all_rows() == before
    assert (User.objects.count(), OwnQuestion.objects.count(), QuestionSet.objects.count()) == (2, 4, sets)


@pytest.mark.thorough_on_sqlite
def test_a_second_run_replaces_changed_logs_and_keeps_the_profile(demo_person):
    before = all_rows()
    demo_person.daily_logs.filter(date__gt=TODAY - 30 * ONE_DAY).delete()
    demo_person.medications.update(unit="ml")
    demo_person.display_name, demo_person.theme = "Ada", "dark"
    demo_person.save()

    run_demo()

    assert all_rows() == before
    demo_person.refresh_from_db()
    assert (demo_person.display_name, demo_person.theme) == ("Ada", "dark")


def test_a_second_run_replaces_own_questions_and_keeps_the_choice_among_the_others(demo_person):
    before = all_rows()
    choice = {"places": {"dreams": "off", "breakfast": "first"}, "off": {"afternoon": True}}
    make_question(demo_person, "yes_no", label="Mine", check_in="week")
    demo_person.own_questions.filter(gallery="caffeine").delete()
    User.objects.filter(pk=demo_person.pk).update(question_choices=choice)

    run_demo()

    assert all_rows() == before  # The days of before asked what they asked.
    demo_person.refresh_from_db()
    assert demo_person.question_choices == choice


def test_a_second_run_adds_own_questions_to_a_person_who_wiped_them(demo_person):
    before = all_rows()
    wipe_all(demo_person)
    demo_person.refresh_from_db()
    assert not demo_person.has_own_questions
    assert not any(all_rows())
    assert not QuestionSet.objects.exists()

    run_demo()

    assert all_rows() == before
    demo_person.refresh_from_db()
    assert demo_person.has_own_questions


def test_it_counts_what_it_made(in_debug):
    counts = run_demo().splitlines()[0].split(", ", 1)[1]

    assert counts == (
        f"{Dose.objects.count()} doses, 50 weekly reflections, and 4 own questions "
        f"with {OwnAnswer.objects.count()} answers."
    )


def test_the_pages_have_the_own_questions(demo_person, client):
    client.force_login(demo_person)

    month = client.get("/reflections/numbers/2026-05/").content.decode()
    before_them = client.get("/reflections/numbers/2025-09/").content.decode()
    yesterday = client.get("/logs/2026-05-31/").content.decode()

    for key, question in make_own_questions(demo_person).items():
        assert (question.label in month) == (key != CONTACT)  # One of a list has no mean.
        assert question.label not in before_them
        assert question.label in yesterday


@pytest.mark.thorough_on_sqlite
def test_each_run_increments_the_version_of_the_answers(demo_person):
    run_demo()

    assert User.objects.get(pk=demo_person.pk).answers_version == 2


@pytest.mark.thorough_on_sqlite
def test_it_does_not_change_other_people(in_debug):
    log = make_log(breakfast="Mine")

    run_demo()
    run_demo()

    log.refresh_from_db()
    assert log.breakfast == "Mine"
    assert log.user.daily_logs.count() == 1


@pytest.mark.parametrize("name", ["demo", "Demo", "demo-admin", "DEMO-Admin"])
def test_it_refuses_an_account_it_did_not_make(in_debug, name):
    # Everything that people can choose themselves is like the demo's.
    person = make_person(username=name, display_name="Demo admin" if "-" in name else "Demo")
    make_log(person, breakfast="Mine")

    with pytest.raises(CommandError, match=f"“{name}” that this command did not make"):
        run_demo()

    person = User.objects.get()
    assert (person.is_staff, person.is_superuser) == (False, False)
    assert person.check_password(PASSWORD)
    assert person.daily_logs.get().breakfast == "Mine"
    assert not Group.objects.exists()


@pytest.mark.thorough_on_sqlite
def test_it_does_not_restore_revoked_rights(demo_person):
    User.objects.filter(username="demo-admin").update(is_staff=False, is_superuser=False)

    run_demo()

    assert not User.objects.get(username="demo-admin").is_staff


def test_its_help_lists_the_planted_effects(capsys):
    with pytest.raises(SystemExit):
        call_command("demo", "--help")

    assert generate.__doc__.strip() in capsys.readouterr().out
