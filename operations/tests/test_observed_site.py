"""Logs and metrics of a real gunicorn with two workers on a real PostgreSQL."""

import http.client
import json
import os
import re
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import pytest

from accounts.tests.factories import PASSWORD
from operations.tests.canary import CANARY, DAY, FAILING, SIGN_UP, main_job
from testing.gunicorn import throwaway_site
from testing.migrated import migrate
from testing.people import Visitor
from testing.postgres import throwaway_cluster
from testing.waiting import wait_until

pytestmark = pytest.mark.once

TOKEN = "a-token-for-tests"
WORKERS = 2


@pytest.fixture(scope="module")
def database():
    with throwaway_cluster() as cluster:
        yield migrate(cluster.create_database("observed"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The temporary folder of gunicorn."""
    return tmp_path_factory.mktemp("gunicorn")


@pytest.fixture(scope="module")
def site(database, folder):
    environment = {
        "TMPDIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "operations.tests.failing_site",
        "METRICS_TOKEN": TOKEN,
        "SLOW_QUERY_MS": "0",
        "LOG_LEVEL": "DEBUG",
    }
    with throwaway_site(database, workers=WORKERS, threads=2, **environment) as site:
        yield site


def ask(site, method, path, body=None, **headers) -> tuple[int, dict, str]:
    """Send a request over a new connection. Returns status, headers and body; the body is empty if it was cut off."""
    connection = http.client.HTTPConnection(site.url.removeprefix("http://"))
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    try:
        text = response.read().decode()
    except http.client.IncompleteRead:
        text = ""
    connection.close()
    return response.status, dict(response.headers), text


def fail(site, name) -> int:
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    return ask(site, "POST", f"/failing/{name}/", urlencode({"words": CANARY}), **form)[0]


@pytest.fixture(scope="module")
def log(site) -> str:
    """The log of the site after a person's day and week, and after all kinds of errors."""
    visitor = Visitor(site.url)
    assert visitor.post("/accounts/signup/", SIGN_UP)[0] == 200
    statuses = [visitor.post(address, data)[0] for address, data in main_job()]
    assert statuses == [200] * len(statuses)
    assert CANARY in visitor.get(f"/logs/{DAY}/")
    assert CANARY in visitor.get(f"/reflections/{DAY}/")
    assert visitor.post(f"/logs/{DAY}/delete/", {})[0] == 200

    assert [fail(site, fails.__name__) for fails in FAILING] == [500] * 6 + [400, 400, 403, 404, 200, 200]
    ask(site, "GET", f"/logs/{CANARY}/?{CANARY}={CANARY}", User_Agent=CANARY, Cookie=f"sessionid={CANARY}")
    ask(site, "GET", f"/{CANARY}/{DAY}/", X_Request_ID=f"{CANARY} with a space")
    ask(site, "POST", f"/logs/{DAY}/morning/", CANARY, Referer=f"{site.url}/{CANARY}", Origin=f"http://{CANARY}")
    ask(site, "POST", "/accounts/login/", CANARY, Content_Type=f"multipart/form-data; boundary={CANARY}é")
    ask(site, "POST", "/accounts/login/", "username=%ff", Content_Type=f"text/plain; charset={CANARY}")
    ask(site, CANARY.upper(), "/")
    for nonsense in (f"GET /{CANARY} HTTP/9.9\r\n\r\n", f"{CANARY}\r\n\r\n", f"GET / HTTP/1.1\r\n{CANARY}\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", int(site.url.rpartition(":")[2]))) as connection:
            connection.sendall(nonsense.encode())
            connection.recv(1000)
    return site.log


def test_nothing_that_a_person_wrote_is_in_the_log(log):
    assert [line for line in log.splitlines() if CANARY in line.lower()] == []
    assert [line for line in log.splitlines() if str(DAY) in line] == []
    assert PASSWORD not in log
    # The log is complete: it has a line about each failure.
    for trace in ("23514", "user_theme_known", "23505", "22P02", "42601", "builtins.RuntimeError", "careless"):
        assert trace in log


def lines_of(log) -> list[dict]:
    """The lines of the workers; those of gunicorn's master begin with the time in brackets."""
    return [json.loads(line) for line in log.splitlines() if not re.match(r"\[\d{4}-", line)]


def test_every_line_of_a_worker_is_json(log):
    lines = lines_of(log)

    assert len(lines) > 100
    for line in lines:
        assert {"time", "level", "logger", "message", "request_id", "view"} <= set(line)
    assert {"gunicorn.error", "django.request", "brainlog.request", "brainlog.slow"} <= {
        line["logger"] for line in lines
    }


def test_every_request_has_its_line(log):
    lines = [line for line in lines_of(log) if line["logger"] == "brainlog.request"]

    seen = {(line["method"], line["view"], line["status"]) for line in lines}
    assert {
        ("POST", "logs:check_in", 302),
        ("POST", "exception", 500),
        ("GET", "-", 404),
        ("other", "today", 403),
    } <= seen
    for line in lines:
        assert line["duration_ms"] >= line["database_ms"] >= 0
    saves = [line for line in lines if (line["method"], line["view"]) == ("POST", "logs:check_in")]
    assert all(line["queries"] >= 4 for line in saves if line["status"] == 302)


def test_all_lines_about_one_request_have_its_id(log):
    lines = lines_of(log)
    request = next(line for line in lines if line["logger"] == "brainlog.request" and line["view"] == "taken_name")

    about = [line for line in lines if line["request_id"] == request["request_id"]]
    slow = [line for line in about if line["logger"] == "brainlog.slow"]
    error = next(line for line in about if line["logger"] == "django.request")
    assert len(slow) == request["queries"]
    assert {line["view"] for line in slow} == {"taken_name"}
    assert error["message"] == "Internal Server Error: POST /failing/taken_name/"
    assert error["exception"].startswith("psycopg.errors.UniqueViolation (23505, table accounts_user, constraint ")
    assert "canary.py" in error["exception"]


# Metrics


def metrics(site) -> dict[str, float]:
    status, headers, page = ask(site, "GET", "/metrics", Authorization=f"Bearer {TOKEN}")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain")
    lines = [line.rpartition(" ") for line in page.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _space, value in lines}


def requests(found: dict, view: str, status: str, method="GET") -> float:
    return found.get(f'brainlog_request_seconds_count{{method="{method}",status="{status}",view="{view}"}}', 0)


def test_the_counts_of_all_workers_add_up(site):
    before, sent, workers = metrics(site), 0, set()

    for _ in range(20):
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda _: ask(site, "GET", "/accounts/login/"), range(20)))
        assert {status for status, _headers, _page in answers} == {200}
        sent += len(answers)
        workers = {line["process"] for line in lines_of(site.log) if line["view"] == "accounts:login"}
        if len(workers) == WORKERS:
            break

    assert len(workers) == WORKERS
    counts = [requests(found, "accounts:login", "2xx") for found in (before, *(metrics(site) for _ in range(6)))]
    assert counts == [counts[0], *[counts[0] + sent] * 6]


def test_failures_are_counted(site):
    before = metrics(site)
    for name in ("exception", "broken_constraint", "not_a_number"):
        fail(site, name)
    after = metrics(site)

    def more(name):
        return after.get(name, 0) - before.get(name, 0)

    assert more('brainlog_exceptions_total{exception="RuntimeError"}') == 1
    assert more('brainlog_exceptions_total{exception="IntegrityError"}') == 1
    assert more('brainlog_database_errors_total{sqlstate_class="23"}') == 1
    assert more('brainlog_database_errors_total{sqlstate_class="22"}') == 1
    assert requests(after, "exception", "5xx", "POST") - requests(before, "exception", "5xx", "POST") == 1
    assert more("brainlog_query_seconds_count") >= 3
    assert more("brainlog_slow_queries_total") >= 3


def test_the_pools_of_all_workers_are_shown(site):
    fail(site, "broken_constraint")

    # A worker measures its pool after it has sent the response.
    wait_until(lambda: 'brainlog_pool_waiting{database="default"}' in metrics(site))
    found = metrics(site)

    available = found['brainlog_pool_connections{database="default",state="available"}']
    assert 1 <= available <= 3 * WORKERS
    assert found['brainlog_pool_connections{database="default",state="in use"}'] == 0
    assert found['brainlog_pool_waiting{database="default"}'] == 0
    assert found["brainlog_database_up"] == 1
    assert found["brainlog_database_size_bytes"] > 5_000_000
    assert found["brainlog_database_connections"] >= available
    assert found["brainlog_database_connections_limit"] == 100


def test_metrics_contain_no_people(site, log):
    page = ask(site, "GET", "/metrics", Authorization=f"Bearer {TOKEN}")[2]

    assert CANARY not in page.lower()
    assert str(DAY) not in page


@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}], ids=str)
def test_metrics_need_the_token(site, given):
    status, headers, page = ask(site, "GET", "/metrics", **given)

    assert (status, headers["WWW-Authenticate"], page) == (401, "Bearer", "")


def test_a_dead_workers_counts_remain_without_its_pool(site, folder):
    fail(site, "broken_constraint")
    pools = wait_until(lambda: list(folder.glob("brainlog-metrics-*/gauge_livesum_*.db")))
    before = metrics(site)
    for file in pools:
        os.kill(int(file.stem.rpartition("_")[2]), signal.SIGKILL)

    wait_until(lambda: not any(file.exists() for file in pools))

    after = metrics(site)
    assert requests(after, "broken_constraint", "5xx", "POST") == requests(before, "broken_constraint", "5xx", "POST")
    assert sum(value for name, value in after.items() if "brainlog_pool_connections" in name) <= 3


def test_the_metrics_folder_is_removed_with_gunicorn(database, tmp_path):
    with throwaway_site(database, workers=1, TMPDIR=str(tmp_path), METRICS_TOKEN=TOKEN) as site:
        metrics(site)
        assert list(tmp_path.glob("brainlog-metrics-*/*.db"))

    assert list(tmp_path.glob("brainlog-metrics-*")) == []


def test_a_site_on_sqlite_names_its_file_once(tmp_path):
    url = migrate(f"sqlite:///{tmp_path}/db.sqlite3")

    with throwaway_site(url, workers=2) as site:
        line = f"The database is the SQLite file {tmp_path}/db.sqlite3. For PostgreSQL, set DATABASE_URL."
        wait_until(lambda: line in site.log, line)
        Visitor(site.url).get("/healthz")  # By now the second worker would have logged it, too.
        assert site.log.count("The database is the SQLite file") == 1
