from datetime import timedelta
from importlib import import_module
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.tests.factories import make_person
from operations.models import DatabaseReport

pytestmark = pytest.mark.django_db


def maintain() -> list[str]:
    output = StringIO()
    call_command("dbmaintain", stdout=output)
    return output.getvalue().splitlines()


def session(user, expires_in: timedelta) -> str:
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store["_auth_user_id"] = str(user.pk)
    store.set_expiry(timezone.now() + expires_in)
    store.save()
    return store.session_key


def test_expired_sessions_go_and_others_stay():
    person = make_person()
    old, current = session(person, timedelta(days=-1)), session(person, timedelta(days=1))

    maintain()

    stored = import_module(settings.SESSION_ENGINE).SessionStore().model.objects
    assert [stored.filter(session_key=key).exists() for key in (old, current)] == [False, True]


def test_old_reports_go_and_others_stay():
    for days in (0, 729, 731, 2000):
        figures = {"days": days}
        DatabaseReport.objects.create(taken_at=timezone.now() - timedelta(days=days), figures=figures)

    lines = maintain()

    assert {report.figures["days"] for report in DatabaseReport.objects.all()} == {0, 729}
    assert lines[1].startswith("Removed 2 database reports")


@pytest.mark.django_db(transaction=True)
def test_it_refreshes_what_the_planner_knows():
    for _ in range(3):
        make_person()

    lines = maintain()

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'accounts_user'")
            assert cursor.fetchone() == (3,)
            assert lines[2].startswith("Analyzed")
        else:
            cursor.execute("SELECT stat FROM sqlite_stat1 WHERE tbl = 'accounts_user'")
            assert cursor.fetchone()[0].startswith("3 ")


def test_it_says_how_long_each_step_took_and_can_be_repeated():
    first, again = maintain(), maintain()

    assert len(first) == len(again) == 3
    assert all(line.endswith(" s)") for line in first + again)
