"""A database with the demo, and the demo data without a database."""

import datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command

from accounts.models import User
from operations.demo import generate
from operations.demo.own_questions import make_own_questions

# A Monday evening in New York.
NOW = datetime.datetime(2026, 6, 1, 23, 0, tzinfo=datetime.UTC)
TODAY = datetime.date(2026, 6, 1)
ONE_DAY = datetime.timedelta(days=1)


def run_demo() -> str:
    output = StringIO()
    call_command("demo", stdout=output)
    return output.getvalue()


def make_data(now: datetime.datetime = NOW) -> generate.DemoData:
    """Make the demo data as if its own questions were saved."""
    person = User(username="demo")
    questions = make_own_questions(person)
    for key, question in enumerate(questions.values(), start=1):
        question.pk = key
    return generate.make_demo_data(person, now, questions)


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
    return make_data()
