"""The demo data: its special cases, and whether the planted effects can be measured."""

import datetime
from statistics import correlation, fmean, linear_regression, variance

import pytest

from accounts.models import User
from logs.fields import HoursField, ScoreField
from logs.models import DailyLog
from logs.question_lists import QUESTION_LISTS, is_done
from logs.questions import ColumnQuestion, Question, RowQuestion, without_zeros
from logs.stages import AFTERNOON, EVENING, MEDICATION, MIDDAY, MORNING, STAGES
from operations.demo import effects, generate
from operations.demo.own_questions import CAFFEINE, CONTACT, OUTSIDE, OWN_QUESTIONS_SINCE, STARTING
from operations.demo.sentences import SENTENCES
from operations.tests.demo.conftest import NOW, ONE_DAY, TODAY, make_data
from reflections.models import WeeklyReflection

MEASURES = [f.name for stage in STAGES for f in stage.fields if isinstance(f, ScoreField | HoursField)]
# In standard errors: the largest effect that chance alone shows in some fifty comparisons.
NOT_SIGNIFICANT = 2.6


def questions_of_stage(data, stage) -> list[Question]:
    """The questions of a check-in, those of the person's own last."""
    own = [question for question in data.own_questions.values() if question.check_in == stage.slug]
    return [*QUESTION_LISTS[stage.slug].built_in, *map(RowQuestion, own)]


def questions_asked(data, log, stage) -> list[Question]:
    """The questions that the record of a check-in says were asked."""
    names = data.question_sets[getattr(log, stage.part.asked_id)].names
    return [question for question in questions_of_stage(data, stage) if question.name in names]


# ── The days ─────────────────────────────────────────────────────────────────────────────────────


def test_400_days_and_50_weeks(demo_person):
    dates = set(demo_person.daily_logs.values_list("date", flat=True))
    weeks = set(demo_person.weekly_reflections.values_list("week_start", flat=True))

    assert (min(dates), max(dates)) == (TODAY - 399 * ONE_DAY, TODAY)
    assert 360 <= len(dates) < 400
    assert len(weeks) == 50
    assert all(demo_person.week_of(week) == week for week in weeks)
    assert demo_person.weekly_reflections.filter(completed_at=None).count() == 2


def test_the_last_day_is_today_in_the_zone_of_the_person():
    after_midnight = datetime.datetime(2026, 6, 2, 6, 0, tzinfo=datetime.UTC)

    assert make_data(after_midnight).logs[-1].date == TODAY


def test_a_week_later_every_day_has_moved_by_a_week(demo_data):
    later = make_data(NOW + 7 * ONE_DAY)

    def answers_by_age(data, last):
        questions = [question for stage in STAGES for question in questions_of_stage(data, stage)]
        return [
            ((last - log.date).days, [question.read(log) for question in questions if question.name != "doses"])
            for log in data.logs
        ]

    assert answers_by_age(demo_data, TODAY) == answers_by_age(later, TODAY + 7 * ONE_DAY)


def test_today_shows_every_state(demo_data):
    states = [demo_data.logs[-1].state_of(stage) for stage in STAGES]

    assert states == ["done", "done", "begun", "not-started", "not-started"]


def test_yesterday_and_last_week_have_plans_for_the_next(demo_data):
    yesterday = demo_data.logs[-2]

    assert yesterday.date == TODAY - ONE_DAY
    assert yesterday.is_complete
    assert yesterday.thought_for_tomorrow and yesterday.tomorrow_plan
    assert demo_data.reflections[-1].week_end == TODAY - 2 * ONE_DAY
    assert demo_data.reflections[-1].next_week_focus


def test_no_check_in_is_finished_in_the_future():
    early = datetime.datetime(2026, 6, 1, 9, 0, tzinfo=datetime.UTC)

    data = make_data(early)

    stamps = [getattr(log, stage.completed_at) for log in data.logs for stage in STAGES]
    assert max(stamp for stamp in stamps if stamp) == early


@pytest.mark.parametrize("hour", [9, 12, 23])
def test_no_dose_is_taken_in_the_future(hour):
    """At 5 and 8 in the morning, and at 7 in the evening, in New York."""
    now = datetime.datetime(2026, 6, 1, hour, 20, tzinfo=datetime.UTC)

    doses = make_data(now).doses

    zone = doses[-1].daily_log.user.zone
    taken = [(dose.daily_log.date, dose.taken_at) for dose in doses if dose.taken_at]
    assert max(datetime.datetime.combine(*each, zone) for each in taken) <= now
    assert sum(dose.daily_log.date == TODAY for dose in doses) == 1


def test_check_ins_are_finished_on_their_day(demo_data):
    person = User(username="demo")

    for log in demo_data.logs:
        stamps = [stamp for stage in STAGES if (stamp := getattr(log, stage.completed_at))]
        assert stamps == sorted(stamps)
        is_later = any(getattr(log, stage.part.recalled) for stage in STAGES)
        assert all(person.today(stamp) == log.date + is_later * ONE_DAY for stamp in stamps)


def test_each_check_in_says_what_it_asked_and_when_it_was_answered(demo_data):
    person = User(username="demo")
    later = 0

    for log in demo_data.logs:
        for stage in STAGES:
            values = [getattr(log, name) for name in (*stage.part.kept_off_pages, stage.part.asked_id)]
            if not log.is_begun(stage):
                assert values == [None] * 4
                continue
            at, offset, recalled, key = values
            asked = questions_asked(demo_data, log, stage)
            answered = {q.name for q in questions_of_stage(demo_data, stage) if q.is_answered(log)}
            assert answered <= {question.name for question in asked} == set(demo_data.question_sets[key].names)
            # Each question is asked, but for the effect of medication on days without.
            asked_own = [question.own for question in asked if isinstance(question, RowQuestion)]
            assert stage.part.usual - {question.name for question in asked} <= {"medication_effectiveness"}
            is_asked_own = TODAY - log.date <= OWN_QUESTIONS_SINCE * ONE_DAY
            assert asked_own == [
                q for q in demo_data.own_questions.values() if is_asked_own and q.check_in == stage.slug
            ]
            assert getattr(log, stage.completed_at) in (None, at)
            assert offset == person.local_time(at).utcoffset() / datetime.timedelta(minutes=1)
            assert recalled in (None, sorted(answered))
            assert bool(recalled) == (person.today(at) > log.date)
            later += bool(recalled)
    assert later > 40
    assert all(week.answered_at and week.asked_id in demo_data.question_sets for week in demo_data.reflections)
    # Six, with own questions and without at midday and in the evening, whose effect of medication is not asked on each
    # day.
    assert len(demo_data.question_sets) == 10


def test_gaps_untracked_days_and_every_state_occur(demo_data):
    dates = {log.date for log in demo_data.logs}
    missing = [days for days in range(400) if TODAY - days * ONE_DAY not in dates]

    assert {290, 295, 300} <= set(missing)
    assert [log.not_tracked for log in demo_data.logs if log.not_tracked].count("holiday") == 7
    assert [log.not_tracked for log in demo_data.logs if log.not_tracked].count("ill") == 2
    assert not any(log.is_begun(stage) for log in demo_data.logs if log.not_tracked for stage in STAGES)
    for stage in (MORNING, MIDDAY, AFTERNOON, EVENING):
        assert {log.state_of(stage) for log in demo_data.logs} == {"done", "begun", "not-started"}
    assert {log.state_of(MEDICATION) for log in demo_data.logs} == {"done", "not-started"}


def test_completed_check_ins_have_all_required_answers(demo_data):
    for log in demo_data.logs:
        for stage in STAGES:
            if not log.is_begun(stage):
                assert not log.is_done(stage)
                continue
            asked = questions_asked(demo_data, log, stage)
            assert log.is_done(stage) == is_done(asked, lambda question, log=log: question.read(log))


@pytest.mark.parametrize("stage", STAGES, ids=str)
def test_unanswered_questions_are_null(demo_data, stage):
    skipped = [log for log in demo_data.logs if not log.is_done(stage) and not log.is_begun(stage)]

    assert skipped
    for name in stage.field_names:
        assert {getattr(log, name) for log in skipped} == {None}
        stored = [getattr(log, name) for log in demo_data.logs if getattr(log, name) is not None]
        # Every question is answered sometimes, and none of them always.
        assert 0 < len(stored) < len(demo_data.logs)
        assert "" not in stored and [] not in stored


def test_the_dose_changes_and_a_medication_is_added(demo_data):
    amounts = {(TODAY - d.daily_log.date).days: d.amount for d in demo_data.doses if d.medication.name == "Concerta"}
    melatonin = [(TODAY - d.daily_log.date).days for d in demo_data.doses if d.medication.name == "Melatonin"]

    assert {amount for days, amount in amounts.items() if days > effects.DOSE_CHANGE} == {18}
    assert {amount for days, amount in amounts.items() if days <= effects.DOSE_CHANGE} == {36}
    assert 110 <= max(melatonin) <= generate.MELATONIN_SINCE
    assert all(dose.daily_log.medication_taken for dose in demo_data.doses)
    assert len({dose.taken_at for dose in demo_data.doses}) > 60


def test_sentences_belong_to_answers_and_fit_them():
    fields = {field.name: field for stage in STAGES for field in stage.fields}
    fields |= {field.name: field for field in WeeklyReflection.fields()}

    for name, pool in SENTENCES.items():
        assert len(set(pool)) == len(pool)
        assert max(map(len, pool)) <= fields[name].kind.max_length


def test_the_rows_are_valid_for_their_forms(demo_person):
    answers = [answer for stage in STAGES for answer in stage.fields]

    for log in demo_person.daily_logs.all():
        for answer in answers:
            if (value := getattr(log, answer.name)) is not None:
                answer.clean(value, log)


def test_the_own_answers_are_valid_for_their_forms(demo_person):
    for question in map(RowQuestion, demo_person.own_questions.all()):
        field = question.kind.form_field(label=question.label)  # Without those that are only kept.
        values = {question.value_of(answer) for answer in demo_person.own_answers.filter(question=question.own)}
        assert len(values) > 1
        for value in values:
            assert field.clean(str(without_zeros(value))) == value


# ── Own questions ────────────────────────────────────────────────────────────────────────────────


def test_four_own_questions_of_four_kinds(demo_data):
    questions = demo_data.own_questions.values()

    assert [question.kind for question in questions] == ["score", "number", "choice", "yes_no"]
    assert [question.gallery for question in questions] == [STARTING, CAFFEINE, CONTACT, None]
    assert [question.label for question in questions if question.place == "first"] == [
        "Could you start the thing you meant to start?"
    ]


@pytest.mark.parametrize("key", [STARTING, CAFFEINE, CONTACT, OUTSIDE])
def test_own_questions_are_answered_on_most_days_since_they_are_asked(demo_data, key):
    question = RowQuestion(demo_data.own_questions[key])
    days = [(TODAY - log.date).days for log in demo_data.logs if question.is_answered(log)]

    assert OWN_QUESTIONS_SINCE - 10 <= max(days) <= OWN_QUESTIONS_SINCE
    assert 0.7 * OWN_QUESTIONS_SINCE < len(days) < 0.95 * OWN_QUESTIONS_SINCE
    assert 1 in days
    # Today, midday is begun and the evening is still to come.
    assert (0 in days) == (key == OUTSIDE)


def test_own_answers_are_those_of_the_logs(demo_data):
    assert demo_data.own_answers == [
        answer for log in demo_data.logs for answer in log.own_answers_by_question.values()
    ]
    assert all(answer.date == answer.daily_log.date for answer in demo_data.own_answers)


# ── The planted effects can be measured ────────────────────────────────────────────────────────────


@pytest.fixture(scope="module", params=range(7), ids=["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
def weekday_data(request):
    """The data as it is made on each day of the week."""
    return make_data(NOW + request.param * ONE_DAY)


def pairs(logs, x, y) -> list[tuple[float, float]]:
    both = [(getattr(log, x), getattr(log, y)) for log in logs]
    return [(float(x), float(y)) for x, y in both if x is not None and y is not None]


def own_pairs(data, key, name) -> list[tuple[float, float]]:
    """The same, where `key` is that of an own question. `name` may be STARTING."""
    x = RowQuestion(data.own_questions[key])
    y = RowQuestion(data.own_questions[name]) if name == STARTING else ColumnQuestion(DailyLog._meta.get_field(name))
    days = [log for log in data.logs if x.is_answered(log) and y.is_answered(log)]
    return [(float(x.read(log)), float(y.read(log))) for log in days]


def difference(logs, answer, name) -> float:
    """Mean of `name` where the answer to the question `answer` is yes, minus the mean where it is no."""
    found = pairs(logs, answer, name)
    return fmean(y for x, y in found if x) - fmean(y for x, y in found if not x)


def mean_on(logs, weekdays, name) -> float:
    values = [getattr(log, name) for log in logs if log.date.weekday() in weekdays]
    return fmean(float(value) for value in values if value is not None)


def test_sleep(weekday_data):
    def slope(name):
        return linear_regression(*zip(*pairs(weekday_data.logs, "sleep_hours", name), strict=True)).slope

    assert slope("morning_mood") == pytest.approx(effects.SLEEP_ON_MORNING_MOOD, abs=0.15)
    assert slope("focus_level") == pytest.approx(effects.SLEEP_ON_FOCUS, abs=0.15)
    assert slope("energy_level") == pytest.approx(effects.SLEEP_ON_ENERGY, abs=0.15)
    assert slope("sleep_quality") == pytest.approx(effects.SLEEP_ON_QUALITY, abs=0.15)


def test_dose(weekday_data):
    amounts = {dose.daily_log.date: dose.amount for dose in weekday_data.doses if dose.medication.name == "Concerta"}
    focus = {0: [], 18: [], 36: []}
    for log in weekday_data.logs:
        if log.focus_level and log.medication_taken is not None:
            focus[amounts.get(log.date, 0)].append(log.focus_level)

    none, low, high = (fmean(values) for values in focus.values())

    assert high - low == pytest.approx(effects.HIGH_DOSE_ON_FOCUS, abs=0.25)
    assert low - none == pytest.approx(effects.LOW_DOSE_ON_FOCUS, abs=0.4)


def test_lunch(weekday_data):
    days = [log for log in weekday_data.logs if log.is_done(MIDDAY) and log.is_crashing is not None]

    with_lunch = fmean(log.is_crashing for log in days if log.lunch)
    without = fmean(log.is_crashing for log in days if not log.lunch)

    assert with_lunch == pytest.approx(effects.CRASH_CHANCE, abs=0.1)
    assert without == pytest.approx(effects.CRASH_CHANCE_WITHOUT_LUNCH, abs=0.15)


@pytest.mark.parametrize(
    "answer, name, size",
    [
        ("is_crashing", "anxiety_level", effects.CRASH_ON_ANXIETY),
        ("had_emotional_event", "rumination_level", effects.EVENT_ON_RUMINATION),
        ("met_physical_activity_goals", "overall_mood", effects.EXERCISE_ON_MOOD),
    ],
)
def test_yes_and_no(weekday_data, answer, name, size):
    assert difference(weekday_data.logs, answer, name) == pytest.approx(size, abs=0.3)


def test_week(weekday_data):
    weekend, monday, others = {5, 6}, {0}, {1, 2, 3, 4}

    longer = mean_on(weekday_data.logs, weekend, "sleep_hours") - mean_on(
        weekday_data.logs, others | monday, "sleep_hours"
    )
    better = mean_on(weekday_data.logs, weekend, "overall_mood") - mean_on(weekday_data.logs, others, "overall_mood")
    worse = mean_on(weekday_data.logs, monday, "overall_mood") - mean_on(weekday_data.logs, others, "overall_mood")
    rarer = mean_on(weekday_data.logs, weekend, "medication_taken") - mean_on(
        weekday_data.logs, others | monday, "medication_taken"
    )

    assert longer == pytest.approx(effects.WEEKEND_ON_SLEEP, abs=0.25)
    assert better == pytest.approx(effects.WEEKEND_ON_MOOD, abs=0.4)
    assert worse == pytest.approx(effects.MONDAY_ON_MOOD, abs=0.5)
    assert rarer == pytest.approx(effects.SKIP_CHANCE - effects.WEEKEND_SKIP_CHANCE, abs=0.1)


def test_starting(weekday_data):
    found = own_pairs(weekday_data, STARTING, "focus_level")
    starting, focus = zip(*found, strict=True)

    assert linear_regression(focus, starting).slope == pytest.approx(effects.FOCUS_ON_STARTING, abs=0.15)
    assert slope_in_standard_errors(found) > 3 * NOT_SIGNIFICANT


def test_mood_carries_over_from_day_to_day(weekday_data):
    moods = {log.date: log.morning_mood for log in weekday_data.logs if log.morning_mood}
    found = [(mood, moods[day + ONE_DAY]) for day, mood in moods.items() if day + ONE_DAY in moods]

    assert correlation(*zip(*found, strict=True)) == pytest.approx(0.3, abs=0.15)


def standard_errors(some, others) -> float:
    """The difference of two means in standard errors."""
    return (fmean(some) - fmean(others)) / (variance(some) / len(some) + variance(others) / len(others)) ** 0.5


CONTROLS = ["met_dietary_goals", "never_felt_isolated", "ate_within_hour", "had_triggering_interaction"]


@pytest.mark.parametrize("control", CONTROLS)
def test_controls_have_no_effect(weekday_data, control):
    for name in MEASURES:
        found = pairs(weekday_data.logs, control, name)
        assert abs(standard_errors([y for x, y in found if x], [y for x, y in found if not x])) < NOT_SIGNIFICANT


def test_melatonin_has_no_effect_on_sleep(weekday_data):
    evenings = {dose.daily_log.date for dose in weekday_data.doses if dose.medication.name == "Melatonin"}
    nights = {log.date - ONE_DAY: float(log.sleep_hours) for log in weekday_data.logs if log.sleep_hours}
    days = [
        log.date
        for log in weekday_data.logs
        if log.medication_taken and min(evenings) <= log.date and log.date in nights
    ]

    with_it = [nights[day] for day in days if day in evenings]
    without = [nights[day] for day in days if day not in evenings]

    assert abs(standard_errors(with_it, without)) < NOT_SIGNIFICANT


def slope_in_standard_errors(found) -> float:
    x, y = zip(*found, strict=True)
    slope, intercept = linear_regression(x, y)
    residual = sum((b - slope * a - intercept) ** 2 for a, b in found) / (len(found) - 2)
    return slope / (residual / sum((a - fmean(x)) ** 2 for a in x)) ** 0.5


@pytest.mark.parametrize("name", [*MEASURES, STARTING])
def test_own_controls_have_no_effect(weekday_data, name):
    cups, outside, contact = (own_pairs(weekday_data, key, name) for key in (CAFFEINE, OUTSIDE, CONTACT))

    assert abs(slope_in_standard_errors(cups)) < NOT_SIGNIFICANT
    for found, answer in [(outside, True), *((contact, amount) for amount in set(effects.AMOUNTS_OF_CONTACT))]:
        some, others = [y for x, y in found if x == answer], [y for x, y in found if x != answer]
        assert min(len(some), len(others)) > 10
        assert abs(standard_errors(some, others)) < NOT_SIGNIFICANT
