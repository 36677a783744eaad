"""The page around a dose: its numbers against those recomputed from the rows, and what it says of any data."""

import datetime
import random
from collections import Counter
from decimal import Decimal
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from pytest_django.asserts import assertContains, assertNotContains

from insights.around_dose.moments import ASKED_IN, read_moments
from insights.around_dose.numbers import AroundDoses, numbers_around_doses
from logs.models import DailyLog, Dose
from logs.tests.factories import DAY, make_dose, make_log, make_medication, make_question_set
from operations.demo.load import load_demo_data

pytestmark = pytest.mark.usefixtures("noon")

ONE_DAY = datetime.timedelta(days=1)
TODAY = DAY + ONE_DAY
PAGE = "/insights/doses/"
NEW_YORK = ZoneInfo("America/New_York")
SUMMER = -240  # minutes, the offset of New York


def asked(person, *stages: str) -> dict:
    """What these check-ins asked: without it, the database takes no stamp."""
    key = make_question_set(person, *ASKED_IN).pk
    return {f"{stage}_asked_id": key for stage in stages}


def stamped(person, date=DAY, offset=SUMMER, **times) -> DailyLog:
    """A day with check-ins answered at these times by the clock, at this offset, each with its answers.

    `midday=("12:15", {"focus_level": 7})`.
    """
    facts = {}
    for stage, (time, answers) in times.items():
        clock = datetime.datetime.fromisoformat(time if "T" in time else f"{date}T{time}")
        zone = datetime.timezone(datetime.timedelta(minutes=offset))
        facts |= answers | {f"{stage}_answered_at": clock.replace(tzinfo=zone), f"{stage}_utc_offset": offset}
    return make_log(person, date, medication_taken=True, **asked(person, *times), **facts)


def moments_of(person) -> list[tuple]:
    read = read_moments(person, DAY - 400 * ONE_DAY, DAY + 400 * ONE_DAY)
    return [
        (each.name, each.value, round(each.hours, 6), each.total, each.is_after_others)
        for medicine in read.medicines
        for each in medicine.moments
    ]


def mg(amount) -> tuple:
    return ((Decimal(amount), "mg"),)


# ── Hours ────────────────────────────────────────────────────────────────────────────────────────


def test_hours_are_those_since_the_last_dose_of_the_medication_before_the_answer(person):
    log = stamped(
        person, midday=("12:15", {"focus_level": 7, "energy_level": 4}), afternoon=("16:45", {"anxiety_level": 2})
    )
    ritalin, other = make_medication(person, "Ritalin"), make_medication(person, "Other")
    for amount, time in ((10, "08:15"), (5, "13:00"), (5, "13:00"), (20, "17:00")):
        make_dose(log, ritalin, amount=Decimal(amount), taken_at=datetime.time.fromisoformat(time))
    make_dose(log, other, amount=Decimal("2.50"), taken_at=datetime.time(14))

    assert moments_of(person) == [
        ("focus_level", 7, 4.0, mg(10), False),
        ("energy_level", 4, 4.0, mg(10), False),
        ("anxiety_level", 2, 3.75, mg(10), True),  # Two at once are one.
        ("anxiety_level", 2, 2.75, mg("2.5"), False),
    ]
    [_ritalin, of_other] = read_moments(person, DAY, DAY).medicines
    assert of_other.before == 2


def test_a_time_before_the_days_end_is_of_the_following_date(person):
    log = stamped(person, afternoon=(f"{TODAY}T02:30", {"anxiety_level": 2}))
    make_dose(log, taken_at=datetime.time(1), medication=make_medication(person))
    late = stamped(person, DAY - ONE_DAY, afternoon=(f"{DAY}T04:30", {"anxiety_level": 2}))
    make_dose(late, person.medications.get(), taken_at=datetime.time(4, 15))

    assert moments_of(person) == [("anxiety_level", 2, 1.5, mg(36), False)], "The other answer is of the day after."
    assert read_moments(person, DAY - ONE_DAY, DAY).untimed == 1


def test_what_is_recalled_untimed_or_not_tracked_is_left_out_and_counted(person):
    medication = make_medication(person)
    days = [DAY - number * ONE_DAY for number in range(7)]
    facts = [
        {"midday_recalled": ["focus_level"]},  # Energy was not.
        {"medication_answered_at": datetime.datetime.now(datetime.UTC), "medication_utc_offset": SUMMER}
        | {"medication_recalled": ["doses"]}
        | asked(person, "medication"),
        {"not_tracked": "ill"},
        {"medication_taken": False},
        {"midday_answered_at": None, "midday_utc_offset": None, "midday_asked_id": None},
        {},  # A dose without a time.
        {},
    ]
    for day, changes in zip(days, facts, strict=True):
        log = stamped(person, day, midday=("12:15", {"focus_level": 7, "energy_level": 4}))
        DailyLog.objects.filter(pk=log.pk).update(**changes)
        make_dose(log, medication)
    make_dose(person.daily_logs.get(date=days[5]), medication, taken_at=None)

    read = read_moments(person, days[-1], DAY)

    assert (read.answers, read.recalled, read.untimed) == (12, 1, 2)
    [medicine] = read.medicines
    assert (medicine.recalled, medicine.untimed, medicine.before) == (1, 1, 0)
    assert [(each.name, each.hours) for each in medicine.moments] == [
        ("focus_level", 4.0),
        ("energy_level", 4.0),
        ("energy_level", 4.0),
    ]


def test_hours_count_as_time_passes_where_clocks_change_and_on_journeys(person):
    """The clock of New York goes forward on 2026-03-08 at two, which its day until four still has."""
    person.day_ends_at = 0
    person.save()
    medication = make_medication(person)
    spring = stamped(person, datetime.date(2026, 3, 8), midday=("12:15", {"focus_level": 7}))
    make_dose(spring, medication, taken_at=datetime.time(1, 15))
    # In Berlin, medication and lunch by its clock; in the air, lunch by the clock of home after a dose by Berlin's.
    abroad = stamped(
        person, datetime.date(2026, 4, 1), 120, medication=("08:15", {}), midday=("12:15", {"focus_level": 6})
    )
    make_dose(abroad, medication)
    between = stamped(person, datetime.date(2026, 4, 2), 120, medication=("08:15", {}))
    noon = datetime.datetime(2026, 4, 2, 12, 15, tzinfo=NEW_YORK)
    DailyLog.objects.filter(pk=between.pk).update(
        midday_answered_at=noon, midday_utc_offset=SUMMER, focus_level=5, **asked(person, "midday")
    )
    make_dose(between, medication)
    # Without a stamp of the medication check-in, the clock of the check-in counts.
    alone = stamped(person, datetime.date(2026, 4, 3), 120, midday=("12:15", {"focus_level": 4}))
    make_dose(alone, medication)

    assert [(value, hours) for _name, value, hours, *_rest in moments_of(person)] == [(7, 10), (6, 4), (5, 10), (4, 4)]


# ── Numbers ──────────────────────────────────────────────────────────────────────────────────────


def recomputed(person, first, last) -> dict:
    """Hours and values of each question after each dose, by plain steps over the rows of a person who never travels."""
    found: dict = {}
    end = person.day_ends_at
    for log in person.daily_logs.filter(date__range=(first, last)):
        doses = list(Dose.objects.filter(daily_log=log))
        if log.not_tracked or not log.medication_taken or "doses" in (log.medication_recalled or ()):
            continue
        for medication in {dose.medication_id for dose in doses}:
            own = [dose for dose in doses if dose.medication_id == medication]
            if any(dose.taken_at is None for dose in own):
                continue
            for name, stage in ASKED_IN.items():
                at, value = getattr(log, f"{stage}_answered_at"), getattr(log, name)
                if value is None or at is None or name in (getattr(log, f"{stage}_recalled") or ()):
                    continue
                clock = at.astimezone(person.zone)
                if clock.date() - datetime.timedelta(days=clock.hour < end) != log.date:
                    continue
                taken: Counter = Counter()
                for dose in own:
                    date = log.date + datetime.timedelta(days=dose.taken_at.hour < end)
                    local = datetime.datetime.combine(date, dose.taken_at).replace(tzinfo=person.zone)
                    taken[local.timestamp(), dose.unit] += dose.amount
                earlier = [instant for instant, _unit in taken if instant <= at.timestamp()]
                if earlier:
                    total = sorted((unit or "", +amt) for (t, unit), amt in taken.items() if t == max(earlier))
                    key = medication, tuple((f"{amt.normalize():f}", unit) for unit, amt in total)
                    found.setdefault(key, {}).setdefault(name, []).append((at.timestamp() - max(earlier), value))
    return found


def assert_numbers_are_those_of_the_rows(person, first, last):
    numbers = numbers_around_doses(person, first, last)
    expected = recomputed(person, first, last)
    doses = {
        (dose.medication, tuple((f"{Decimal(amount):f}", unit or "") for amount, unit in dose.amounts)): dose
        for dose in numbers.doses
    }
    assert doses.keys() == expected.keys()
    shown = 0
    for key, dose in doses.items():
        assert [each.name for each in dose.answers] == [*ASKED_IN]
        for answers in dose.answers:
            rows = expected[key].get(answers.name, [])
            by_hour = {n: sorted(v for s, v in rows if n <= s / 3600 < n + 1) for n in range(14)}
            assert {each.hour: each.count for each in answers.hours} == {n: len(v) for n, v in by_hour.items() if v}
            assert answers.count == sum(map(len, by_hour.values()))
            for hour in answers.hours:
                values = by_hour[hour.hour]
                assert hour.middle == (median(values) if len(values) >= 8 else None)
                assert {v for place, v in answers.dots if place // 10 == hour.hour} == set(
                    values if len(values) >= 8 else ()
                )
                shown += hour.is_shown
    assert AroundDoses.unpack(numbers.pack()) == numbers, "What the cache holds is the same."
    return shown


@pytest.mark.thorough_on_sqlite
def test_the_demo_persons_numbers_are_those_of_their_rows(person):
    load_demo_data(person)
    person.refresh_from_db()

    assert assert_numbers_are_those_of_the_rows(person, TODAY - 400 * ONE_DAY, TODAY) > 12


@pytest.mark.parametrize("seed", range(3))
def test_the_numbers_of_any_person_are_those_of_their_rows(person, seed):
    rng = random.Random(seed)  # noqa: S311
    person.day_ends_at = rng.choice([0, 4, 5])
    person.timezone = rng.choice(["America/New_York", "Asia/Kathmandu", "Europe/Berlin"])
    person.save()
    medications = [make_medication(person, name) for name in ("A", "B")]
    logs, doses = [], []
    sets = asked(person, "medication", "midday", "afternoon")
    for number in range(240):
        log = DailyLog(
            user=person, date=DAY - number * ONE_DAY, medication_taken=rng.choice([True] * 9 + [False, None])
        )
        log.not_tracked = rng.choice([None] * 9 + ["ill"])
        for stage in ("medication", "midday", "afternoon"):
            midnight = datetime.datetime.combine(log.date, datetime.time(), person.zone)
            at = midnight + datetime.timedelta(
                minutes=rng.choice([rng.randrange(690, 760)] * 3 + [rng.randrange(1700)])
            )
            if rng.random() < 0.95:
                setattr(log, f"{stage}_asked_id", sets[f"{stage}_asked_id"])
                setattr(log, f"{stage}_answered_at", at.astimezone(datetime.UTC))
                offset = at.astimezone(datetime.UTC).astimezone(person.zone).utcoffset()
                setattr(log, f"{stage}_utc_offset", offset // datetime.timedelta(minutes=1))
        for name, stage in ASKED_IN.items():
            setattr(log, name, rng.choice([None, *range(1, 11)]))
            if getattr(log, f"{stage}_asked_id") and rng.random() < 0.05:
                setattr(log, f"{stage}_recalled", [name])
        if log.medication_asked_id and rng.random() < 0.05:
            log.medication_recalled = ["doses"]
        logs.append(log)
        for _dose in range(rng.choice([0, 1, 1, 2, 3])):
            time = datetime.time(rng.randrange(24), rng.randrange(60)) if rng.random() < 0.3 else datetime.time(8, 15)
            doses.append((log, rng.choice(medications), rng.choice([18, 36]), rng.choice([time] * 15 + [None])))
    DailyLog.objects.bulk_create(logs)
    units = ["mg", None]
    Dose.objects.bulk_create(
        Dose(
            user=person,
            daily_log=log,
            medication=medication,
            amount=amount,
            unit=units[amount == 18 and medication.name == "B"],
            taken_at=time,
        )
        for log, medication, amount, time in doses
        if log.medication_taken
    )

    assert assert_numbers_are_those_of_the_rows(person, DAY - 240 * ONE_DAY, TODAY) > 5


# ── The page ─────────────────────────────────────────────────────────────────────────────────────


def make_curve(person, medication, *, days=240, amount=36):
    """Focus and anxiety of a person whose answers come one to twelve hours after a dose, best at five hours."""
    rng = random.Random(4)  # noqa: S311
    logs, sets = [], asked(person, "midday", "afternoon")
    for number in range(days):
        since = rng.uniform(0.5, 11)
        better = 4 - abs(since - 5) + rng.choice([-1, 0, 1])
        clock = datetime.datetime.combine(DAY - number * ONE_DAY, datetime.time(8, 15), NEW_YORK)
        at = (clock + datetime.timedelta(hours=since)).astimezone(datetime.UTC)
        offset = clock.utcoffset() // datetime.timedelta(minutes=1)
        log = DailyLog(user=person, date=clock.date(), medication_taken=True, **sets)
        log.midday_answered_at = log.afternoon_answered_at = at
        log.midday_utc_offset = log.afternoon_utc_offset = offset
        log.focus_level, log.anxiety_level = (min(10, max(1, round(5 + sign * better))) for sign in (1, -1))
        logs.append(log)
    DailyLog.objects.bulk_create(logs)
    time = datetime.time(8, 15)
    facts = {"user": person, "medication": medication, "amount": amount, "unit": "mg", "taken_at": time}
    Dose.objects.bulk_create(Dose(daily_log=log, **facts) for log in logs)


def cards_of(response) -> list[dict]:
    return [{card.heading: card for card in panel.cards} for panel in response.context["panels"]]


def test_the_hours_that_stand_out_are_named_and_doses_are_not_compared(
    as_person, person, django_assert_max_num_queries
):
    medication = make_medication(person, "<b>Ritalin")
    make_curve(person, medication)
    person.refresh_from_db()
    with django_assert_max_num_queries(6):
        response = as_person.get(f"{PAGE}?days=365")
    with django_assert_max_num_queries(4):  # The session and person, the first day, the names.
        assert as_person.get(f"{PAGE}?days=365").content == response.content

    [cards] = cards_of(response)
    assert [*cards] == ["Focus", "Energy", "Anxiety", "Rumination"]
    count, onset, best, wear_off = cards["Focus"].sentences
    assert count == "240 answers up to 14 hours after the dose."
    assert onset.startswith("Onset: Focus became higher between ")
    assert best.startswith("Best hours: Focus was highest from ")
    assert wear_off.startswith("Wear-off: Focus became lower again between ")
    first, last = (int(word) for word in best.removesuffix(" hours after the dose.").split() if word.isdigit())
    assert first <= 5 < last
    assert cards["Anxiety"].sentences[1].startswith("Onset: Anxiety became lower between ")
    assert cards["Energy"].sentences == ["No answer up to 14 hours after the dose."] and not cards["Energy"].chart
    assert sum(count for *_rest, count in cards["Focus"].rows) == 240
    assertContains(
        response, "&lt;b&gt;Ritalin, 36 mg", count=9
    )  # Its heading, those of four questions, two charts and tables.
    assertNotContains(response, "<b>")
    assert b"Ritalin" not in response.content.partition(b"<title>")[2].partition(b"</title>")[0]

    # A name that changes is read anew, and a dose that is saved changes the numbers.
    medication.name = "Other"
    medication.save()
    assertContains(as_person.get(f"{PAGE}?days=365"), "Other, 36 mg")
    person.daily_logs.filter(date__gt=DAY - 100 * ONE_DAY).update(medication_taken=False)
    person.answers_changed()
    assert cards_of(as_person.get(f"{PAGE}?days=365"))[0]["Focus"].sentences[0].startswith("140 answers")


def test_doses_are_in_a_fixed_order_four_a_page(as_person, person):
    medications = {name: make_medication(person, name) for name in "BAC"}
    for place, (name, amount) in enumerate((("B", 5), ("A", 30), ("A", 4), ("C", 1), ("A", 10))):
        for number in range(9):
            day = DAY - (9 * place + number) * ONE_DAY
            log = stamped(person, day, midday=("12:30", {"focus_level": 9 - place}))
            make_dose(log, medications[name], amount=Decimal(amount))
            if name == "C":
                make_dose(log, medications[name], amount=Decimal(2), taken_at=datetime.time(6))

    pages = [as_person.get(f"{PAGE}?page={number}") for number in (1, 2)]

    headings = [[panel.heading for panel in page.context["panels"]] for page in pages]
    assert headings == [["A, 4 mg", "A, 10 mg", "A, 30 mg", "B, 5 mg"], ["C, 1 mg"]]
    assertContains(pages[0], "?days=90&amp;page=2")
    assert as_person.get(f"{PAGE}?page=3").status_code == 404
    earlier = "Before 9 of these answers, an earlier dose of the same day was taken too."
    assert [cards["Focus"].sentences[-1] == earlier for page in pages for cards in cards_of(page)] == [False] * 4 + [
        True
    ]


def test_a_page_without_enough_answers_says_what_is_there_and_what_it_takes(as_person, person):
    assertContains(as_person.get(PAGE), "Focus, energy, anxiety and rumination have no answer in these days.")
    for number in range(7):
        stamped(person, DAY - number * ONE_DAY, midday=("12:15", {"focus_level": 7}))
    person.answers_changed()
    assertContains(as_person.get(PAGE), "No dose is noted in these days.")
    medication = make_medication(person)
    for log in person.daily_logs.all():
        make_dose(log, medication)
    person.answers_changed()
    response = as_person.get(PAGE)
    assertContains(response, "No hour after a dose has enough answers in these days.")
    assertContains(response, "Concerta, 36 mg: at most 7 of 8 answers in one hour (Focus, 4 to 5 hours after).")
    assertContains(response, "8 answers in the same hour after the same dose")
    make_dose(stamped(person, DAY - 8 * ONE_DAY, midday=("12:30", {"focus_level": 7})), medication)
    person.answers_changed()
    [cards] = cards_of(as_person.get(PAGE))
    assert cards["Focus"].rows == [("4 to 5", "7", "7", 8)]
    assertContains(
        as_person.get(f"{PAGE}?from=2026-05-04&to=2026-05-01"), "Nothing is shown until these days are right"
    )


def test_what_is_left_out_is_said(as_person, person):
    medication = make_medication(person)
    facts = {"focus_level": 7, "energy_level": 3}
    make_dose(stamped(person, midday=("08:00", facts), afternoon=("23:00", {"anxiety_level": 3})), medication)
    make_dose(stamped(person, DAY - ONE_DAY, midday=("12:00", facts)), medication, taken_at=None)
    log = stamped(person, DAY - 2 * ONE_DAY, midday=("12:00", facts))
    DailyLog.objects.filter(pk=log.pk).update(midday_recalled=["focus_level"])
    make_log(person, DAY - 3 * ONE_DAY, focus_level=4)

    response = as_person.get(PAGE)

    assertContains(response, "1 answer was given later, from memory.")
    assertContains(response, "The time of 1 answer is not known.")
    facts = "2 answers before the first dose of their day, 1 answer more than 14 hours after a dose, "
    assertContains(response, f"Concerta: {facts}1 day with a dose without a time.")
    assertContains(response, "Concerta, 36 mg: no answer within 14 hours after it.")
