"""Parallel requests from several tabs, double taps and retries, to a real server."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from itertools import cycle

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from encryption import cipher
from logs.models import DailyLog, Dose, Medication
from logs.stages import MEDICATION, MORNING, STAGES
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
from personal_data.wipe import wipe_all

pytestmark = pytest.mark.usefixtures("noon")

ROUNDS = 8


def days(rounds=ROUNDS):
    return [DAY - timedelta(days=n) for n in range(rounds)]


def test_two_check_ins_of_a_new_day_both_survive(send_in_parallel, person):
    for n, day in enumerate(days(20)):
        first, second = STAGES[n % 5], STAGES[(n + 1 + n // 5) % 5]

        statuses = send_in_parallel([(check_in_url(stage, day), answers(stage)) for stage in (first, second)])

        assert statuses == [302, 302]
        log = person.daily_logs.get(date=day)
        assert [log.is_done(first), log.is_done(second)] == [True, True]


def test_all_five_of_a_new_day_survive(send_in_parallel, person):
    for day in days():
        statuses = send_in_parallel(
            [(check_in_url(stage, day), answers(stage) | taken(MORNING_DOSE, NOON_DOSE)) for stage in STAGES]
        )

        assert statuses == [302] * 5
        assert person.daily_logs.get(date=day).is_complete
        assert doses_of(person, day) == ["Concerta 36 mg at 8:15 a.m.", "Ritalin 2.5 tablets at 12:30 p.m."]


def test_what_two_saves_of_a_check_in_asked_and_recalled_survives(send_in_parallel, person):
    """Of a new day, and of one whose check-in has an answer already."""
    for n, day in enumerate(days()):
        if n % 2:
            make_log(person, day, dreams="Flying")
        forms = [{"sleep_hours": "7"}, {"breakfast": "Oats"}]

        statuses = send_in_parallel([(check_in_url("morning", day), form) for form in forms])

        assert statuses == [302, 302]
        log = person.daily_logs.get(date=day)
        assert log.morning_recalled == ["breakfast", "sleep_hours"]
        assert set(log.morning_asked.names) == (MORNING.part.usual if n % 2 else {"breakfast", "sleep_hours"})


def test_check_ins_that_ask_the_same_for_the_first_time_store_one_set(send_in_parallel, person):
    for name in ("sleep_hours", "sleep_quality", "morning_mood"):
        statuses = send_in_parallel([(check_in_url("morning", day), {name: "7"}) for day in days(6)])

        assert statuses == [302] * 6
        assert person.question_sets.filter(names=[name]).count() == 1
        assert person.daily_logs.exclude(morning_asked=None).count() == 6
        person.daily_logs.all().delete()


def test_a_save_while_everything_is_wiped_keeps_its_set(send_in_parallel, person):
    """The save may find the set that is being deleted."""
    for day in days():
        person_before = make_log(person, day - timedelta(365))
        forms = [(check_in_url("morning", each), {"sleep_hours": "7"}) for each in (day, day - timedelta(1))]
        send_in_parallel(forms[1:])
        barrier = threading.Barrier(2)

        def wipe(person=person, barrier=barrier):
            barrier.wait(timeout=20)
            try:
                wipe_all(person)
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as threads:
            wiped = threads.submit(wipe)
            barrier.wait(timeout=20)
            assert send_in_parallel(forms[:1]) == [302]
            wiped.result()

        assert not person.daily_logs.filter(pk=person_before.pk).exists()
        for log in person.daily_logs.all():
            assert log.morning_asked.names == ["sleep_hours"]


def test_all_five_of_a_day_begun_survive(send_in_parallel, person):
    for day in days():
        make_log(person, day, not_tracked="ill")

        statuses = send_in_parallel([(check_in_url(stage, day), answers(stage)) for stage in STAGES])

        assert statuses == [302] * 5
        log = person.daily_logs.get(date=day)
        assert (log.is_complete, log.not_tracked) == (True, "ill")


@pytest.mark.parametrize("taps", [2, 6])
def test_the_same_form_sent_at_once_is_one_log_and_one_set_of_doses(send_in_parallel, person, taps):
    form = answers(MEDICATION) | taken(MORNING_DOSE, NOON_DOSE)
    for day in days():
        statuses = send_in_parallel([(check_in_url(MEDICATION, day), form)] * taps)

        assert statuses == [302] * taps
        assert person.daily_logs.filter(date=day).count() == 1
        assert doses_of(person, day) == ["Concerta 36 mg at 8:15 a.m.", "Ritalin 2.5 tablets at 12:30 p.m."]
    assert person.medications.count() == 2


def test_new_medications_in_any_order_join_the_list_once(send_in_parallel, person):
    """Two days in parallel, with the same new medications in opposite orders."""
    for n, day in enumerate(days(12)[::2]):
        names = [f"Tea {n} {letter}" for letter in "abcdef"]
        there, back = ([{"medication": name, "amount": "1"} for name in order] for order in (names, names[::-1]))

        statuses = send_in_parallel(
            [
                (check_in_url(MEDICATION, day), taken(*there)),
                (check_in_url(MEDICATION, day - timedelta(1)), taken(*back)),
            ]
        )

        assert statuses == [302, 302]
        assert [medication.name for medication in person.medications.by_name()][-6:] == names


def test_a_new_name_joins_once_in_the_middle_of_a_rotation(send_in_parallel, person, monkeypatch, settings):
    """Some processes hash and encrypt with one key, some with the other; all have both."""
    settings.FIELD_ENCRYPTION_KEYS = {"old": bytes(range(32)), "new": bytes(range(1, 33))}
    turns = cycle(["old", "new", "new", "old", "new"])
    monkeypatch.setattr(cipher, "current_key_id", lambda: next(turns))
    for n, day in enumerate(days(12)[::3]):
        form = taken({"medication": f"Tea {n}", "amount": "1"}, {"medication": "Concerta", "amount": "36"})
        forms = [(check_in_url(MEDICATION, day - timedelta(m)), form) for m in range(3)]

        assert send_in_parallel([*forms, *forms]) == [302] * 6

        call_command("rotate_field_keys", stdout=StringIO())
    hashes = person.medications.values_list("name_key", flat=True)
    assert {each.split(".")[1] for each in hashes} <= {"old", "new"}
    names = [medication.name for medication in person.medications.by_name()]
    assert names == ["Concerta", "Tea 0", "Tea 1", "Tea 2", "Tea 3"]


def test_two_medications_renamed_alike_do_not_share_the_name(send_in_parallel, person):
    """One is renamed while a check-in of another day adds a dose of it under the new name."""
    for n, day in enumerate(days()):
        first, second = (make_medication(person, f"{name} {n}") for name in ("Concerta", "Ritalin"))
        renamed = {"name": f"Tea {n}", "is_active": "on"}
        new = taken({"medication": f"Coffee {n}", "amount": "1"}, {"medication": f"Other {n}", "amount": "1"})

        statuses = send_in_parallel(
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


def test_a_merge_loses_no_dose_that_is_saved_meanwhile(send_in_parallel, person):
    """By a check-in that names the old one, and by a tap on it: both are stored, or the tap is refused."""
    concerta = make_medication(person)
    for n, day in enumerate(days()):
        old = make_medication(person, f"Concreta {n}", usual_amount=18)
        make_dose(make_log(person, day, medication_taken=True), old)
        before = person.daily_logs.get(date=day).doses.count()
        make_log(person, day - timedelta(100), gratitude="Sun")
        saved = taken(MORNING_DOSE | {"medication": f"Concreta {n}"})

        merged, stored, tapped = send_in_parallel(
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


def test_deleting_a_medication_loses_no_dose_that_is_saved_meanwhile(send_in_parallel, person):
    for n, day in enumerate(days()):
        tea = make_medication(person, f"Tea {n}")

        deleted, saved = send_in_parallel(
            [
                (reverse("logs:medication_delete", args=[tea.pk]), {}),
                (check_in_url(MEDICATION, day), taken(MORNING_DOSE | {"medication": f"Tea {n}"})),
            ]
        )

        assert (deleted, saved) == (302, 302)
        assert doses_of(person, day) == [f"Tea {n} 36 mg at 8:15 a.m."]


@pytest.mark.parametrize("taps", [2, 6])
def test_a_double_tap_on_today_is_one_dose(send_in_parallel, person, taps):
    for n in range(ROUNDS):
        tea = make_medication(person, f"Tea {n}", usual_amount=18)

        statuses = send_in_parallel(
            [(reverse("logs:medication_taken", args=[tea.pk]), {"shown": f"{person.today()}/0"})] * taps
        )

        assert statuses == [302] * taps
        assert doses_of(person, person.today()) == [f"Tea {n} 18 mg at noon"]
        if n % 2:
            person.daily_logs.all().delete()
        else:
            Dose.objects.all().delete()


def test_two_medications_tapped_at_once_on_a_new_day_are_two_doses(send_in_parallel, person):
    teas = [make_medication(person, f"Tea {n}", usual_amount=18) for n in range(3)]
    for _ in range(ROUNDS):
        forms = [(reverse("logs:medication_taken", args=[tea.pk]), {"shown": f"{person.today()}/0"}) for tea in teas]

        assert send_in_parallel(forms) == [302] * 3
        assert sorted(doses_of(person, person.today())) == [f"Tea {n} 18 mg at noon" for n in range(3)]
        person.daily_logs.all().delete()


def test_a_list_never_gets_fuller_than_full(send_in_parallel, person):
    room = 3
    Medication.objects.bulk_create(
        Medication(user=person, name=f"Tea {n}") for n in range(Medication.MOST_PER_PERSON - room)
    )

    statuses = send_in_parallel(
        [
            (check_in_url(MEDICATION, day), taken({"medication": f"New {n}", "amount": "1"}))
            for n, day in enumerate(days(8))
        ]
    )

    assert sorted(statuses) == [200] * 5 + [302] * room
    assert person.medications.count() == Medication.MOST_PER_PERSON
    assert Dose.objects.count() == room


def test_a_mark_and_a_check_in_lose_nothing(send_in_parallel, person):
    for day in days():
        statuses = send_in_parallel(
            [
                (day_url(day, "not_tracked"), {"reason": "ill"}),
                (check_in_url("midday", day), answers("midday")),
                (check_in_url("evening", day), answers("evening")),
            ]
        )

        assert statuses == [302] * 3
        log = person.daily_logs.get(date=day)
        assert (log.not_tracked, log.focus_level, log.day_rating) == ("ill", 7, 7)


def test_taking_a_mark_off_and_a_check_in_lose_nothing(send_in_parallel, person):
    for day in days():
        make_log(person, day, not_tracked="ill")

        statuses = send_in_parallel([(day_url(day, "tracked"), {}), (check_in_url("midday", day), answers("midday"))])

        assert statuses == [302, 302]
        log = person.daily_logs.get(date=day)
        assert (log.not_tracked, log.focus_level) == (None, 7)


def test_deleting_and_saving_leave_all_of_a_check_in_or_nothing(send_in_parallel, person):
    for day in days():
        make_log(person, day, gratitude="Sun")
        form = answers(MEDICATION) | taken(MORNING_DOSE)

        deleted, saved = send_in_parallel([(day_url(day, "delete"), {}), (check_in_url(MEDICATION, day), form)])

        assert (deleted, saved) == (200, 302)
        log = person.daily_logs.filter(date=day).first()
        if log:
            # The check-in was saved after the day had been deleted.
            assert (log.medication_taken, log.gratitude) == (True, None)
            assert doses_of(person, day) == ["Concerta 36 mg at 8:15 a.m."]
    assert Dose.objects.count() == DailyLog.objects.count()


def test_emptying_a_day_and_filling_it_leave_a_whole_check_in_or_nothing(send_in_parallel, person):
    for day in days():
        make_log(person, day, medication_taken=False)

        statuses = send_in_parallel(
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


def test_undoing_twice_at_once_brings_one_day_back(send_in_parallel, person, client):
    client.force_login(person)
    for day in days()[:4]:
        make_log(person, day, gratitude="Sun")
        envelope = client.post(day_url(day, "delete")).context["envelope"]

        statuses = send_in_parallel([(day_url(day, "undo"), {"envelope": envelope})] * 3)

        assert statuses == [302] * 3
        assert person.daily_logs.get(date=day).gratitude == "Sun"


def undo_of(client, path, data) -> tuple[str, dict]:
    """Save, and return the form that undoes it."""
    client.post(path, data)
    *_others, message = client.get("/").context["messages"]
    return message.undo_address, {"envelope": message.envelope}


def test_undoing_the_first_doses_at_once_with_other_saves(send_in_parallel, person, client):
    client.force_login(person)
    for day in days():
        undo = undo_of(client, check_in_url(MEDICATION, day), answers(MEDICATION) | taken(MORNING_DOSE))

        statuses = send_in_parallel([undo, undo, (check_in_url("evening", day), answers("evening"))])

        assert statuses == [302] * 3
        log = person.daily_logs.get(date=day)
        assert (log.medication_taken, log.medication_completed_at, log.day_rating) == (None, None, 7)
        assert doses_of(person, day) == []
    assert Dose.objects.count() == 0


def test_undoing_and_changing_the_same_answers_leave_the_one_or_the_other(send_in_parallel, person, client):
    client.force_login(person)
    for day in days():
        url = check_in_url("midday", day)
        client.post(url, answers("midday"))
        undo = undo_of(client, url, {"had_emotional_event": "false"})

        statuses = send_in_parallel([undo, (url, {"had_emotional_event": "true", "emotional_event": "A call"})])

        assert statuses == [302, 302]
        log = person.daily_logs.get(date=day)
        assert (log.had_emotional_event, log.emotional_event) == (True, "A call")
        assert log.coping_strategies in (None, ["talked_it_out", "journaled"])


# Days not tracked


def test_marking_a_stretch_of_days_and_answering_one_of_them(send_in_parallel, person):
    url = reverse("logs:not_tracked_days")
    for number in range(ROUNDS):
        first = DAY - timedelta(days=20 * number + 10)
        days = [first + timedelta(days=n) for n in range(6)]
        stretches = [
            {"first": days[0], "last": days[4], "reason": "ill"},
            {"first": days[1], "last": days[5], "reason": "ill"},
        ]
        forms = [(url, stretch) for stretch in stretches]
        forms += [
            (check_in_url("morning", days[2]), answers("morning")),
            (day_url(days[3], "not_tracked"), {"reason": "ill"}),
        ]

        assert send_in_parallel(forms) == [302] * len(forms)

        logs = {log.date: log for log in person.daily_logs.filter(date__in=days)}
        assert logs.keys() == set(days)
        assert logs[days[2]].morning_completed_at
        assert all(logs[day].not_tracked == "ill" for day in days if day != days[2])


def test_marking_days_and_taking_the_marks_off_leaves_no_half_of_either(send_in_parallel, person):
    url = reverse("logs:not_tracked_days")
    stretch = {"first": DAY - timedelta(days=9), "last": DAY, "reason": "ill"}
    for _round in range(ROUNDS):
        assert send_in_parallel([(url, stretch), (url, stretch | {"clear": "1"}), (url, stretch)]) == [302] * 3

        marks = list(person.daily_logs.values_list("not_tracked", flat=True))
        assert marks in ([], ["ill"] * 10)
        person.daily_logs.all().delete()
