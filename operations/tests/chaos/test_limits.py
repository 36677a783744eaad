"""The database has no more to give: connections, time, space, or writes at all."""

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
from operations.tests.chaos.crowd import ACKNOWLEDGED, DATABASE, REFUSED, Crowd, status_of, wait_until_waiting
from testing.gunicorn import throwaway_site
from testing.postgres import Cluster, is_running, throwaway_cluster, throwaway_replica
from testing.proxy import throwaway_proxy
from testing.waiting import wait_until

pytestmark = pytest.mark.once

# Longer than a line of text, and it cannot be compressed: a page of the table is full after a few.
LONG_NOTE = os.urandom(900).hex()


@contextmanager
def lock_held(cluster: Cluster):
    """While somebody holds it, nobody can write logs; for writers it ends in the middle of their transaction."""
    with closing(psycopg.connect(cluster.url_of(DATABASE))) as other:
        other.execute("LOCK TABLE logs_dailylog IN EXCLUSIVE MODE")
        yield


def test_out_of_connections(cluster, crowd, nothing_is_lost):
    with ExitStack() as others:
        cluster.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'brainlog'")
        taken = []
        with suppress(psycopg.OperationalError):
            while True:
                taken.append(others.enter_context(closing(psycopg.connect(cluster.url))))
        for connection in taken[:2]:
            connection.close()
        with crowd.saving():
            crowd.wait_for_more(ACKNOWLEDGED)
            crowd.wait_for_more(REFUSED)
    crowd.everybody_saves()
    nothing_is_lost(crowd)

    assert "The database has no connection left." in crowd.log


@pytest.mark.thorough
def test_the_pool_is_exhausted(cluster, nothing_is_lost):
    url = f"{cluster.url_of(DATABASE)}?connection_limit=1&pool_timeout=1"
    with throwaway_site(url) as site:
        crowd = Crowd(site, cluster, PEOPLE)
        with crowd.saving():
            crowd.wait_for_more(ACKNOWLEDGED)
            with lock_held(cluster):
                # Each of the two processes has one connection, and that one waits.
                crowd.wait_for_more(REFUSED, 10)
                assert status_of(f"{site.url}/readyz") == 200
            # The pool outlives the server, too.
            cluster.stop("fast")
            crowd.wait_for_more(REFUSED, 10)
            cluster.start()
            crowd.wait_for_more(ACKNOWLEDGED)
        crowd.everybody_saves()
        nothing_is_lost(crowd)

        assert "No connection of the pool became free" in crowd.log


@pytest.mark.thorough
def test_a_statement_takes_too_long(cluster, nothing_is_lost):
    url = f"{cluster.url_of(DATABASE)}?options=-c%20statement_timeout%3D500"
    with throwaway_site(url) as site:
        crowd = Crowd(site, cluster, PEOPLE)
        with crowd.saving():
            crowd.wait_for_more(ACKNOWLEDGED)
            with lock_held(cluster):
                crowd.wait_for_more(REFUSED)
            crowd.wait_for_more(ACKNOWLEDGED)
        crowd.everybody_saves()
        nothing_is_lost(crowd)

        assert "A statement took longer than statement_timeout." in crowd.log


@pytest.mark.thorough
def test_a_lock_is_no_outage(cluster, nothing_is_lost):
    """Saves wait for longer than a silent database may; those who only look wait for nothing."""
    with throwaway_site(cluster.url_of(DATABASE)) as site:
        crowd = Crowd(site, cluster, people=3)
        with crowd.saving():
            crowd.wait_for_more(ACKNOWLEDGED)
            with lock_held(cluster):
                wait_until_waiting(cluster, 3)
                wait_until(lambda: longest_wait(cluster) > OUTAGES[NO_RESPONSE] + 2)
                assert status_of(site.url) == status_of(f"{site.url}/readyz") == 200
            crowd.wait_for_more(ACKNOWLEDGED)
        nothing_is_lost(crowd)

        assert not crowd.number(REFUSED)
        assert "The database is down" not in site.log


def longest_wait(cluster: Cluster) -> float:
    """The seconds that the transaction which waits for a lock longest has taken."""
    age = "SELECT max(extract(epoch FROM clock_timestamp() - xact_start))::float FROM pg_stat_activity"
    return cluster.execute(f"{age} WHERE wait_event_type = 'Lock' AND datname = %s", DATABASE)[0][0]


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of its own, with room for a new server and little else."""
    with tempfile.TemporaryDirectory(prefix="brainlog-disk-") as folder:
        command = ["mount", "-t", "tmpfs", "-o", "size=160m", "brainlog", folder]
        if subprocess.run(command, capture_output=True).returncode:
            if os.environ.get("CI") == "true":
                pytest.fail("A small disk could not be mounted, so the test of a full one did not run.")
            pytest.skip("Only root can mount a small disk to fill.")
        yield Path(folder)
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.thorough
def test_the_disk_is_full(small_disk, nothing_is_lost):
    other_file = small_disk / "something else"
    with (
        throwaway_cluster("max_wal_size = 32MB\nmin_wal_size = 32MB", within=small_disk) as cluster,
        throwaway_site(make_database(cluster)) as site,
    ):
        crowd = Crowd(site, cluster, PEOPLE, LONG_NOTE)
        with crowd.saving():
            crowd.wait_for_more(ACKNOWLEDGED)
            fill(other_file)
            crowd.wait_for_more(REFUSED)
            other_file.unlink()
            start_again_if_it_gave_up(cluster)
            crowd.wait_for_more(ACKNOWLEDGED)
        crowd.everybody_saves()
        nothing_is_lost(crowd)

        assert "The database's disk is full." in crowd.log


def fill(path: Path) -> None:
    """Write until there is no room left."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def start_again_if_it_gave_up(cluster: Cluster) -> None:
    """Without room for its journal a server ends; somebody has to start it then."""
    if not (cluster.data / "postmaster.pid").exists() or not is_running(cluster.processes()[0]):
        cluster.start()


@pytest.mark.thorough
def test_a_replica_takes_over(cluster, nothing_is_lost):
    """The primary is killed; the replica first takes no writes, then is promoted."""
    with throwaway_replica(cluster, configuration="") as replica, throwaway_proxy(cluster.port) as wire:
        # What is acknowledged has reached the replica.
        set_on(cluster, "synchronous_standby_names", "*")
        url = cluster.url_of(DATABASE).replace(f":{cluster.port}/", f":{wire.port}/")
        try:
            with throwaway_site(url) as site:
                crowd = Crowd(site, cluster, PEOPLE)
                with crowd.saving():
                    crowd.wait_for_more(ACKNOWLEDGED)
                    cluster.kill()
                    wire.target = ("127.0.0.1", replica.port)
                    wire.cut()
                    crowd.wait_for_more(REFUSED)
                    replica.promote()
                    crowd.wait_for_more(ACKNOWLEDGED)
                crowd.cluster = replica
                crowd.everybody_saves()
                nothing_is_lost(crowd)

                assert "The database takes no writes." in crowd.log
        finally:
            if not (cluster.data / "postmaster.pid").exists():
                cluster.start()
            set_on(cluster, "synchronous_standby_names", "")
            cluster.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots")


def set_on(cluster: Cluster, name: str, value: str) -> None:
    cluster.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    cluster.execute("SELECT pg_reload_conf()")
