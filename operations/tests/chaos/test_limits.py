"""Limits of the database: connections, the pool, statement timeouts, disk space, and a replica that is read-only."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from brainlog.circuit_breaker import OUTAGES
from brainlog.database.errors import NO_RESPONSE
from operations.tests.chaos.conftest import PEOPLE, make_database
from operations.tests.chaos.savers import ACKNOWLEDGED, DATABASE, REFUSED, SaverGroup, status_of, wait_until_waiting
from testing.gunicorn import throwaway_site
from testing.postgres import Cluster, is_running, throwaway_cluster, throwaway_replica
from testing.proxy import throwaway_proxy
from testing.waiting import wait_until

pytestmark = pytest.mark.once

# Longer than a line of text, and it cannot be compressed: a page of the table is full after a few.
LONG_NOTE = os.urandom(900).hex()


@contextmanager
def lock_held(cluster: Cluster):
    """Lock the table of days against writers, who wait in the middle of their transactions."""
    with closing(psycopg.connect(cluster.url_of(DATABASE))) as other:
        other.execute("LOCK TABLE logs_dailylog IN EXCLUSIVE MODE")
        yield


def test_out_of_connections(cluster, savers, assert_nothing_is_lost):
    with ExitStack() as others:
        cluster.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'brainlog'")
        taken = []
        with suppress(psycopg.OperationalError):
            while True:
                taken.append(others.enter_context(closing(psycopg.connect(cluster.url))))
        for connection in taken[:2]:
            connection.close()
        with savers.saving():
            savers.wait_for_more(ACKNOWLEDGED)
            savers.wait_for_more(REFUSED)
    savers.wait_until_none_is_refused()
    assert_nothing_is_lost(savers)

    assert "The database has no connection left." in savers.log


@pytest.mark.thorough
def test_the_pool_is_exhausted(cluster, assert_nothing_is_lost):
    url = f"{cluster.url_of(DATABASE)}?connection_limit=1&pool_timeout=1"
    with throwaway_site(url) as site:
        savers = SaverGroup(site, cluster, PEOPLE)
        with savers.saving():
            savers.wait_for_more(ACKNOWLEDGED)
            with lock_held(cluster):
                # Each of the two processes has one connection, and that one waits.
                savers.wait_for_more(REFUSED, 10)
                assert status_of(f"{site.url}/readyz") == 200
            # The pool also works after the server was restarted.
            cluster.stop("fast")
            savers.wait_for_more(REFUSED, 10)
            cluster.start()
            savers.wait_for_more(ACKNOWLEDGED)
        savers.wait_until_none_is_refused()
        assert_nothing_is_lost(savers)

        assert "No connection of the pool became free" in savers.log


@pytest.mark.thorough
def test_a_statement_takes_too_long(cluster, assert_nothing_is_lost):
    url = f"{cluster.url_of(DATABASE)}?options=-c%20statement_timeout%3D500"
    with throwaway_site(url) as site:
        savers = SaverGroup(site, cluster, PEOPLE)
        with savers.saving():
            savers.wait_for_more(ACKNOWLEDGED)
            with lock_held(cluster):
                savers.wait_for_more(REFUSED)
            savers.wait_for_more(ACKNOWLEDGED)
        savers.wait_until_none_is_refused()
        assert_nothing_is_lost(savers)

        assert "A statement took longer than statement_timeout." in savers.log


@pytest.mark.thorough
def test_a_lock_does_not_count_as_an_outage(cluster, assert_nothing_is_lost):
    """Saves wait for longer than the timeout for a hung database; pages that only read are served."""
    with throwaway_site(cluster.url_of(DATABASE)) as site:
        savers = SaverGroup(site, cluster, people=3)
        with savers.saving():
            savers.wait_for_more(ACKNOWLEDGED)
            with lock_held(cluster):
                wait_until_waiting(cluster, 3)
                wait_until(lambda: seconds_of_longest_wait(cluster) > OUTAGES[NO_RESPONSE] + 2)
                assert status_of(site.url) == status_of(f"{site.url}/readyz") == 200
            savers.wait_for_more(ACKNOWLEDGED)
        assert_nothing_is_lost(savers)

        assert not savers.number(REFUSED)
        assert "The database is down" not in site.log


def seconds_of_longest_wait(cluster: Cluster) -> float:
    """The age in seconds of the oldest transaction that waits for a lock."""
    age = "SELECT max(extract(epoch FROM clock_timestamp() - xact_start))::float FROM pg_stat_activity"
    return cluster.execute(f"{age} WHERE wait_event_type = 'Lock' AND datname = %s", DATABASE)[0][0]


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """The folder of a small file system with space for one PostgreSQL server."""
    with tempfile.TemporaryDirectory(prefix="brainlog-disk-") as folder:
        command = ["mount", "-t", "tmpfs", "-o", "size=160m", "brainlog", folder]
        if subprocess.run(command, capture_output=True).returncode:
            if os.environ.get("CI") == "true":
                pytest.fail("A small disk could not be mounted, so the test of a full one did not run.")
            pytest.skip("Only root can mount a small disk to fill.")
        yield Path(folder)
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.thorough
def test_the_disk_is_full(small_disk, assert_nothing_is_lost):
    other_file = small_disk / "something else"
    with (
        throwaway_cluster("max_wal_size = 32MB\nmin_wal_size = 32MB", within=small_disk) as cluster,
        throwaway_site(make_database(cluster)) as site,
    ):
        savers = SaverGroup(site, cluster, PEOPLE, LONG_NOTE)
        with savers.saving():
            savers.wait_for_more(ACKNOWLEDGED)
            fill(other_file)
            savers.wait_for_more(REFUSED)
            other_file.unlink()
            start_if_stopped(cluster)
            savers.wait_for_more(ACKNOWLEDGED)
        savers.wait_until_none_is_refused()
        assert_nothing_is_lost(savers)

        assert "The database's disk is full." in savers.log


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def start_if_stopped(cluster: Cluster) -> None:
    """Start the server if it has stopped: without space for its write-ahead log it does."""
    if not (cluster.data / "postmaster.pid").exists() or not is_running(cluster.processes()[0]):
        cluster.start()


@pytest.mark.thorough
def test_a_replica_takes_over(cluster, assert_nothing_is_lost):
    """The primary is killed; the replica is first read-only, then promoted."""
    with throwaway_replica(cluster, configuration="") as replica, throwaway_proxy(cluster.port) as proxy:
        # Synchronous replication: commits are acknowledged once the replica has them.
        set_on(cluster, "synchronous_standby_names", "*")
        url = cluster.url_of(DATABASE).replace(f":{cluster.port}/", f":{proxy.port}/")
        try:
            with throwaway_site(url) as site:
                savers = SaverGroup(site, cluster, PEOPLE)
                with savers.saving():
                    savers.wait_for_more(ACKNOWLEDGED)
                    cluster.kill()
                    proxy.target = ("127.0.0.1", replica.port)
                    proxy.close_connections()
                    savers.wait_for_more(REFUSED)
                    replica.promote()
                    savers.wait_for_more(ACKNOWLEDGED)
                savers.cluster = replica
                savers.wait_until_none_is_refused()
                assert_nothing_is_lost(savers)

                assert "The database takes no writes." in savers.log
        finally:
            if not (cluster.data / "postmaster.pid").exists():
                cluster.start()
            set_on(cluster, "synchronous_standby_names", "")
            cluster.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots")


def set_on(cluster: Cluster, name: str, value: str) -> None:
    cluster.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    cluster.execute("SELECT pg_reload_conf()")
