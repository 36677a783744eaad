"""The numbers of a report, recomputed by plain Python over the rows of the demo's person and of random ones."""

import datetime
import math
import random
from collections import Counter
from decimal import Decimal

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings, strategies as st

from accounts.tests.factories import make_person
from insights.report.contents import Contents, Panel, Table
from insights.report.drawings import drawn
from insights.report.logged import Logged, Span
from insights.report.panels import USUAL
from insights.report.sections import GROUPS, report_for
from insights.report.selection import ReportSelection
from insights.tests.factories import make_event
from insights.tests.gallery import add_from_gallery
from logs.models import DailyLog
from logs.tests.factories import make_dose, make_full_log, make_log, make_medication, make_question_set
from logs.tests.own_questions import make_answer, make_question
from operations.demo.load import load_demo_data

NOW = datetime.datetime(2026, 6, 1, 23, 0, tzinfo=datetime.UTC)
ONE_DAY = datetime.timedelta(days=1)
PERIOD = Span(datetime.date(2026, 3, 3), datetime.date(2026, 5, 31))
EVERYTHING = frozenset(group.key for group in GROUPS)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def report_of(person, period=PERIOD, groups=EVERYTHING, **selection):
    return report_for(person, ReportSelection(period, frozenset(groups), **{"panels": USUAL} | selection))


def section(report, key):
    return next(each for each in report.sections if each.key == key)


def panels_of(report) -> dict[str, Panel]:
    return {panel.title: panel for panel in section(report, "panels").blocks}


def cells(report, key) -> dict[str, tuple]:
    """The rows of the first table of a section by their name."""
    [table] = [block for block in section(report, key).blocks if isinstance(block, Table)][:1]
    return {row[0]: row[1:] for row in table.rows}


def lines_of(report, key) -> str:
    return " ".join(line for block in section(report, key).blocks for line in getattr(block, "lines", ()))


def at(values: list[float], share: float) -> float:
    """The value at a share of the way through the sorted values, between two neighbours where it falls between."""
    values = sorted(values)
    place = share * (len(values) - 1)
    low, high = math.floor(place), math.ceil(place)
    return values[low] + (values[high] - values[low]) * (place - low)


def plain(person, name: str, span: Span) -> dict[datetime.date, int]:
    """The answers of the days that are not marked, by a query and a loop of its own."""
    return {
        log.date: getattr(log, name)
        for log in DailyLog.objects.filter(user=person).order_by("date")
        if span.first <= log.date <= span.last and log.not_tracked is None and getattr(log, name) is not None
    }


def check_panel(panel: Panel, person, name: str, period: Span):
    days, before = plain(person, name, period), plain(person, name, period.before)
    values = list(days.values())
    assert (panel.now is None) == (not values)
    assert (panel.before is None) == (not before)
    if not values:
        return
    assert panel.now.median == pytest.approx(at(values, 0.5))
    check_middle(panel.now, sorted(values))
    assert (panel.now.least, panel.now.most, panel.now.answered) == (min(values), max(values), len(values))
    if before:
        assert panel.before.median == pytest.approx(at(list(before.values()), 0.5))
        assert panel.before.answered == len(before)
    if period.days <= 100:
        assert [(point.first, point.value) for point in panel.points] == sorted(days.items())
    if len(values) >= 5:
        low, middle, high = (sum(a <= value <= b for value in values) for a, b in ((1, 3), (4, 7), (8, 10)))
        parts = [f"on {low} day", f"middle (4–7) on {middle},", f"high (8–10) on {high}."]
        assert all(part in panel.sentences[2] for part in parts)


def check_middle(spread, values: list):
    """Both ends are answers, with as many below as above, and at least half between them. Few have all between."""
    assert spread.low in values and spread.high in values
    if len(values) < 4:
        assert (spread.low, spread.high) == (values[0], values[-1])
    else:
        quarter = (len(values) - 1) // 4
        assert (spread.low, spread.high) == (values[quarter], values[-1 - quarter])
    assert sum(spread.low <= value <= spread.high for value in values) * 2 >= len(values)


def test_the_demo_person(db):
    person = make_person()
    load_demo_data(person)

    report = report_of(person)

    panels = panels_of(report)
    for title, name in {
        "Focus": "focus_level",
        "Mood over the whole day": "overall_mood",
        "Anxiety": "anxiety_level",
        "The day as a whole": "day_rating",
    }.items():
        check_panel(panels[title], person, name, PERIOD)
    assert panels["Anxiety"].is_flipped
    assert not panels["Focus"].is_flipped
    check_means(panels["Focus"], plain(person, "focus_level", Span(PERIOD.first - 7 * ONE_DAY, PERIOD.last)))
    check_taken(report, person)
    hours = list(plain(person, "sleep_hours", PERIOD).values())
    median = f"{at([float(value) for value in hours], 0.5):g}"
    assert f"Hours of sleep: median {median}," in lines_of(report, "sleep")
    answers = plain(person, "is_crashing", PERIOD)
    assert f"yes on {sum(answers.values())} of {len(answers)} days answered" in lines_of(report, "wearing_off")
    check_status(report, person)


def check_means(panel: Panel, values: dict[datetime.date, int]):
    """The demo's dose does not change in these days, so that each window has seven days."""
    for date, mean in zip(PERIOD, panel.means, strict=True):
        window = [values[date - n * ONE_DAY] for n in range(7) if date - n * ONE_DAY in values]
        assert mean == (pytest.approx(sum(window) / len(window), abs=0.001) if len(window) >= 4 else None)


def check_taken(report, person):
    """Concerta is taken daily, melatonin as needed."""
    logs = [log for log in DailyLog.objects.filter(user=person) if log.date in PERIOD]
    said = [log for log in logs if log.medication_taken is not None and log.not_tracked is None]
    doses = {log.pk: [dose.medication.name for dose in log.own_doses()] for log in said}
    missed = [log for log in said if not log.medication_taken or (doses[log.pk] and "Concerta" not in doses[log.pk])]
    taken, missed_cell, unsaid, _late = cells(report, "taken")["Concerta"]
    assert taken == f"{len(said) - len(missed)} of {len(said)} days"
    assert missed_cell == f"{len(missed)} of {len(said)} days"
    marked = sum(log.not_tracked is not None for log in logs)
    assert unsaid == f"{PERIOD.days - marked - len(said)} days"
    reasons = Counter(log.get_reason_for_skipping_display() or "no reason given" for log in missed)
    assert all(f"{reason} {count}" in lines_of(report, "taken") for reason, count in reasons.items())
    assert len(cells(report, "taken-details")) == len(missed)


def check_status(report, person):
    logs = [log for log in DailyLog.objects.filter(user=person) if log.date in PERIOD]
    parts = ("morning", "medication", "midday", "afternoon", "evening")
    answered = [log for log in logs if log.not_tracked is None and any(getattr(log, f"{p}_asked_id") for p in parts)]
    later = [log for log in answered if any(getattr(log, f"{part}_recalled") for part in parts)]
    assert report.header.status.startswith("Self-reported by the user. Not a clinical measurement. ")
    marked = sum(log.not_tracked is not None for log in logs)
    status = f"Answered {len(answered)} of 90 days, {marked} marked not tracked, {len(later)} filled in later."
    assert report.header.status.endswith(status)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), days=st.integers(1, 150), share=st.sampled_from([0.0, 0.05, 0.5, 1.0]))
def test_random_people(db, seed, days, share):
    choose = random.Random(seed)
    person = make_person()
    period = Span(PERIOD.last - (days - 1) * ONE_DAY, PERIOD.last)
    rows = []
    for number in range(2 * days):
        if choose.random() < share:
            marks = choose.choice([None, None, None, "ill"])
            row = DailyLog(user=person, date=PERIOD.last - number * ONE_DAY, not_tracked=marks)
            for name in USUAL:
                setattr(row, name, choose.choice([None, *range(1, 11)]))
            rows.append(row)
    DailyLog.objects.bulk_create(rows)

    report = report_of(person, period)

    names = dict(zip(("Focus", "Mood over the whole day", "Anxiety", "The day as a whole"), USUAL, strict=False))
    assert set(names) == set(panels_of(report))
    assert "NaN" not in report.to_json()
    for title, name in names.items():
        check_panel(panels_of(report)[title], person, name, period)


def test_side_effects_are_of_the_days_that_asked(db):
    """An answer "none" and a day that asked without an answer are days asked; a day that did not ask is none."""
    person = make_person()
    headache = add_from_gallery(person, "headache")
    asked = make_question_set(person, headache.name)
    medication = make_medication(person)
    for number, answer in enumerate([3, 1, 4, None, 2]):
        log = make_log(person, PERIOD.first + number * ONE_DAY, evening_asked=asked, medication_taken=True)
        make_dose(log, medication, amount=Decimal(10 + number))
        if answer:
            make_answer(log, headache, answer)
    make_log(person, PERIOD.first + 10 * ONE_DAY, day_rating=5)

    report = report_of(person)

    assert cells(report, "side_effects") == {
        "Headache": ("3 of 5", "severe", "Mar 3, 2026, Mar 7, 2026", "Concerta 10 mg / Concerta 14 mg")
    }
    assert "Recorded dose then" not in str(section(report_of(person, groups={"side_effects"}), "side_effects"))


def test_times_of_an_own_question_are_those_of_each_period_without_its_name(db):
    person = make_person()
    asked = make_question(person, "time", label="Out of bed")
    for date, hour in ((PERIOD.first - ONE_DAY, 7), (PERIOD.first, 9), (PERIOD.last, 9)):
        make_answer(make_log(person, date), asked, datetime.time(hour))

    report = report_of(person, own=(asked.name,))

    asked_before, asked_now = cells(report, "own-details")["Out of bed"][::-1]
    assert asked_now == "median 9 a.m., from 9 a.m. to 9 a.m.; not noticed on 0 of 2 days answered"
    assert asked_before == "median 7 a.m., from 7 a.m. to 7 a.m.; not noticed on 0 of 1 day answered"


def test_doses_are_bands_under_the_name_of_now(db):
    person = make_person()
    medication = make_medication(person, "Old name", schedule="daily", usual_times="08:00", is_active=True)
    for number in range(20):
        log = make_log(person, PERIOD.first + number * ONE_DAY, medication_taken=number != 5)
        if number != 5:
            time = datetime.time(10 if number == 3 else 8)
            make_dose(log, medication, amount=Decimal(18 if number < 10 else 36), taken_at=time)
    make_log(person, PERIOD.first + 30 * ONE_DAY, medication_taken=True)
    medication.name = "New name"
    medication.save()

    report = report_of(person)

    [bands] = [block for block in section(report, "doses").blocks if block.KIND == "bands"]
    [track] = bands.tracks
    assert (track.label, [(band.label, band.pattern) for band in track.bands]) == (
        "New name",
        [("18 mg", 0), ("36 mg", 1)],
    )
    assert track.bands[1].first == PERIOD.first + 10 * ONE_DAY
    assert track.missed == (PERIOD.first + 5 * ONE_DAY,)
    assert "On 1 day, medication was taken and no dose was noted." in lines_of(report, "doses")
    # The day that names no dose counts as taken.
    assert cells(report, "taken")["New name"] == ("20 of 21 days", "1 of 21 days", "69 days", "1 of 19 days")


def test_a_mean_starts_anew_at_a_change_of_dose(db):
    person = make_person()
    medication = make_medication(person)
    for number in range(20):
        facts = {"medication_taken": True, "focus_level": 2 if number < 10 else 8}
        log = make_log(person, PERIOD.first + number * ONE_DAY, **facts)
        make_dose(log, medication, amount=Decimal(18 if number < 10 else 36))

    [panel] = section(report_of(person, panels=("focus_level",)), "panels").blocks
    [smeared] = section(report_of(person, groups={"panels"}, panels=("focus_level",)), "panels").blocks

    assert panel.means[7:16] == (2, 2, 2, None, None, None, 8, 8, 8)
    assert set(panel.means[:20]) == {None, 2, 8}
    # Where the doses are not to be seen, nothing of them is.
    assert 2 < smeared.means[11] < 8


def test_the_shape_of_the_day(db):
    person = make_person()
    medication = make_medication(person)
    for number in range(6):
        day = PERIOD.first + number * ONE_DAY
        at = datetime.datetime.combine(day, datetime.time(16), tzinfo=datetime.UTC)
        facts = {
            "midday_answered_at": at,
            "midday_utc_offset": -240,
            "midday_asked": make_question_set(person, "focus_level"),
        }
        log = make_log(person, day, medication_taken=True, focus_level=4 + number % 3, **facts)
        make_dose(log, medication, taken_at=datetime.time(9))

    check_ins, hours = [block for block in section(report_of(person), "shape-details").blocks if block.KIND == "table"]

    assert check_ins.rows == (("Focus", "Midday", "noon", "5 (6)", "3 (6)"),)
    assert hours.rows == (("Focus", "–", "5 (6)", "–", "–", "–"),)


def test_logged_counts_its_queries(db, django_assert_max_num_queries):
    person = make_person()
    load_demo_data(person)

    with django_assert_max_num_queries(12):
        report_of(person)


def test_a_day_marked_as_not_tracked_counts_nowhere(db):
    person = make_person()
    make_full_log(person, PERIOD.last, not_tracked="ill", focus_level=1)

    report = report_of(person)

    assert panels_of(report)["Focus"].now is None
    assert Logged(person, PERIOD).days == []
    assert "Marked as not tracked, 1 day: May 31, 2026." in lines_of(report, "blanks-details")


def test_a_middle_half_has_no_number_that_was_not_answered(db):
    person = make_person()
    for number, value in enumerate([5.5, 6, 6.5, 7, 7.75, 8, 8.25]):
        make_log(person, PERIOD.first + number * ONE_DAY, sleep_hours=Decimal(str(value)))

    assert "median 7, middle half 6–8, all 5.5–8.25" in lines_of(report_of(person), "sleep")


def test_a_dose_and_an_event_from_before_the_period_are_not_said_to_begin_with_it(db):
    person = make_person()
    medication, new = make_medication(person), make_medication(person, "New")
    for number in range(-3, 5):
        log = make_log(person, PERIOD.first + number * ONE_DAY, medication_taken=True, focus_level=5)
        make_dose(log, medication, amount=Decimal(36))
        if number >= 0:
            make_dose(log, new, amount=Decimal(5))
    make_event(person, "Flu", PERIOD.first - 9 * ONE_DAY, last_day=PERIOD.first + ONE_DAY)

    report = report_of(person)

    [bands] = [block for block in section(report, "doses").blocks if block.KIND == "bands"]
    assert "36 mg, since before this period, up to Mar 7, 2026 (taken on 5 days)." in bands.sentences[0]
    assert "5 mg, Mar 3, 2026 – Mar 7, 2026 (taken on 5 days)." in bands.sentences[1]
    days = "Feb 22, 2026 – Mar 4, 2026"
    assert cells(report, "events") == {"1": (days, "Flu")}
    [mark] = panels_of(report)["Focus"].marks
    assert (mark.date, mark.days) == (PERIOD.first, days)
    [drawn_panels] = [each for each in drawn(report).main if each.key == "panels"]
    assert f"{days}: 1" in drawn_panels.blocks[0].markup
    assert Contents.from_json(report.to_json()) == report


def test_a_report_explains_only_what_it_has(db):
    person = make_person()
    make_full_log(person, PERIOD.last)

    assert lines_of(report_of(person, groups=()), "reading") == "All of it is what one person noted."
    everything = lines_of(report_of(person), "reading")
    assert "starts anew when a dose changes" in everything and "The period before is" in everything
    panels = lines_of(report_of(person, groups={"panels"}), "reading")
    assert "A dot is a day." in panels and "dose" not in panels
    assert "The median" not in lines_of(report_of(person, groups={"doses", "body"}), "reading")
    assert "1 day of this period has an answer." in lines_of(report_of(person), "few")
    assert "Ready-made" not in report_of(person).to_json()
    make_dose(make_log(person, PERIOD.first, medication_taken=True), make_medication(person))
    assert report_of(person).to_json().count("What I recorded as taken") == 2, "The section and its drawing."
    assert "What was taken" not in report_of(person).to_json()
