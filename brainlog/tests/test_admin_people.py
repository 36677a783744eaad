"""Adding, changing and deleting people in the admin."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.models import KnownBrowser, Session, Throttle, User
from accounts.tests.factories import PASSWORD, make_person
from logs.models import DailyLog, Dose, Medication, OwnAnswer, OwnQuestion, QuestionSet
from logs.tests.factories import DAY, make_dose, make_full_log, make_medication, make_question_set
from logs.tests.own_questions import make_answer, make_question
from reflections.models import OwnWeeklyAnswer, WeeklyReflection
from reflections.tests.factories import make_reflection

pytestmark = pytest.mark.thorough_on_sqlite

LIST = reverse("admin:accounts_user_changelist")
ADD = reverse("admin:accounts_user_add")


@pytest.fixture
def as_staff(client, db):
    client.force_login(make_person(username="staff", is_staff=True, is_superuser=True))
    return client


def person_url(person, page="change"):
    return reverse(f"admin:accounts_user_{page}", args=[person.pk])


def as_shown(response) -> dict:
    """The data that the page's form sends if nothing is changed."""
    form = response.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value not in (None, False, [])}


def new(**changes):
    return {"username": "maria", "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"} | changes


def test_a_person_is_added_and_can_log_in(as_staff, client):
    assert as_staff.get(ADD).status_code == 200

    response = as_staff.post(ADD, new(username="Maria"))

    person = User.objects.get(username="Maria")
    assertRedirects(response, person_url(person))
    assert (person.username_key, person.is_staff, person.timezone) == ("maria", False, "America/New_York")
    assert client.login(username="MARIA", password=PASSWORD)


@pytest.mark.parametrize(("name", "again"), [("maria", "MARIA"), ("Ünal", "ünal"), ("straße", "STRASSE")])
def test_a_name_that_is_taken_is_refused(as_staff, name, again):
    make_person(username=name)

    response = as_staff.post(ADD, new(username=again))

    assert list(response.context["adminform"].form.errors) == ["username"]
    assert not User.objects.filter(username=again).exists()


@pytest.mark.parametrize("password", ["short", "password123", "8572649103"])
def test_a_weak_password_is_refused(as_staff, password):
    response = as_staff.post(ADD, new(password1=password, password2=password))

    assert list(response.context["adminform"].form.errors) == ["password2"]


def test_a_person_is_changed(as_staff):
    person = make_person()
    sent = as_shown(as_staff.get(person_url(person)))

    response = as_staff.post(person_url(person), sent | {"timezone": "Europe/Berlin", "day_ends_at": "2"})

    assertRedirects(response, LIST)
    person.refresh_from_db()
    assert (person.timezone, person.day_ends_at) == ("Europe/Berlin", 2)
    assert person.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("name", "nonsense"), [("timezone", "Berlin"), ("day_ends_at", "6"), ("theme", "purple"), ("username", "ÜNAL")]
)
def test_an_invalid_change_is_refused(as_staff, name, nonsense):
    make_person(username="Ünal")
    person = make_person()
    before = User.objects.filter(pk=person.pk).values().get()
    sent = as_shown(as_staff.get(person_url(person)))

    response = as_staff.post(person_url(person), sent | {name: nonsense})

    assert response.context["adminform"].form.errors
    assert User.objects.filter(pk=person.pk).values().get() == before


def test_how_a_name_is_written_can_be_changed(as_staff):
    person = make_person(username="Ünal")

    as_staff.post(person_url(person), as_shown(as_staff.get(person_url(person))) | {"username": "ünal"})

    assert User.objects.get(pk=person.pk).username == "ünal"


def test_a_new_password_can_be_set(as_staff):
    person = make_person()
    address = reverse("admin:auth_user_password_change", args=[person.pk])

    as_staff.post(address, {"password1": "a-new-battery", "password2": "a-new-battery", "usable_password": "true"})

    person.refresh_from_db()
    assert person.check_password("a-new-battery")


@pytest.mark.parametrize("page", [LIST, None], ids=["list", "page"])
def test_no_page_shows_a_password(as_staff, page):
    person = make_person()

    response = as_staff.get(page or person_url(person))

    assertContains(response, person.username)
    assertNotContains(response, person.password)


# Permissions to change permissions and accounts


@pytest.fixture
def as_helper(client, db):
    """A client of a member of staff with every permission of people and groups, who is no superuser."""
    helper = make_person(username="helper", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(content_type__model__in=["user", "group"]))
    client.force_login(helper)
    return client


@pytest.fixture(params=[{"is_staff": True}, {"is_superuser": True}], ids=str)
def boss(request, db):
    return make_person(username="boss", **request.param)


def rights_of(username) -> tuple:
    person = User.objects.get(username=username)
    return person.is_staff, person.is_superuser, person.groups.count(), person.user_permissions.count()


def test_staff_cannot_grant_permissions(as_helper):
    person = make_person()
    before = rights_of(person.username)
    wanted = {"is_staff": "on", "is_superuser": "on", "user_permissions": [Permission.objects.first().pk]}

    response = as_helper.post(person_url(person), as_shown(as_helper.get(person_url(person))) | wanted)

    assertRedirects(response, LIST)
    assert rights_of(person.username) == before


def test_staff_cannot_grant_themselves_permissions(as_helper):
    before = rights_of("helper")
    sent = {
        "username": "helper",
        "timezone": "UTC",
        "day_ends_at": "0",
        "theme": "dark",
        "week_starts_on": "monday",
        "hour_format": "24",
        "date_format": "iso",
    }

    assert as_helper.post(person_url(User.objects.get()), sent | {"is_superuser": "on"}).status_code == 403
    assert rights_of("helper") == before


def test_staff_can_deactivate_a_person(as_helper):
    person = make_person()
    sent = as_shown(as_helper.get(person_url(person)))
    del sent["is_active"]

    assertRedirects(as_helper.post(person_url(person), sent), LIST)
    person.refresh_from_db()
    assert not person.is_active


def test_an_account_of_the_staff_is_for_superusers(as_helper, boss):
    new = {"password1": "a-new-battery", "password2": "a-new-battery", "usable_password": "true"}
    action = {"action": "delete_selected", "_selected_action": [boss.pk], "post": "yes"}
    password = reverse("admin:auth_user_password_change", args=[boss.pk])

    assert as_helper.get(person_url(boss)).status_code == 200
    for address, sent in (
        (person_url(boss), {"username": "boss", "email": "helper@example.org"}),
        (password, new),
        (person_url(boss, "delete"), {"post": "yes"}),
        (LIST, action),
    ):
        assert as_helper.post(address, sent).status_code == 403, address

    assert User.objects.get(username="boss").check_password(PASSWORD)


def test_only_superusers_change_groups(as_helper):
    group = Group.objects.create(name="helpers")
    group.user_set.add(User.objects.get())
    address = reverse("admin:auth_group_change", args=[group.pk])

    sent = {"name": "helpers", "permissions": [Permission.objects.get(codename="view_private_text").pk]}

    assert as_helper.get(address).status_code == as_helper.post(address, sent).status_code == 403
    assert as_helper.get(reverse("admin:auth_group_changelist")).status_code == 403
    assert not group.permissions.exists()


# Deleting


def make_rows_of(person):
    log = make_full_log(person)
    make_dose(log, make_medication(person))
    make_answer(log, make_question(person, "line", label="A secret question"))
    reflection = make_reflection(person)
    make_answer(reflection, make_question(person, "line", check_in="week"))
    make_question_set(person, "dreams")


@pytest.fixture
def maria(db):
    maria = make_person(username="maria")
    make_rows_of(maria)
    return maria


@pytest.fixture
def other(db):
    other = make_person()
    make_rows_of(other)
    return other


def assert_only_the_other_is_left(other):
    assert not User.objects.filter(username="maria").exists()
    assert DailyLog.objects.get().user == other
    assert Dose.objects.get().daily_log.user == other
    assert Medication.objects.get().user == other
    assert WeeklyReflection.objects.get().user == other
    assert {question.user for question in OwnQuestion.objects.all()} == {other}
    assert OwnAnswer.objects.get().user == OwnWeeklyAnswer.objects.get().user == other
    assert QuestionSet.objects.get().user == other


def test_deleting_a_person_deletes_everything_of_theirs(as_staff, maria, other):
    assertContains(as_staff.get(person_url(maria, "delete")), "maria")

    response = as_staff.post(person_url(maria, "delete"), {"post": "yes"})

    assertRedirects(response, LIST)
    assert_only_the_other_is_left(other)


def test_people_can_be_deleted_from_the_list(as_staff, maria, other):
    action = {"action": "delete_selected", "_selected_action": [maria.pk]}
    assertContains(as_staff.post(LIST, action), "Are you sure")

    as_staff.post(LIST, action | {"post": "yes"})

    assert_only_the_other_is_left(other)


def test_the_delete_confirmation_lists_no_answers(as_staff, maria):
    """It counts the rows. The days and doses of years would make a page of megabytes."""
    page = as_staff.get(person_url(maria, "delete"))

    assertNotContains(page, "Concerta")
    assertNotContains(page, "A secret question")
    counts = ("Daily logs: 1", "Doses: 1", "Medications: 1", "Weekly reflections: 1", "Own questions: 2")
    for count in (*counts, "Own answers: 1", "Own weekly answers: 1"):
        assertContains(page, count)


def test_the_queries_of_the_delete_confirmation_do_not_grow(as_staff, maria):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert as_staff.get(person_url(maria, "delete")).status_code == 200
        return len(queries)

    cost_of_few = cost()
    log = make_full_log(maria, DAY.replace(day=5))
    for name in map(str, range(20)):
        make_dose(log, make_medication(maria, name))

    assert cost() == cost_of_few


def test_the_view_permission_does_not_allow_deleting(client, maria):
    helper = make_person(is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename="view_user"))
    client.force_login(helper)

    response = client.post(person_url(maria, "delete"), {"post": "yes"})

    assert response.status_code == 403
    assert DailyLog.objects.count() == 1


def test_changes_by_staff_are_recorded(as_staff, maria):
    pk = maria.pk
    as_staff.post(person_url(maria, "delete"), {"post": "yes"})

    entry = LogEntry.objects.get()
    assert (entry.user.username, entry.object_repr, entry.is_deletion()) == ("staff", f"#{pk}", True)


def test_every_table_of_ours_can_be_looked_at():
    """All of our tables but rate limits, and sessions and known browsers, which their person can view.

    Own answers are on the pages of their day or week. Sets of questions hold names of questions only.
    """
    ours = {model for model in apps.get_models() if re.match("accounts|logs|reflections", model._meta.app_label)}

    elsewhere = {OwnAnswer, OwnWeeklyAnswer, QuestionSet}
    assert ours - set(admin.site._registry) == {KnownBrowser, Session, Throttle} | elsewhere
