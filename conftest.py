"""Fixtures for every test: pages in the machine's Chromium, and no network beyond this machine."""

import gc
import ipaddress
import logging
import os
import socket
from collections import defaultdict
from collections.abc import Callable, Iterator

import hypothesis
import pytest
from django.core.cache import caches
from django.db import DEFAULT_DB_ALIAS, connection
from django.test import TransactionTestCase
from playwright.sync_api import Browser, Page, sync_playwright

from accounts.tests.factories import PASSWORD, make_person
from insights.findings import beside_pages
from logs.models import question_sets
from logs.tests.factories import OPTIONAL
from operations.log_formatters import JsonFormatter
from testing.chromium import ARGUMENTS, HOW_TO_GET_IT, find_chromium, watched_pages
from testing.empty_tables import empty_tables, numbers_of_rows
from testing.encryption_keys import OLD
from testing.migrated import migrate
from testing.postgres import throwaway_cluster
from testing.programs import ProgramMissing
from testing.settings import FOLDER
from testing.watchdog import watched_run

LEFT_OUT = pytest.StashKey[bool]()

# How long one example takes says more about the machine than about the code. The same examples each time: a
# failure is the change's own. `make attack` tries many more, on each database other ones, by the seeds that
# testing/__main__.py gives; "hunt" tries other ones each time.
hypothesis.settings.register_profile("brainlog", deadline=None, derandomize=True, max_examples=60)
hypothesis.settings.register_profile("thorough", deadline=None, database=None, max_examples=2000)
hypothesis.settings.register_profile("hunt", deadline=None, max_examples=10_000)
hypothesis.settings.load_profile("brainlog")


def pytest_addoption(parser):
    parser.addoption("--without-browser", action="store_true", help="leave out the tests that need Chromium")
    options = parser.getgroup("once", "which tests marked once run, by the beginnings of their paths (comma-separated)")
    options.addoption("--once", metavar="paths", help="only those; another run has the others")
    options.addoption("--not-once", metavar="paths", help="all but those, which another run has")


def pytest_configure(config):
    """Leave nothing behind, even if this process is killed."""
    run = watched_run(FOLDER)
    run.__enter__()
    config.add_cleanup(lambda: run.__exit__(None, None, None))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Mark the tests that use the browser and the long forms of matrices; deselect tests according to the options."""
    for item in items:
        if "chromium" in item.fixturenames:
            item.add_marker("browser")
    mark_long_matrices(items)
    if config.getoption("--without-browser"):
        leave_out(config, items, [item for item in items if item.get_closest_marker("browser")])
    elsewhere = [item for item in items if is_elsewhere(config, item)]
    leave_out(config, items, elsewhere)
    config.stash[LEFT_OUT] = bool(elsewhere)


def mark_long_matrices(items):
    """Mark as thorough, of each test marked matrix, all cases but as many as its longest list of values is long.

    Those are on the diagonal: each value of each list is in one of them at least.
    """
    matrices = defaultdict(list)
    for item in items:
        if item.get_closest_marker("matrix") and hasattr(item, "callspec"):
            matrices[item.parent.nodeid, item.originalname].append(item)
    for cases in matrices.values():
        numbers = [numbers_of_values(values) for values in zip(*map(values_of_lists, cases), strict=True)]
        counts = [max(of_one_list) + 1 for of_one_list in numbers]
        diagonal = {tuple(n % count for count in counts) for n in range(max(counts))}
        for item, place in zip(cases, zip(*numbers, strict=True), strict=True):
            if place not in diagonal:
                item.add_marker("thorough")


def values_of_lists(item) -> list[str]:
    """The values of a case, of each decorator parametrize and of each fixture with parameters, as texts."""
    params = item.callspec.params
    lists = [mark.args[0] for mark in item.iter_markers("parametrize")]
    names = [each.replace(" ", "").split(",") if isinstance(each, str) else each for each in lists]
    fixtures = [[name] for name in sorted(params.keys() - set().union(*names))]
    return [repr([params[name] for name in of_one_list]) for of_one_list in [*names, *fixtures]]


def numbers_of_values(values: tuple[str, ...]) -> list[int]:
    """Number equal values alike, in the order of their first appearance."""
    found: dict[str, int] = {}
    return [found.setdefault(value, len(found)) for value in values]


def is_elsewhere(config, item) -> bool:
    """Whether the test is marked once, and the run on the other database has it."""
    here, elsewhere = config.getoption("--once"), config.getoption("--not-once")
    if not (here or elsewhere) or not item.get_closest_marker("once"):
        return False
    if item.get_closest_marker("thorough_on_sqlite"):
        return connection.vendor != "postgresql"
    return item.nodeid.startswith(tuple((here or elsewhere).split(","))) == bool(elsewhere)


def pytest_collection_finish(session):
    """Let the garbage collector search less often, and never through what exists before the first test.

    Its searches through thousands of tests took a tenth of a run.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


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


@pytest.fixture(params=["sqlite", "postgresql"])
def each_database_url(request, tmp_path) -> Iterator[str]:
    """A migrated database without rows, for other processes: of SQLite, and of a PostgreSQL server of its own."""
    if request.param == "sqlite":
        yield migrate(f"sqlite:///{tmp_path}/db.sqlite3")
    else:
        with throwaway_cluster() as cluster:
            yield migrate(cluster.create_database("each"))


@pytest.fixture(scope="session", autouse=True)
def no_other_machines() -> Iterator[None]:
    """Refuse connections to other machines: tests must pass without a network."""
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
    """Fail at the end of the run if the log contains an answer or a password of the tests."""
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
    """Empty the tables faster than Django does after tests that commit, and terminate remaining sessions at the end:
    PostgreSQL does not drop a database that is in use."""
    with django_db_blocker.unblock():
        kept = numbers_of_rows(DEFAULT_DB_ALIAS)

    def empty_tables_of(test):
        for alias in test._databases_names(include_mirrors=False):
            empty_tables(alias, kept)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_tables_of)
        yield
    if connection.vendor == "postgresql":
        others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM ({others}) AS left_over")  # noqa: S608


@pytest.fixture(autouse=True)
def empty_cache():
    """Clear the caches: tests write rows without increasing answers_version, and roll back sets of questions."""
    for name in ("default", "summaries"):
        caches[name].clear()
    question_sets.STORED.clear()
    question_sets.NAMES.clear()


@pytest.fixture(autouse=True)
def nothing_beside_pages(monkeypatch):
    """Start no process that computes: it would use the database of the environment, and not that of the test."""
    monkeypatch.setattr(beside_pages, "start", lambda: None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser. Tests use `page` or `new_page`."""
    path = find_chromium()
    if not path:
        pytest.fail(f"There is no Chromium for the browser tests: {HOW_TO_GET_IT}.")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright runs an event loop in this thread, which Django mistakes for asynchronous code.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def expected_errors() -> list[str]:
    """Regular expressions of expected errors in the console: `expected_errors.append("status of 404")`."""
    return []


@pytest.fixture
def new_page(chromium, live_server, expected_errors) -> Iterator[Callable[..., Page]]:
    """A function that opens pages in new browser contexts: `new_page(color_scheme="dark", java_script_enabled=False)`.

    Errors in the browser, a violation of the Content-Security-Policy among them, fail the test.
    """
    with watched_pages(chromium, live_server.url, expected_errors) as open_page:
        yield open_page


@pytest.fixture
def page(new_page) -> Page:
    """A page with the size of a phone, with Brain Log as its base_url: `page.goto("/")`."""
    return new_page()


@pytest.fixture
def person(db):
    """The person whose pages are tested."""
    return make_person()


@pytest.fixture
def as_person(client, person):
    """A client in which `person` is logged in."""
    client.force_login(person)
    return client


@pytest.fixture
def keys(settings) -> Callable[..., None]:
    """Configure the encryption keys: `keys(new=NEW, old=OLD)`, and with `reads_plaintext` accept unencrypted texts."""

    def use(reads_plaintext=False, **keys: bytes):
        settings.FIELD_ENCRYPTION_KEYS = keys
        settings.FIELD_ENCRYPTION_READS_PLAINTEXT = reads_plaintext

    use(old=OLD)
    return use
