"""Figures for Prometheus. In gunicorn they add up over all workers: see gunicorn.conf.py."""

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
from brainlog.database.postgresql.base import patience
from operations.database.stats import backup_measurements, health_measurements, size_and_connections

REGISTRY = CollectorRegistry()
# When each counter was made says nothing here, and would double the page.
disable_created_metrics()
# Seconds, for pages: most take some ten milliseconds.
PAGE_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
QUERY_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30)

REQUEST_SECONDS = Histogram(
    "brainlog_request_seconds",
    "Requests, and how long they took.",
    ["method", "view", "status"],
    buckets=PAGE_BUCKETS,
    registry=REGISTRY,
)
EXCEPTIONS = Counter(
    "brainlog_exceptions", "Exceptions that ended a request, by class.", ["exception"], registry=REGISTRY
)
QUERY_SECONDS = Histogram(
    "brainlog_query_seconds",
    "Statements sent to the database, and how long they took.",
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

# How long a scrape waits for the database. Prometheus itself gives up after ten seconds.
PATIENCE = 2
# How long figures that change slowly are good for, in seconds: several scrapers need not ask again.
KEPT = 15


@login_not_required
@require_safe
def metrics(request):
    """All figures, for who knows METRICS_TOKEN. There is no such page where none is set."""
    if not settings.METRICS_TOKEN:
        raise Http404
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        return HttpResponse("Only by https.", status=403, content_type="text/plain; charset=utf-8")
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    page = exposition.generate_latest(registry) + exposition.generate_latest(DatabaseNow())
    return HttpResponse(page, content_type=exposition.CONTENT_TYPE_LATEST)


class DatabaseNow:
    """What the database says of itself at this moment. One that does not answer costs a scrape two seconds."""

    asking = threading.Lock()
    watched: tuple[float, dict] = (-KEPT, {})  # when they were asked for, and what was answered

    def collect(self) -> Iterator[GaugeMetricFamily]:
        signs: dict = {}
        # A server that hangs is asked by one thread and no more, however often we are scraped.
        if not database.is_open and self.asking.acquire(timeout=PATIENCE):
            thread = threading.Thread(target=self.ask, args=[signs], daemon=True)
            try:
                thread.start()
            except RuntimeError:  # There are too many; the next scrape may find it otherwise.
                self.asking.release()
            else:
                thread.join(PATIENCE)
        found = dict(signs)
        yield GaugeMetricFamily("brainlog_database_up", "Whether the database answered.", value=bool(found))
        for name, value in found.items():
            if value is not None:  # This role is not shown it.
                yield GaugeMetricFamily(f"brainlog_database_{name}", DESCRIPTIONS[name], value=value)

    def ask(self, signs: dict):
        """Over a connection of its own: the pool may be what is exhausted."""
        try:
            patience.set(PATIENCE)  # For this thread alone: a server that hangs is asked again when it is back.
            # The way that pages go: it is what has to be up.
            options = {"connect_timeout": PATIENCE}
            with separate_connection(connections["default"], options=options, is_registered=True):
                signs.update(size_and_connections("default", PATIENCE))
                if time.monotonic() - self.watched[0] >= KEPT:
                    type(self).watched = time.monotonic(), health_measurements("default", PATIENCE)
                signs.update(self.watched[1])
                signs.update(backup_measurements("default", PATIENCE))
        except Error:
            return  # the page says that it is not up
        finally:
            self.asking.release()


DESCRIPTIONS = {
    "size_bytes": "The size of the database.",
    "connections": "Connections to the server, ours and all others.",
    "connections_limit": "How many connections the server allows.",
    "archiving_failed": "Whether the last try to archive a segment of the write-ahead log failed.",
    "inactive_slots": "Replication slots that nothing reads.",
    "lost_slots": "Replication slots whose log is gone.",
    "inactive_slot_bytes": "The most write-ahead log that a slot keeps which nothing reads.",
    "slot_bytes": "The most write-ahead log that any slot keeps.",
    "replica_lag_bytes": "How much write-ahead log the slowest replica has still to replay.",
    "replica_lag_seconds": "How far behind the slowest replica is.",
    "transaction_id_age": "The age of the oldest transaction id in any database of the server.",
    "multixact_age": "The age of the oldest multixact id in any database of the server.",
    "oldest_transaction_seconds": "How long the oldest transaction has been open.",
    "idle_in_transaction_seconds": "How long a transaction has been idle, at the most.",
    "prepared_transactions": "Transactions prepared for a commit in two steps.",
    "oldest_prepared_seconds": "How long the oldest of them has been prepared.",
    "health_queries_failed": "Queries for the server's health that failed.",
    "backup_timestamp_seconds": "The moment that the newest good backup is of, in seconds since 1970.",
    "backup_size_bytes": "The size of the newest good backup.",
    "backup_verified_timestamp_seconds": "When a backup was last verified, in seconds since 1970.",
}


def note_pools(**_):
    """Receives `request_finished`, after Django has given the request's connection back."""
    for connection in connections.all(initialized_only=True):
        if connection.vendor == "postgresql" and connection.pool:
            stats = connection.pool.get_stats()
            free = stats.get("pool_available", 0)
            POOL.labels(connection.alias, "available").set(free)
            POOL.labels(connection.alias, "in use").set(stats.get("pool_size", 0) - free)
            POOL_WAITING.labels(connection.alias).set(stats.get("requests_waiting", 0))
