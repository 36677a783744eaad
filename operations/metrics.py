"""Prometheus metrics. Under gunicorn they are the sums of all workers, see gunicorn.conf.py."""

import os
import threading
import time
from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connections
from django.http import Http404, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    exposition,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily

from brainlog.circuit_breaker import database
from brainlog.database.connections import separate_connection
from brainlog.database.postgresql.base import response_timeout
from operations.database import computation_stats, reminder_stats
from operations.database.stats import backup_measurements, health_measurements, size_and_connections

REGISTRY = CollectorRegistry()
# The creation time of each counter has no use here, and would double the size of the response.
disable_created_metrics()
# Seconds. Most pages take some ten milliseconds.
PAGE_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
QUERY_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30)

REQUEST_SECONDS = Histogram(
    "brainlog_request_seconds",
    "Requests, by duration.",
    ["method", "view", "status"],
    buckets=PAGE_BUCKETS,
    registry=REGISTRY,
)
EXCEPTIONS = Counter(
    "brainlog_exceptions", "Exceptions that ended a request, by class.", ["exception"], registry=REGISTRY
)
QUERY_SECONDS = Histogram(
    "brainlog_query_seconds",
    "Database statements, by duration.",
    buckets=QUERY_BUCKETS,
    registry=REGISTRY,
)
SLOW_QUERIES = Counter("brainlog_slow_queries", "Statements that took SLOW_QUERY_MS or longer.", registry=REGISTRY)
DATABASE_ERRORS = Counter(
    "brainlog_database_errors",
    "Statements and connections that failed, by class of SQLSTATE.",
    ["sqlstate_class"],
    registry=REGISTRY,
)
POOL = Gauge(
    "brainlog_pool_connections",
    "Connections in the pools of all workers, as of each worker's last request.",
    ["database", "state"],
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
POOL_WAITING = Gauge(
    "brainlog_pool_waiting",
    "Requests that wait for a connection from a pool, as of each worker's last request.",
    ["database"],
    multiprocess_mode="livesum",
    registry=REGISTRY,
)

# Seconds that a scrape waits for the database. The default timeout of Prometheus is ten seconds.
TIMEOUT = 2
# Seconds for which metrics that change slowly are reused, so that several scrapers do not repeat their queries.
CACHE_SECONDS = 15


@login_not_required
@require_safe
def metrics(request):
    """Return all metrics to a client with METRICS_TOKEN; 404 if that is not set."""
    if not settings.METRICS_TOKEN:
        raise Http404
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        return HttpResponse("https is required.", status=403, content_type="text/plain; charset=utf-8")
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    page = exposition.generate_latest(registry) + exposition.generate_latest(DatabaseCollector())
    return HttpResponse(page, content_type=exposition.CONTENT_TYPE_LATEST)


class DatabaseCollector:
    """Metrics of the database at the time of the scrape. Waits TIMEOUT for a database that does not respond."""

    querying = threading.Lock()
    slow_metrics: tuple[float, dict] = (-CACHE_SECONDS, {})  # The time of the queries, and their results.

    def collect(self) -> Iterator[GaugeMetricFamily]:
        results: dict = {}
        # One thread only queries a server that hangs, however many scrapes there are.
        if not database.is_open and self.querying.acquire(timeout=TIMEOUT):
            thread = threading.Thread(target=self.query, args=[results], daemon=True)
            try:
                thread.start()
            except RuntimeError:  # The limit of threads is reached; the next scrape tries again.
                self.querying.release()
            else:
                thread.join(TIMEOUT)
        found = dict(results)
        yield GaugeMetricFamily("brainlog_database_up", "Whether the database answered.", value=bool(found))
        yield from reminder_metrics(found)
        yield from computation_metrics(found)
        for name, value in found.items():
            if value is not None:  # None means that the database role may not see it.
                yield GaugeMetricFamily(f"brainlog_database_{name}", DESCRIPTIONS[name], value=value)

    def query(self, results: dict):
        """Query the metrics over a connection outside of the pool, which may be exhausted."""
        try:
            response_timeout.set(TIMEOUT)  # Applies to this thread only, and ends it if the server hangs.
            # The same URL as for pages, because that is what has to be up.
            options = {"connect_timeout": TIMEOUT}
            with separate_connection(connections["default"], options=options, is_registered=True):
                results.update(size_and_connections("default", TIMEOUT))
                if time.monotonic() - self.slow_metrics[0] >= CACHE_SECONDS:
                    deliveries = {"deliveries": reminder_stats.recent_deliveries("default", TIMEOUT)}
                    computed = {"computed": computation_stats.by_state("default", TIMEOUT)}
                    measured = health_measurements("default", TIMEOUT) | deliveries | computed
                    type(self).slow_metrics = time.monotonic(), measured
                results.update(self.slow_metrics[1])
                results.update(backup_measurements("default", TIMEOUT))
                results["reminders"] = reminder_stats.measurements("default", TIMEOUT)
                results["computations"] = computation_stats.measurements("default", TIMEOUT)
        except Error:
            return  # brainlog_database_up is then 0.
        finally:
            self.querying.release()


def reminder_metrics(found: dict) -> Iterator[GaugeMetricFamily]:
    """The metrics of reminders, which are taken out of the others. They are in the database: the process that sends
    reminders serves no pages."""
    for name, value in found.pop("reminders", {}).items():
        yield GaugeMetricFamily(f"brainlog_reminders_{name}", REMINDER_DESCRIPTIONS[name], value=value)
    counts = GaugeMetricFamily(
        "brainlog_reminders_of_a_day", "Reminders due in the last 24 hours.", labels=["kind", "state", "failure"]
    )
    for row in found.pop("deliveries", []):
        counts.add_metric([row["kind"], row["state"], row["error"]], row["count"])
    if counts.samples:
        yield counts


def computation_metrics(found: dict) -> Iterator[GaugeMetricFamily]:
    """The metrics of what is computed beside the pages, which are taken out of the others."""
    for name, value in found.pop("computations", {}).items():
        yield GaugeMetricFamily(f"brainlog_computations_{name}", COMPUTATION_DESCRIPTIONS[name], value=value)
    counts = GaugeMetricFamily(
        "brainlog_computations", "What was last computed for people, by state.", labels=["kind", "state"]
    )
    for row in found.pop("computed", []):
        counts.add_metric([row["kind"], row["state"]], row["count"])
    if counts.samples:
        yield counts


COMPUTATION_DESCRIPTIONS = {
    "waiting": "Computations that are asked for, and that no process has come to yet.",
    "oldest_waiting_seconds": "How long the oldest of them has waited.",
}
REMINDER_DESCRIPTIONS = {
    "due": "People with a channel and a reminder that is due, and that no process has come to yet.",
    "oldest_overdue_seconds": "How long the oldest reminder has been overdue, of these and of those that are queued.",
    "sender_silent_seconds": "How long ago a process last looked for reminders that are due.",
}
DESCRIPTIONS = {
    "size_bytes": "The size of the database.",
    "connections": "Connections to the server, of all clients.",
    "connections_limit": "The maximum number of connections of the server.",
    "archiving_failed": "Whether the last attempt to archive a segment of the write-ahead log failed.",
    "inactive_slots": "Replication slots without a consumer.",
    "lost_slots": "Replication slots whose write-ahead log was removed.",
    "inactive_slot_bytes": "The most write-ahead log that a slot without a consumer retains.",
    "slot_bytes": "The most write-ahead log that any slot retains.",
    "replica_lag_bytes": "The write-ahead log that the slowest replica has not replayed yet.",
    "replica_lag_seconds": "The replay lag of the slowest replica.",
    "transaction_id_age": "The age of the oldest transaction id in any database of the server.",
    "multixact_age": "The age of the oldest multixact id in any database of the server.",
    "oldest_transaction_seconds": "How long the oldest transaction has been open.",
    "idle_in_transaction_seconds": "The longest time that a transaction has been idle.",
    "prepared_transactions": "Transactions prepared for a two-phase commit.",
    "oldest_prepared_seconds": "How long ago the oldest of them was prepared.",
    "health_queries_failed": "Queries of the server's health that failed.",
    "backup_timestamp_seconds": "The time of the newest valid backup, in seconds since 1970.",
    "backup_size_bytes": "The size of the newest valid backup.",
    "backup_verified_timestamp_seconds": "When a backup was last verified, in seconds since 1970.",
}


def record_pools(**_):
    """Receives `request_finished`, after Django has returned the request's connection to the pool."""
    for connection in connections.all(initialized_only=True):
        if connection.vendor == "postgresql" and connection.pool:
            stats = connection.pool.get_stats()
            free = stats.get("pool_available", 0)
            POOL.labels(connection.alias, "available").set(free)
            POOL.labels(connection.alias, "in use").set(stats.get("pool_size", 0) - free)
            POOL_WAITING.labels(connection.alias).set(stats.get("requests_waiting", 0))
