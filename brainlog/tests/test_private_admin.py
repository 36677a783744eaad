"""Private texts in the admin: without the permission, staff sees only that there is a text."""

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Permission
from pytest_django.asserts import assertContains, assertNotContains

from accounts.models import User
from accounts.tests.factories import make_person
from brainlog.tests.test_admin import page_url, rows  # noqa: F401
from logs.tests.columns import again, put, stored
from logs.tests.own_questions import make_answer, make_question

pytestmark = pytest.mark.thorough_on_sqlite

SECRETS = {
    "insights_event": ("text", "A secret move"),
    "logs_dailylog": ("dreams", "A secret dream"),
    "logs_medication": ("note", "A secret note"),
    "logs_ownquestion": ("label", "A secret question"),
    "reflections_weeklyreflection": ("week_highlights", "A secret walk"),
}
# With the name of the medication, of the day's dose and its own, and the answers to own questions.
WITHHELD_ON = {
    **{"insights_event": 1, "logs_dailylog": 3, "logs_medication": 2, "logs_ownquestion": 1},
    "reflections_weeklyreflection": 1,
}
each_table = pytest.mark.parametrize("name", SECRETS)
WITHHELD = "written, not shown"


@pytest.fixture
def staff(client, db) -> User:
    """A logged-in member of staff with the view permission of every table."""
    staff = make_person(username="staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__startswith="view_").exclude(codename=PERMISSION))
    client.force_login(staff)
    return staff


PERMISSION = "view_private_text"


@each_table
def test_staff_sees_that_there_is_a_text(client, staff, rows, name):  # noqa: F811
    column, text = SECRETS[name]

    page = client.get(page_url(name, rows[name]))

    assertContains(page, WITHHELD, count=WITHHELD_ON[name])
    assertNotContains(page, text)
    assertNotContains(page, stored(rows[name], column))
    assertNotContains(client.get(page_url(name, rows[name], "history")), text)
    assert getattr(again(rows[name]), column) == text


@each_table
def test_staff_with_the_permission_reads_it(client, staff, rows, name):  # noqa: F811
    staff.user_permissions.add(Permission.objects.get(codename=PERMISSION, content_type__app_label="logs"))

    page = client.get(page_url(name, rows[name]))

    assertContains(page, SECRETS[name][1])
    assertNotContains(page, WITHHELD)


@each_table
def test_a_superuser_has_every_permission(client, staff, rows, name):  # noqa: F811
    User.objects.filter(pk=staff.pk).update(is_superuser=True)

    assertContains(client.get(page_url(name, rows[name])), SECRETS[name][1])


@each_table
def test_private_texts_cannot_be_searched_or_filtered(client, staff, rows, name):  # noqa: F811
    column = SECRETS[name][0]
    path = page_url(name, rows[name]).split(str(rows[name].pk))[0]

    for query in (f"{column}__contains=secret", f"{column}=A+secret+dream"):
        response = client.get(f"{path}?{query}")
        assert response.status_code in {302, 400}
        assert "secret" not in response.content.decode()


@each_table
def test_what_cannot_be_read_is_said(client, staff, rows, name):  # noqa: F811
    User.objects.filter(pk=staff.pk).update(is_superuser=True)
    put(rows[name], SECRETS[name][0], "bl1.test." + "A" * 60)

    assertContains(client.get(page_url(name, rows[name])), "This text cannot be read")
    User.objects.filter(pk=staff.pk).update(is_superuser=False)
    assertContains(client.get(page_url(name, rows[name])), WITHHELD)


OWN_TEXTS = ("A secret question", "A secret answer", "A secret week", "A secret reply")


@pytest.mark.parametrize("name", ["logs_dailylog", "reflections_weeklyreflection"])
def test_words_of_own_questions_and_answers_are_private(client, staff, rows, name):  # noqa: F811
    week = rows["reflections_weeklyreflection"]
    make_answer(week, make_question(week.user, "note", check_in="week", label="A secret week"), "A secret reply")
    make_answer(week, make_question(week.user, "number", check_in="week", label="A secret number"))
    make_answer(rows["logs_dailylog"], make_question(week.user, "number", label="A secret number"))

    withheld = client.get(page_url(name, rows[name])).content.decode()
    staff.user_permissions.add(Permission.objects.get(codename=PERMISSION, content_type__app_label="logs"))
    shown = client.get(page_url(name, rows[name])).content.decode()

    assert [text for text in (*OWN_TEXTS, "A secret number") if text in withheld] == []
    assert "2.5" in withheld and "2.5" in shown and "A secret number" in shown
    assert len([text for text in OWN_TEXTS if text in shown]) == 2


# Names of medications, and names to be called by

NAMES = {
    "logs_dailylog": "Concerta",
    "logs_ownquestion": "A secret question",
    "logs_dose": "Concerta",
    "logs_medication": "Concerta",
    "accounts_user": "Maria",
}
each_name = pytest.mark.parametrize("name", NAMES)


@each_name
def test_staff_sees_that_there_is_a_name(client, staff, rows, name):  # noqa: F811
    staff.user_permissions.add(*Permission.objects.filter(codename__in=["change_user", "delete_user"]))
    list_url = page_url(name, rows[name]).split(str(rows[name].pk))[0]
    page = client.get(page_url(name, rows[name]))

    assertContains(page, WITHHELD)
    for path in (page_url(name, rows[name]), page_url(name, rows[name], "history"), list_url):
        assertNotContains(client.get(path), NAMES[name])
    if name == "accounts_user":
        assertNotContains(client.get(page_url(name, rows[name], "delete")), "Concerta")
        assertNotContains(client.get(page_url(name, rows[name], "delete")), NAMES[name])


@each_name
def test_staff_with_the_permission_reads_the_name(client, staff, rows, name):  # noqa: F811
    staff.user_permissions.add(Permission.objects.get(codename=PERMISSION, content_type__app_label="logs"))

    assertContains(client.get(page_url(name, rows[name])), NAMES[name])
    assertNotContains(client.get(page_url(name, rows[name])), WITHHELD)
    assertContains(client.get(page_url(name, rows[name], "history")), "history")
    assertNotContains(client.get(page_url(name, rows[name], "history")), NAMES[name])


def test_medications_cannot_be_searched_by_name(client, staff, rows):  # noqa: F811
    staff.user_permissions.add(Permission.objects.get(codename=PERMISSION, content_type__app_label="logs"))
    medication = rows["logs_medication"]

    def found(term):
        asked = {"app_label": "logs", "model_name": "dose", "field_name": "medication", "term": term}
        return client.get("/admin/autocomplete/", asked).json()["results"]

    assert found("Concerta") == []
    assert found("Ünal") == [{"id": str(medication.pk), "text": f"medication {medication.pk}"}]
    assertContains(client.get("/admin/logs/medication/?q=Concerta"), "0 results")


def test_changing_a_person_keeps_the_display_name(client, staff, rows):  # noqa: F811
    staff.user_permissions.add(Permission.objects.get(codename="change_user"))
    facts = {
        "username": "renamed",
        "timezone": "UTC",
        "day_ends_at": "4",
        "week_starts_on": "sunday",
        "hour_format": "24",
        "date_format": "iso",
        "theme": "dark",
    }

    response = client.post(page_url("accounts_user", rows["accounts_user"]), facts | {"display_name": "Staff"})

    assert response.status_code == 302
    assert (again(rows["accounts_user"]).username, again(rows["accounts_user"]).display_name) == ("renamed", "Maria")


def test_no_record_of_staff_holds_a_name(staff, rows):  # noqa: F811
    for row in (rows["logs_medication"], rows["logs_dose"]):
        LogEntry.objects.log_actions(staff.pk, [row], CHANGE, "Looked at.")

    assert [entry.object_repr for entry in LogEntry.objects.order_by("pk")] == [
        f"medication {rows['logs_medication'].pk}",
        "36 mg at 8:15 a.m.",
    ]
