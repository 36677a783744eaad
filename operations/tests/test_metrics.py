"""The metrics page of one process; test_observed_site.py tests several."""

import datetime
import re
import socket
import threading

import pytest
from django.db import OperationalError, connection, connections
from django.urls import path
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from accounts.tests.factories import make_person
from operations import metrics
from operations.database import server_health
from reminders.models import Plan, SenderState
from reminders.tests.factories import make_delivery, make_reminded
from testing.postgres import free_port

TOKEN = "a-token-for-tests"


@pytest.fixture
def scrape(client, settings, db):
    settings.METRICS_TOKEN = TOKEN

    def scrape() -> dict:
        response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert response.status_code == 200
        families = text_string_to_metric_families(response.content.decode())
        return {
            (sample.name, *sorted(sample.labels.values())): sample.value for each in families for sample in each.samples
        }

    return scrape


def test_without_a_token_metrics_is_404(client, db):
    response = client.get("/metrics", headers={"Authorization": "Bearer "})

    assert response.status_code == 404


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer x", f"Basic {TOKEN}", f"bearer{TOKEN}", "Bearer é", TOKEN])
def test_a_wrong_token_is_refused(client, db, settings, given):
    settings.METRICS_TOKEN = TOKEN

    response = client.get("/metrics", headers={"Authorization": given})

    assert (response.status_code, response.content) == (401, b"")


@pytest.mark.parametrize(("secure", "status"), [(True, 200), (False, 403)])
def test_a_token_over_http_is_refused_without_a_redirect(client, db, settings, secure, status):
    settings.METRICS_TOKEN, settings.SECURE_SSL_REDIRECT = TOKEN, True

    response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, secure=secure)

    assert response.status_code == status


def test_requests_are_counted_by_view_not_by_url(scrape, client):
    before = scrape()
    for page in ("/logs/2026-05-04/", "/logs/2026-05-05/", "/accounts/login/"):
        client.get(page)
    after = scrape()

    def more(*labels):
        key = ("brainlog_request_seconds_count", *sorted(labels))
        return after.get(key, 0) - before.get(key, 0)

    assert more("GET", "logs:day", "3xx") == 2
    assert more("GET", "accounts:login", "2xx") == 1
    assert not any("2026" in str(key) for key in after)


@pytest.mark.django_db(transaction=True)  # The scrape has a connection of its own.
def test_a_scrape_counts_reminders(scrape, monkeypatch):
    monkeypatch.setattr(metrics.DatabaseCollector, "slow_metrics", (-metrics.CACHE_SECONDS, {}))
    assert scrape()[("brainlog_reminders_due",)] == 0
    assert ("brainlog_reminders_sender_silent_seconds",) not in scrape()
    now = timezone.now()
    person = make_reminded({"midday": "12:00"})
    Plan.objects.update(next_at=now - datetime.timedelta(minutes=10))
    SenderState.record(now - datetime.timedelta(minutes=7))
    for minutes, facts in enumerate([{"state": "sent"}, {"state": "sent"}, {"state": "failed", "error": "timeout"}]):
        make_delivery(person, due_at=now - datetime.timedelta(minutes=minutes), **facts)
    make_delivery(person, due_at=now - datetime.timedelta(hours=25), state="sent")
    metrics.DatabaseCollector.slow_metrics = (-metrics.CACHE_SECONDS, {})

    found = scrape()

    assert found[("brainlog_reminders_due",)] == 1
    assert 600 <= found[("brainlog_reminders_oldest_overdue_seconds",)] < 660
    assert 420 <= found[("brainlog_reminders_sender_silent_seconds",)] < 480
    counts = {key[1:]: value for key, value in found.items() if key[0] == "brainlog_reminders_of_a_day"}
    assert counts == {("", "push", "sent"): 2, ("failed", "push", "timeout"): 1}
    assert ("brainlog_database_reminders",) not in found and ("brainlog_database_deliveries",) not in found


@pytest.mark.django_db(transaction=True)  # The scrape has a connection of its own.
def test_a_scrape_counts_computations(scrape, monkeypatch):
    monkeypatch.setattr(metrics.DatabaseCollector, "slow_metrics", (-metrics.CACHE_SECONDS, {}))
    before, now = scrape(), timezone.now()
    assert before[("brainlog_computations_waiting",)] == before[("brainlog_computations_oldest_waiting_seconds",)] == 0
    asked_for = [(10, "queued", True), (3, "queued", True), (99, "queued", False), (5, "failed", True)]
    for minutes, state, is_active in asked_for:
        asked = {"answers_version": 1, "requested_at": now - datetime.timedelta(minutes=minutes)}
        make_person(is_active=is_active).computations.create(kind="findings", state=state, **asked)
    metrics.DatabaseCollector.slow_metrics = (-metrics.CACHE_SECONDS, {})

    found = scrape()

    assert found[("brainlog_computations_waiting",)] == 2
    assert 600 <= found[("brainlog_computations_oldest_waiting_seconds",)] < 660
    assert found[("brainlog_computations", "findings", "queued")] == 3
    assert found[("brainlog_computations", "failed", "findings")] == 1
    assert ("brainlog_database_computations",) not in found and ("brainlog_database_computed",) not in found


def test_a_scrape_has_the_size_of_the_database(scrape):
    found = scrape()

    assert found[("brainlog_database_up",)] == 1
    assert found[("brainlog_database_size_bytes",)] > 100_000
    if connection.vendor == "postgresql":
        assert 1 <= found[("brainlog_database_connections",)] <= found[("brainlog_database_connections_limit",)]


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs a server")
def test_a_scrape_has_slow_metrics(scrape, monkeypatch):
    monkeypatch.setattr(metrics.DatabaseCollector, "slow_metrics", (-metrics.CACHE_SECONDS, {}))
    found = scrape()

    assert found[("brainlog_database_transaction_id_age",)] > 0
    assert found[("brainlog_database_archiving_failed",)] == 0
    assert found[("brainlog_database_inactive_slots",)] == 0
    assert found[("brainlog_database_health_queries_failed",)] == 0
    assert found[("brainlog_database_prepared_transactions",)] == 0
    # There is no replica, so there are no metrics of one.
    assert ("brainlog_database_replica_lag_seconds",) not in found


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs a server")
def test_a_failed_query_does_not_affect_others(scrape, monkeypatch):
    monkeypatch.setattr(metrics.DatabaseCollector, "slow_metrics", (-metrics.CACHE_SECONDS, {}))
    monkeypatch.setitem(server_health.QUERIES, "archiver", "SELECT 1 / 0 AS archiving_failed")
    found = scrape()
    asked_again = []
    monkeypatch.setattr(metrics, "health_measurements", lambda *args: asked_again.append(args) or {})
    scrape()

    assert found[("brainlog_database_up",)] == 1
    assert found[("brainlog_database_health_queries_failed",)] == 1
    assert ("brainlog_database_archiving_failed",) not in found
    assert found[("brainlog_database_transaction_id_age",)] > 0
    assert asked_again == []  # They are cached for some seconds.


def test_every_metric_is_described():
    names = {name for sql in server_health.QUERIES.values() for name in re.findall(r"AS (\w+)\b(?!\s*\()", sql)}

    assert names - {"slots", "kept"} <= metrics.DESCRIPTIONS.keys()


def breaks(request):
    raise OperationalError


urlpatterns = [path("breaks/", breaks), path("metrics", metrics.metrics)]


def test_a_connection_that_fails_is_counted(scrape, client, settings):
    """No statement has run, with which failures are counted otherwise."""
    settings.ROOT_URLCONF = __name__
    settings.MIDDLEWARE = ["operations.instrumentation.InstrumentationMiddleware"]
    client.raise_request_exception = False
    before = scrape()
    client.get("/breaks/")
    after = scrape()

    for key in (("brainlog_database_errors_total", "connection"), ("brainlog_exceptions_total", "OperationalError")):
        assert after[key] - before.get(key, 0) == 1


@pytest.fixture
def elsewhere(monkeypatch):
    """Let the scrape query a PostgreSQL server at that port."""

    def point(port):
        copied = type(connections["default"]).copy

        def copy(self, alias=None):
            other = copied(self, alias)
            other.settings_dict |= {"HOST": "127.0.0.1", "PORT": port}
            return other

        monkeypatch.setattr(type(connections["default"]), "copy", copy)

    return point


on_postgresql = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="needs a server")


@on_postgresql
def test_without_a_database_the_page_is_there(scrape, elsewhere):
    elsewhere(free_port())

    found = scrape()

    assert found[("brainlog_database_up",)] == 0
    assert ("brainlog_database_size_bytes",) not in found
    assert ("brainlog_query_seconds_count",) in found


@on_postgresql
def test_a_database_that_hangs_is_queried_by_one_thread(scrape, elsewhere, monkeypatch):

    monkeypatch.setattr(metrics, "TIMEOUT", 0.2)
    before = threading.active_count()
    with socket.create_server(("127.0.0.1", 0)) as mute:
        elsewhere(mute.getsockname()[1])
        found = [scrape()[("brainlog_database_up",)] for _ in range(3)]
        assert threading.active_count() <= before + 1

    assert found == [0, 0, 0]
    # It ends when the server's socket is closed.
    assert metrics.DatabaseCollector.querying.acquire(timeout=20)
    metrics.DatabaseCollector.querying.release()
