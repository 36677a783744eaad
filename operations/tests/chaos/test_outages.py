"""The database goes away in every way it can: people are told so, and nothing confirmed is lost."""

from contextlib import closing, contextmanager

import psycopg
import pytest

from operations.tests.chaos.conftest import PEOPLE
from operations.tests.chaos.crowd import ACKNOWLEDGED, DATABASE, REFUSED, Crowd, status_of, wait_until_waiting
from testing.gunicorn import throwaway_site
from testing.proxy import throwaway_proxy

pytestmark = pytest.mark.once

STOPPED = "The database server is stopping, starting or has crashed."
UNREACHABLE = "The database cannot be reached."


@pytest.mark.parametrize("how", ["fast", "immediate"])
def test_it_is_stopped_and_started_again(cluster, crowd, how, nothing_is_lost):
    with crowd.saving():
        crowd.wait_for_more(ACKNOWLEDGED)
        cluster.stop(how)
        crowd.wait_for_more(REFUSED)
        cluster.start()
        crowd.wait_for_more(ACKNOWLEDGED)
    crowd.everybody_saves()
    nothing_is_lost(crowd)

    assert UNREACHABLE in crowd.log


@pytest.mark.thorough
def test_it_is_killed(cluster, crowd, nothing_is_lost):
    with crowd.saving():
        crowd.wait_for_more(ACKNOWLEDGED)
        cluster.kill()
        crowd.wait_for_more(REFUSED)
        cluster.start()
        crowd.wait_for_more(ACKNOWLEDGED)
    crowd.everybody_saves()
    nothing_is_lost(crowd)


@pytest.mark.thorough
def test_it_is_restarted_in_the_middle_of_requests(cluster, crowd, nothing_is_lost):
    with closing(psycopg.connect(cluster.url_of(DATABASE))) as other, crowd.saving():
        crowd.wait_for_more(ACKNOWLEDGED)
        # Everybody comes to wait for this lock, in the middle of their transaction; at least the
        # four that one process has threads for, if they all happen to come to the same.
        other.execute("LOCK TABLE logs_dailylog IN EXCLUSIVE MODE")
        wait_until_waiting(cluster, 4)
        cluster.stop("fast")
        cluster.start()
        crowd.wait_for_more(ACKNOWLEDGED)
    crowd.everybody_saves()
    nothing_is_lost(crowd)

    assert STOPPED in crowd.log
    assert crowd.number(REFUSED) >= 4


@pytest.mark.thorough
def test_it_is_frozen_for_a_moment(cluster, site, nothing_is_lost):
    """Those who wait are not refused."""
    # So few that threads are left for the probe, which is how a monitor hears of it.
    crowd = Crowd(site, cluster, people=3)
    with crowd.saving():
        crowd.wait_for_more(ACKNOWLEDGED)
        with frozen(cluster):
            assert status_of(f"{site.url}/readyz") == 503
            assert status_of(f"{site.url}/healthz") == 200
        crowd.wait_for_more(ACKNOWLEDGED)
    crowd.everybody_saves()
    nothing_is_lost(crowd)

    assert not crowd.number(REFUSED)


@pytest.mark.thorough
def test_it_is_frozen_for_longer_than_anybody_waits(cluster, nothing_is_lost):
    """Its connections stay open, and its own timeouts are frozen as well."""
    with throwaway_site(f"{cluster.url_of(DATABASE)}?connect_timeout=2", DATABASE_TIMEOUT="1") as site:
        crowd = Crowd(site, cluster, PEOPLE)
        with crowd.saving():
            crowd.wait_for_more(ACKNOWLEDGED)
            with frozen(cluster):
                # First those who wait for an answer, then those who wait for a connection.
                crowd.wait_for_more(REFUSED, 3 * PEOPLE)
            crowd.wait_for_more(ACKNOWLEDGED)
        crowd.everybody_saves()
        nothing_is_lost(crowd)

        assert "The database is reachable and did not answer" in crowd.log


@contextmanager
def frozen(cluster):
    cluster.pause()
    try:
        yield
    finally:
        cluster.resume()


@pytest.fixture(scope="module")
def wire(cluster):
    """What lies between the far crowd's site and the server."""
    with throwaway_proxy(cluster.port) as wire:
        yield wire


@pytest.fixture(scope="module")
def far_site(cluster, wire):
    url = cluster.url_of(DATABASE).replace(f":{cluster.port}/", f":{wire.port}/")
    with throwaway_site(f"{url}?connect_timeout=10") as site:
        yield site


@pytest.fixture
def far_crowd(cluster, far_site) -> Crowd:
    return Crowd(far_site, cluster, PEOPLE)


@pytest.mark.thorough
def test_the_network_is_cut_in_the_middle_of_requests(far_crowd, wire, nothing_is_lost):
    with far_crowd.saving():
        for _ in range(5):
            far_crowd.wait_for_more(ACKNOWLEDGED)
            wire.cut()
    far_crowd.everybody_saves()
    nothing_is_lost(far_crowd)

    assert far_crowd.number(REFUSED)
    assert UNREACHABLE in far_crowd.log


@pytest.mark.thorough
def test_it_takes_five_seconds_to_wake_up(far_crowd, wire, nothing_is_lost):
    """Nobody is refused; the page just takes its time."""
    with far_crowd.saving():
        far_crowd.wait_for_more(ACKNOWLEDGED)
    wire.cut()
    wire.sleep(5)
    saves = [far_crowd.people[0].save(), *(person.save() for person in far_crowd.people)]
    far_crowd.saves += saves
    nothing_is_lost(far_crowd)

    assert {save.outcome for save in saves} == {ACKNOWLEDGED}
    assert not far_crowd.number(REFUSED)
