"""Several processes count attempts together."""

import pytest

from accounts.rate_limits import SIGN_IN_BY_NAME
from testing.gunicorn import throwaway_site
from testing.migrated import migrate
from testing.people import Visitor, all_at_once
from testing.postgres import throwaway_cluster

pytestmark = pytest.mark.once


@pytest.fixture(params=[pytest.param("SQLite", marks=pytest.mark.thorough), "PostgreSQL"])
def database_url(request, tmp_path):
    if request.param == "SQLite":
        yield f"sqlite:///{tmp_path}/db.sqlite3"
        return
    with throwaway_cluster() as cluster:
        yield cluster.url


def test_processes_share_the_attempts_for_a_name(database_url):
    migrate(database_url)
    with throwaway_site(database_url, workers=2, threads=4) as site:
        visitors = [Visitor(site.url) for _ in range(SIGN_IN_BY_NAME.attempts + 8)]

        results = all_at_once(
            *(
                lambda visitor=visitor: visitor.post("/accounts/login/", {"username": "maria", "password": "wrong"})
                for visitor in visitors
            )
        )

    assert sorted(status for status, _, _ in results) == [200] * SIGN_IN_BY_NAME.attempts + [429] * 8
