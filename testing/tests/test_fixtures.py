import socket

import pytest
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.urls import path

from testing.accessibility import violations
from testing.chromium import watched_pages

pytestmark = pytest.mark.once

GOOD = """<!doctype html><html lang="en"><title>Brain Log</title><link rel="icon" href="data:,">
<main><h1>Hello</h1><p>%s</p></main></html>"""
BAD = GOOD.replace('<html lang="en">', "<html>") % "<img src='data:,'><script>document.title = 'inline'</script>"


def view(html, status=200):
    return login_not_required(lambda request: HttpResponse(html, status=status))


urlpatterns = [path("good", view(GOOD % "")), path("bad", view(BAD)), path("gone", view(GOOD % "", 404))]


@pytest.fixture(autouse=True)
def urls(settings):
    settings.ROOT_URLCONF = __name__


def test_a_page_is_a_phone(page):
    page.goto("/good")
    assert page.evaluate("innerWidth") == 390
    assert violations(page) == []


def test_new_page_takes_options(new_page):
    page = new_page(viewport={"width": 1280, "height": 800}, color_scheme="dark", java_script_enabled=False)
    page.goto("/good")
    assert page.title() == "Brain Log"


def test_errors_can_be_expected(page, expected_errors):
    expected_errors.append("status of 404")
    page.goto("/gone")


@pytest.mark.parametrize(("address", "error"), [("/bad", "Content Security Policy"), ("/gone", "status of 404")])
def test_errors_in_the_browser_fail_the_test(chromium, live_server, address, error):
    with pytest.raises(AssertionError, match=error), watched_pages(chromium, live_server.url, []) as open_page:
        open_page().goto(address)


def test_uncaught_exceptions_fail_the_test(chromium, live_server):
    with pytest.raises(AssertionError, match="thrown"), watched_pages(chromium, live_server.url, []) as open_page:
        page = open_page()
        page.goto("/good")
        with page.context.expect_event("weberror"):
            page.evaluate("setTimeout(() => { throw new Error('thrown') })")


def test_violations_are_found(page, expected_errors):
    expected_errors.append("Content Security Policy")
    page.goto("/bad")
    assert page.title() == "Brain Log"
    found = violations(page)
    assert [rule for rule in found if rule.startswith("html-has-lang (serious)")]
    assert [rule for rule in found if rule.startswith("image-alt (critical)")]


def test_other_machines_are_out_of_reach():
    with socket.socket() as connection, pytest.raises(RuntimeError, match="tried to connect to 192.0.2.1"):
        connection.connect(("192.0.2.1", 80))
