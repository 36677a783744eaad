"""The findings of a person: which days are compared, and what must not matter."""

import datetime
import math
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pytest

from accounts.tests.factories import make_person
from insights.findings.answers import read_answers
from insights.findings.computing import MOST_POINTS, findings_of
from insights.findings.family import FAMILY
from insights.findings.regression import estimate
from insights.findings.results import Findings
from insights.tests.answered_days import ONE_DAY, answer, make_days, take
from logs.models import DailyLog
from logs.question_lists import questions_of_day, read_questions_again
from logs.questions import RowQuestion
from logs.stages import MIDDAY
from logs.tests.factories import DAY, make_log, make_medication, make_question_set
from logs.tests.own_questions import make_question

pytestmark = pytest.mark.usefixtures("noon")

SLEEP = "sleep_hours.focus_level.0"


@pytest.fixture(autouse=True)
def strict_arithmetic():
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        yield


def guess(exposure, outcome, lag=0):
    return SimpleNamespace(exposure=exposure, outcome=outcome, lag=lag, asked_on=DAY)


def found(person, *guesses, kept_since=None) -> dict:
    """The results by key."""
    read_questions_again(person)
    findings = findings_of(person, kept_since or {}, guesses)
    assert Findings.from_json(findings.to_json()) == findings
    return {result.key: result for result in findings.results}


def values(person, name) -> list[float | None]:
    """The values of a person's days that are compared."""
    own = [question for question in questions_of_day(person) if isinstance(question, RowQuestion)]
    answers = read_answers(person, own)
    return [None if math.isnan(each) else each for each in answers.known(name).tolist()]


# ── The numbers ──────────────────────────────────────────────────────────────────────────────────


def test_all_comparisons_of_a_person(person, django_assert_num_queries):
    logs = make_days(person)
    take(logs, make_medication(person), lambda number: {"amount": 18 + number % 3 * 9, "taken_at": datetime.time(8)})

    with django_assert_num_queries(3):  # The days, doses, medications; no set of questions is recorded.
        findings = findings_of(person)

    assert [result.key for result in findings.results] == [each.key for each in FAMILY]
    assert (findings.first, findings.last) == (logs[0].date.isoformat(), logs[-1].date.isoformat())
    results = {result.key: result for result in findings.results}
    sleep = results[SLEEP]
    days = np.array([log.date.toordinal() for log in logs])
    hours, focus = (np.array([float(getattr(log, name)) for log in logs]) for name in ("sleep_hours", "focus_level"))
    assert sleep.estimate == estimate(days, hours, focus, (days - 1) % 7)
    assert sleep.kept and 0.7 < sleep.estimate.value < 1.3
    assert (sleep.days, sleep.span, sleep.needed, len(sleep.points)) == (90, 90, 0, 90)
    upper = hours >= sleep.on_from
    assert (sleep.on_days, sleep.on_mean) == (upper.sum(), pytest.approx(focus[upper].mean()))
    assert sleep.on_days + sleep.off_days == 90 and abs(sleep.on_days - 45) < 10
    dose = results["dose_amount.focus_level.0"]
    assert (dose.per, dose.unit, dose.medication) == (10, "mg", person.medications.get().pk)
    of_mg = estimate(*amounts_against_focus(logs))
    assert dose.estimate.value == pytest.approx(10 * of_mg.value)
    assert (dose.estimate.p, dose.estimate.t) == (of_mg.p, of_mg.t)
    q = [result.q for result in findings.compared]
    assert sorted(q) == [each.q for each in sorted(findings.compared, key=lambda each: each.estimate.p)]
    assert all((result.q <= 0.10) is result.kept for result in findings.compared)
    assert results["dose_time.focus_level.0"].needed == 14  # It was always at eight.
    assert results["breakfast.focus_level.0"].needed == 28


def amounts_against_focus(logs):
    taken = [
        (log.date.toordinal(), 18 + n % 3 * 9, log.focus_level) for n, log in enumerate(logs) if log.medication_taken
    ]
    days, amounts, focus = (np.array(each) for each in zip(*taken, strict=True))
    return days, amounts.astype(float), focus.astype(float), (days - 1) % 7


def test_a_day_later_is_the_next_calendar_day(person):
    logs = make_days(person, 60)
    DailyLog.objects.filter(pk=logs[30].pk).delete()

    result = found(person)["met_physical_activity_goals.overall_mood.1"]

    assert (result.days, result.span) == (57, 59)
    expected = [(logs[n].met_physical_activity_goals, logs[n + 1].overall_mood) for n in range(59) if n not in (29, 30)]
    assert result.on_mean == pytest.approx(np.mean([mood for moved, mood in expected if moved]))


def test_what_the_days_since_a_finding_was_kept_say(person):
    logs = make_days(person, 120)
    since = logs[60].date

    results = found(person, kept_since={SLEEP: since, "coping_used.day_rating.0": since})

    later = results[SLEEP].later
    assert (later.since, later.days, later.needed) == (since.isoformat(), 59, 0)
    other = make_person()
    make_days(other, 120)
    other.daily_logs.filter(date__lte=since).delete()
    assert later.estimate == found(other)[SLEEP].estimate
    few = results["coping_used.day_rating.0"].later
    assert few.estimate is None and few.needed > 0
    assert results["met_dietary_goals.energy_level.1"].later is None


def test_doses_of_another_medication_are_not_held_against_those_of_the_former(person):
    logs = make_days(person, 60)
    first, second = make_medication(person), make_medication(person, name="Ritalin")
    since = {f"dose_amount-{first.pk}.focus_level.0": logs[20].date, "dose_time.focus_level.0": logs[20].date}
    take(logs[:30], first, lambda number: {"amount": 18 + number % 3 * 9})
    of_first = found(person, kept_since=since)["dose_amount.focus_level.0"]
    assert of_first.later.since == logs[20].date.isoformat()

    take(logs, second, lambda number: {"amount": 18 + number % 3 * 9, "taken_at": datetime.time(7 + number % 3)})

    results = found(person, kept_since=since)
    for name in ("dose_amount", "dose_time"):
        of_second = results[f"{name}.focus_level.0"]
        assert (of_second.exposure, of_second.medication, of_second.later) == (name, second.pk, None)


def test_a_next_day_counts_as_later_only_if_both_days_are(person):
    logs = make_days(person, 60)

    key = "met_physical_activity_goals.overall_mood.1"
    assert found(person, kept_since={key: logs[-4].date})[key].later.days == 2


def test_points_of_many_days_are_spread_over_all(person):
    make_days(person, 400)
    points = found(person)[SLEEP].points
    assert len(points) == MOST_POINTS
    assert points == found(person)[SLEEP].points


# ── What must not matter ─────────────────────────────────────────────────────────────────────────


def test_another_name_order_of_rows_and_days_without_answers_change_nothing(person):
    logs = make_days(person)
    take(logs, make_medication(person), lambda number: {"amount": 18 + number % 3 * 9})
    expected = without_keys(found(person))

    other = make_person(username="Zoë", timezone="Asia/Tokyo")
    medication = make_medication(other)
    last = make_days(other, backwards=True)
    take(last, medication, lambda number: {"amount": 18 + number % 3 * 9})
    assert without_keys(found(other)) == expected

    for number in range(1, 30):
        make_log(other, logs[0].date - number * ONE_DAY, **({"one_question_only": True} if number % 2 else {}))
    assert without_keys(found(other)) == expected


def without_keys(results):
    return {key: replace(result, medication=None) for key, result in results.items()}


def test_an_own_question_that_copies_a_built_in_one_says_the_same(person):
    logs = make_days(person)
    hours, minutes, moved = (make_question(person, kind) for kind in ("number", "number", "yes_no"))
    focus = make_question(person, "score")
    answer(logs, hours, lambda log: log.sleep_hours)
    answer(logs, minutes, lambda log: 60 * log.sleep_hours)
    answer(logs, moved, lambda log: log.met_physical_activity_goals)
    answer(logs, focus, lambda log: log.focus_level)
    alone = found(person)

    results = found(
        person,
        guess(hours.name, "focus_level"),
        guess("sleep_hours", focus.name),
        guess(minutes.name, focus.name),
        guess(moved.name, "overall_mood", 1),
    )

    sleep, by_minute = results[SLEEP], results[f"{minutes.name}.{focus.name}.0"]
    for key in (f"{hours.name}.focus_level.0", f"sleep_hours.{focus.name}.0"):
        assert replace(results[key], key="", exposure="", outcome="", asked_on="") == replace(
            sleep, key="", exposure="", outcome=""
        )
        assert results[key].asked_on == DAY.isoformat()
    assert by_minute.estimate.value == pytest.approx(sleep.estimate.value / 60)
    assert by_minute.estimate.p == pytest.approx(sleep.estimate.p)
    activity = results[f"{moved.name}.overall_mood.1"].estimate
    assert activity == results["met_physical_activity_goals.overall_mood.1"].estimate
    # Guesses count among all others.
    p = {key: result.estimate.p for key, result in results.items() if result.estimate}
    assert sleep.q == pytest.approx(p[SLEEP] * len(p) / 4) and alone[SLEEP].q == pytest.approx(p[SLEEP] * (len(p) - 4))


def test_an_own_answer_of_yes_or_no_needs_days_on_both_sides(person):
    logs = make_days(person, 60)
    headache = make_question(person, "yes_no", check_in="morning")
    answer(logs, headache, lambda log: log.date >= DAY - 10 * ONE_DAY)

    assert found(person, guess("sleep_hours", headache.name))[f"sleep_hours.{headache.name}.0"].needed == 3


def test_a_built_in_answer_of_yes_or_no_needs_days_on_both_sides(person):
    make_days(person, 60, changed={n: {"is_crashing": n >= 49} for n in range(60)})

    assert found(person, guess("sleep_hours", "is_crashing"))["sleep_hours.is_crashing.0"].needed == 3


# ── Which answers count ──────────────────────────────────────────────────────────────────────────


def test_days_not_tracked_and_answers_recalled_are_left_out_and_counted(person):
    recalled = {"morning_answered_at": datetime.datetime(2026, 5, 1, tzinfo=datetime.UTC), "morning_utc_offset": 0}
    recalled |= {"morning_recalled": ["sleep_hours"], "morning_asked": make_question_set(person, "sleep_hours")}
    make_days(person, changed={40: {"not_tracked": "ill"}, 41: {"not_tracked": "holiday"}, 50: recalled})

    results = found(person)

    sleep, quality = results[SLEEP], results["sleep_quality.focus_level.0"]
    assert (sleep.days, sleep.span, sleep.not_tracked, sleep.recalled) == (87, 90, 2, 1)
    assert (quality.days, quality.not_tracked, quality.recalled) == (88, 2, 0)
    assert results["met_physical_activity_goals.sleep_quality.1"].days == 86


def test_a_blank_is_never_a_no(person):
    changed = {number: {"met_physical_activity_goals": None} for number in range(0, 60, 2)}
    make_days(person, 60, changed=changed)

    result = found(person)["met_physical_activity_goals.overall_mood.0"]

    assert result.days == result.on_days + result.off_days == 30


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"had_emotional_event": True, "coping_strategies": ["spiraled", "journaled"]}, 1),
        ({"had_emotional_event": True, "coping_strategies": ["talked_it_out"]}, 1),
        ({"had_emotional_event": True, "coping_strategies": ["detached"]}, 0),
        ({"had_emotional_event": True}, None),
        ({"had_emotional_event": False}, None),
        ({"focus_level": 3}, None),
    ],
)
def test_coping(person, facts, expected):
    make_log(person, **facts)
    assert values(person, "coping_used") == [expected]


def test_lunch_is_what_is_written_down_in_a_check_in_that_is_done(person):
    done = {"midday_completed_at": datetime.datetime(2026, 5, 1, 12, tzinfo=datetime.UTC), "focus_level": 5}
    recorded = {"midday_answered_at": done["midday_completed_at"], "midday_utc_offset": 0}
    asked = recorded | {"midday_asked": make_question_set(person, *MIDDAY.field_names)}
    not_asked = recorded | {"midday_asked": make_question_set(person, "focus_level")}
    days = [
        (done | asked | {"lunch": "Soup"}, 1),
        (done | asked, 0),
        (done, 0),  # Before it was stored what was asked.
        (done | not_asked, None),
        (asked | {"focus_level": 5}, None),  # begun
        (asked | {"lunch": "Soup"}, 1),
        (done | asked | {"midday_recalled": ["lunch"], "lunch": "Soup"}, None),
        (done | asked | {"midday_recalled": ["focus_level"]}, None),  # done when the day was over
        (done | asked | {"midday_recalled": ["distractions"]}, 0),
        (done | asked | {"not_tracked": "ill", "lunch": "Tea"}, None),
    ]
    for number, (facts, _) in enumerate(days):
        make_log(person, DAY - (len(days) - number) * ONE_DAY, **facts)

    assert values(person, "lunch") == [expected for _, expected in days]


def test_doses(person):
    main, other = make_medication(person), make_medication(person, name="Melatonin")
    changed = {number: {"medication_taken": True} for number in range(8)} | {
        8: {"medication_taken": False},
        9: {"medication_taken": None},
    }
    logs = make_days(person, 10, changed=changed)
    eight = datetime.time(8, 30)
    doses = [
        {"amount": 18, "taken_at": eight},
        {"amount": Decimal("7.5")},
        {"amount": 18, "taken_at": datetime.time(0, 30)},  # after midnight, before the day's end
        {"amount": 1, "unit": "tablets", "taken_at": eight},
        None,
        {"amount": 36, "taken_at": datetime.time(12)},
        {"amount": 36},
        {"amount": 36},
    ]
    take(logs, main, lambda number: doses[number])
    take(logs[5:6], main, lambda _: {"amount": 9, "taken_at": datetime.time(7)})
    take(logs[4:7], other, lambda _: {"amount": 1})

    assert values(person, "dose_amount") == [18, 7.5, 18, None, None, 45, 36, 36, None, None]
    assert values(person, "dose_time") == [8.5, None, 24.5, 8.5, None, 7, None, None, None, None]
    assert values(person, f"medication-{other.pk}") == [0, 0, 0, 0, None, 1, 1, 0, None, None]
    answers = read_answers(person)
    assert (answers.main, answers.unit, answers.medications) == (main.pk, "mg", (other.pk,))


def test_further_medications_are_asked_about_once_there_is_enough(person):
    main, often, once = (make_medication(person, name=name) for name in ("Concerta", "Melatonin", "Aspirin"))
    logs = make_days(person)
    take(logs, main, lambda _: {"amount": 18})
    take(logs, often, lambda number: {"amount": 1} if number % 2 else None)
    take(logs[:3], once, lambda _: {"amount": 500})

    results = found(person)

    assert [key for key in results if key.startswith("medication-")] == [
        f"medication-{often.pk}.{asked}" for asked in ("focus_level.0", "anxiety_level.0", "sleep_quality.1")
    ]


# ── Empty and odd data ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("count", [0, 1])
def test_no_day_and_one_day(person, count):
    make_days(person, count)

    findings = findings_of(person)

    day = DAY.isoformat() if count else None
    assert (findings.first, findings.last, findings.compared) == (day, day, [])
    needed = {result.key: result.needed for result in findings.results}
    assert len(needed) == len(FAMILY)
    assert (needed[SLEEP], needed["lunch.anxiety_level.0"]) == (30 - count, 28)
    assert Findings.from_json(findings.to_json()) == findings


def test_answers_that_never_differ_or_follow_the_weekdays(person):
    scores = {name: 5 for name in ("sleep_quality", "energy_level", "overall_mood")}
    same = {n: scores | {"met_dietary_goals": (DAY - (89 - n) * ONE_DAY).weekday() > 4} for n in range(90)}
    make_days(person, changed=same)

    results = found(person)

    assert results["sleep_quality.focus_level.0"].needed == 14
    for key in ("sleep_hours.energy_level.0", "met_dietary_goals.energy_level.1"):
        assert (results[key].needed, results[key].estimate, results[key].kept) == (0, None, False)


def test_only_blanks(person):
    DailyLog.objects.bulk_create(DailyLog(user=person, date=DAY - n * ONE_DAY) for n in range(60))
    assert {result.days for result in found(person).values()} == {0}


def test_a_thousand_years(person):
    long_ago = datetime.date(1026, 5, 4)
    make_days(person, 40)
    make_days(person, 40, last=long_ago)

    sleep = found(person)[SLEEP]

    assert (sleep.days, sleep.span) == (80, (DAY - long_ago).days + 40)
    assert sleep.estimate and math.isfinite(sleep.estimate.high)
