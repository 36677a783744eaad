"""Doses as stretches of days, from the rows of random and of chosen days."""

import datetime
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from insights.dose_periods import (
    LEAST_DAYS,
    LONGEST_GAP,
    Stretch,
    dose_periods,
    doses_from,
    read_taken,
    stretches_of,
)
from logs.models import Dose
from logs.tests.factories import DAY, make_dose, make_log, make_medication

pytestmark = pytest.mark.usefixtures("noon")

ONE_DAY = datetime.timedelta(days=1)


def total(amount) -> tuple:
    return ((Decimal(amount), "mg"),)


def days_with(amounts: str) -> dict:
    """A day for each letter: a digit is what was taken, a dot no dose."""
    return {DAY + n * ONE_DAY: total(amount) for n, amount in enumerate(amounts) if amount != "."}


def in_letters(stretches: list[Stretch]) -> list[tuple]:
    return [
        (str(each.total[0][0]), (each.first - DAY).days, (each.last - DAY).days, each.days_taken, len(each.other_days))
        for each in stretches
    ]


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ("", []),
        ("3", [("3", 0, 0, 1, 0)]),
        ("3.3.3", [("3", 0, 4, 3, 0)]),
        ("333666", [("3", 0, 2, 3, 0), ("6", 3, 5, 3, 0)]),
        # The day before the change ends it, also where no dose was taken then.
        ("333.666", [("3", 0, 3, 3, 0), ("6", 4, 6, 3, 0)]),
        # Two days on another amount are days that differ, unless they are the last ones.
        ("33366333", [("3", 0, 7, 8, 2)]),
        ("33366", [("3", 0, 2, 3, 0), ("6", 3, 4, 2, 0)]),
        ("3" + "." * LONGEST_GAP + "3", [("3", 0, LONGEST_GAP + 1, 2, 0)]),
        ("3" + "." * (LONGEST_GAP + 1) + "3", [("3", 0, 0, 1, 0), ("3", LONGEST_GAP + 2, LONGEST_GAP + 2, 1, 0)]),
    ],
)
@pytest.mark.once
def test_a_change_of_dose_is_a_step(amounts, expected):
    assert in_letters(stretches_of(days_with(amounts))) == expected


@pytest.mark.once
@given(st.text("36.", max_size=60))
def test_stretches_hold_every_dose_once(amounts):
    totals = days_with(amounts)

    found = stretches_of(totals)

    for before, after in zip(found, found[1:], strict=False):
        assert before.last < after.first
    for day, taken in totals.items():
        [stretch] = [each for each in found if each.first <= day <= each.last]
        assert (taken == stretch.total) == (day not in stretch.other_days)
    assert sum(each.days_taken for each in found) == len(totals)
    for each in found[:-1]:
        on_it = each.days_taken - len(each.other_days)
        assert on_it >= LEAST_DAYS or each is found[0] or (each.first - found[found.index(each) - 1].last).days > 1


def test_doses_of_a_day_are_added_up_and_a_renamed_medication_stays_itself(person, django_assert_num_queries):
    concerta, drops = make_medication(person, "Concerta"), make_medication(person, "Drops", is_active=False)
    for number in range(6):
        log = make_log(person, DAY + number * ONE_DAY - 5 * ONE_DAY, medication_taken=True)
        make_dose(log, concerta, amount=Decimal("20.000"))
        if number > 2:
            make_dose(log, concerta, amount=Decimal(10))
    make_dose(log, drops, amount=Decimal("2.5"), unit=None)
    concerta.name = "Medikinet"
    concerta.save()

    with django_assert_num_queries(2):
        found = dose_periods(person, DAY - 4 * ONE_DAY, DAY)

    assert [(each.medication.name, each.text, (each.first - DAY).days, (each.last - DAY).days) for each in found] == [
        ("Drops", "2.5", 0, 0),
        ("Medikinet", "20 mg", -4, -3),
        ("Medikinet", "30 mg", -2, 0),
    ]


def test_a_day_that_lists_no_dose_has_none(person):
    make_medication(person)
    make_log(person, medication_taken=True)
    log = make_log(person, DAY - ONE_DAY, medication_taken=True)
    make_dose(log, person.medications.get())
    type(log).objects.filter(pk=log.pk).update(medication_taken=False)

    assert dose_periods(person, DAY - 5 * ONE_DAY, DAY) == []
    doses = doses_from(read_taken(person, DAY - 5 * ONE_DAY, DAY), DAY - 5 * ONE_DAY, DAY)
    assert doses.taken == {DAY - ONE_DAY: False, DAY: True}


def test_missed_and_late_days(person):
    daily = make_medication(person, schedule="daily", usual_times="08:00 12:00")
    as_needed = make_medication(person, "Aspirin", schedule="as_needed")
    first = DAY - 10 * ONE_DAY

    def day(number, taken=True, times=(), medication=daily, **facts):
        log = make_log(person, first + number * ONE_DAY, medication_taken=taken, **facts)
        for hour, minute in times:
            make_dose(log, medication, taken_at=datetime.time(hour, minute))

    day(0, taken=False)  # It is new: it was not missed before.
    day(1, times=[(12, 30), (8, 59)])
    day(2, times=[(9, 0)])
    day(3, times=[(8, 0), (13, 0)])
    day(4, times=[(9, 30)], medication=as_needed)
    day(5)  # It does not say which: its answer counts.
    day(6, taken=False)
    day(7, taken=False, not_tracked="ill")

    doses = doses_from(read_taken(person, first, DAY), first, DAY)

    assert [(each - first).days for each in doses.missed[daily.pk]] == [4, 6]
    assert [(each - first).days for each in doses.late[daily.pk]] == [2, 3]
    assert [(each - first).days for each, is_taken in doses.taken.items() if is_taken] == [1, 2, 3, 5]
    assert (doses.missed.keys(), doses.late.keys(), len(doses.taken)) == ({daily.pk}, {daily.pk}, 6)
    assert doses.changes == [first + ONE_DAY]
    assert Dose.objects.count() == 6


def test_a_mean_starts_anew_where_a_steady_dose_changes_or_has_ended(person):
    steady, as_needed = make_medication(person), make_medication(person, "Aspirin", schedule="as_needed")
    first = DAY - 40 * ONE_DAY
    for number in range(20):
        log = make_log(person, first + number * ONE_DAY, medication_taken=True)
        make_dose(log, steady, amount=Decimal(18 if number < 12 else 36))
        if number == 5:
            make_dose(log, as_needed)

    doses = doses_from(read_taken(person, first, DAY), first, DAY)

    assert [(each - first).days for each in doses.changes] == [12, 20]
    assert {key: len(each) for key, each in doses.stretches.items()} == {steady.pk: 2, as_needed.pk: 1}
    # While it is not known whether it has ended, it has not.
    soon = first + 25 * ONE_DAY
    assert [(each - first).days for each in doses_from(read_taken(person, first, soon), first, soon).changes] == [12]
