"""When people logged and how completely: counts of days and check-ins."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import make_person
from logs.activity import MONTH, Activity, activity_of, never_logged, stopped_logging, with_activity
from logs.models import DailyLog
from logs.stages import EVENING, MORNING, STAGES
from logs.tests.factories import DAY, make_full_log, make_log

NOW = timezone.now()
LONG_AGO = DAY - datetime.timedelta(days=400)


def days_before(days: int) -> datetime.date:
    return DAY - datetime.timedelta(days=days)


def day(days: int, stages=STAGES, **facts) -> DailyLog:
    """A day with these check-ins done, so many days ago."""
    return DailyLog(date=days_before(days), **{stage.completed_at: NOW for stage in stages}, **facts)


def counts(days, joined=LONG_AGO, person=None) -> tuple:
    person = person or User()
    activity = activity_of(days, person, joined, DAY)
    return activity.days_in_week, activity.days_in_month, activity.check_ins_done, activity.check_ins_possible


def test_a_person_without_days():
    assert activity_of([], User(), LONG_AGO, DAY) == Activity(0, 0, 0, 5 * MONTH)


def test_every_day_complete():
    assert counts([day(n) for n in range(60)]) == (7, 30, 150, 150)


@pytest.mark.parametrize(("days", "in_week", "in_month"), [(0, 1, 1), (6, 1, 1), (7, 0, 1), (29, 0, 1), (30, 0, 0)])
def test_today_is_the_last_of_the_seven_and_of_the_thirty_days(days, in_week, in_month):
    assert counts([day(days, [MORNING])]) == (in_week, in_month, in_month, 150)


def test_a_check_in_that_is_off_is_not_possible_but_on_a_past_day_with_answers():
    person = User(question_choices={"off": {"medication": True}})

    assert counts([], person=person) == (0, 0, 0, 4 * 30)
    assert counts([day(0), day(1), day(2, [MORNING])], person=person) == (3, 3, 4 + 5 + 1, 4 + 5 + 4 + 27 * 4)


def test_a_day_in_the_future_is_not_counted():
    assert counts([day(-1)]) == (0, 0, 0, 150)


def test_a_day_that_is_begun_counts_as_logged_without_a_check_in():
    assert counts([day(0, [])]) == (1, 1, 0, 150)


def test_a_day_marked_as_not_tracked_is_neither_logged_nor_possible():
    assert counts([day(0, [], not_tracked="ill"), day(1)]) == (1, 1, 5, 145)


def test_a_check_in_of_a_day_marked_as_not_tracked_counts():
    assert counts([day(0, [EVENING], not_tracked="ill")]) == (1, 1, 1, 150)


def test_days_before_the_person_joined_are_not_possible():
    assert counts([day(0)], joined=days_before(2)) == (1, 1, 5, 15)
    assert counts([], joined=DAY) == (0, 0, 0, 5)


def test_days_logged_for_the_time_before_joining_are_possible():
    assert counts([day(4), day(0)], joined=days_before(2)) == (2, 2, 10, 25)


# In the database


@pytest.fixture
def people(db) -> dict[str, User]:
    """People by the time since they last logged, in days."""
    names = ("today", "2", "3", "7", "30", "never", "on holiday", "back")
    people = {name: make_person(username=name) for name in names}
    for name in ("2", "3", "7", "30"):
        make_full_log(people[name], days_before(int(name)))
        make_full_log(people[name], days_before(int(name) + 1))
    make_log(people["today"], DAY, sleep_quality=5)
    make_log(people["on holiday"], DAY, not_tracked="holiday")
    make_full_log(people["back"], days_before(2), not_tracked="holiday")
    return people


@pytest.mark.parametrize(("days", "found"), [(3, {"3", "7", "30"}), (7, {"7", "30"}), (30, {"30"}), (31, set())])
def test_people_who_stopped_logging(people, days, found):
    stopped = stopped_logging(User.objects.all(), days_before(days))

    assert set(stopped.values_list("username", flat=True)) == found


def test_people_who_never_logged(people):
    assert set(never_logged(User.objects.all()).values_list("username", flat=True)) == {"never", "on holiday"}


def test_the_last_day_logged_is_by_the_persons_own_calendar(people, monkeypatch):
    monkeypatch.setattr(User, "today", lambda person, now=None: DAY)

    found = {person.username: person.days_since for person in with_activity(User.objects.order_by("pk"))}

    assert found == {"today": 0, "2": 2, "3": 3, "7": 7, "30": 30, "never": None, "on holiday": None, "back": 2}


def test_the_days_of_each_person_are_counted_by_the_persons_own_calendar(db):
    """In Kiritimati it is the next day already when it is noon in Pago Pago."""
    east = make_person(timezone="Pacific/Kiritimati", day_ends_at=0)
    west = make_person(timezone="Pacific/Pago_Pago", day_ends_at=0)
    for person in (east, west):
        User.objects.filter(pk=person.pk).update(date_joined=NOW - datetime.timedelta(days=400))
        for days in range(40):
            make_full_log(person, person.today() - datetime.timedelta(days=days))

    found = with_activity(User.objects.order_by("pk"))

    assert [person.activity for person in found] == [Activity(7, 30, 150, 150)] * 2
    assert [person.last_day_logged for person in found] == [east.today(), west.today()]


def test_two_queries_however_many_people(people):
    with CaptureQueriesContext(connection) as queries:
        assert len(with_activity(User.objects.all())) == len(people)

    assert len(queries) == 2


def test_no_people():
    assert with_activity(User.objects.none()) == []
