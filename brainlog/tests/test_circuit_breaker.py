"""The circuit breaker of the database. operations/tests/chaos tests it with a real server that hangs."""

import logging

import pytest
from django.db import connection

from brainlog import circuit_breaker
from brainlog.circuit_breaker import OUTAGES, CircuitBreaker, DatabaseBreaker, outage_code
from brainlog.database import errors

NO_CONNECTION_LEFT, LOGIN_REFUSED, CANNOT_CONNECT, STARTING = "53300", "28P01", "08000", "57P03"


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch) -> Clock:
    monkeypatch.setattr(circuit_breaker, "time", clock := Clock())
    return clock


@pytest.fixture
def breaker(clock, monkeypatch) -> DatabaseBreaker:
    """A breaker whose probes fail `breaker.failures` times, then succeed; `breaker.seen` has its state at each."""
    breaker = DatabaseBreaker()
    breaker.failures, breaker.seen = [], []

    def probe():
        breaker.seen.append(breaker.is_open)
        clock.now += 0.01
        return breaker.failures.pop(0) if breaker.failures else None

    monkeypatch.setattr(circuit_breaker, "probe_failure", probe)
    return breaker


def probe_now(breaker: DatabaseBreaker) -> None:
    """As the thread that checks a suspicion does."""
    breaker.probing_since = circuit_breaker.time.monotonic()
    breaker.probe_until_answered()


@pytest.mark.once
def test_it_stays_open_for_a_while(clock):
    breaker = CircuitBreaker("The cache")
    breaker.record_failure(OSError())
    assert breaker.is_open
    clock.now += 30
    assert not breaker.is_open


@pytest.mark.once
@pytest.mark.parametrize("code", [CANNOT_CONNECT, STARTING])
def test_an_outage_opens_it_until_the_database_answers(breaker, caplog, code):
    breaker.failures = [code] * 5
    with caplog.at_level(logging.INFO, "brainlog.circuit_breaker"):
        probe_now(breaker)

    assert breaker.seen == [False, False, True, True, True, True]
    assert not breaker.is_open
    assert breaker.times_opened == 1
    assert [record.getMessage() for record in caplog.records] == [
        f"The database is down ({outage_code(code)}): requests are refused at once until it answers.",
        "The database answers again.",
    ]


@pytest.mark.once
def test_no_response_opens_it_after_five_seconds(breaker, clock):
    began = clock.now
    breaker.failures = [errors.NO_RESPONSE] * 40
    probe_now(breaker)

    opened_after = (0.01 + circuit_breaker.PROBE_INTERVAL) * breaker.seen.index(True)
    assert OUTAGES[errors.NO_RESPONSE] <= opened_after < clock.now - began


@pytest.mark.once
@pytest.mark.parametrize("code", [NO_CONNECTION_LEFT, LOGIN_REFUSED, circuit_breaker.POOLER_REFUSED, "57014", None])
def test_other_errors_are_no_outage(breaker, code):
    """A full server, refused logins, a pooler's queue, a slow statement: existing connections still work."""
    breaker.failures = [code]
    probe_now(breaker)

    assert breaker.times_opened == 0
    assert breaker.seen == [False]


@pytest.mark.once
def test_answers_on_other_connections_keep_it_closed(breaker, clock, monkeypatch):
    """New connections are refused, and existing ones work."""
    breaker.failures = [CANNOT_CONNECT] * 20
    sleep = clock.sleep
    monkeypatch.setattr(clock, "sleep", lambda seconds: (sleep(seconds), breaker.record_answer()))
    probe_now(breaker)

    assert breaker.times_opened == 0


@pytest.mark.once
def test_a_probe_that_blocks_counts_as_no_response(breaker, clock):
    """As in resolving a host name, which has no timeout."""
    breaker.probing_since = clock.now
    breaker.start_probing()
    assert not breaker.is_open
    clock.now += OUTAGES[errors.NO_RESPONSE]
    breaker.start_probing()
    assert breaker.is_open
    breaker.record_answer()
    assert not breaker.is_open


@pytest.fixture
def database(monkeypatch) -> DatabaseBreaker:
    """The breaker of the site, replaced for one test."""
    database = DatabaseBreaker()
    monkeypatch.setattr(circuit_breaker, "database", database)
    return database


def test_pages_are_refused_without_a_query(client, database, django_assert_num_queries, db, caplog):
    database.open_with_code("08")
    with django_assert_num_queries(0):
        response = client.get("/logs/")

    assert response.status_code == 503
    assert response["Retry-After"] == "5" and response["Cache-Control"] == "no-store"
    assert "We cannot reach your log just now" in response.content.decode()
    assert "The database cannot be reached." in caplog.text and "(logs:history, circuit breaker, 08)" in caplog.text


@pytest.mark.once
def test_probes_and_metrics_work_while_it_is_open(client, database, settings):
    settings.METRICS_TOKEN = "token"
    database.open_with_code("08")

    assert client.get("/healthz").status_code == 200
    assert client.get("/metrics").status_code == 401
    client.cookies[settings.SESSION_COOKIE_NAME] = "a session would have to be looked up"
    assert client.get("/metrics").status_code == 503


def test_a_healthy_database_is_never_probed(client, db, monkeypatch):
    monkeypatch.setattr(circuit_breaker, "probe_failure", lambda: pytest.fail("It was probed."))

    assert client.get("/").status_code == 200


def test_a_probe_uses_a_connection_of_its_own(transactional_db):
    with connection.execute_wrapper(lambda *arguments: pytest.fail("The request's own connection was used.")):
        assert circuit_breaker.probe_failure() is None
