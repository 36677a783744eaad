"""Before and after a day: the numbers, what changed, and the pages."""

import datetime
import math
import random
import re
import subprocess
import sys
from html import unescape

import pytest
from django.utils import timezone
from pytest_django.asserts import assertContains, assertRedirects

from accounts.tests.factories import make_person
from insights.change.answers import LEAST_DAYS, MOST_DAYS
from insights.change.comparing import difference
from insights.change.occasions import occasions_of, offered, same_week_in_words
from insights.dose_periods import read_taken
from insights.events import marks_for
from insights.tests.factories import make_event
from logs.tests.factories import DAY, make_dose, make_log, make_medication, make_question_set
from logs.tests.own_questions import make_answer, make_question
from operations.demo.load import load_demo_data

ONE_DAY = datetime.timedelta(days=1)
TODAY = DAY + ONE_DAY
CHANGED = DAY - 40 * ONE_DAY  # A Wednesday.


def days_around(changed=CHANGED, before=MOST_DAYS, after=MOST_DAYS):
    return [changed + number * ONE_DAY for number in range(-before, after)]


def address(day=CHANGED) -> str:
    return f"/insights/change/{day}/"


def texts_of(response) -> str:
    main = response.content.decode().partition("<main")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def cards_of(response) -> dict:
    return {card.key: card for card in response.context["change"].cards}


# ── The numbers ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.once
def test_the_difference_is_that_of_the_regression_of_findings():
    from insights.findings.arithmetic import np
    from insights.findings.regression import estimate

    chance = random.Random(4)
    for _ in range(60):
        days = sorted(chance.sample(range(700_000, 700_056), chance.randint(20, 56)))
        is_after = [day >= 700_028 for day in days]
        values = [float(chance.randint(1, 10)) for _ in days]

        found = difference(days, is_after, values)

        by_numpy = [np.array(each) for each in (days, is_after, values, [day % 7 for day in days])]
        numbers, x, y, weekdays = by_numpy
        expected = estimate(numbers, x.astype(float), y, weekdays, drift=False, shifts=False)
        for name in ("value", "low", "high", "p", "t", "freedom", "days", "carry_over"):
            assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-7, abs=1e-9), name


@pytest.mark.once
def test_days_that_cannot_tell_have_no_difference():
    week = [*range(700_000, 700_056)]
    values = [float(day % 5) for day in week]

    assert difference(week, [False] * 56, values) is None, "One side alone."
    assert difference(week[:6], [day >= 700_003 for day in week[:6]], values[:6]) is None, "Fewer days than columns."
    weekends = [day for day in week if (day % 7 in (0, 1)) == (day >= 700_028)]
    assert difference(weekends, [day >= 700_028 for day in weekends], values[: len(weekends)]) is None
    assert difference(week, [day >= 700_028 for day in week], [5.0] * 56) is None, "All the same."


@pytest.mark.once
def test_numpy_is_not_imported():
    program = "import sys, insights.change.comparing; sys.exit('numpy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0  # noqa: S603 (our program)


def simulated_days(chance: random.Random, side: int, effect: float) -> tuple[list, list, list]:
    """Scores with a standard deviation of 1.33: carried over from day to day, with a weekday rhythm and a slow wave."""
    rho, state = chance.choice((0.3, 0.5, 0.7)), chance.gauss(0, 1)
    week = [chance.gauss(0, 0.3) for _ in range(7)]
    wave, start = chance.uniform(120, 400), chance.uniform(0, 6.28)
    days, is_after, values = [], [], []
    for day in range(2 * side):
        state = rho * state + (1 - rho**2) ** 0.5 * chance.gauss(0, 1)
        slow = 0.5 * math.sin(start + 6.28 * day / wave)
        value = 5.5 + 1.15 * state + slow + week[day % 7] + effect * (day >= side)
        if chance.random() < 0.88:
            days.append(700_000 + day)
            is_after.append(day >= side)
            values.append(float(min(10, max(1, round(value)))))
    return days, is_after, values


def share_shown(side: int, effect: float, people: int) -> float:
    chance = random.Random(f"{side} {effect}")
    found = [difference(*simulated_days(chance, side, effect)) for _ in range(people)]
    return sum(each.low > 0 or each.high < 0 for each in found) / people


@pytest.mark.once
@pytest.mark.thorough
def test_what_the_page_says_of_its_own_errors_holds():
    """About 7 in 100 without a change, about 35 in 100 with one of a point; twice as many days would err more."""
    people = 1000  # The standard error of a share of 7 in 100 is then 0.8 in 100.

    assert share_shown(MOST_DAYS, 0, people) == pytest.approx(0.07, abs=0.025)
    assert share_shown(MOST_DAYS, 1, people) == pytest.approx(0.35, abs=0.1)
    assert share_shown(LEAST_DAYS + 2, 0, people) < 0.09
    assert share_shown(2 * MOST_DAYS, 0, people) > 0.12


# ── What changed ─────────────────────────────────────────────────────────────────────────────────


def take(person, medication, day, amount):
    log = person.daily_logs.filter(date=day).first() or make_log(person, day, medication_taken=True)
    make_dose(log, medication, amount=amount, unit="mg")


@pytest.fixture
def life(person):
    """36 mg from CHANGED on and 18 mg before, one medication that ends, one as needed, and two events."""
    concerta, ended = make_medication(person, "Concerta"), make_medication(person, "Melatonin")
    needed = make_medication(person, "Ibuprofen", schedule="as_needed")
    for day in days_around():
        take(person, concerta, day, 36 if day >= CHANGED else 18)
        if day < CHANGED - 10 * ONE_DAY:
            take(person, ended, day, 1)
    take(person, needed, CHANGED, 400)
    make_event(person, "Flu", CHANGED + 2 * ONE_DAY, last_day=CHANGED + 4 * ONE_DAY)
    make_event(person, "Holiday", CHANGED + 10 * ONE_DAY, last_day=CHANGED + 20 * ONE_DAY)
    return person


@pytest.mark.usefixtures("noon")
def test_changes_of_doses_and_events_offer_themselves(life):
    texts = [(each.date - CHANGED, each.text) for each in offered(life, CHANGED - MOST_DAYS * ONE_DAY)]

    assert texts == [
        (21 * ONE_DAY, "“Holiday” is over"),
        (10 * ONE_DAY, "“Holiday”"),
        (2 * ONE_DAY, "“Flu”"),
        (0 * ONE_DAY, "Concerta changes to 36 mg"),
        (-10 * ONE_DAY, "Melatonin ends"),
    ]


@pytest.mark.usefixtures("noon")
def test_what_changed_in_the_same_week_cannot_be_told_apart(life):
    first, last = CHANGED - MOST_DAYS * ONE_DAY, CHANGED + MOST_DAYS * ONE_DAY
    found = occasions_of(read_taken(life, first, last), marks_for(life, first, last), first, last)

    def said(days):
        return same_week_in_words(CHANGED + days * ONE_DAY, found)

    assert said(0) == (
        "In the same week: Concerta changes to 36 mg (Mar 25), “Flu” (Mar 27). These days cannot tell them apart."
    )
    assert said(-10) == "", "The dose changed ten days later."
    assert said(-16) == (
        "In the same week: Melatonin ends (Mar 15). These days cannot tell it from what changed on this day."
    )
    assert "“Flu” (Mar 27), “Holiday” (Apr 4)" in said(10), "Flu lasted until six days before."
    assert said(30) == ""


# ── The pages ────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def stepped(person, client):
    """Focus 4 or 5 before, 7 or 8 from CHANGED on; anxiety the same throughout; mood on ten days before alone."""
    for number, day in enumerate(days_around()):
        is_after = day >= CHANGED
        mood = {"overall_mood": 5} if number < 10 or is_after else {}
        make_log(person, day, focus_level=(7 if is_after else 4) + number % 2, anxiety_level=3, **mood)
    client.force_login(person)
    return client


@pytest.mark.usefixtures("noon")
def test_a_page_says_how_much_higher_and_what_else_fits(stepped, person):
    own = make_question(person, "number", unit="cups", label="Coffee")
    for log in person.daily_logs.all():
        make_answer(log, own, 2 if log.date >= CHANGED else 3)

    response = stepped.get(address())

    cards = cards_of(response)
    assert list(cards) == ["focus_level", "anxiety_level", own.name]
    focus = cards["focus_level"]
    assert re.match(
        r"About 3 points higher after than before\. Anything from 2\.\d to 3\.\d points higher", focus.sentence
    )
    assert focus.sides == ["Before: median 4.5, mean 4.5, 28 days.", "After: median 7.5, mean 7.5, 28 days."]
    assert cards["anxiety_level"].sentence == "All answers before and after are the same."
    assert cards[own.name].sentence.startswith("About 1 cups lower")
    assertContains(response, "14 days with an answer are needed on each side.")
    assert response.context["change"].too_few == ["Mood over the whole day: 10 days before, 28 after"]
    assertContains(response, "3 questions are compared here. Where nothing has changed, about 7 in 100")
    assertContains(response, "28 days before, 28 days from then on")
    assert 'class="estimate"' in focus.chart
    assert 'class="estimate"' not in cards["anxiety_level"].chart


@pytest.mark.usefixtures("noon")
def test_hours_are_longer_or_shorter_as_in_findings(stepped, person):
    for number, log in enumerate(person.daily_logs.order_by("date")):
        log.sleep_hours = (6 if log.date >= CHANGED else 8) + number % 2
        log.sleep_quality = 4 + number * 7 % 5
        log.save()
    cards = cards_of(stepped.get(address()))

    assert re.match(
        r"About 2 hours shorter after than before\. Anything from 1\.\d to 2\.\d hours shorter fits",
        cards["sleep_hours"].sentence,
    )
    assert re.search(r"from \S+ points? lower to \S+ points? higher fits", cards["sleep_quality"].sentence)


@pytest.mark.usefixtures("noon")
def test_only_answers_that_count_and_only_near_days_are_compared(stepped, person):
    """The day itself is after. Not tracked, answered later, 29 days away, of another person: none of these counts."""
    logs = person.daily_logs
    logs.filter(date=CHANGED - ONE_DAY).update(not_tracked="ill", focus_level=10)
    recalled = {"midday_recalled": ["focus_level"], "midday_asked": make_question_set(person, "focus_level")}
    recalled |= {"midday_answered_at": timezone.now(), "midday_utc_offset": -240}
    logs.filter(date=CHANGED - 2 * ONE_DAY).update(focus_level=10, **recalled)
    make_log(person, CHANGED - (MOST_DAYS + 1) * ONE_DAY, focus_level=10)
    make_log(person, CHANGED + MOST_DAYS * ONE_DAY, focus_level=1)
    logs.filter(date=CHANGED).update(focus_level=9)
    make_log(make_person(), CHANGED, focus_level=1)

    outcome = next(each for each in stepped.get(address()).context["change"].outcomes if each.before.days == 26)

    assert outcome.question.name == "focus_level"
    assert {*outcome.before.values} == {4, 5}
    assert outcome.after.values[0] == 9
    assert outcome.after.days == MOST_DAYS


@pytest.mark.usefixtures("noon")
def test_a_page_of_a_day_that_is_too_early_or_too_late_says_so(stepped, person):
    first = person.daily_logs.order_by("date").first().date

    assertContains(
        stepped.get(address(first)), "Nothing was logged before this day. Your first log is of Feb 25, 2026."
    )
    assertContains(stepped.get(address(first - 400 * ONE_DAY)), "Nothing was logged before this day.")
    assertContains(stepped.get(address(first + 5 * ONE_DAY)), "Your log has 5 days before this one.")
    recent = stepped.get(address(TODAY - 3 * ONE_DAY))
    assertContains(recent, "The earliest day for it is May 15, 2026.")
    assert stepped.get(address(TODAY)).status_code == 200
    assert stepped.get(address(TODAY + ONE_DAY)).status_code == 404
    assert stepped.get("/insights/change/2026-02-30/").status_code == 404
    assert stepped.get(f"{address()}?page=2").status_code == 404


@pytest.mark.usefixtures("noon")
def test_a_day_is_chosen_in_the_address(stepped, person):
    event = make_event(person, "<b>Moved</b>", CHANGED)

    assertContains(stepped.get(event.get_absolute_url()), f'href="{address()}"')
    page = stepped.get("/insights/change/")
    assertContains(page, "“&lt;b&gt;Moved&lt;/b&gt;”")
    assertContains(page, f'href="{address()}"')
    assertRedirects(stepped.get(f"/insights/change/?day={CHANGED}"), address())
    for typed, sentence in (
        ("soon", "Write the day as 2026-05-04."),
        ("", "Please choose a day."),
        (TODAY + ONE_DAY, "This day has not begun yet."),
        ("2020-01-01", "Nothing was logged before this day."),
    ):
        response = stepped.get("/insights/change/", {"day": typed})
        assertContains(response, sentence)
        assert f'value="{typed}"' in response.content.decode() or not typed


@pytest.mark.usefixtures("noon")
def test_a_person_without_logs_is_told_so_in_the_pages(client, person):
    client.force_login(person)

    assertContains(client.get("/insights/change/"), "No change of a dose and nothing that happened is recorded")
    assertContains(client.get(address()), "Nothing is logged yet.")
    assertContains(client.get("/insights/change/?day=2026-05-01"), "Nothing is logged yet.")


@pytest.mark.usefixtures("noon")
@pytest.mark.thorough_on_sqlite
def test_the_demos_change_of_dose_is_shown_without_advice(client, person):
    load_demo_data(person)
    client.force_login(person)
    person.refresh_from_db()
    [changed] = [each for each in offered(person, TODAY - 400 * ONE_DAY) if each.text.startswith("Concerta changes")]

    response = client.get(address(changed.date))

    words = texts_of(response)
    assert len(cards_of(response)) >= 10
    assert f"That day: {changed.text}." in words
    assert "In the same week: “Appointment: a new dose from tomorrow”" in words
    assert "NaN" not in words
