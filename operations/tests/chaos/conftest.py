"""A durable PostgreSQL server, a site that uses it, and a summary of the saves at the end of the run."""

from collections.abc import Callable, Iterator

import pytest

from operations.tests.chaos.savers import DATABASE, SaverGroup
from testing.gunicorn import Site, throwaway_site
from testing.migrated import migrate
from testing.postgres import Cluster, throwaway_cluster

PEOPLE = 6
COUNTS: list[tuple[str, dict[str, int]]] = []


@pytest.fixture(scope="package")
def cluster() -> Iterator[Cluster]:
    """A server that flushes commits to the disk and allows few connections."""
    with throwaway_cluster("max_connections = 30") as cluster:
        make_database(cluster)
        yield cluster


def make_database(cluster: Cluster) -> str:
    """Create the database that people save to. Returns its URL."""
    return migrate(cluster.create_database(DATABASE))


@pytest.fixture(scope="package")
def site(cluster) -> Iterator[Site]:
    """Brain Log as it runs in production. It is not restarted: it has to survive the failures of all tests."""
    with throwaway_site(cluster.url_of(DATABASE)) as site:
        yield site


@pytest.fixture
def savers(site, cluster) -> SaverGroup:
    return SaverGroup(site, cluster, PEOPLE)


@pytest.fixture
def assert_nothing_is_lost(request, record_property) -> Callable[[SaverGroup], None]:
    """Assert that no acknowledged save is lost, and keep the counts for the summary."""

    def check(savers: SaverGroup) -> None:
        counts = savers.check_saves()
        for name, number in counts.items():
            record_property(name, number)
        COUNTS.append((request.node.name, counts))

    return check


def pytest_terminal_summary(terminalreporter):
    if not COUNTS:
        return
    terminalreporter.section("saves during failures")
    for name, counts in COUNTS:
        numbers = ", ".join(f"{word} {number}" for word, number in counts.items())
        terminalreporter.line(f"{name}: {numbers}")
