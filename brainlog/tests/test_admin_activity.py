"""The admin's list of people: when each person logged, how completely, and who stopped."""

import datetime
import re

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django.asserts import assertContains, assertNotContains

from accounts.models import User
from accounts.tests.factories import make_person
from brainlog.tests.test_admin import cells_of
from logs.stages import EVENING, STAGES
from logs.tests.factories import make_dose, make_full_log, make_medication

pytestmark = [pytest.mark.django_db, pytest.mark.thorough_on_sqlite]

LIST = reverse("admin:accounts_user_changelist")
ACTIVITY = ("last_day_logged", "days_in_week", "days_in_month", "check_ins")


@pytest.fixture
def staff(client) -> User:
    """A logged-in member of staff with the permission to view people and days, who has not logged anything."""
    staff = make_person(username="staff", is_staff=True, date_joined=timezone.now())
    staff.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "view_dailylog"]))
    client.force_login(staff)
    return staff


@pytest.fixture
def maria() -> User:
    """A person who logged on three of four days and last did so three days ago."""
    joined_at = timezone.now() - datetime.timedelta(days=6)
    maria = make_person(username="maria", display_name="Secret name", date_joined=joined_at)
    for days, facts in [(3, {EVENING.completed_at: None}), (5, {}), (6, {})]:
        make_full_log(maria, maria.today() - datetime.timedelta(days=days), dreams="A secret dream", **facts)
    return maria


def row_of(page, name: str) -> list[str]:
    """The texts of the columns about a person's days."""
    number = cells_of(page, "username").index(name)
    return [cells_of(page, column)[number] for column in ACTIVITY]


def found(client, **asked) -> list[str]:
    return cells_of(client.get(LIST, asked), "username")


def test_the_list_shows_who_logged_when_and_how_completely(client, staff, maria):
    page = client.get(LIST)

    last, in_week, in_month, check_ins = row_of(page, "maria")
    day = maria.today() - datetime.timedelta(days=3)
    assert last == f"{date_format(day)} 3 days ago"
    assert (in_week, in_month, check_ins) == ("3", "3", "14 of 35")
    assert row_of(page, "staff") == ["never", "0", "0", "0 of 5"]


def test_the_last_day_leads_to_the_days_of_the_person(client, staff, maria):
    make_full_log()
    [link] = re.findall(r'href="([^"]*q=maria)"', client.get(LIST).content.decode())

    days = client.get(link).context["cl"].result_list

    assert [day.user for day in days] == [maria] * 3


def test_people_are_filtered_by_the_last_day_logged(client, staff, maria):
    make_full_log(make_person(username="anna"), staff.today())
    make_full_log(make_person(username="ben"), staff.today() - datetime.timedelta(days=10))

    names = {value: found(client, last_logged=value) for value in ("3", "7", "30", "never", "nonsense")}

    assert names == {
        "3": ["ben", "maria"],
        "7": ["ben"],
        "30": [],
        "never": ["staff"],
        "nonsense": ["anna", "ben", "maria", "staff"],
    }


def test_staff_who_may_not_view_days_see_no_activity(client, staff, maria):
    staff.user_permissions.remove(Permission.objects.get(codename="view_dailylog"))

    with CaptureQueriesContext(connection) as queries:
        page = client.get(LIST)

    assert [cells_of(page, column) for column in ACTIVITY] == [[]] * 4
    assert [query["sql"] for query in queries if "logs_dailylog" in query["sql"]] == []
    assertNotContains(page, "last_logged")
    assert client.get(LIST, {"last_logged": "never"}).status_code == 400


def test_the_list_shows_and_reads_no_answers(client, staff, maria):
    make_dose(maria.daily_logs.first(), make_medication(maria))
    answers = [name for stage in STAGES for name in stage.field_names]

    with CaptureQueriesContext(connection) as queries:
        page = client.get(LIST)

    read = " ".join(query["sql"] for query in queries)
    assert [name for name in (*answers, "display_name") if f'logs_dailylog"."{name}"' in read] == []
    assert "logs_dose" not in read and "logs_medication" not in read
    assertContains(page, "maria")
    for text in ("Secret name", "secret dream", "Concerta"):
        assertNotContains(page, text)


@pytest.mark.parametrize("asked", [{}, {"last_logged": "never"}, {"q": "person"}], ids=str)
def test_the_queries_of_the_list_do_not_grow_with_people_or_days(client, staff, asked):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST, asked)
        return len(queries)

    make_person()
    few = cost()
    for number in range(20):
        make_full_log(make_person(), staff.today() - datetime.timedelta(days=number))

    assert cost() == few


def test_people_can_still_be_deleted_from_a_filtered_list(client, staff):
    staff.user_permissions.add(Permission.objects.get(codename="delete_user"))
    person = make_person()
    sent = {"action": "delete_selected", "_selected_action": [person.pk], "post": "yes"}

    assert client.post(f"{LIST}?last_logged=never", sent).status_code == 302
    assert not User.objects.filter(pk=person.pk).exists()
