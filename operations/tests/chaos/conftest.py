"""A durable server with Brain Log in front of it, and a table at the end of what failures did to saves."""

from collections.abc import Callable, Iterator

import pytest

from operations.tests.chaos.crowd import DATABASE, Crowd
from testing.gunicorn import Site, throwaway_site
from testing.migrated import migrate
from testing.postgres import Cluster, throwaway_cluster

PEOPLE = 6
FIGURES: list[tuple[str, dict[str, int]]] = []


@pytest.fixture(scope="package")
def cluster() -> Iterator[Cluster]:
    """A server that keeps what it has confirmed, with few connections to give."""
    with throwaway_cluster("max_connections = 30") as cluster:
        make_database(cluster)
        yield cluster


def make_database(cluster: Cluster) -> str:
    """The one the crowd's saves go to. Returns its URL."""
    return migrate(cluster.create_database(DATABASE))


@pytest.fixture(scope="package")
def site(cluster) -> Iterator[Site]:
    """Brain Log as it runs in production. No test restarts it: it lives through all the failures."""
    with throwaway_site(cluster.url_of(DATABASE)) as site:
        yield site


@pytest.fixture
def crowd(site, cluster) -> Crowd:
    return Crowd(site, cluster, PEOPLE)


@pytest.fixture
def nothing_is_lost(request, record_property) -> Callable[[Crowd], None]:
    """Close a crowd's books: assert that they add up, and keep the figures for the report."""

    def close(crowd: Crowd) -> None:
        figures = crowd.figures()
        for name, number in figures.items():
            record_property(name, number)
        FIGURES.append((request.node.name, figures))

    return close


def pytest_terminal_summary(terminalreporter):
    if not FIGURES:
        return
    terminalreporter.section("saves during failures")
    for name, figures in FIGURES:
        numbers = ", ".join(f"{word} {number}" for word, number in figures.items())
        terminalreporter.line(f"{name}: {numbers}")
