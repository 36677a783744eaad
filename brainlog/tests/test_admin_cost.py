"""Queries of the admin's lists: their number does not grow, and they read no texts."""

import datetime
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.security_events import Kind, record
from accounts.tests.factories import make_person
from brainlog.admin import CappedPaginator
from insights.tests.factories import make_event
from logs.fields import LineField, NoteField
from logs.models import DailyLog
from logs.stages import STAGES
from logs.tests.factories import DAY, make_dose, make_full_log
from logs.tests.own_questions import make_answer, make_question
from reflections.models import WeeklyAnswers
from reflections.tests.factories import SUNDAY, make_reflection

pytestmark = pytest.mark.thorough_on_sqlite

LISTS = [
    "accounts_user",
    "accounts_securityevent",
    "insights_event",
    "logs_dailylog",
    "logs_dose",
    "logs_medication",
    "logs_ownquestion",
    "reflections_weeklyreflection",
]
TEXTS = [
    "note",
    "text",
    *("label", "choices_json"),
    "password",
    *(
        field.name
        for field in (*(field for stage in STAGES for field in stage.fields), *WeeklyAnswers.fields())
        if isinstance(field, NoteField | LineField)
    ),
]


@pytest.fixture
def as_staff(client, db):
    client.force_login(make_person(username="staff", is_staff=True, is_superuser=True))
    return client


def fill(count: int):
    """Make people with a row in each table."""
    for number in range(count):
        log = make_full_log(date=DAY - datetime.timedelta(days=number))
        make_dose(log)
        make_event(log.user)
        record(Kind.SIGNED_IN, log.user)
        make_reflection(log.user, SUNDAY - datetime.timedelta(days=7 * number))
        make_question(log.user, "choice")


def queries_of(client, name, **asked) -> list[str]:
    """The queries of the list, without those for session and person."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse(f"admin:{name}_changelist"), asked).status_code == 200
    of_the_session = re.compile(r'FROM "(accounts_session|accounts_user)" WHERE .*("session_key"|"id") = ')
    return [query["sql"] for query in queries if not of_the_session.search(query["sql"])]


@pytest.mark.matrix
@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("asked", [{}, {"q": "person-1"}], ids=["all", "search"])
def test_the_queries_of_a_list_do_not_grow_with_its_rows(as_staff, name, asked):
    fill(10)
    with_ten = queries_of(as_staff, name, **asked)
    fill(50)

    with_sixty = queries_of(as_staff, name, **asked)

    assert 0 < len(with_ten) <= 6
    assert len(with_sixty) == len(with_ten)


def test_the_queries_of_a_log_do_not_grow_with_its_own_answers(as_staff):
    log = make_full_log()
    address = reverse("admin:logs_dailylog_change", args=[log.pk])
    make_answer(log, make_question(log.user, "line"))
    as_staff.get(address)  # Django caches content types.
    costs = []
    for count in (1, 5):
        for _ in range(count):
            make_answer(log, make_question(log.user, "line"))
        with CaptureQueriesContext(connection) as queries:
            as_staff.get(address)
        costs.append(len(queries))

    assert costs[0] == costs[1]


def test_the_queries_of_a_log_do_not_grow_with_its_doses(as_staff):
    log = make_full_log()
    address = reverse("admin:logs_dailylog_change", args=[log.pk])
    make_dose(log)
    as_staff.get(address)  # Django caches content types.
    costs = []
    for count in (1, 5):
        for _ in range(count):
            make_dose(log, log.user.medications.first())
        with CaptureQueriesContext(connection) as queries:
            as_staff.get(address)
        costs.append(len(queries))

    assert costs[0] == costs[1]


@pytest.mark.matrix
@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    "asked", [{}, {"q": "person-1"}, {"_facets": "True"}, {"p": "2"}], ids=lambda asked: str(asked)
)
def test_lists_do_not_count_all_rows(as_staff, name, asked):
    fill(60)

    counts = [sql for sql in queries_of(as_staff, name, **asked) if "COUNT(" in sql.upper()]

    assert len(counts) == 1
    assert [sql for sql in counts if "LIMIT 10000)" not in sql] == []


@pytest.mark.parametrize("name", LISTS)
def test_a_list_reads_no_texts(as_staff, name):
    fill(3)

    who_is_asking = 'FROM "accounts_session"'
    queries = [sql for sql in queries_of(as_staff, name) if who_is_asking not in sql]

    assert [column for column in TEXTS for sql in queries if f'"{column}"' in sql] == []
    assert any(f'FROM "{name}"' in sql for sql in queries)


def test_a_list_is_limited_by_the_query(as_staff):
    fill(60)

    rows = [sql for sql in queries_of(as_staff, "logs_dailylog") if '"logs_dailylog"."morning_completed_at"' in sql]

    assert [sql for sql in rows if " LIMIT 50" not in sql] == []
    assert len(rows) == 1


def test_the_count_of_a_list_is_capped(as_staff, monkeypatch):
    monkeypatch.setattr(CappedPaginator, "MOST", 30)
    fill(35)

    changelist = as_staff.get(reverse("admin:logs_dailylog_changelist")).context["cl"]

    assert changelist.result_count == 30
    assert DailyLog.objects.count() == 35


@pytest.mark.matrix
@pytest.mark.parametrize("name", ["logs_dailylog", "reflections_weeklyreflection"])
@pytest.mark.parametrize("asked", [{}, {"state": "begun"}, {"year": "2026"}], ids=["all", "filtered", "a year"])
def test_the_date_navigation_reads_the_first_and_last_date(as_staff, name, asked):
    """Finding out which years have rows would read all rows."""
    fill(10)
    date = {"logs_dailylog": "date", "reflections_weeklyreflection": "week_start"}[name]

    queries = queries_of(as_staff, name, **{f"{date}__year" if key == "year" else key: asked[key] for key in asked})

    assert [sql for sql in queries if "DISTINCT" in sql or "TRUNC" in sql.upper()] == []
    assert any("MIN(" in sql and "MAX(" in sql for sql in queries)


@pytest.mark.parametrize("name", LISTS)
def test_lists_sort_by_indexed_columns_only(as_staff, name):
    fill(3)

    page = as_staff.get(reverse(f"admin:{name}_changelist")).content.decode()

    headers = set(re.findall(r'<th scope="col" class="(sortable )?[^"]*column-(\w+)', page))
    assert len(headers) >= 2
    assert {column for sortable, column in headers if sortable} <= {"date", "week_start", "username", "user"}
