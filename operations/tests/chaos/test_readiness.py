"""/readyz with a real server: its answers, and that probes do not accumulate threads or connections."""

import json
import re
import subprocess
from urllib.error import HTTPError
from urllib.request import urlopen

import psycopg
import pytest

from operations.tests.chaos.savers import DATABASE
from testing.gunicorn import throwaway_site
from testing.proxy import throwaway_proxy
from testing.waiting import PATIENCE

pytestmark = pytest.mark.once


def answer_of(site, address: str = "/readyz") -> tuple[int, dict]:
    try:
        with urlopen(site.url + address, timeout=PATIENCE) as response:  # noqa: S310
            return response.status, json.load(response)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


READY = 200, {"status": "ok"}
NO_DATABASE = 503, {"status": "unavailable", "reason": "database"}
PROBE_THREADS = 4  # per process, as many as for pages
NO_MIGRATIONS = 503, {"status": "unavailable", "reason": "migrations"}


@pytest.fixture(scope="module")
def site(cluster):
    """A site with one process, so that the same process answers every request."""
    with throwaway_site(cluster.url_of(DATABASE), workers=1, threads=PROBE_THREADS) as site:
        yield site


@pytest.mark.thorough
def test_a_server_that_stops_and_starts_again(site, cluster):
    assert answer_of(site) == READY
    cluster.stop("fast")
    try:
        assert [answer_of(site) for _ in range(3)] == [NO_DATABASE] * 3
        assert answer_of(site, "/healthz") == READY
    finally:
        cluster.start()
    assert answer_of(site) == READY

    # Each change is logged once.
    changes = re.findall(r"Not ready: [\w ]+|Ready again", site.log)
    assert changes == ["Not ready: the database did not answer correctly within a second", "Ready again"]


@pytest.mark.thorough
def test_a_server_that_hangs_in_the_middle_of_an_answer(cluster):
    """The probe does not wait for it: it opens a new connection each time."""
    with throwaway_proxy(cluster.port) as proxy:
        url = cluster.url_of(DATABASE).replace(f":{cluster.port}/", f":{proxy.port}/")
        with throwaway_site(url, workers=1) as site, psycopg.connect(cluster.url_of(DATABASE)) as other:
            assert answer_of(site) == READY
            other.execute("LOCK TABLE django_migrations")  # The query is received, and not answered.
            assert answer_of(site) == NO_DATABASE
            proxy.drop_data()
            other.rollback()
            assert answer_of(site) == NO_DATABASE
            # Existing connections stay without an answer; new ones work.
            answers = (answer_of(site) for _ in range(10))
            assert READY in answers


@pytest.mark.thorough
def test_a_server_that_is_frozen(site, cluster):
    """As with a disk that hangs: connections are accepted, and queries are not answered.

    The pool of threads for probes may still grow to its size; threads that wait for the database must not add up.
    """
    most = threads_of(site) + PROBE_THREADS
    cluster.pause()
    try:
        assert [answer_of(site) for _ in range(3 * PROBE_THREADS)] == [NO_DATABASE] * 3 * PROBE_THREADS
        assert threads_of(site) <= most + 1
    finally:
        cluster.resume()
    # The last query may still be pending.
    assert READY in (answer_of(site), answer_of(site), answer_of(site))


def threads_of(site) -> int:
    """How many threads the site's processes have."""
    table = subprocess.run(
        ["ps", "-o", "nlwp=", "--ppid", str(site.process.pid)], capture_output=True, text=True, check=True
    )
    return sum(map(int, table.stdout.split()))


def test_migrations_that_are_missing(site, cluster):
    taken_out = cluster.execute("DELETE FROM django_migrations WHERE app = 'logs' RETURNING *", database=DATABASE)
    try:
        assert answer_of(site) == NO_MIGRATIONS
    finally:
        for row in taken_out:
            cluster.execute("INSERT INTO django_migrations VALUES (%s, %s, %s, %s)", *row, database=DATABASE)
    assert answer_of(site) == READY


@pytest.mark.thorough
def test_migrations_of_a_newer_release(site, cluster):
    """While it is rolled out, the older one keeps serving."""
    cluster.execute(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('logs', '9999_later', now())", database=DATABASE
    )
    try:
        assert answer_of(site) == READY
    finally:
        cluster.execute("DELETE FROM django_migrations WHERE name = '9999_later'", database=DATABASE)


@pytest.mark.thorough
def test_a_database_without_tables(cluster):
    with throwaway_site(cluster.create_database("empty"), workers=1) as site:
        assert answer_of(site) == NO_MIGRATIONS
        assert answer_of(site, "/healthz") == READY
