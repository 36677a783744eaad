"""Outages of the database: people get an error page, and no acknowledged save is lost."""

from contextlib import closing, contextmanager

import psycopg
import pytest

from operations.tests.chaos.conftest import PEOPLE
from operations.tests.chaos.savers import ACKNOWLEDGED, DATABASE, REFUSED, SaverGroup, status_of, wait_until_waiting
from testing.gunicorn import throwaway_site
from testing.proxy import throwaway_proxy

pytestmark = pytest.mark.once

STOPPED = "The database server is stopping, starting or has crashed."
UNREACHABLE = "The database cannot be reached."


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_it_is_stopped_and_started_again(cluster, savers, how, assert_nothing_is_lost):
    with savers.saving():
        savers.wait_for_more(ACKNOWLEDGED)
        cluster.stop(how)
        savers.wait_for_more(REFUSED)
        cluster.start()
        savers.wait_for_more(ACKNOWLEDGED)
    savers.wait_until_none_is_refused()
    assert_nothing_is_lost(savers)

    assert UNREACHABLE in savers.log


@pytest.mark.thorough
def test_it_is_killed(cluster, savers, assert_nothing_is_lost):
    with savers.saving():
        savers.wait_for_more(ACKNOWLEDGED)
        cluster.kill()
        savers.wait_for_more(REFUSED)
        cluster.start()
        savers.wait_for_more(ACKNOWLEDGED)
    savers.wait_until_none_is_refused()
    assert_nothing_is_lost(savers)


@pytest.mark.thorough
def test_it_is_restarted_in_the_middle_of_requests(cluster, savers, assert_nothing_is_lost):
    with closing(psycopg.connect(cluster.url_of(DATABASE))) as other, savers.saving():
        savers.wait_for_more(ACKNOWLEDGED)
        # All savers wait for this lock in the middle of their transactions: at least four, which is the number of
        # threads of one process, should all requests reach the same one.
        other.execute("LOCK TABLE logs_dailylog IN EXCLUSIVE MODE")
        wait_until_waiting(cluster, 4)
        cluster.stop("fast")
        cluster.start()
        savers.wait_for_more(ACKNOWLEDGED)
    savers.wait_until_none_is_refused()
    assert_nothing_is_lost(savers)

    assert STOPPED in savers.log
    assert savers.number(REFUSED) >= 4


@pytest.mark.thorough
def test_it_is_frozen_for_a_moment(cluster, site, assert_nothing_is_lost):
    """Saves that wait are not refused."""
    # Fewer people than threads, so that a thread is free for the probe.
    savers = SaverGroup(site, cluster, people=3)
    with savers.saving():
        savers.wait_for_more(ACKNOWLEDGED)
        with frozen(cluster):
            assert status_of(f"{site.url}/readyz") == 503
            assert status_of(f"{site.url}/healthz") == 200
        savers.wait_for_more(ACKNOWLEDGED)
    savers.wait_until_none_is_refused()
    assert_nothing_is_lost(savers)

    assert not savers.number(REFUSED)


@pytest.mark.thorough
def test_it_is_frozen_for_longer_than_the_timeouts(cluster, assert_nothing_is_lost):
    """Its connections stay open, and its own timeouts are frozen as well."""
    with throwaway_site(f"{cluster.url_of(DATABASE)}?connect_timeout=2", DATABASE_TIMEOUT="1") as site:
        savers = SaverGroup(site, cluster, PEOPLE)
        with savers.saving():
            savers.wait_for_more(ACKNOWLEDGED)
            with frozen(cluster):
                # First requests that wait for an answer are refused, then those that wait for a connection.
                savers.wait_for_more(REFUSED, 3 * PEOPLE)
            savers.wait_for_more(ACKNOWLEDGED)
        savers.wait_until_none_is_refused()
        assert_nothing_is_lost(savers)

        assert "The database is reachable and did not answer" in savers.log


@contextmanager
def frozen(cluster):
    cluster.pause()
    try:
        yield
    finally:
        cluster.resume()


@pytest.fixture(scope="module")
def proxy(cluster):
    """A proxy between the remote site and the database server."""
    with throwaway_proxy(cluster.port) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def remote_site(cluster, proxy):
    url = cluster.url_of(DATABASE).replace(f":{cluster.port}/", f":{proxy.port}/")
    with throwaway_site(f"{url}?connect_timeout=10") as site:
        yield site


@pytest.fixture
def remote_savers(cluster, remote_site) -> SaverGroup:
    return SaverGroup(remote_site, cluster, PEOPLE)


@pytest.mark.thorough
def test_the_network_is_cut_in_the_middle_of_requests(remote_savers, proxy, assert_nothing_is_lost):
    with remote_savers.saving():
        for _ in range(5):
            remote_savers.wait_for_more(ACKNOWLEDGED)
            proxy.close_connections()
    remote_savers.wait_until_none_is_refused()
    assert_nothing_is_lost(remote_savers)

    assert remote_savers.number(REFUSED)
    assert UNREACHABLE in remote_savers.log


@pytest.mark.thorough
def test_a_connection_takes_five_seconds(remote_savers, proxy, assert_nothing_is_lost):
    """No save is refused; it only takes longer."""
    with remote_savers.saving():
        remote_savers.wait_for_more(ACKNOWLEDGED)
    proxy.close_connections()
    proxy.delay_connections(5)
    saves = [remote_savers.people[0].save(), *(person.save() for person in remote_savers.people)]
    remote_savers.saves += saves
    assert_nothing_is_lost(remote_savers)

    assert {save.outcome for save in saves} == {ACKNOWLEDGED}
    assert not remote_savers.number(REFUSED)
