import pytest
import time_machine

from insights.tests.factories import make_report
from insights.tests.links import OPENED_AT, make_link
from logs.tests.conftest import noon  # noqa: F401


@pytest.fixture
def clock():
    """The clock stands still at OPENED_AT."""
    with time_machine.travel(OPENED_AT, tick=False) as clock:
        yield clock


@pytest.fixture
def report(person):
    return make_report(person)


@pytest.fixture
def path(report) -> str:
    """That of a link to the report."""
    return make_link(report)
