"""A real gunicorn loses no request when it restarts or recycles workers, and can terminate https."""

import http.client
import json
import shutil
import signal
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from testing.certificates import make_certificates
from testing.gunicorn import throwaway_site
from testing.migrated import migrate
from testing.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def database_url(tmp_path_factory) -> str:
    return migrate(f"sqlite:///{tmp_path_factory.mktemp('serving')}/db.sqlite3")


def connection_to(site) -> closing[http.client.HTTPConnection]:
    return closing(http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=PATIENCE))


def answer(connection, method="GET", path="/accounts/login/") -> tuple[int, bytes]:
    connection.request(method, path)
    response = connection.getresponse()
    return response.status, response.read()


def ask_until(site, is_over: list) -> set[int]:
    """Send requests until `is_over`, two over each connection."""
    statuses = set()
    while not is_over:
        with connection_to(site) as connection:
            statuses |= {answer(connection)[0], answer(connection)[0]}
    return statuses


@pytest.mark.thorough
def test_no_request_is_lost_in_a_restart(database_url):
    with throwaway_site(database_url) as site, ThreadPoolExecutor(4) as clients:
        is_over = []
        answers = [clients.submit(ask_until, site, is_over) for _ in range(4)]
        for number in (4, 6):
            site.process.send_signal(signal.SIGHUP)
            wait_until(lambda number=number: site.log.count("Booting worker") == number)
        wait_until(lambda: site.log.count("Worker exiting") == 4)
        is_over.append(True)

        assert [future.result() for future in answers] == [{200}] * 4
        assert "Traceback" not in site.log


@pytest.mark.thorough
def test_no_request_is_lost_when_workers_are_recycled(database_url):
    options = "--max-requests=10"
    with throwaway_site(database_url, GUNICORN_CMD_ARGS=options) as site, ThreadPoolExecutor(4) as clients:
        is_over = []
        answers = [clients.submit(ask_until, site, is_over) for _ in range(4)]
        wait_until(lambda: site.log.count("Booting worker") >= 6)
        is_over.append(True)

        assert [future.result() for future in answers] == [{200}] * 4


@pytest.mark.thorough
def test_the_metrics_folder_can_be_deleted(database_url, tmp_path):
    """As systems do with temporary files. Workers started later would fail, and gunicorn would end."""
    with throwaway_site(database_url, TMPDIR=str(tmp_path), METRICS_TOKEN="token") as site:  # noqa: S106
        [folder] = tmp_path.glob("brainlog-metrics-*")
        shutil.rmtree(folder)
        site.process.send_signal(signal.SIGHUP)
        wait_until(lambda: site.log.count("Worker exiting") == 2)

        with connection_to(site) as connection:
            assert answer(connection)[0] == 200
        assert list(folder.glob("*.db"))


def test_head_of_a_page(database_url):
    with throwaway_site(database_url, workers=1) as site, connection_to(site) as connection:
        assert answer(connection, "HEAD") == (200, b"")
        status, page = answer(connection)  # Over the same connection: HEAD left no body on it.
        assert status == 200 and page.endswith(b"</html>\n")


def test_gunicorn_can_terminate_https(database_url, tmp_path):
    make_certificates(tmp_path, "a client")
    options = f"--certfile={tmp_path}/server.crt --keyfile={tmp_path}/server.key"
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    with throwaway_site(database_url, GUNICORN_CMD_ARGS=options) as site:
        address = urlsplit(site.url).netloc
        with closing(http.client.HTTPSConnection(address, timeout=PATIENCE, context=trust)) as connection:
            assert json.loads(answer(connection, path="/healthz")[1]) == {"status": "ok"}
            assert answer(connection)[0] == 200
            assert answer(connection, "POST")[0] == 403
        assert "Traceback" not in site.log


@pytest.mark.thorough
def test_another_worker_class_is_warned_about(database_url):
    with throwaway_site(database_url, GUNICORN_CMD_ARGS="--worker-class=gthread") as site:
        assert "slow clients can occupy all threads" in site.log
