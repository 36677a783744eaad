"""Records of staff who opened a row of a person, as the person sees them."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from accounts import security_events
from accounts.models import SecurityEvent
from accounts.tests.factories import make_person
from brainlog.tests.addresses import ADDRESSES
from brainlog.tests.test_admin import ANSWERS, MODELS, as_staff, list_url, page_url, rows  # noqa: F401
from logs.stages import STAGES

pytestmark = pytest.mark.thorough_on_sqlite

SAID = {
    "insights_event": "Looked at a note of yours about what happened",
    "logs_dailylog": "Looked at a day of yours",
    "logs_medication": "Looked at a medication of yours",
    "logs_dose": "Looked at a medication of yours",
    "logs_ownquestion": "Looked at a question of yours",
    "reflections_weeklyreflection": "Looked at a reflection of yours",
}


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("page", ["change", "history"])
def test_the_person_reads_who_opened_a_row(as_staff, rows, name, page):  # noqa: F811
    as_staff.get(list_url(name))
    as_staff.get(page_url(name, rows[name], page))
    client = Client()
    client.force_login(rows["accounts_user"])

    seen = client.get(reverse("accounts:events"))

    assertContains(seen, SAID[name], count=1)
    assertContains(seen, "by staff, of the staff", count=1)


# Lists are not recorded, so they must not reveal answers.

NOT_ANSWERED = {
    "accounts_user": {"username", "is_staff", "is_superuser", "is_active", "date_joined", "last_login"}
    # Which day it is for them, which check-ins are on, and on which day none counts.
    | {"timezone", "day_ends_at", "question_choices", "one_question_on"},
    "logs_dailylog": {"user", "date", "updated_at", *(stage.completed_at for stage in STAGES)}
    | {stage.part.asked for stage in STAGES}  # Whether it has answers.
    | {"not_tracked", "one_question_only"},  # The list says that a day is marked, and not why.
    "insights_event": {"user", "date", "last_day"},
    "logs_medication": {"user"},
    "logs_dose": {"daily_log", "user"},
    "logs_ownquestion": {"user", "check_in", "kind", "archived_at"},
    "reflections_weeklyreflection": {"user", "week_start", "completed_at", "updated_at"},
}


@pytest.mark.once
@pytest.mark.parametrize("name", NOT_ANSWERED)
def test_a_list_reads_names_and_dates_only(as_staff, rows, name):  # noqa: F811
    with CaptureQueriesContext(connection) as queries:
        page = as_staff.get(list_url(name))

    asked = [each["sql"] for each in queries if 'FROM "accounts_session"' not in each["sql"]]
    columns = {column for sql in asked for column in re.findall(rf'"{name}"."(\w+)"', sql)}
    names = {MODELS[name]._meta.get_field(column).name for column in columns}
    assert NOT_ANSWERED[name] - {"is_superuser"} <= names <= {"id", *NOT_ANSWERED[name]}
    assertNotContains(page, "Concerta")
    assertNotContains(page, "Maria")


@pytest.mark.once
@pytest.mark.parametrize("name", NOT_ANSWERED)
def test_filters_and_sorting_reveal_no_answers(as_staff, rows, name):  # noqa: F811
    before = SecurityEvent.objects.count()
    for field in MODELS[name]._meta.concrete_fields:
        for query in (f"{field.attname}__isnull=0", f"{field.name}__gte=0", f"{field.name}=1"):
            status = as_staff.get(f"{list_url(name)}?{query}").status_code
            assert status == 400 or field.name in NOT_ANSWERED[name], query
    for number in range(9):
        ordered = as_staff.get(list_url(name), {"o": number}).context["cl"].queryset.query.order_by
        assert {column.lstrip("-").split("__")[0] for column in ordered} <= {"pk", "id", *NOT_ANSWERED[name]}
    assert SecurityEvent.objects.count() == before


@pytest.mark.matrix
@pytest.mark.parametrize("name", [*ANSWERS, "accounts_user"])
@pytest.mark.parametrize("page", ["change", "history", "delete"])
def test_a_refused_request_is_not_recorded(client, rows, name, page):  # noqa: F811
    """Nor does the response reveal whether the row exists."""
    client.force_login(make_person(is_staff=True))
    address = page_url(name, rows[name], page)
    nowhere = page_url(name, type(rows[name])(pk=0), page)

    for path in (address, nowhere):
        assert client.get(path).status_code == client.post(path, {"post": "yes"}).status_code == 403
    assert not SecurityEvent.objects.exists()


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_no_parameter_changes_what_is_recorded(client, db, method):
    maria = make_person(username="maria")
    security_events.record(security_events.Kind.LOOKED_AT_DAY, maria, by=make_person(username="keeper"))
    (written,) = SecurityEvent.objects.values()
    for address in ADDRESSES:
        client.force_login(maria)
        getattr(client, method)(address.path, {"id": written["id"], "kind": "wiped"})

        assert SecurityEvent.objects.values().get(pk=written["id"]) == written, address.name
