"""The database router. test_scale.py tests it with a real replica."""

import pytest
from django.db import OperationalError, ProgrammingError
from django.http import HttpResponse

from accounts.models import Session, User
from brainlog.circuit_breaker import CircuitBreaker
from brainlog.database import router
from brainlog.database.router import ReplicaRouter, reads_only
from logs.models import DailyLog, Medication
from logs.tests.factories import make_log
from reflections.models import WeeklyReflection

replica_router = ReplicaRouter()


@pytest.fixture
def replica_is_there(monkeypatch):
    monkeypatch.setattr(router, "may_use_replica", lambda person: not router.breaker.is_open)
    monkeypatch.setattr(router, "is_replica_current", lambda person: True)
    monkeypatch.setattr(router, "breaker", CircuitBreaker("The replica"))


@pytest.fixture
def page():
    """A view that records which database it reads from, and fails `page.failures` times."""

    @reads_only
    def view(request):
        view.read_from.append(replica_router.db_for_read(DailyLog))
        if view.failures:
            raise view.failures.pop(0)
        return HttpResponse("the page")

    view.read_from, view.failures = [], []
    # Attributes of the wrapper are those of the view.
    return view


@pytest.mark.parametrize("method", ["get", "head"])
def test_get_and_head_read_from_the_replica(replica_is_there, page, rf, method):
    request = getattr(rf, method)("/")
    request.user = None

    assert page(request).content == b"the page"

    assert page.read_from == ["replica"]
    assert replica_router.db_for_read(DailyLog) == "default"


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_other_methods_read_from_the_primary(replica_is_there, page, rf, method):
    request = getattr(rf, method)("/")
    request.user = None

    page(request)

    assert page.read_from == ["default"]


def test_without_a_replica_the_primary_is_read(page, rf, person):
    request = rf.get("/")
    request.user = person

    page(request)

    assert page.read_from == ["default"]


def test_an_error_of_the_replica_falls_back_to_the_primary(replica_is_there, page, rf, caplog):
    """The page may be half rendered: it is rendered again, as are those of the next half minute."""
    request = rf.get("/")
    request.user = None
    page.failures += [OperationalError("canceling statement due to conflict with recovery")]

    assert page(request).content == b"the page"
    assert page(request).content == b"the page"

    assert page.read_from == ["replica", "default", "default"]
    assert len(caplog.records) == 1


def test_an_error_of_the_primary_is_raised(replica_is_there, page, rf):
    request = rf.get("/")
    request.user = None
    page.failures += [OperationalError("replica"), OperationalError("primary")]

    with pytest.raises(OperationalError, match="primary"):
        page(request)
    assert replica_router.db_for_read(DailyLog) == "default"


def test_a_replica_that_lacks_a_migration_is_not_read(replica_is_there, page, rf):
    request = rf.get("/")
    request.user = None
    page.failures += [ProgrammingError("no such column")]

    assert page(request).content == b"the page"
    assert page.read_from == ["replica", "default"]


def test_an_invalid_query_is_still_an_error(replica_is_there, page, rf):
    request = rf.get("/")
    request.user = None
    page.failures += [ProgrammingError("no such column")] * 2

    with pytest.raises(ProgrammingError):
        page(request)


def test_only_answers_are_read_from_the_replica():
    token = router.reads_from_replica.set(True)
    try:
        answers = {model: replica_router.db_for_read(model) for model in (DailyLog, Medication, WeeklyReflection)}
        others = {model: replica_router.db_for_read(model) for model in (User, Session)}
    finally:
        router.reads_from_replica.reset(token)

    assert set(answers.values()) == {"replica"}
    assert set(others.values()) == {"default"}


def test_nothing_is_written_to_a_replica(person):
    log = make_log(person, lunch="Soup")
    log._state.db = "replica"  # As if the page had read from it.
    token = router.reads_from_replica.set(True)
    try:
        log.lunch = "Salad"
        log.save()
        assert replica_router.db_for_write(DailyLog, instance=log) == "default"
    finally:
        router.reads_from_replica.reset(token)

    assert person.daily_logs.get().lunch == "Salad"


def test_relations_are_allowed_and_only_the_primary_is_migrated(person):
    there = DailyLog(user=person)
    there._state.db = "replica"

    assert replica_router.allow_relation(there, person) is True
    assert replica_router.allow_migrate("replica", "logs") is False
    assert replica_router.allow_migrate("default", "logs") is None
