"""On how many days daily medication was taken: from the person's list and doses."""

import datetime

import pytest

from accounts.tests.factories import make_person
from logs.periods import Week
from logs.summary import numbers_of
from logs.tests.factories import DAY, make_dose, make_log, make_medication

pytestmark = pytest.mark.usefixtures("noon")

ONE_DAY = datetime.timedelta(days=1)
WEEK = Week(DAY)


def take(person, days_after: int, *medications):
    """A day of the week that says yes, with a dose of each."""
    log = make_log(person, DAY + days_after * ONE_DAY, medication_taken=True)
    for medication in medications:
        make_dose(log, medication)


def days_taken(person) -> tuple[int, int]:
    numbers = numbers_of(person, WEEK)
    return numbers.medication_days, numbers.medication_asked_days


def test_a_daily_one_counts_and_one_as_needed_does_not(person):
    concerta = make_medication(person, schedule="daily", since=DAY)
    aspirin = make_medication(person, "Aspirin", schedule="as_needed")
    take(person, 0, concerta, aspirin)
    take(person, 1, aspirin)
    make_log(person, DAY + 2 * ONE_DAY, medication_taken=False)
    make_log(person, DAY + 3 * ONE_DAY, day_rating=5)

    assert days_taken(person) == (1, 3)
    assert numbers_of(person, WEEK).counts_daily_only


def test_two_doses_of_a_day_are_one_day(person):
    concerta = make_medication(person, schedule="daily", since=DAY)
    take(person, 0, concerta, concerta)

    assert days_taken(person) == (1, 1)


def test_with_medications_as_needed_alone_there_is_no_adherence(as_person, person):
    take(person, 0, make_medication(person, "Aspirin", schedule="as_needed"))

    assert days_taken(person) == (0, 0)
    assert "Medication taken" not in as_person.get(f"/reflections/{DAY}/").content.decode()


def test_while_no_schedule_is_said_the_days_answers_count(person):
    take(person, 0, make_medication(person))
    make_medication(person, "Aspirin", schedule="as_needed")
    make_log(person, DAY + ONE_DAY, medication_taken=False)

    assert days_taken(person) == (1, 2)


def test_a_new_daily_medication_was_not_skipped_before_its_first_dose(person):
    concerta, melatonin = (make_medication(person, name, schedule="daily") for name in ("Concerta", "Melatonin"))
    make_dose(make_log(person, DAY - 40 * ONE_DAY, medication_taken=True), concerta)
    take(person, 0, concerta)
    take(person, 1, concerta, melatonin)
    take(person, 2, concerta)

    assert days_taken(person) == (2, 3)


def test_earlier_doses_make_it_due_all_week(person):
    concerta = make_medication(person, schedule="daily")
    make_dose(make_log(person, DAY - 40 * ONE_DAY, medication_taken=True), concerta)
    make_log(person, DAY, medication_taken=False)
    take(person, 1, concerta)

    assert days_taken(person) == (1, 2)


def test_one_that_was_put_away_is_not_due_unless_its_last_day_is_known(person):
    concerta = make_medication(person, schedule="daily", since=DAY)
    gone = make_medication(person, "Gone", schedule="daily", since=DAY, is_active=False)
    take(person, 0, concerta)
    take(person, 1, concerta, gone)
    assert days_taken(person) == (2, 2)

    gone.until = DAY
    gone.save()
    person.answers_changed()

    assert days_taken(person) == (1, 2)


def test_the_schedule_of_another_person_does_not_matter(person):
    make_medication(make_person(), schedule="daily", since=DAY)
    take(person, 0, make_medication(person, "Tea"))

    assert days_taken(person) == (1, 1)
    assert not numbers_of(person, WEEK).counts_daily_only


def test_a_change_of_schedule_changes_the_numbers(as_person, person):
    aspirin = make_medication(person, "Aspirin")
    take(person, 0, aspirin)
    assert days_taken(person) == (1, 1)

    as_person.post(f"/logs/medications/{aspirin.pk}/", {"name": "Aspirin", "schedule": "as_needed"})

    person.refresh_from_db()
    assert days_taken(person) == (0, 0)


def test_the_page_says_that_only_daily_ones_count(as_person, person):
    take(person, 0, make_medication(person, schedule="daily", since=DAY))

    page = as_person.get(f"/reflections/{DAY}/").content.decode()

    assert "Medication taken on 1 of 1 day." in page
    assert "Only what you take daily counts here." in page


def test_three_queries_at_most(person, django_assert_num_queries):
    take(person, 0, make_medication(person, schedule="daily"))

    with django_assert_num_queries(3):
        numbers_of(person, WEEK)
