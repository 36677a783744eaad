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
from operations.database import maintain as maintenance
from operations.models import DatabaseReport
from reminders.models import Channel

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_wait_for_the_file(monkeypatch):
    """The test's own transaction blocks the rewrite of the file: see test_sqlite_files.py for that."""
    monkeypatch.setattr(maintenance, "REWRITE_TIMEOUT", 0)


def steps() -> int:
    """How many steps print something: rewrite_file does not on PostgreSQL."""
    return len(maintenance.STEPS) - (connection.vendor != "sqlite")


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


def test_expired_sessions_are_deleted():
    person = make_person()
    old, current = session(person, timedelta(days=-1)), session(person, timedelta(days=1))

    maintain()

    stored = import_module(settings.SESSION_ENGINE).SessionStore().model.objects
    assert [stored.filter(pk=key).exists() for key in (old, current)] == [False, True]


def test_expired_rate_limits_are_deleted():
    now = timezone.now()
    for key, expires_in in (("over", timedelta(minutes=-1)), ("counts", timedelta(minutes=1))):
        Throttle.objects.create(cache_key=key, value="", expires=now + expires_in)

    maintain()

    assert [row.pk for row in Throttle.objects.all()] == ["counts"]


def test_security_events_are_deleted_after_a_year():
    person = make_person()
    for days in (0, 364, 366):
        at = timezone.now() - timedelta(days=days)
        SecurityEvent.objects.create(person=person, kind="signed_in", device=str(days), at=at)

    maintain()

    assert {event.device for event in SecurityEvent.objects.all()} == {"0", "364"}


def test_old_invitations_are_deleted():
    for days in (-7, 29, 31):
        Invitation.objects.create(
            note=str(days), token_hash=str(days), expires_at=timezone.now() - timedelta(days=days)
        )

    maintain()

    assert {invitation.note for invitation in Invitation.objects.all()} == {"-7", "29"}


def test_old_reports_are_deleted():
    for days in (0, 729, 731, 2000):
        figures = {"days": days}
        DatabaseReport.objects.create(taken_at=timezone.now() - timedelta(days=days), figures=figures)

    lines = maintain()

    assert {report.figures["days"] for report in DatabaseReport.objects.all()} == {0, 729}
    assert any(line.startswith("Deleted 2 database reports") for line in lines)


def test_old_admin_history_is_deleted():
    person = make_person(is_staff=True)
    for days in (0, 364, 366, 2000):
        entry = LogEntry.objects.create(user=person, action_flag=CHANGE, object_repr=str(days))
        LogEntry.objects.filter(pk=entry.pk).update(action_time=timezone.now() - timedelta(days=days))

    lines = maintain()

    assert {entry.object_repr for entry in LogEntry.objects.all()} == {"0", "364"}
    assert any(line.startswith("Deleted 2 entries of the admin's history older than a year") for line in lines)


def test_unused_browsers_are_deleted():
    person = make_person()
    for days in (0, 399, 401):
        used_at = timezone.now() - timedelta(days=days)
        KnownBrowser.objects.create(person=person, token_hash=str(days), used_at=used_at)

    lines = maintain()

    assert {browser.token_hash for browser in KnownBrowser.objects.all()} == {"0", "399"}
    assert any(line.startswith("Deleted 1 browsers") for line in lines)


def test_devices_for_reminders_are_deleted_where_the_login_was_ended():
    person = make_person()
    ended, valid = (
        KnownBrowser.objects.create(person=person, token_hash=str(number), ended_at=ended_at)
        for number, ended_at in enumerate((timezone.now(), None))
    )
    for browser in (ended, valid, None):
        key = str(browser and browser.pk)
        Channel.objects.create(user=person, kind="push", destination="x", address_key=key, known_browser=browser)

    maintain()

    assert [channel.known_browser for channel in Channel.objects.all()] == [valid, None]


@pytest.mark.django_db(transaction=True)
def test_planner_statistics_are_refreshed():
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


def test_each_step_prints_its_duration_and_can_be_repeated():
    first, again = maintain(), maintain()

    assert len(first) == len(again) == steps()
    assert all(line.endswith(" s)") for line in first + again)
