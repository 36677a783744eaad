"""Error pages: they have the design of the site, and a link to go on."""

import pytest
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError, connection
from django.template.loader import render_to_string
from django.test import Client
from django.urls import include, path, reverse
from pytest_django.asserts import assertContains, assertNotContains

from accounts.tests.factories import PASSWORD, make_person
from brainlog.error_pages import server_error
from brainlog.tests.html import Page
from brainlog.tests.test_forgery import PATHS
from brainlog.urls import handler500  # noqa: F401 - Django looks for it beside the addresses

pytestmark = pytest.mark.thorough_on_sqlite


@login_not_required
def breaks(request):
    raise RuntimeError("a secret of the server")


@login_not_required
def refuses(request):
    raise PermissionDenied("a secret of the server")


@login_not_required
def suspects(request):
    raise SuspiciousOperation("a secret of the server")


@login_not_required
def is_without_database(request):
    raise OperationalError("a secret of the server")


urlpatterns = [
    path("breaks/", breaks),
    path("is-without-database/", is_without_database),
    path("refuses/", refuses),
    path("suspects/", suspects),
    path("", include("brainlog.urls")),
]

SAYS = {
    "/nowhere/": (404, "There is nothing here"),
    "/breaks/": (500, "Something broke on our side"),
    "/is-without-database/": (503, "We cannot reach your log just now"),
    "/refuses/": (403, "This page is not open to you"),
    "/suspects/": (400, "That did not work"),
}


@pytest.fixture(autouse=True)
def urls(settings):
    settings.ROOT_URLCONF = __name__


@pytest.fixture(params=["a visitor", "a person"])
def browser(request, db):
    client = Client(raise_request_exception=False)
    if request.param == "a person":
        client.force_login(make_person())
    return client


@pytest.mark.parametrize("address", SAYS)
def test_error_pages_have_our_design(browser, address):
    status, heading = SAYS[address]

    response = browser.get(address)

    assertContains(response, f"<h1>{heading}</h1>", status_code=status, html=True)
    assertContains(response, "brainlog.css", status_code=status)
    assertContains(response, 'href="/"', status_code=status)
    assertNotContains(response, "a secret of the server", status_code=status)


@pytest.mark.parametrize("address", SAYS)
def test_error_pages_comply_with_the_content_security_policy(browser, address):
    response = browser.get(address)

    assert Page(response.content.decode()).against_the_policy() == []
    assert "Content-Security-Policy" in response


@pytest.mark.parametrize(
    "template", ["400.html", "403.html", "403_csrf.html", "404.html", "405.html", "413.html", "500.html", "503.html"]
)
def test_error_pages_need_no_request_context(template):
    """Independent of the database and of the session, which may be broken."""
    page = render_to_string(template)

    assert "<h1>" in page and "brainlog.css" in page
    assert "{{" not in page and "{%" not in page
    assert Page(page).against_the_policy() == []


@pytest.mark.parametrize(("address", "status"), [("/breaks/", 500), ("/is-without-database/", 503)])
def test_a_button_that_failed_can_be_pressed_again(browser, address, status):
    """To open the address of an Undo would not undo anything."""
    response = browser.post(address)

    assertContains(response, "load this page again, and it is pressed once more", status_code=status)


def test_a_server_error_needs_no_database(browser):
    """The database may be broken."""
    response = browser.get("/breaks/")

    with connection.execute_wrapper(lambda *args: pytest.fail("The page of an error asked the database.")):
        again = server_error(response.wsgi_request)

    assert again.content == response.content


@pytest.mark.parametrize("name", ["accounts:login", "accounts:signup", "accounts:profile", "reflections:list"])
def test_a_form_without_its_token_is_refused_and_nothing_is_lost(browser, name):
    browser.handler.enforce_csrf_checks = True

    response = browser.post(reverse(name), {"username": "maria"})

    assertContains(response, "This page was open for a long time", status_code=403)
    assertContains(response, "Nothing is lost", status_code=403)


def test_the_page_can_be_opened_again(browser):
    browser.handler.enforce_csrf_checks = True

    response = browser.post("/logs/2026-05-04/midday/")

    assertContains(response, 'href="/logs/2026-05-04/midday/"', status_code=403)


@pytest.mark.parametrize(
    "address",
    ["/logs/2026-05-04/noon/", "/logs/2026-02-31/", "/logs/0001-01-01/", "/reflections/9999-12-31/", "/logs/%00/"],
)
def test_what_is_no_day_or_check_in_is_not_there(client, db, address):
    client.force_login(make_person())

    assertContains(client.get(address), "There is nothing here", status_code=404)


@pytest.mark.parametrize("step", ["not-tracked", "tracked", "undo"])
def test_a_405_page_has_content(client, db, step):
    make_person(username="maria")
    login = client.post(f"/logs/2026-05-04/{step}/").url

    response = client.post(login, {"username": "maria", "password": PASSWORD}, follow=True)

    assertContains(response, "<h1>This is a step of another page</h1>", status_code=405, html=True)
    assertContains(response, 'href="/"', status_code=405)
    assert "POST" in response["Allow"]


def test_trace_and_unknown_methods_are_refused_everywhere(client, db):
    client.force_login(make_person(is_staff=True, is_superuser=True))

    taken = [
        (method, path)
        for path in PATHS
        for method in ("TRACE", "OPTIONS", "PROPFIND")
        if client.generic(method, path).status_code not in {403, 405}  # 403: without the CSRF token
    ]

    assert taken == []


@pytest.mark.parametrize("path", ["/.git/config", "/.env", "/manage.py", "/db.sqlite3"])
def test_the_project_folder_is_not_served(client, db, path):
    assert client.get(path).status_code == 404


def test_folders_are_not_listed(client, db, settings):
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    file = client.get("/static/brainlog.css")
    file.getvalue()  # Closes the file.
    file.close()

    assert file.status_code == 200
    assert [client.get(folder).status_code for folder in ("/static/", "/static/vendor/", "/static/vendor")] == [404] * 3
