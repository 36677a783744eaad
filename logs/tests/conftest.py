import datetime
import http.client
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib import import_module
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

NEW_YORK = ZoneInfo("America/New_York")
CSRF = "x" * 32


@pytest.fixture
def noon():
    """Stops the clock at noon on 5 May 2026 in New York: DAY was yesterday."""
    with time_machine.travel(datetime.datetime(2026, 5, 5, 12, tzinfo=NEW_YORK), tick=False) as clock:
        yield clock


@pytest.fixture
def send_in_parallel(live_server, person):
    """A function that sends forms in parallel, each from a new session: [(path, data), …] → [status, …]."""

    def session() -> str:
        store = import_module(settings.SESSION_ENGINE).SessionStore()
        store[SESSION_KEY] = str(person.pk)
        store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        store[HASH_SESSION_KEY] = person.get_session_auth_hash()
        store.create()
        return store.session_key

    def send(forms) -> list[int]:
        barrier = threading.Barrier(len(forms))

        def post(form):
            path, data, key = form
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": f"{settings.SESSION_COOKIE_NAME}={key}; {settings.CSRF_COOKIE_NAME}={CSRF}",
                "X-CSRFToken": CSRF,
            }
            with closing(http.client.HTTPConnection(live_server.thread.host, live_server.thread.port)) as connection:
                connection.connect()
                barrier.wait(timeout=20)
                connection.request("POST", path, urlencode(data, doseq=True), headers)
                return connection.getresponse().status

        with ThreadPoolExecutor(len(forms)) as threads:
            return list(threads.map(post, [(path, data, session()) for path, data in forms]))

    return send
