"""The queries of pages of reflections: few, and independent of the number of rows."""

import datetime
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from logs.fields import LineField, NoteField
from logs.models import DailyLog
from logs.periods import Week
from logs.stages import STAGES
from logs.summary import numbers_of
from reflections.models import WeeklyAnswers, WeeklyReflection
from reflections.tests.factories import SUNDAY, make_reflection
from reflections.tests.pages import EVERYTHING, WEEK, week_url

pytestmark = pytest.mark.thorough_on_sqlite

TEXTS = [
    field.name
    for field in (*(field for stage in STAGES for field in stage.fields), *WeeklyAnswers.fields())
    if isinstance(field, NoteField | LineField)
]


def queries_of(action) -> list[str]:
    """The statements of an action, without those that begin and end transactions."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        action()
    marks = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    return [query["sql"] for query in captured if not query["sql"].startswith(marks)]


def fill(person, days: int):
    """Insert the last days, and a reflection for each of their weeks."""
    today = datetime.date(2026, 5, 6)
    DailyLog.objects.bulk_create(
        [
            DailyLog(user=person, date=today - datetime.timedelta(days=n), focus_level=5, dreams="Flying")
            for n in range(days)
        ]
    )
    WeeklyReflection.objects.bulk_create(
        [
            WeeklyReflection(user=person, week_start=SUNDAY - n * WEEK, week_rating=6, next_week_focus="Sleep")
            for n in range(days // 7 + 1)
        ]
    )


@pytest.fixture(params=[10, 1000], ids="{} days".format)
def days(request, person):
    fill(person, request.param)


def test_the_page_of_a_week(as_person, days):
    assert len(queries_of(lambda: as_person.get(week_url()))) == 4


def test_the_page_of_a_week_not_written_yet(as_person, person):
    assert len(queries_of(lambda: as_person.get(week_url()))) == 4


def test_saving_a_week(as_person, days):
    """The first save of a week stores the set of questions that it asked, too."""
    assert len(queries_of(lambda: as_person.post(week_url(), EVERYTHING))) == 5
    assert len(queries_of(lambda: as_person.post(week_url(), EVERYTHING | {"week_rating": "1"}))) == 4


def test_saving_a_week_for_the_first_time(as_person, person):
    assert len(queries_of(lambda: as_person.post(week_url(), EVERYTHING))) == 5


def test_the_page_with_errors(as_person, days):
    assert len(queries_of(lambda: as_person.post(week_url(), {"week_rating": "11"}))) <= 5


def test_the_list(as_person, days):
    assert len(queries_of(lambda: as_person.get(reverse("reflections:list")))) == 2


def test_the_list_reads_no_texts(as_person, days):
    queries = queries_of(lambda: as_person.get(reverse("reflections:list")))

    assert [name for name in TEXTS for sql in queries if f'"{name}"' in sql] == []


def test_the_numbers_are_one_query(person, days):
    assert len(queries_of(lambda: numbers_of(person, Week(SUNDAY)))) == 1


def test_the_numbers_read_no_texts(person, days):
    """They may check whether a text exists: a day with only a note is a logged day."""
    (sql,) = queries_of(lambda: numbers_of(person, Week(SUNDAY)))

    read = re.sub(r'"\w+"\."\w+" IS NOT NULL', "", sql)
    assert '"focus_level"' in read
    assert [name for name in TEXTS if f'"{name}"' in read] == []


def test_the_numbers_are_of_fourteen_days(person, django_assert_num_queries):
    """Independent of the age of the week, and of what was logged since."""
    fill(person, 1000)
    make_reflection(person, SUNDAY - 200 * WEEK)

    numbers = numbers_of(person, Week(SUNDAY - 10 * WEEK))

    assert numbers.days_logged == 7
    (focus,) = numbers.means
    assert (focus.days, focus.change) == (7, 0)
