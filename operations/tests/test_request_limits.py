"""A real gunicorn refuses what no browser sends, before anybody has looked at it."""

import http.client

import pytest

from testing.gunicorn import throwaway_site

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with throwaway_site(f"sqlite:///{tmp_path_factory.mktemp('limits')}/db.sqlite3", workers=1) as site:
        yield site


def status_of(site, path="/healthz", headers=None) -> int:
    connection = http.client.HTTPConnection(site.url.removeprefix("http://"))
    connection.request("GET", path, headers=headers or {})
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/healthz?" + "x" * 4_000, {}),
        ("/healthz", {f"X-Header-{number}": "x" for number in range(50)}),
        ("/healthz", {"Cookie": "x" * 8_000}),
    ],
    ids=["a long address", "many headers", "large cookies"],
)
def test_what_a_browser_may_send_is_taken(site, path, headers):
    assert status_of(site, path, headers) == 200


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/healthz?" + "canary" * 1_000, {}),
        ("/healthz", {f"X-Header-{number}": "canary" for number in range(70)}),
        ("/healthz", {"Cookie": "canary" * 2_000}),
    ],
    ids=["a longer address", "more headers", "larger cookies"],
)
def test_what_none_sends_is_refused_and_not_repeated_in_the_log(site, path, headers):
    assert 400 <= status_of(site, path, headers) < 500
    assert "canary" not in site.log
