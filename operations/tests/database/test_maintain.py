from datetime import timedelta
from importlib import import_module
from io import StringIO

import pytest
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from accounts.models import Invitation, KnownBrowser, SecurityEvent, Throttle
from accounts.tests.factories import make_person
from operations.management.commands import dbmaintain
from operations.management.commands.dbmaintain import STEPS
from operations.models import DatabaseReport

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """The test's own transaction is in the way of rewriting the file, and stays so: see test_sqlite_files.py."""
    monkeypatch.setattr(dbmaintain, "REWRITE_PATIENCE", 0)


def steps() -> int:
    """How many there are for this database: only SQLite's file is rewritten."""
    return len(STEPS) if connection.vendor == "sqlite" else len(STEPS) - 1


def maintain() -> list[str]:
    output = StringIO()
    call_command("dbmaintain", stdout=output)
    return output.getvalue().splitlines()


def session(user, expires_in: timedelta) -> str:
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store["_auth_user_id"] = str(user.pk)
    store.save()
    store.model.objects.filter(pk=store.key_hash).update(expire_date=timezone.now() + expires_in)
    return store.key_hash


def test_expired_sessions_go_and_others_stay():
    person = make_person()
    old, current = session(person, timedelta(days=-1)), session(person, timedelta(days=1))

    maintain()

    stored = import_module(settings.SESSION_ENGINE).SessionStore().model.objects
    assert [stored.filter(pk=key).exists() for key in (old, current)] == [False, True]


def test_tries_that_do_not_count_any_more_go_and_others_stay():
    now = timezone.now()
    for key, expires_in in (("over", timedelta(minutes=-1)), ("counts", timedelta(minutes=1))):
        Throttle.objects.create(cache_key=key, value="", expires=now + expires_in)

    maintain()

    assert [row.pk for row in Throttle.objects.all()] == ["counts"]


def test_security_events_go_after_a_year():
    person = make_person()
    for days in (0, 364, 366):
        at = timezone.now() - timedelta(days=days)
        SecurityEvent.objects.create(person=person, kind="signed_in", device=str(days), at=at)

    maintain()

    assert {event.device for event in SecurityEvent.objects.all()} == {"0", "364"}


def test_old_invitations_go_and_others_stay():
    for days in (-7, 29, 31):
        Invitation.objects.create(
            note=str(days), token_hash=str(days), expires_at=timezone.now() - timedelta(days=days)
        )

    maintain()

    assert {invitation.note for invitation in Invitation.objects.all()} == {"-7", "29"}


def test_old_reports_go_and_others_stay():
    for days in (0, 729, 731, 2000):
        figures = {"days": days}
        DatabaseReport.objects.create(taken_at=timezone.now() - timedelta(days=days), figures=figures)

    lines = maintain()

    assert {report.figures["days"] for report in DatabaseReport.objects.all()} == {0, 729}
    assert any(line.startswith("Removed 2 database reports") for line in lines)


def test_what_staff_did_long_ago_goes_and_the_rest_stays():
    person = make_person(is_staff=True)
    for days in (0, 364, 366, 2000):
        entry = LogEntry.objects.create(user=person, action_flag=CHANGE, object_repr=str(days))
        LogEntry.objects.filter(pk=entry.pk).update(action_time=timezone.now() - timedelta(days=days))

    lines = maintain()

    assert {entry.object_repr for entry in LogEntry.objects.all()} == {"0", "364"}
    assert any(line.startswith("Removed 2 entries older than a year of what staff did") for line in lines)


def test_browsers_not_used_for_long_go_and_others_stay():
    person = make_person()
    for days in (0, 399, 401):
        used_at = timezone.now() - timedelta(days=days)
        KnownBrowser.objects.create(person=person, token_hash=str(days), used_at=used_at)

    lines = maintain()

    assert {browser.token_hash for browser in KnownBrowser.objects.all()} == {"0", "399"}
    assert any(line.startswith("Removed 1 browsers") for line in lines)


@pytest.mark.django_db(transaction=True)
def test_it_refreshes_what_the_planner_knows():
    for _ in range(3):
        make_person()

    lines = maintain()

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'accounts_user'")
            assert cursor.fetchone() == (3,)
            assert lines[-1].startswith("Analyzed")
        else:
            cursor.execute("SELECT stat FROM sqlite_stat1 WHERE tbl = 'accounts_user'")
            assert cursor.fetchone()[0].startswith("3 ")


def test_it_says_how_long_each_step_took_and_can_be_repeated():
    first, again = maintain(), maintain()

    assert len(first) == len(again) == steps()
    assert all(line.endswith(" s)") for line in first + again)
