"""The database hangs: probes are answered, and pages are refused at once until it answers again."""

import http.client
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from urllib.parse import urlsplit

import pytest

from operations.tests.chaos.savers import DATABASE
from testing.gunicorn import throwaway_site
from testing.proxy import throwaway_proxy
from testing.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.once

WORKERS = 2
# More than the site has threads: 2 × 4.
CLIENTS = 24
# Makes the site look up a session in the database.
COOKIE = f"sessionid={'x' * 32}"


def ask(site, path: str, cookie: str = COOKIE, timeout: float = PATIENCE) -> int:
    with closing(http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=timeout)) as connection:
        connection.request("GET", path, headers={"Cookie": cookie})
        return connection.getresponse().status


@contextmanager
def request_pages(site):
    """Request a page with more clients than the site has threads. Yields the futures of their statuses."""
    with ThreadPoolExecutor(CLIENTS) as clients:
        yield [clients.submit(ask, site, "/") for _ in range(CLIENTS)]


def has_answer(answers: list[Future]) -> bool:
    return any(answer.done() for answer in answers)


def wait_until_each_worker_logs(site, line: str) -> None:
    """Request pages until each worker has logged the line.

    A worker that receives no request notices nothing: on a busy machine the other one may accept all of them.
    """

    def is_logged() -> bool:
        if site.log.count(line) == WORKERS:
            return True
        with suppress(TimeoutError):
            ask(site, "/", timeout=0.5)
        return False

    wait_until(is_logged, lambda: site.log)


def test_probes_are_answered_while_every_thread_waits(cluster):
    with throwaway_site(cluster.url_of(DATABASE)) as site:
        assert ask(site, "/") == 200
        cluster.pause()
        try:
            with request_pages(site) as answers:
                # Before the timeout, which allows a serverless database to start, so that no page is refused yet.
                seen = [(ask(site, path), has_answer(answers)) for path in ("/healthz", "/readyz", "/healthz")]
                assert seen == [(200, False), (503, False), (200, False)]
                cluster.resume()
                assert {answer.result() for answer in answers} == {200}
        finally:
            cluster.resume()


@pytest.mark.thorough
def test_pages_are_refused_at_once_while_it_hangs_and_served_afterwards(cluster):
    """The circuit breaker works without requests to /readyz. The first requests wait and get their page."""
    with throwaway_site(cluster.url_of(DATABASE), METRICS_TOKEN="token") as site:  # noqa: S106
        assert ask(site, "/") == 200
        cluster.pause()
        try:
            with request_pages(site) as waiting:
                wait_until_each_worker_logs(site, "The database is down (no response)")
                with request_pages(site) as refused:
                    assert {answer.result() for answer in refused} == {503}
                assert ask(site, "/healthz") == 200
                assert ask(site, "/readyz") == 503
                assert ask(site, "/metrics", cookie="") == 401
                # Those that have a thread continue to wait; the others are refused.
                wait_until(lambda: sum(not answer.done() for answer in waiting) <= 8)
                assert not all(answer.done() for answer in waiting)
                cluster.resume()
                assert {answer.result() for answer in waiting} == {200, 503}
        finally:
            cluster.resume()
        wait_until_each_worker_logs(site, "The database answers again")
        with request_pages(site) as answers:
            assert {answer.result() for answer in answers} == {200}


@pytest.mark.thorough
def test_dead_connections_block_no_page_once_new_connections_work(cluster):
    """As when a firewall drops idle connections. The threads that wait for them keep waiting."""
    with throwaway_proxy(cluster.port) as proxy:
        url = cluster.url_of(DATABASE).replace(f":{cluster.port}/", f":{proxy.port}/")
        with throwaway_site(url) as site:
            with request_pages(site) as answers:  # Every thread has a connection.
                assert {answer.result() for answer in answers} == {200}
            proxy.drop_data()
            cluster.pause()
            try:
                with request_pages(site) as waiting:
                    wait_until_each_worker_logs(site, "The database is down")
                    cluster.resume()
                    wait_until_each_worker_logs(site, "The database answers again")
                    with request_pages(site) as answers:
                        assert {answer.result() for answer in answers} == {200}
                    assert not all(answer.done() for answer in waiting)
                    proxy.close_connections()
            finally:
                cluster.resume()


def test_a_connection_error_alone_opens_the_circuit_breaker(site, cluster):
    logged = len(site.log)
    cluster.stop("fast")
    try:
        wait_until(lambda: ask(site, "/") == 503 and "circuit breaker" in site.log[logged:], lambda: site.log)
    finally:
        cluster.start()
    wait_until(lambda: "The database answers again" in site.log[logged:], lambda: site.log)
    wait_until(lambda: {ask(site, "/") for _ in range(10)} == {200}, lambda: site.log)
