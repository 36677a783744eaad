"""Answers over a period, compared with those recomputed one by one from the rows."""

import datetime
from decimal import Decimal

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings, strategies as st

from accounts.models import User
from insights.series import DayState, drawable, is_weekly, read_series
from logs.models import DailyLog
from logs.question_lists import questions_of_day, read_questions_again
from logs.questions import RowQuestion
from logs.stages import STAGES
from logs.tests.factories import DAY, make_log, make_question_set
from logs.tests.own_questions import TYPED, make_answer, make_question
from operations.demo.load import load_demo_data
from reflections.models import weekly_questions
from reflections.tests.factories import SUNDAY, make_reflection

pytestmark = pytest.mark.usefixtures("noon")

ONE_DAY = datetime.timedelta(days=1)
ANSWERED, NO_ANSWER, NOT_TRACKED, NOTHING = DayState
TODAY = DAY + ONE_DAY


def series_of(person, name, first=DAY, last=TODAY):
    read_questions_again(person)
    questions = {question.name: question for question in drawable(person)}
    return read_series(person, [questions[name]], first, last)[0]


def letters(series) -> str:
    """`A.-` and a blank for each day: answered, no answer, not tracked, nothing."""
    return "".join({ANSWERED: "A", NO_ANSWER: ".", NOT_TRACKED: "-", NOTHING: " "}[state] for state in series.states)


def test_every_kind_that_can_be_drawn_is_read_as_its_question_reads_it(person, django_assert_max_num_queries):
    daily = [make_question(person, kind) for kind in TYPED]
    weekly = [make_question(person, kind, check_in="week") for kind in TYPED]
    log = make_log(person, sleep_hours=Decimal("7.5"), had_emotional_event=True, coping_strategies=["journaled"])
    week = make_reflection(person, gym_days_count=0)
    for question in daily:
        make_answer(log, question)
    for question in weekly:
        make_answer(week, question)
    questions = drawable(person)
    assert {question.kind.__class__.__name__ for question in questions} == {
        *("Score", "Hours", "Number", "TwoNumbers", "YesNo", "Choice", "Several", "TimeOrNotNoticed", "Count")
    }

    with django_assert_max_num_queries(7):
        found = read_series(person, questions, SUNDAY, TODAY)

    log, week = person.daily_logs.get(), person.weekly_reflections.get()
    for series in found:
        row, place = (week, 0) if is_weekly(series.question) else (log, 1)
        expected = series.question.read(row)
        assert series.values[place] == expected and type(series.values[place]) is type(expected)
        assert series.values.count(None) == 3 - (expected is not None)


def test_the_four_states_of_days(person):
    person.date_joined = datetime.datetime(2026, 4, 27, 12, tzinfo=datetime.UTC)
    first = DAY - 9 * ONE_DAY
    for day, facts in {
        first + ONE_DAY: {"focus_level": 3},  # Before the account: days count from here on.
        first + 3 * ONE_DAY: {"day_rating": 5},
        first + 4 * ONE_DAY: {"not_tracked": "ill"},
        first + 5 * ONE_DAY: {"not_tracked": "ill", "focus_level": 9},  # Left out with its answers.
        DAY: {"energy_level": 4, "midday_asked": make_question_set(person, "energy_level"), "midday_utc_offset": 0},
    }.items():
        if "midday_asked" in facts:
            facts["midday_answered_at"] = datetime.datetime(2026, 5, 4, 16, tzinfo=datetime.UTC)
        make_log(person, day, **facts)

    assert letters(series_of(person, "focus_level", first, TODAY + 2 * ONE_DAY)) == " A..--... .  "
    assert letters(series_of(person, "energy_level", first, TODAY)) == " ...--...A."


def test_what_was_answered_later_and_what_was_asked_is_known(person):
    question = make_question(person, "yes_no", check_in="midday")
    asked = make_question_set(person, question.name, "focus_level")
    at = datetime.datetime(2026, 5, 5, 15, tzinfo=datetime.UTC)
    facts = {"midday_answered_at": at, "midday_utc_offset": -240, "midday_asked": asked}
    log = make_log(person, midday_recalled=[question.name], focus_level=4, **facts)
    make_answer(log, question, False)
    make_log(person, TODAY, focus_level=4, **facts)

    own, focus = series_of(person, question.name), series_of(person, "focus_level")

    assert (own.values, own.recalled, own.asked) == ([False, None], [True, False], [True, True])
    assert (focus.values, focus.recalled, focus.asked) == ([4, 4], [False, False], [True, True])
    assert (own.count(ANSWERED), own.days_expected) == (1, 2)


def test_an_own_question_is_missing_only_while_it_was_the_persons(person):
    with time_machine.travel(datetime.datetime(2026, 5, 3, 16, tzinfo=datetime.UTC)):
        question = make_question(person, "score")
    first = SUNDAY - 2 * ONE_DAY
    assert letters(series_of(person, question.name, first)) == "  ..."
    person.own_questions.update(archived_at=datetime.datetime(2026, 5, 4, 16, tzinfo=datetime.UTC))
    read_questions_again(person)
    assert question.name not in {each.name for each in drawable(person)}

    make_answer(make_log(person), question, 3)

    assert letters(series_of(person, question.name, first)) == "  .A "


def test_what_another_answer_leaves_out_is_not_missing(person):
    make_log(person, medication_taken=False, medication_effectiveness="yes", reason_for_skipping="forgot")
    make_log(person, TODAY, medication_taken=True)

    assert letters(series_of(person, "medication_effectiveness")) == " ."
    assert letters(series_of(person, "reason_for_skipping")) == "A "
    assert letters(series_of(person, "ate_within_hour")) == " ."


def test_a_question_left_out_is_drawn_once_it_has_an_answer(person):
    person.question_choices = {"places": {"sleepiness": "off"}, "off": {"midday": True}}
    person.save()
    assert {"sleepiness", "focus_level"}.isdisjoint(question.name for question in drawable(person))

    make_log(person, sleepiness=3, focus_level=5)

    assert {"sleepiness", "focus_level"} <= {question.name for question in drawable(person)}
    assert letters(series_of(person, "focus_level", SUNDAY)) == ".A "


def test_weeks_have_their_answer_on_their_first_day(person):
    make_reflection(person, SUNDAY - 14 * ONE_DAY)
    make_reflection(person, SUNDAY - 6 * ONE_DAY)  # Its weeks began on Monday then.

    series = series_of(person, "week_rating", SUNDAY - 14 * ONE_DAY, TODAY)

    assert letters(series) == "A       A     .  "


@pytest.mark.parametrize(
    ("first", "last"),
    [(DAY, DAY), (datetime.date(1900, 1, 1), datetime.date(1901, 1, 1)), (TODAY, DAY + 400 * ONE_DAY)],
)
def test_nothing_logged_is_nothing_drawn(person, first, last):
    for series in read_series(person, drawable(person), first, last):
        assert series.answers == []
        assert len(series.values) == len(series.states) == len(series.recalled) == (last - first).days + 1


def plain_answer(question, log):
    """What a stored day or week says, worked out anew."""
    if log is None or getattr(log, "not_tracked", None) is not None:
        return None
    if question.name == "medication_effectiveness" and log.medication_taken is False:
        return None
    if isinstance(question, RowQuestion):
        return next((question.value_of(each) for each in log.own_answers.all() if each.question == question.own), None)
    return getattr(log, question.name)


def test_the_demo_persons_series_are_those_of_their_rows(person):
    load_demo_data(person)
    first, last = TODAY - 399 * ONE_DAY, TODAY
    logs = {log.date: log for log in person.daily_logs.prefetch_related("own_answers")}
    weeks = {week.week_start: week for week in person.weekly_reflections.prefetch_related("own_answers")}

    for series in read_series(person, drawable(person), first, last):
        rows = weeks if is_weekly(series.question) else logs
        expected = [plain_answer(series.question, rows.get(day)) for day in series.days]
        assert series.values == expected
        assert [state == ANSWERED for state in series.states] == [value is not None for value in expected]
        stage = next((stage for stage in STAGES if series.question in stage.questions(person)), None)
        if stage:
            recalled = [getattr(logs.get(day), stage.part.recalled, None) or () for day in series.days]
            assert series.recalled == [series.question.name in names for names in recalled]


facts = st.fixed_dictionaries(
    {
        "not_tracked": st.sampled_from([None, None, None, "ill"]),
        "focus_level": st.none() | st.integers(1, 10),
        "sleep_hours": st.none() | st.integers(0, 96).map(lambda quarters: Decimal(quarters) / 4),
        "never_felt_isolated": st.none() | st.booleans(),
    }
)


@settings(max_examples=settings().max_examples // 12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(days=st.dictionaries(st.integers(0, 40), facts), length=st.integers(1, 45))
def test_any_days_are_read_as_they_are(person, days, length):
    DailyLog.objects.all().delete()
    first = TODAY - 44 * ONE_DAY
    DailyLog.objects.bulk_create(
        DailyLog(user=person, date=first + number * ONE_DAY, **facts) for number, facts in days.items()
    )

    questions = [
        each for each in drawable(person) if each.name in ("focus_level", "sleep_hours", "never_felt_isolated")
    ]
    for series in read_series(person, questions, first, first + (length - 1) * ONE_DAY):
        for number in range(length):
            facts = days.get(number, {})
            value = None if facts.get("not_tracked") else facts.get(series.question.name)
            assert series.values[number] == value
            assert (series.states[number] == NOT_TRACKED) == bool(facts.get("not_tracked"))


def test_all_questions_but_texts_are_drawable():
    person = User()  # Not stored: the usual set.
    kinds = {type(q.kind).__name__ for q in (*questions_of_day(person), *weekly_questions(person))}

    assert kinds - {type(q.kind).__name__ for q in drawable(person)} == {"Line", "Note", "NoneType"}
