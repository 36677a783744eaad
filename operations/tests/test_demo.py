import datetime
from io import StringIO
from statistics import correlation, fmean, linear_regression, variance

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_person
from logs.fields import HoursField, ScoreField
from logs.models import DailyLog, Dose, Medication
from logs.stages import AFTERNOON, EVENING, MEDICATION, MIDDAY, MORNING, STAGES
from logs.tests.factories import make_log
from operations.demo import generate
from operations.demo.sentences import SENTENCES
from reflections.models import WeeklyReflection

# A Monday evening in New York.
NOW = datetime.datetime(2026, 6, 1, 23, 0, tzinfo=datetime.UTC)
TODAY = datetime.date(2026, 6, 1)
ONE_DAY = datetime.timedelta(days=1)
MEASURES = [f.name for stage in STAGES for f in stage.fields if isinstance(f, ScoreField | HoursField)]
# In standard errors: what chance alone does to the strongest of some fifty comparisons.
QUIET = 2.6
BOOKKEEPING = {"id", "uuid", "user_id", "daily_log_id", "medication_id", "created_at", "updated_at"}


def run_demo() -> str:
    output = StringIO()
    call_command("demo", stdout=output)
    return output.getvalue()


def rows_of(model) -> list[dict]:
    names = [field.attname for field in model._meta.concrete_fields if field.attname not in BOOKKEEPING]
    return [{name: getattr(row, name) for name in names} for row in model.objects.order_by("pk")]


def everything() -> list[list[dict]]:
    return [rows_of(model) for model in (DailyLog, Dose, Medication, WeeklyReflection)]


@pytest.fixture
def in_debug(settings, db):
    """DEBUG is on, and the clock stands still."""
    settings.DEBUG = True
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def demo_person(in_debug):
    run_demo()
    return User.objects.get(username="demo")


@pytest.fixture(scope="module")
def story():
    return generate.story_of(User(username="demo"), NOW)


# ── The command ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.django_db
def test_it_refuses_to_run_outside_debug():
    with pytest.raises(CommandError, match="DEBUG is off"):
        run_demo()

    assert not User.objects.exists()


def test_it_makes_a_person_and_a_staff_account(demo_person):
    admin = User.objects.get(username="demo-admin")

    assert (admin.is_staff, admin.is_superuser) == (True, True)
    assert (demo_person.is_staff, demo_person.is_superuser) == (False, False)
    assert not admin.daily_logs.exists()


def test_it_shows_the_passwords_once(in_debug):
    first = run_demo()
    hashes = list(User.objects.order_by("pk").values_list("password", flat=True))
    again = run_demo()

    for name in ("demo", "demo-admin"):
        line = next(line for line in first.splitlines() if f"account {name}." in line)
        assert User.objects.get(username=name).check_password(line.split()[-1])
        assert f"manage.py changepassword {name}" in again
    assert "shown only now" not in again
    assert list(User.objects.order_by("pk").values_list("password", flat=True)) == hashes


def test_repeated_it_makes_the_same_rows(demo_person):
    before = everything()

    run_demo()

    assert everything() == before
    assert User.objects.count() == 2


def test_repeated_it_undoes_changes_and_keeps_the_profile(demo_person):
    before = everything()
    demo_person.daily_logs.filter(date__gt=TODAY - 30 * ONE_DAY).delete()
    demo_person.medications.update(unit="ml")
    demo_person.display_name, demo_person.theme = "Somebody", "dark"
    demo_person.save()

    run_demo()

    assert everything() == before
    demo_person.refresh_from_db()
    assert (demo_person.display_name, demo_person.theme) == ("Somebody", "dark")


def test_it_counts_as_a_change_of_answers(demo_person):
    run_demo()

    assert User.objects.get(pk=demo_person.pk).answers_version == 2


def test_it_leaves_other_people_alone(in_debug):
    log = make_log(breakfast="Mine")

    run_demo()
    run_demo()

    log.refresh_from_db()
    assert log.breakfast == "Mine"
    assert log.user.daily_logs.count() == 1


@pytest.mark.parametrize("name", ["demo", "Demo", "demo-admin", "DEMO-Admin"])
def test_it_refuses_an_account_it_did_not_make(in_debug, name):
    # All that people can choose themselves looks like the demo's.
    person = make_person(username=name, display_name="Demo admin" if "-" in name else "Demo")
    make_log(person, breakfast="Mine")

    with pytest.raises(CommandError, match=f"“{name}” that this command did not make"):
        run_demo()

    person = User.objects.get()
    assert (person.is_staff, person.is_superuser) == (False, False)
    assert person.check_password(PASSWORD)
    assert person.daily_logs.get().breakfast == "Mine"
    assert not Group.objects.exists()


def test_it_gives_no_rights_back_to_an_account_that_lost_them(demo_person):
    User.objects.filter(username="demo-admin").update(is_staff=False, is_superuser=False)

    run_demo()

    assert not User.objects.get(username="demo-admin").is_staff


def test_its_help_lists_what_is_planted(capsys):
    with pytest.raises(SystemExit):
        call_command("demo", "--help")

    assert generate.__doc__.strip() in capsys.readouterr().out


# ── The days ─────────────────────────────────────────────────────────────────────────────────────


def test_400_days_and_50_weeks(demo_person):
    dates = set(demo_person.daily_logs.values_list("date", flat=True))
    weeks = set(demo_person.weekly_reflections.values_list("week_start", flat=True))

    assert (min(dates), max(dates)) == (TODAY - 399 * ONE_DAY, TODAY)
    assert 360 <= len(dates) < 400
    assert len(weeks) == 50
    assert all(demo_person.week_of(week) == week for week in weeks)
    assert demo_person.weekly_reflections.filter(completed_at=None).count() == 2


def test_the_days_end_on_the_day_the_person_lives_in():
    after_midnight = datetime.datetime(2026, 6, 2, 6, 0, tzinfo=datetime.UTC)

    assert generate.story_of(User(username="demo"), after_midnight).logs[-1].date == TODAY


def test_a_week_later_every_day_has_moved_by_a_week(story):
    later = generate.story_of(User(username="demo"), NOW + 7 * ONE_DAY)

    def told(story, last):
        names = [name for stage in STAGES for name in stage.field_names]
        return [((last - log.date).days, [getattr(log, name) for name in names]) for log in story.logs]

    assert told(story, TODAY) == told(later, TODAY + 7 * ONE_DAY)


def test_today_shows_every_state(story):
    states = [story.logs[-1].state_of(stage) for stage in STAGES]

    assert states == ["done", "done", "begun", "not-started", "not-started"]


def test_yesterday_left_words_for_today_and_last_week_for_this_week(story):
    yesterday = story.logs[-2]

    assert yesterday.date == TODAY - ONE_DAY
    assert yesterday.is_complete
    assert yesterday.thought_for_tomorrow and yesterday.tomorrow_plan
    assert story.reflections[-1].week_end == TODAY - 2 * ONE_DAY
    assert story.reflections[-1].next_week_focus


def test_no_check_in_is_finished_in_the_future():
    early = datetime.datetime(2026, 6, 1, 9, 0, tzinfo=datetime.UTC)

    story = generate.story_of(User(username="demo"), early)

    stamps = [getattr(log, stage.completed_at) for log in story.logs for stage in STAGES]
    assert max(stamp for stamp in stamps if stamp) == early


def test_check_ins_are_finished_on_their_day(story):
    person = User(username="demo")

    for log in story.logs:
        stamps = [stamp for stage in STAGES if (stamp := getattr(log, stage.completed_at))]
        assert stamps == sorted(stamps)
        assert all(person.today(stamp) == log.date for stamp in stamps)


def test_gaps_marks_and_every_state_occur(story):
    dates = {log.date for log in story.logs}
    missing = [days for days in range(400) if TODAY - days * ONE_DAY not in dates]

    assert {290, 295, 300} <= set(missing)
    assert [log.not_tracked for log in story.logs if log.not_tracked].count("holiday") == 7
    assert [log.not_tracked for log in story.logs if log.not_tracked].count("ill") == 2
    assert not any(log.is_begun(stage) for log in story.logs if log.not_tracked for stage in STAGES)
    for stage in (MORNING, MIDDAY, AFTERNOON, EVENING):
        assert {log.state_of(stage) for log in story.logs} == {"done", "begun", "not-started"}
    assert {log.state_of(MEDICATION) for log in story.logs} == {"done", "not-started"}


def test_done_means_that_what_it_takes_is_answered(story):
    for log in story.logs:
        for stage in STAGES:
            is_answered = all(getattr(log, name) is not None for name in stage.required_names)
            assert log.is_done(stage) == is_answered


@pytest.mark.parametrize("stage", STAGES, ids=str)
def test_what_was_not_answered_is_empty(story, stage):
    skipped = [log for log in story.logs if not log.is_done(stage) and not log.is_begun(stage)]

    assert skipped
    for name in stage.field_names:
        assert {getattr(log, name) for log in skipped} == {None}
        stored = [getattr(log, name) for log in story.logs if getattr(log, name) is not None]
        # Every question is answered sometimes, and none of them always.
        assert 0 < len(stored) < len(story.logs)
        assert "" not in stored and [] not in stored


def test_doses_change_and_a_medication_comes_later(story):
    amounts = {(TODAY - d.daily_log.date).days: d.amount for d in story.doses if d.medication.name == "Concerta"}
    melatonin = [(TODAY - d.daily_log.date).days for d in story.doses if d.medication.name == "Melatonin"]

    assert {amount for days, amount in amounts.items() if days > generate.DOSE_CHANGE} == {18}
    assert {amount for days, amount in amounts.items() if days <= generate.DOSE_CHANGE} == {36}
    assert 110 <= max(melatonin) <= generate.MELATONIN_SINCE
    assert all(dose.daily_log.medication_taken for dose in story.doses)
    assert len({dose.taken_at for dose in story.doses}) > 60


def test_the_answers_of_the_sentences_exist_and_they_fit():
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


# ── What is planted can be measured ──────────────────────────────────────────────────────────────


@pytest.fixture(scope="module", params=range(7), ids=["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
def told(request):
    """The story as it is told on each day of the week."""
    return generate.story_of(User(username="demo"), NOW + request.param * ONE_DAY)


def pairs(logs, x, y) -> list[tuple[float, float]]:
    both = [(getattr(log, x), getattr(log, y)) for log in logs]
    return [(float(x), float(y)) for x, y in both if x is not None and y is not None]


def difference(logs, answer, name) -> float:
    """Mean of `name` where the yes/no question `answer` was a yes, less where it was a no."""
    found = pairs(logs, answer, name)
    return fmean(y for x, y in found if x) - fmean(y for x, y in found if not x)


def mean_on(logs, weekdays, name) -> float:
    values = [getattr(log, name) for log in logs if log.date.weekday() in weekdays]
    return fmean(float(value) for value in values if value is not None)


def test_sleep(told):
    def slope(name):
        return linear_regression(*zip(*pairs(told.logs, "sleep_hours", name), strict=True)).slope

    assert slope("morning_mood") == pytest.approx(generate.SLEEP_ON_MORNING_MOOD, abs=0.15)
    assert slope("focus_level") == pytest.approx(generate.SLEEP_ON_FOCUS, abs=0.15)
    assert slope("energy_level") == pytest.approx(generate.SLEEP_ON_ENERGY, abs=0.15)
    assert slope("sleep_quality") == pytest.approx(generate.SLEEP_ON_QUALITY, abs=0.15)


def test_dose(told):
    amounts = {dose.daily_log.date: dose.amount for dose in told.doses if dose.medication.name == "Concerta"}
    focus = {0: [], 18: [], 36: []}
    for log in told.logs:
        if log.focus_level and log.medication_taken is not None:
            focus[amounts.get(log.date, 0)].append(log.focus_level)

    none, low, high = (fmean(values) for values in focus.values())

    assert high - low == pytest.approx(generate.HIGH_DOSE_ON_FOCUS, abs=0.25)
    assert low - none == pytest.approx(generate.LOW_DOSE_ON_FOCUS, abs=0.4)


def test_lunch(told):
    days = [log for log in told.logs if log.is_done(MIDDAY) and log.is_crashing is not None]

    with_lunch = fmean(log.is_crashing for log in days if log.lunch)
    without = fmean(log.is_crashing for log in days if not log.lunch)

    assert with_lunch == pytest.approx(generate.CRASH_CHANCE, abs=0.1)
    assert without == pytest.approx(generate.CRASH_CHANCE_WITHOUT_LUNCH, abs=0.15)


@pytest.mark.parametrize(
    "answer, name, size",
    [
        ("is_crashing", "anxiety_level", generate.CRASH_ON_ANXIETY),
        ("had_emotional_event", "rumination_level", generate.EVENT_ON_RUMINATION),
        ("met_physical_activity_goals", "overall_mood", generate.EXERCISE_ON_MOOD),
    ],
)
def test_yes_and_no(told, answer, name, size):
    assert difference(told.logs, answer, name) == pytest.approx(size, abs=0.3)


def test_week(told):
    weekend, monday, others = {5, 6}, {0}, {1, 2, 3, 4}

    longer = mean_on(told.logs, weekend, "sleep_hours") - mean_on(told.logs, others | monday, "sleep_hours")
    better = mean_on(told.logs, weekend, "overall_mood") - mean_on(told.logs, others, "overall_mood")
    worse = mean_on(told.logs, monday, "overall_mood") - mean_on(told.logs, others, "overall_mood")
    rarer = mean_on(told.logs, weekend, "medication_taken") - mean_on(told.logs, others | monday, "medication_taken")

    assert longer == pytest.approx(generate.WEEKEND_ON_SLEEP, abs=0.25)
    assert better == pytest.approx(generate.WEEKEND_ON_MOOD, abs=0.4)
    assert worse == pytest.approx(generate.MONDAY_ON_MOOD, abs=0.5)
    assert rarer == pytest.approx(generate.SKIP_CHANCE - generate.WEEKEND_SKIP_CHANCE, abs=0.1)


def test_mood_carries_over_from_day_to_day(told):
    moods = {log.date: log.morning_mood for log in told.logs if log.morning_mood}
    found = [(mood, moods[day + ONE_DAY]) for day, mood in moods.items() if day + ONE_DAY in moods]

    assert correlation(*zip(*found, strict=True)) == pytest.approx(0.3, abs=0.15)


def standard_errors(some, others) -> float:
    """How far two means lie apart, in standard errors of their difference."""
    return (fmean(some) - fmean(others)) / (variance(some) / len(some) + variance(others) / len(others)) ** 0.5


CONTROLS = ["met_dietary_goals", "never_felt_isolated", "ate_within_hour", "had_triggering_interaction"]


@pytest.mark.parametrize("control", CONTROLS)
def test_controls_do_nothing(told, control):
    for name in MEASURES:
        found = pairs(told.logs, control, name)
        assert abs(standard_errors([y for x, y in found if x], [y for x, y in found if not x])) < QUIET


def test_melatonin_does_nothing_to_the_night(told):
    evenings = {dose.daily_log.date for dose in told.doses if dose.medication.name == "Melatonin"}
    nights = {log.date - ONE_DAY: float(log.sleep_hours) for log in told.logs if log.sleep_hours}
    days = [log.date for log in told.logs if log.medication_taken and min(evenings) <= log.date and log.date in nights]

    with_it = [nights[day] for day in days if day in evenings]
    without = [nights[day] for day in days if day not in evenings]

    assert abs(standard_errors(with_it, without)) < QUIET
