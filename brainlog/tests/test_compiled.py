"""Compiled queries: the same SQL and the same rows as the query sets they are made of, and never another person's."""

import datetime
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.apps import apps
from django.db import connections, models
from django.utils import timezone

from accounts.models import Session
from accounts.models.session import unexpired_sessions
from accounts.tests.factories import make_person
from brainlog.database.compiled import CompiledQuery, Parameter, compiled
from logs.models import (
    DailyLog,
    Medication,
    doses_of_log,
    logs_between,
    logs_carried_on,
    logs_listed,
    logs_of_day,
    medications_with_doses_of,
    own_questions_of,
)
from logs.tests.factories import make_dose, make_log
from logs.tests.own_questions import make_question
from reflections.models import reflections_between, reflections_on
from reflections.tests.factories import make_reflection

SUNDAY = datetime.date(2026, 5, 3)
MONDAY = datetime.date(2026, 5, 4)
APPS = {app.name for app in apps.get_app_configs()} | {"brainlog"}
HASHES = ("1" * 64, "2" * 64)


def values_of(person) -> dict:
    """Each compiled query, with values that find rows of this person."""
    now = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
    return {
        unexpired_sessions: {"key_hash": person.sessions.get().pk, "now": now},
        logs_of_day: {"user": person.pk, "date": MONDAY},
        logs_between: {"user": person.pk, "first": SUNDAY, "last": MONDAY},
        logs_listed: {"user": person.pk, "first": SUNDAY, "last": MONDAY},
        logs_carried_on: {"user": person.pk, "date": SUNDAY},
        doses_of_log: {"user": person.pk, "daily_log": person.daily_logs.get(date=MONDAY).pk},
        medications_with_doses_of: {"user": person.pk, "daily_log": person.daily_logs.get(date=MONDAY).pk},
        own_questions_of: {"user": person.pk},
        reflections_between: {"user": person.pk, "first": SUNDAY, "last": MONDAY},
        reflections_on: {"user": person.pk, "first": SUNDAY, "day": MONDAY},
    }


@pytest.fixture
def people(db):
    people = [make_person(username="ada"), make_person(username="grace")]
    for person, key_hash in zip(people, HASHES, strict=True):
        Session.objects.create(key_hash=key_hash, user=person, expire_date=timezone.now() + datetime.timedelta(days=9))
        make_log(person, SUNDAY, thought_for_tomorrow=f"Written by {person.username}", medication_taken=True)
        dose = make_dose(make_log(person, MONDAY, morning_mood=7, medication_taken=True))
        make_dose(person.daily_logs.get(date=SUNDAY), dose.medication)
        make_reflection(person, SUNDAY, next_week_focus=f"Chosen by {person.username}")
        make_question(person, "choice", label=f"Asked by {person.username}")
    return people


def plain(found) -> object:
    """What was read of a row, with that of its related rows."""
    if not isinstance(found, models.Model):
        return found
    related = {name: plain(row) for name, row in found._state.fields_cache.items()}
    return {name: value for name, value in vars(found).items() if name != "_state"}, related


def test_every_compiled_query_is_tested_here(people):
    modules = [module for name, module in sys.modules.items() if name.split(".")[0] in APPS and ".tests." not in name]
    found = {value for module in modules for value in vars(module).values() if isinstance(value, CompiledQuery)}

    assert found == values_of(people[0]).keys()


def test_the_sql_and_the_values_are_those_of_django(people):
    for query, values in values_of(people[0]).items():
        sql, parameters = query.queryset(**values).query.get_compiler("default").as_sql()
        statement = query.statement()

        assert statement.sql == sql
        assert tuple(statement.bound(values)) == tuple(parameters)


def test_the_rows_are_those_of_django(people):
    for query, values in values_of(people[0]).items():
        rows = list(query.queryset(**values))

        assert rows
        assert [plain(row) for row in query(**values)] == [plain(row) for row in rows]


def test_rows_are_those_of_the_person_asked_for(people):
    ada, grace = people
    moods = {ada: 7, grace: 3}
    grace.daily_logs.filter(date=MONDAY).update(morning_mood=3)

    for person in (ada, grace, ada):
        for query, values in values_of(person).items():
            rows = query(**values)

            assert rows
            if query is logs_listed:  # Its rows do not name the person.
                assert {row.morning_mood for row in rows} == {None, moods[person]}
            else:
                assert {row["user_id"] if isinstance(row, dict) else row.user_id for row in rows} == {person.pk}
            assert not {person.pk, *HASHES} & {
                each for each in query.statement().parameters if not isinstance(each, Parameter)
            }


def test_a_missing_row_is_not_replaced_by_one_found_before(people):
    for query, values in values_of(people[0]).items():
        assert query(**values)
        name = "key_hash" if query is unexpired_sessions else "user"

        assert query(**values | {name: "3" * 64 if name == "key_hash" else 0}) == []
        assert query(**values | {name: None}) == []


def test_an_expired_session_is_not_found(people):
    [session] = unexpired_sessions(key_hash=HASHES[0], now=timezone.now())

    assert unexpired_sessions(key_hash=HASHES[0], now=session.expire_date) == []


def test_an_instance_among_the_values_is_the_related_object(people, django_assert_num_queries):
    person = people[0]

    [log] = logs_of_day(user=person, date=MONDAY)

    with django_assert_num_queries(0):
        assert log.user is person
    [dose] = doses_of_log(user=person, daily_log=log)
    with django_assert_num_queries(0):
        assert (dose.daily_log, dose.medication.user_id) == (log, person.pk)


@pytest.mark.django_db(transaction=True)
def test_each_thread_has_a_statement_of_its_own_connection(people):
    person = people[0]

    def read():
        try:
            return logs_of_day(user=person.pk, date=MONDAY)[0].pk, logs_of_day.statement()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as threads:
        pk, statement = threads.submit(read).result()

    assert pk == logs_of_day(user=person.pk, date=MONDAY)[0].pk
    assert statement is not logs_of_day.statement()
    assert logs_of_day.statement().connection is connections["default"]


@pytest.mark.parametrize("values", [{}, {"user": 1}, {"user": 1, "date": MONDAY, "day": MONDAY}])
def test_other_values_than_those_of_the_query_are_refused(db, values):
    with pytest.raises(TypeError, match="logs_of_day takes user, date"):
        logs_of_day(**values)


def test_a_query_that_forgets_a_value_is_refused(db):
    @compiled(user=models.BigIntegerField(), date=models.DateField())
    def logs(user, date):
        return DailyLog.objects.filter(date=date)

    with pytest.raises(TypeError, match="leaves out user"):
        logs(user=1, date=MONDAY)
    with pytest.raises(TypeError, match="leaves out user"):
        logs(user=1, date=MONDAY)


@pytest.mark.parametrize(
    "of",
    [
        lambda rows: rows.values_list("pk"),
        lambda rows: rows.annotate(twice=models.F("pk") * 2),
        lambda rows: rows.prefetch_related("doses"),
    ],
    ids=["tuples", "annotations", "prefetched rows"],
)
def test_query_sets_that_it_cannot_read_are_refused(db, of):
    @compiled(user=models.BigIntegerField())
    def medications(user):
        return of(Medication.objects.filter(user=user))

    with pytest.raises(TypeError, match="cannot be compiled"):
        medications(user=1)


def test_named_tuples(people):
    @compiled(user=models.BigIntegerField())
    def names(user):
        return DailyLog.objects.filter(user=user).values_list("date", "morning_mood", named=True).order_by("date")

    first, second = names(user=people[0].pk)

    assert (first.date, second.morning_mood) == (SUNDAY, 7)
