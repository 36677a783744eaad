"""A database with the demo, and the demo data without a database."""

import datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command

from accounts.models import User
from operations.demo import generate

# A Monday evening in New York.
NOW = datetime.datetime(2026, 6, 1, 23, 0, tzinfo=datetime.UTC)
TODAY = datetime.date(2026, 6, 1)
ONE_DAY = datetime.timedelta(days=1)


def run_demo() -> str:
    output = StringIO()
    call_command("demo", stdout=output)
    return output.getvalue()


@pytest.fixture
def in_debug(settings, db):
    """DEBUG is on, and the clock is stopped."""
    settings.DEBUG = True
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def demo_person(in_debug):
    run_demo()
    return User.objects.get(username="demo")


@pytest.fixture(scope="session")
def demo_data():
    return generate.make_demo_data(User(username="demo"), NOW)
