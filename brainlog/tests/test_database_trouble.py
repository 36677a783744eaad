"""Database errors during a request: the page, and the log."""

import logging
import sqlite3
from contextlib import closing, contextmanager

import pytest
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError, OperationalError, connection
from django.test import Client
from django.urls import include, path, reverse
from pytest_django.asserts import assertContains, assertNotContains

from brainlog.tests.html import Page
from brainlog.urls import handler500  # noqa: F401 - part of these addresses
from logs.models import DailyLog
from logs.tests.factories import DAY, answers

CHECK_IN = f"/logs/{DAY}/midday/"
SECRET = "host 10.0.0.5, user brainlog, parameters (A letter)"


@login_not_required
def asks_wrongly(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM nowhere")


@login_not_required
def contradicts(request):
    raise IntegrityError(SECRET)


urlpatterns = [
    path("asks-wrongly/", asks_wrongly),
    path("contradicts/", contradicts),
    path("", include("brainlog.urls")),
]


@pytest.fixture(autouse=True)
def urls(settings):
    settings.ROOT_URLCONF = __name__


@pytest.fixture
def browser(person):
    """A client of a person, which returns error pages instead of raising exceptions."""
    client = Client(raise_request_exception=False)
    client.force_login(person)
    return client


@pytest.fixture
def read_only(db):
    """Makes the database read-only."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA query_only = ON")
            yield
            cursor.execute("PRAGMA query_only = OFF")
        else:
            cursor.execute("SET TRANSACTION READ ONLY")  # The transaction of the test, which is rolled back.
            yield


@contextmanager
def losing_the_connection(after: int):
    """Fail all queries of the block after the first `after`."""
    queries = iter(range(after))

    def lost(execute, *arguments):
        if next(queries, None) is None:
            raise OperationalError(f"server closed the connection unexpectedly: {SECRET}")
        return execute(*arguments)

    with connection.execute_wrapper(lost):
        yield


def warnings(caplog) -> list[logging.LogRecord]:
    """The log lines, without those of each request."""
    return [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_save_that_the_database_refuses(browser, read_only, caplog):
    response = browser.post(CHECK_IN, answers("midday", current_activity="A secret"))

    assertContains(response, "<h1>We cannot reach your log just now</h1>", status_code=503, html=True)
    assertContains(response, f'href="{CHECK_IN}"', status_code=503)
    assert int(response["Retry-After"]) > 0
    assert "no-store" in response["Cache-Control"]
    assert not DailyLog.objects.exists()
    # One line without data of the request and without the driver's message.
    [record] = warnings(caplog)
    assert (record.name, record.levelno, record.exc_info) == ("brainlog.database", logging.ERROR, None)
    assert "takes no writes." in record.message
    code = "SQLITE_READONLY" if connection.vendor == "sqlite" else "25006"
    assert record.message.endswith(f"{code})") and "(logs:check_in, " in record.message
    assert not any(word in record.message for word in ("A secret", "INSERT", "logs_dailylog", "\n"))


@pytest.mark.parametrize("after", range(2))
@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_whichever_query_fails(browser, caplog, after, method):
    """In a middleware that reads the session or the person, or in the view."""
    with losing_the_connection(after):
        response = getattr(browser, method)(CHECK_IN, answers("midday"))

    assert response.status_code == 503
    assert "Retry-After" in response
    assert "Content-Security-Policy" in response
    [record] = warnings(caplog)
    assert record.message == (
        "The database cannot be reached. Check that the server runs, and check DATABASE_URL and the network. "
        "(logs:check_in, OperationalError, 08000)"
    )
    # The session is kept.
    assert "sessionid" not in response.cookies
    assert browser.get(CHECK_IN).status_code == 200


def test_an_unknown_url_while_the_database_is_down(browser, caplog):
    with losing_the_connection(after=0):
        response = browser.get("/nowhere/")

    assert response.status_code == 503
    assert "(no view, OperationalError, 08000)" in caplog.text


def test_the_503_page_uses_neither_database_nor_session(browser):
    """With messages and person, the error page would query the database again, and fail again."""
    asked = []

    def lost(execute, *arguments):
        asked.append(arguments[0])
        raise OperationalError

    with connection.execute_wrapper(lost):
        response = browser.get(reverse("today"))

    assert response.status_code == 503
    assert len(asked) == 1
    assert Page(response.content.decode()).against_the_policy() == []


def test_visitors_get_the_503_page_too(db):
    with losing_the_connection(after=0):
        login = {"username": "maria", "password": "x"}
        response = Client(raise_request_exception=False).post(reverse("accounts:login"), login)

    assertContains(response, "<h1>We cannot reach your log just now</h1>", status_code=503, html=True)


@pytest.mark.parametrize("address", ["/asks-wrongly/", "/contradicts/"])
def test_a_bug_stays_a_500(browser, address):
    """Waiting does not help against a bug, which has to be found."""
    response = browser.get(address)

    assertContains(response, "<h1>Something broke on our side</h1>", status_code=500, html=True)
    assertNotContains(response, SECRET, status_code=500)
    assert "Retry-After" not in response


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="on PostgreSQL this is another matter")
@pytest.mark.django_db(transaction=True)
def test_a_save_that_finds_the_file_locked(browser, caplog):
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 1")
            response = browser.post(CHECK_IN, answers("midday"))
            cursor.execute("PRAGMA busy_timeout = 20000")

    assert response.status_code == 503
    assert "The database file stayed locked for too long." in caplog.text
    assert browser.post(CHECK_IN, answers("midday")).status_code == 302
