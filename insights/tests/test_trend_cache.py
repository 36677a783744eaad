"""Numbers of trends in the cache: after any change that they depend on, pages show what they show without a cache."""

import datetime
from decimal import Decimal

import pytest
from django.core.cache import caches

from accounts.models import User
from logs.models import DailyLog, Dose, OwnQuestion
from logs.tests.factories import DAY, make_dose, make_log, make_medication, taken
from logs.tests.own_questions import make_answer, make_question

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("noon")]

ONE_DAY = datetime.timedelta(days=1)
DOSE = {"medication": "Concerta", "amount": "18", "unit": "mg", "taken_at": "08:15"}


@pytest.fixture
def client_of_two_years(person, as_person):
    """Of a person with answers over 400 days, and with doses and times of day in the last twenty."""
    DailyLog.objects.bulk_create(
        DailyLog(user=person, date=DAY - number * ONE_DAY, medication_taken=False) for number in range(20, 400)
    )
    medication = make_medication(person, schedule="daily")
    time = make_question(person, "time")
    for number in range(20):
        log = make_log(person, DAY - number * ONE_DAY, day_rating=1 + number % 10, medication_taken=True)
        make_dose(log, medication, amount=Decimal(36))
        make_answer(log, time, datetime.time(3, 30))
    return as_person


def shown(client) -> list:
    """The charts, sentences and tables of some charts."""
    found = []
    [time] = OwnQuestion.objects.all()
    for page in ("doses/?days=30", "doses/?days=all", f"{time.name}/?days=30"):
        context = client.get(f"/insights/trends/{page}").context
        table = context["table"]
        found += [context["card"].chart, context["card"].sentences, table.columns]
        found += [(row.name, *row.cells) for row in table.rows]
    return found


def assert_nothing_is_old(client, change):
    """Show the pages, change something, and compare them with those without a cache, and with those before."""
    before = shown(client)
    change()
    after = shown(client)
    caches["summaries"].clear()
    assert after == shown(client)
    assert after != before


def set_on_person(person, **facts):
    """Past save(), which counts no version: settings are no answers."""
    return lambda: User.objects.filter(pk=person.pk).update(**facts)


def test_numbers_follow_the_settings_of_the_person(client_of_two_years, person):
    for facts in (
        {"week_starts_on": "saturday"},
        {"timezone": "Pacific/Kiritimati"},  # Where the next day has begun.
        {"day_ends_at": 2},  # The times of day before it are of the same day, no longer of the evening before.
    ):
        assert_nothing_is_old(client_of_two_years, set_on_person(person, **facts))


def test_numbers_follow_the_first_day(client_of_two_years, person):
    first = person.daily_logs.order_by("date").first()

    assert_nothing_is_old(
        client_of_two_years, lambda: client_of_two_years.post(f"/logs/{first.date}/delete/", follow=True)
    )
    assert not person.daily_logs.filter(pk=first.pk).exists()


def test_numbers_follow_doses_and_medications(client_of_two_years, person):
    client = client_of_two_years

    def post(path, data=()):
        return lambda: client.post(path, dict(data))

    day = f"/logs/{DAY - 9 * ONE_DAY}/medication/"
    assert_nothing_is_old(client, post(day, taken(DOSE)))
    assert Dose.objects.filter(user=person, amount=18).exists(), "It was edited."
    assert_nothing_is_old(client, post(day, {"medication_taken": "false", "reason_for_skipping": "forgot"}))
    assert person.doses.filter(daily_log__date=DAY - 9 * ONE_DAY).count() == 0, "It was removed."
    medication = person.medications.get()
    renamed = {"name": "Ritalin", "unit": "mg", "schedule": "daily"}
    assert_nothing_is_old(client, post(f"/logs/medications/{medication.pk}/", renamed))
    medication.refresh_from_db()
    assert medication.name == "Ritalin"
