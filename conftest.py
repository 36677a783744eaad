"""Fixtures for every test: pages in the machine's Chromium, and no network beyond this machine."""

import ipaddress
import logging
import os
import socket
from collections.abc import Callable, Iterator

import hypothesis
import pytest
from django.core.cache import caches
from django.db import connection
from playwright.sync_api import Browser, Page, sync_playwright

from accounts.tests.factories import PASSWORD, make_person
from logs.tests.factories import OPTIONAL
from operations.log_formatters import JsonFormatter
from testing.chromium import ARGUMENTS, HOW_TO_GET_IT, find_chromium, watched_pages
from testing.programs import ProgramMissing
from testing.settings import FOLDER
from testing.watchdog import watched_run

LEFT_OUT = pytest.StashKey[bool]()

# How long one example takes says more about the machine than about the code. The same examples each time: a
# failure is the change's own. `make attack` tries many more; "hunt" tries other ones each time.
hypothesis.settings.register_profile("brainlog", deadline=None, derandomize=True)
hypothesis.settings.register_profile("thorough", deadline=None, derandomize=True, max_examples=2000)
hypothesis.settings.register_profile("hunt", deadline=None, max_examples=10_000)
hypothesis.settings.load_profile("brainlog")


def pytest_addoption(parser):
    parser.addoption("--without-browser", action="store_true", help="leave out the tests that need Chromium")
    parser.addoption(
        "--not-once",
        help="leave out the tests marked once in these folders and files (comma-separated): another run has them",
    )


def pytest_configure(config):
    """Leave nothing behind, even if this process is killed."""
    run = watched_run(FOLDER)
    run.__enter__()
    config.add_cleanup(lambda: run.__exit__(None, None, None))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Mark the tests that open a page, and leave out what we are asked to."""
    for item in items:
        if "chromium" in item.fixturenames:
            item.add_marker("browser")
    if config.getoption("--without-browser"):
        leave_out(config, items, [item for item in items if item.get_closest_marker("browser")])
    if paths := config.getoption("--not-once"):
        once = [item for item in items if item.get_closest_marker("once")]
        elsewhere = [item for item in once if is_elsewhere(item, tuple(paths.split(",")))]
        leave_out(config, items, elsewhere)
        config.stash[LEFT_OUT] = bool(elsewhere)


def is_elsewhere(item, paths: tuple[str, ...]) -> bool:
    """Whether the run on the other database has a test that is marked once."""
    if item.get_closest_marker("thorough_on_sqlite"):
        return connection.vendor != "postgresql"
    return item.nodeid.startswith(paths)


def leave_out(config, items, left_out):
    config.hook.pytest_deselected(items=left_out)
    gone = set(left_out)
    items[:] = [item for item in items if item not in gone]


def pytest_sessionfinish(session, exitstatus):
    """No tests are no success, unless all that were asked for run elsewhere."""
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and session.config.stash.get(LEFT_OUT, False):
        session.exitstatus = pytest.ExitCode.OK


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    """Leave out a test whose fixtures need a program that is not here; the runner says so at the end."""
    return (yield from without_missing_programs())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    return (yield from without_missing_programs())


def without_missing_programs():
    try:
        return (yield)
    except ProgramMissing as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))


@pytest.fixture(scope="session", autouse=True)
def only_this_machine() -> Iterator[None]:
    """Refuse connections to other machines: a test must pass on a train."""
    connect = socket.socket.connect

    def guarded(self, address):
        inet = self.family in (socket.AF_INET, socket.AF_INET6)
        if inet and address[0] != "localhost" and not ipaddress.ip_address(address[0]).is_loopback:
            raise RuntimeError(f"A test tried to connect to {address[0]}.")
        return connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_answers_in_the_log() -> Iterator[None]:
    """Fail at the end of the run if anything was logged of what the tests' people have written."""
    answers = (answer for stage in OPTIONAL.values() for answer in stage.values())
    texts = {answer for answer in answers if isinstance(answer, str) and " " in answer} | {PASSWORD, "A secret"}
    found, formatter = [], JsonFormatter()

    class Reader(logging.Handler):
        def emit(self, record):
            line = formatter.format(record)
            found.extend(line for text in texts if text in line)

    reader = Reader()
    logging.getLogger().addHandler(reader)
    yield
    logging.getLogger().removeHandler(reader)
    assert found == []


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """End the sessions that threads have left when the tests are over: PostgreSQL drops no database that is in use."""
    yield
    if connection.vendor == "postgresql":
        others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM ({others}) AS left_over")  # noqa: S608


@pytest.fixture(autouse=True)
def empty_cache():
    """Begin with nothing remembered: tests write rows without telling the person's version."""
    for name in ("default", "summaries"):
        caches[name].clear()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser itself; tests want `page` or `new_page`."""
    path = find_chromium()
    if not path:
        pytest.fail(f"There is no Chromium for the browser tests: {HOW_TO_GET_IT}.")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def expected_errors() -> list[str]:
    """Regular expressions for the console errors a test means to cause: `expected_errors.append("status of 404")`."""
    return []


@pytest.fixture
def new_page(chromium, live_server, expected_errors) -> Iterator[Callable[..., Page]]:
    """Open pages, each on a phone of its own: `new_page(color_scheme="dark", java_script_enabled=False)`.

    Errors in the browser, a violation of the Content-Security-Policy among them, fail the test.
    """
    with watched_pages(chromium, live_server.url, expected_errors) as open_page:
        yield open_page


@pytest.fixture
def page(new_page) -> Page:
    """A page on a phone, with Brain Log at its base_url: `page.goto("/")`."""
    return new_page()


@pytest.fixture
def person(db):
    """Whose pages the test is about."""
    return make_person()


@pytest.fixture
def as_person(client, person):
    """A client in which `person` is logged in."""
    client.force_login(person)
    return client
