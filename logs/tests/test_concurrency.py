"""Several tabs, double taps and retries at the very same moment: real requests to a real server."""

import http.client
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from importlib import import_module
from io import StringIO
from itertools import cycle
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.management import call_command
from django.urls import reverse

from encryption import cipher
from logs.models import DailyLog, Dose, Medication
from logs.stages import MEDICATION, STAGES
from logs.tests.factories import (
    DAY,
    MORNING_DOSE,
    NOON_DOSE,
    answers,
    asked,
    dose_rows,
    doses_of,
    make_dose,
    make_log,
    make_medication,
    taken,
)
from logs.tests.pages import check_in_url, day_url

pytestmark = pytest.mark.usefixtures("noon")

ROUNDS = 8
CSRF = "x" * 32


@pytest.fixture
def everybody_at_once(live_server, person):
    """Send forms at the same moment, each from a session of its own: [(path, data), …] → [status, …]."""

    def session() -> str:
        store = import_module(settings.SESSION_ENGINE).SessionStore()
        store[SESSION_KEY] = str(person.pk)
        store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        store[HASH_SESSION_KEY] = person.get_session_auth_hash()
        store.create()
        return store.session_key

    def send(forms) -> list[int]:
        barrier = threading.Barrier(len(forms))

        def post(form):
            path, data, key = form
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": f"{settings.SESSION_COOKIE_NAME}={key}; {settings.CSRF_COOKIE_NAME}={CSRF}",
                "X-CSRFToken": CSRF,
            }
            with closing(http.client.HTTPConnection(live_server.thread.host, live_server.thread.port)) as connection:
                connection.connect()
                barrier.wait(timeout=20)
                connection.request("POST", path, urlencode(data, doseq=True), headers)
                return connection.getresponse().status

        with ThreadPoolExecutor(len(forms)) as threads:
            return list(threads.map(post, [(path, data, session()) for path, data in forms]))

    return send


def days(rounds=ROUNDS):
    return [DAY - timedelta(days=n) for n in range(rounds)]


def test_two_check_ins_of_a_new_day_both_survive(everybody_at_once, person):
    for n, day in enumerate(days(20)):
        first, second = STAGES[n % 5], STAGES[(n + 1 + n // 5) % 5]

        statuses = everybody_at_once([(check_in_url(stage, day), answers(stage)) for stage in (first, second)])

        assert statuses == [302, 302]
        log = person.daily_logs.get(date=day)
        assert [log.is_done(first), log.is_done(second)] == [True, True]


def test_all_five_of_a_new_day_survive(everybody_at_once, person):
    for day in days():
        statuses = everybody_at_once(
            [(check_in_url(stage, day), answers(stage) | taken(MORNING_DOSE, NOON_DOSE)) for stage in STAGES]
        )

        assert statuses == [302] * 5
        assert person.daily_logs.get(date=day).is_complete
        assert doses_of(person, day) == ["Concerta 36 mg at 8:15 a.m.", "Ritalin 2.5 tablets at 12:30 p.m."]


def test_all_five_of_a_day_begun_survive(everybody_at_once, person):
    for day in days():
        make_log(person, day, not_tracked="ill")

        statuses = everybody_at_once([(check_in_url(stage, day), answers(stage)) for stage in STAGES])

        assert statuses == [302] * 5
        log = person.daily_logs.get(date=day)
        assert (log.is_complete, log.not_tracked) == (True, "ill")


@pytest.mark.parametrize("taps", [2, 6])
def test_the_same_form_sent_at_once_is_one_log_and_one_set_of_doses(everybody_at_once, person, taps):
    form = answers(MEDICATION) | taken(MORNING_DOSE, NOON_DOSE)
    for day in days():
        statuses = everybody_at_once([(check_in_url(MEDICATION, day), form)] * taps)

        assert statuses == [302] * taps
        assert person.daily_logs.filter(date=day).count() == 1
        assert doses_of(person, day) == ["Concerta 36 mg at 8:15 a.m.", "Ritalin 2.5 tablets at 12:30 p.m."]
    assert person.medications.count() == 2


def test_new_medications_in_any_order_join_the_list_once(everybody_at_once, person):
    """Two days at once, each naming the same new medications the other way round."""
    for n, day in enumerate(days(12)[::2]):
        names = [f"Tea {n} {letter}" for letter in "abcdef"]
        there, back = ([{"medication": name, "amount": "1"} for name in order] for order in (names, names[::-1]))

        statuses = everybody_at_once(
            [
                (check_in_url(MEDICATION, day), taken(*there)),
                (check_in_url(MEDICATION, day - timedelta(1)), taken(*back)),
            ]
        )

        assert statuses == [302, 302]
        assert [medication.name for medication in person.medications.by_name()][-6:] == names


def test_a_new_name_joins_once_in_the_middle_of_a_rotation(everybody_at_once, person, monkeypatch, settings):
    """Some processes hash and encrypt with one key, some with the other; all know both."""
    settings.FIELD_ENCRYPTION_KEYS = {"old": bytes(range(32)), "new": bytes(range(1, 33))}
    turns = cycle(["old", "new", "new", "old", "new"])
    monkeypatch.setattr(cipher, "current_key_id", lambda: next(turns))
    for n, day in enumerate(days(12)[::3]):
        form = taken({"medication": f"Tea {n}", "amount": "1"}, {"medication": "Concerta", "amount": "36"})
        forms = [(check_in_url(MEDICATION, day - timedelta(m)), form) for m in range(3)]

        assert everybody_at_once([*forms, *forms]) == [302] * 6

        call_command("rotate_field_keys", stdout=StringIO())
    hashes = person.medications.values_list("name_key", flat=True)
    assert {each.split(".")[1] for each in hashes} <= {"old", "new"}
    names = [medication.name for medication in person.medications.by_name()]
    assert names == ["Concerta", "Tea 0", "Tea 1", "Tea 2", "Tea 3"]


def test_two_medications_renamed_alike_do_not_share_the_name(everybody_at_once, person):
    """One of them while a check-in of another day takes it, with a name that is new."""
    for n, day in enumerate(days()):
        first, second = (make_medication(person, f"{name} {n}") for name in ("Concerta", "Ritalin"))
        renamed = {"name": f"Tea {n}", "is_active": "on"}
        new = taken({"medication": f"Coffee {n}", "amount": "1"}, {"medication": f"Other {n}", "amount": "1"})

        statuses = everybody_at_once(
            [
                *((reverse("logs:medication", args=[row.pk]), renamed) for row in (first, second)),
                (check_in_url(MEDICATION, day), new),
                (check_in_url(MEDICATION, day - timedelta(20)), taken({"medication": f"Tea {n}", "amount": "1"})),
            ]
        )

        assert statuses[2:] == [302, 302]
        assert statuses[:2].count(302) <= 1
        names = [medication.name for medication in person.medications.by_name()]
        assert names.count(f"Tea {n}") == 1 and len(names) == len(set(names))


def test_a_merge_loses_no_dose_that_is_saved_meanwhile(everybody_at_once, person):
    """By a check-in that names the old one, and by a tap on it: both are stored, or the tap is refused."""
    concerta = make_medication(person)
    for n, day in enumerate(days()):
        old = make_medication(person, f"Concreta {n}", usual_amount=18)
        make_dose(make_log(person, day, medication_taken=True), old)
        before = person.daily_logs.get(date=day).doses.count()
        make_log(person, day - timedelta(100), gratitude="Sun")
        saved = taken(MORNING_DOSE | {"medication": f"Concreta {n}"})

        merged, stored, tapped = everybody_at_once(
            [
                (reverse("logs:medication_merge", args=[old.pk]), {"into": concerta.pk, "confirm": "1"}),
                (check_in_url(MEDICATION, day - timedelta(100)), saved),
                (reverse("logs:medication_taken", args=[old.pk]), {"shown": f"{person.today()}/0"}),
            ]
        )

        assert (merged, stored) == (302, 302)
        assert tapped in (302, 404)
        assert not Medication.objects.filter(pk=old.pk).exists()
        # The save came before the merge and was moved, or after it and has made a medication of that name again.
        [dose] = Dose.objects.filter(daily_log__date=day - timedelta(100)).select_related("medication")
        assert dose.medication.name in {"Concerta", f"Concreta {n}"}
        of_day = Dose.objects.filter(daily_log__date=day, daily_log__user=person)
        assert set(of_day.values_list("medication", flat=True)) == {concerta.pk}
        assert of_day.count() == before
        today = person.daily_logs.filter(date=person.today()).first()
        assert (tapped == 302) == (today is not None)
        if today:
            assert [dose.medication_id for dose in today.doses.all()] == [concerta.pk]
            today.delete()


def test_deleting_a_medication_loses_no_dose_that_is_saved_meanwhile(everybody_at_once, person):
    for n, day in enumerate(days()):
        tea = make_medication(person, f"Tea {n}")

        deleted, saved = everybody_at_once(
            [
                (reverse("logs:medication_delete", args=[tea.pk]), {}),
                (check_in_url(MEDICATION, day), taken(MORNING_DOSE | {"medication": f"Tea {n}"})),
            ]
        )

        assert (deleted, saved) == (302, 302)
        assert doses_of(person, day) == [f"Tea {n} 36 mg at 8:15 a.m."]


@pytest.mark.parametrize("taps", [2, 6])
def test_a_double_tap_on_today_is_one_dose(everybody_at_once, person, taps):
    for n in range(ROUNDS):
        tea = make_medication(person, f"Tea {n}", usual_amount=18)

        statuses = everybody_at_once(
            [(reverse("logs:medication_taken", args=[tea.pk]), {"shown": f"{person.today()}/0"})] * taps
        )

        assert statuses == [302] * taps
        assert doses_of(person, person.today()) == [f"Tea {n} 18 mg at noon"]
        if n % 2:
            person.daily_logs.all().delete()
        else:
            Dose.objects.all().delete()


def test_two_medications_tapped_at_once_on_a_new_day_are_two_doses(everybody_at_once, person):
    teas = [make_medication(person, f"Tea {n}", usual_amount=18) for n in range(3)]
    for _ in range(ROUNDS):
        forms = [(reverse("logs:medication_taken", args=[tea.pk]), {"shown": f"{person.today()}/0"}) for tea in teas]

        assert everybody_at_once(forms) == [302] * 3
        assert sorted(doses_of(person, person.today())) == [f"Tea {n} 18 mg at noon" for n in range(3)]
        person.daily_logs.all().delete()


def test_a_list_never_gets_fuller_than_full(everybody_at_once, person):
    room = 3
    Medication.objects.bulk_create(
        Medication(user=person, name=f"Tea {n}") for n in range(Medication.MOST_PER_PERSON - room)
    )

    statuses = everybody_at_once(
        [
            (check_in_url(MEDICATION, day), taken({"medication": f"New {n}", "amount": "1"}))
            for n, day in enumerate(days(8))
        ]
    )

    assert sorted(statuses) == [200] * 5 + [302] * room
    assert person.medications.count() == Medication.MOST_PER_PERSON
    assert DailyLog.objects.count() == Dose.objects.count() == room


def test_a_mark_and_a_check_in_lose_nothing(everybody_at_once, person):
    for day in days():
        statuses = everybody_at_once(
            [
                (day_url(day, "not_tracked"), {"reason": "ill"}),
                (check_in_url("midday", day), answers("midday")),
                (check_in_url("evening", day), answers("evening")),
            ]
        )

        assert statuses == [302] * 3
        log = person.daily_logs.get(date=day)
        assert (log.not_tracked, log.focus_level, log.day_rating) == ("ill", 7, 7)


def test_taking_a_mark_off_and_a_check_in_lose_nothing(everybody_at_once, person):
    for day in days():
        make_log(person, day, not_tracked="ill")

        statuses = everybody_at_once([(day_url(day, "tracked"), {}), (check_in_url("midday", day), answers("midday"))])

        assert statuses == [302, 302]
        log = person.daily_logs.get(date=day)
        assert (log.not_tracked, log.focus_level) == (None, 7)


def test_deleting_and_saving_leave_all_of_a_check_in_or_nothing(everybody_at_once, person):
    for day in days():
        make_log(person, day, gratitude="Sun")
        form = answers(MEDICATION) | taken(MORNING_DOSE)

        deleted, saved = everybody_at_once([(day_url(day, "delete"), {}), (check_in_url(MEDICATION, day), form)])

        assert (deleted, saved) == (200, 302)
        log = person.daily_logs.filter(date=day).first()
        if log:
            # The check-in was saved after the day had been deleted.
            assert (log.medication_taken, log.gratitude) == (True, None)
            assert doses_of(person, day) == ["Concerta 36 mg at 8:15 a.m."]
    assert Dose.objects.count() == DailyLog.objects.count()


def test_emptying_a_day_and_filling_it_leave_a_whole_check_in_or_nothing(everybody_at_once, person):
    for day in days():
        make_log(person, day, medication_taken=False)

        statuses = everybody_at_once(
            [
                (check_in_url(MEDICATION, day), asked(MEDICATION) | dose_rows()),
                (check_in_url(MEDICATION, day), taken(MORNING_DOSE)),
                (check_in_url("midday", day), answers("midday")),
            ]
        )

        assert statuses == [302] * 3
        log = person.daily_logs.get(date=day)
        assert log.focus_level == 7
        assert len(doses_of(person, day)) == bool(log.medication_taken)


def test_undoing_twice_at_once_brings_one_day_back(everybody_at_once, person, client):
    client.force_login(person)
    for day in days()[:4]:
        make_log(person, day, gratitude="Sun")
        envelope = client.post(day_url(day, "delete")).context["envelope"]

        statuses = everybody_at_once([(day_url(day, "restore"), {"envelope": envelope})] * 3)

        assert sorted(statuses) == [200, 200, 302]
        assert person.daily_logs.get(date=day).gratitude == "Sun"
