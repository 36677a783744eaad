"""The number of queries of a page: small, and independent of the number of logged days.

Counted are all statements but those that begin and end transactions; session and person are one.
"""

import datetime
from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from logs.fields import LineField, NoteField
from logs.models import DailyLog, Dose, Medication
from logs.stages import STAGES
from logs.tests.factories import (
    DAY,
    MORNING_DOSE,
    NOON_DOSE,
    answers,
    asked,
    dose_rows,
    make_medication,
    make_question_set,
    taken,
)
from logs.tests.pages import check_in_url, day_url, form_as_shown
from reflections.models import WeeklyReflection

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]

MEDICATION = check_in_url("medication")
# Session with person, day, doses; the changed rows, and the person's version.
MOST_TO_SAVE = 6
# For new names: the lock on the person, the list of medications, and the inserts.
FOR_NEW_NAMES = 3
# Once for each set of questions, which is known afterwards.
FOR_A_NEW_SET = 1
TRANSACTIONS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")

each_stage = pytest.mark.parametrize("stage", STAGES, ids=str)


@contextmanager
def statements():
    """Collect the statements of the block."""
    made = []
    with CaptureQueriesContext(connection) as queries:
        yield made
    made += [query["sql"] for query in queries if not query["sql"].startswith(TRANSACTIONS)]


def make_days(person, days):
    """Insert so many days up to DAY, each with answers, notes and two doses, and a reflection a week."""
    first, second = make_medication(person, "Concerta"), make_medication(person, "Ritalin")
    asked_set = make_question_set(person, *asked("medication")["asked-names"].split())
    dates = [DAY - datetime.timedelta(days=n) for n in range(days)]
    logs = DailyLog.objects.bulk_create(
        DailyLog(
            user=person,
            date=date,
            medication_taken=True,
            medication_asked=asked_set,
            day_rating=5,
            gratitude="Sun",
            thought_for_tomorrow="One thing",
        )
        for date in dates
    )
    Dose.objects.bulk_create(
        Dose(daily_log=log, medication=medication, amount=Decimal(18), unit="mg")
        for log in logs
        for medication in (first, second)
    )
    WeeklyReflection.objects.bulk_create(
        WeeklyReflection(user=person, week_start=date, week_rating=5, mental_state="good", next_week_focus="Sleep")
        for date in dates
        if date.weekday() == 6
    )


@pytest.fixture(params=[0, 10], ids="{} days".format)
def days(request, person):
    make_days(person, request.param)
    return request.param


# Looking


# A day takes one more, for what happened on it.
@pytest.mark.parametrize(("path", "most"), [("/logs/", 3), ("/logs/?page=2&month=2025-01", 3), (day_url(), 4)])
def test_a_page_takes_few_at_most(as_person, days, path, most):
    with statements() as made:
        assert as_person.get(path).status_code == 200

    assert len(made) <= most, made


def test_today_takes_four_with_the_medications_that_can_be_taken(as_person, days):
    with statements() as made:
        assert as_person.get("/").status_code == 200

    assert len(made) <= 4, made


@each_stage
def test_a_check_in_takes_three_at_most(as_person, days, stage):
    with statements() as made:
        assert as_person.get(check_in_url(stage)).status_code == 200

    assert len(made) <= 3, made


def test_ten_days_and_a_thousand_take_the_same(as_person, person):
    paths = ["/", "/logs/", day_url(), *(check_in_url(stage) for stage in STAGES)]
    counts = []
    for days in (10, 1000):
        for model in (DailyLog, Medication, WeeklyReflection):
            model.objects.all().delete()
        make_days(person, days)
        counts.append({})
        for path in paths:
            with statements() as made:
                as_person.get(path)
            counts[-1][path] = len(made)

    assert counts[0] == counts[1]


@pytest.mark.parametrize("path", [MEDICATION, "/logs/medications/", "/logs/medications/?page=4"])
def test_a_full_list_of_medications_takes_no_more(as_person, person, path):
    make_days(person, 10)
    with statements() as before:
        as_person.get(path.partition("?")[0])
    names = [f"Methylphenidate prolonged release {number}" for number in range(Medication.MOST_PER_PERSON - 2)]
    Medication.objects.bulk_create(Medication(user=person, name=name, unit="mg", note="a" * 4000) for name in names)

    with statements() as after:
        response = as_person.get(path)

    assert len(after) == len(before)
    assert len(response.content) < 36_000
    assert not [sql for sql in after if '"logs_medication"."note"' in sql]


@pytest.mark.parametrize("path", ["/logs/", "/logs/?page=2", "/logs/?month=2026-04"])
def test_the_history_reads_no_text(as_person, person, path):
    make_days(person, 40)
    texts = [field.name for stage in STAGES for field in stage.fields if isinstance(field, (NoteField, LineField))]

    with statements() as made:
        as_person.get(path)

    assert [sql for sql in made if "logs_dailylog" in sql]
    assert not [(name, sql) for sql in made for name in texts if f'"{name}"' in sql]


def test_today_is_a_handful_of_rows(as_person, person):
    make_days(person, 1000)

    with statements() as made:
        as_person.get("/")

    [logs] = [sql for sql in made if 'FROM "logs_dailylog"' in sql]
    assert " BETWEEN " in logs


# Saving


def save(client, url, data, most=MOST_TO_SAVE):
    with statements() as made:
        response = client.post(url, data)
    assert response.status_code == 302
    assert len(made) <= most, made
    return made


@each_stage
def test_saving_takes_few(as_person, days, stage):
    save(as_person, check_in_url(stage), answers(stage))
    save(as_person, check_in_url(stage), answers(stage) | {"next": "1"})
    # A day that is then empty is deleted, once no own answer is found that another request may have added.
    save(as_person, check_in_url(stage), asked(stage) | dose_rows(), most=MOST_TO_SAVE + 2)


@each_stage
def test_saving_another_check_in_of_the_day_takes_few(as_person, stage):
    for other in STAGES:
        if other is not stage:
            as_person.post(check_in_url(other), answers(other))

    save(as_person, check_in_url(stage), answers(stage))


def test_the_very_first_doses_take_few(as_person, person):
    form = answers("medication") | taken(MORNING_DOSE, NOON_DOSE)
    save(as_person, MEDICATION, form, MOST_TO_SAVE + FOR_NEW_NAMES + FOR_A_NEW_SET)

    assert Dose.objects.count() == person.medications.count() == 2


def test_the_first_doses_of_a_day_already_begun_take_few(as_person, person):
    form = answers("medication") | taken(MORNING_DOSE, NOON_DOSE)
    as_person.post(check_in_url("morning"), answers("morning"))

    save(as_person, MEDICATION, form, MOST_TO_SAVE + FOR_NEW_NAMES + FOR_A_NEW_SET)


def test_the_doses_of_another_day_take_few(as_person, person, django_capture_on_commit_callbacks):
    form = answers("medication") | taken(MORNING_DOSE, NOON_DOSE)
    with django_capture_on_commit_callbacks(execute=True):
        as_person.post(MEDICATION, form)

    save(as_person, check_in_url("medication", DAY - datetime.timedelta(days=1)), form)
    assert person.medications.count() == 2


CHANGES = {
    "nothing": {},
    "one changed": {"doses-0-amount": "54"},
    "all changed": {"doses-0-amount": "54", "doses-1-amount": "7"},
    "one added": {f"doses-2-{name}": value for name, value in MORNING_DOSE.items()} | {"doses-TOTAL_FORMS": "3"},
    "one removed": {"doses-1-DELETE": "on"},
    "the first removed": {"doses-0-DELETE": "on"},
    "all removed": {"doses-0-DELETE": "on", "doses-1-DELETE": "on"},
    "not taken after all": {"medication_taken": "false", "remove": "doses ate_within_hour first_hour_feeling"},
    "another answer too": {"doses-0-amount": "54", "first_hour_feeling": "foggy"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_change_of_doses_takes_few(as_person, change):
    as_person.post(MEDICATION, answers("medication") | asked("medication") | taken(MORNING_DOSE, NOON_DOSE))

    save(as_person, MEDICATION, form_as_shown(as_person.get(MEDICATION)) | change)


@pytest.mark.parametrize(
    "change",
    [
        {"doses-0-medication": "Tea"},
        {"doses-2-medication": "Tea", "doses-2-amount": "1", "doses-TOTAL_FORMS": "3"},
    ],
    ids=["changed", "added"],
)
def test_a_new_medication_on_a_day_with_doses_takes_few(as_person, change):
    as_person.post(MEDICATION, answers("medication") | asked("medication") | taken(MORNING_DOSE, NOON_DOSE))
    form = form_as_shown(as_person.get(MEDICATION)) | change

    save(as_person, MEDICATION, form, MOST_TO_SAVE + FOR_NEW_NAMES)


@pytest.mark.parametrize("days", [10, 1000], indirect=True)
def test_saving_takes_the_same_after_a_thousand_days(as_person, days):
    made = save(as_person, MEDICATION, form_as_shown(as_person.get(MEDICATION)) | {"doses-0-amount": "54"})

    assert len(made) == MOST_TO_SAVE  # the dose, and the completion time of the day
