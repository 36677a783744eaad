"""The pages of trends: what they show, at which addresses, with any data and anything in the address."""

import csv
import datetime
import gzip
import io
import re
from decimal import Decimal
from html import unescape
from statistics import fmean

import pytest
from django.core.cache import caches
from django.test.utils import CaptureQueriesContext
from django.utils.formats import date_format
from pytest_django.asserts import assertContains

from accounts import rate_limits
from insights.events import add_event, change_event, delete_event
from insights.tests.factories import make_event
from logs.models import DailyLog
from logs.tests.factories import DAY, make_dose, make_full_log, make_log, make_medication
from logs.tests.own_questions import TYPED, make_answer, make_question
from operations.demo.load import load_demo_data
from reflections.tests.factories import make_reflection

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]

ONE_DAY = datetime.timedelta(days=1)
TODAY = DAY + ONE_DAY
TRENDS = "/insights/"


def texts_of(response) -> str:
    """What is read on a page, without markup."""
    main = response.content.decode().partition("<main")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def cards_of(response) -> dict:
    return {card.group.key: card for card in response.context["cards"]}


def rows_of(response) -> list[list[str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


@pytest.fixture
def demo(person, client):
    load_demo_data(person)
    person.refresh_from_db()
    client.force_login(person)
    return client


def test_the_demo_persons_sentences_say_what_their_rows_say(demo, person):
    cards = cards_of(demo.get(f"{TRENDS}?days=365"))

    logs = {log.date: log for log in person.daily_logs.all()}
    days = [TODAY - number * ONE_DAY for number in range(365)]
    tracked = [logs[day] for day in days if day in logs and logs[day].not_tracked is None]
    not_tracked = sum(day in logs and logs[day].not_tracked is not None for day in days)
    for key, name, label in (("focus", "focus_level", "Focus"), ("day", "day_rating", "The day as a whole")):
        values = sorted(getattr(log, name) for log in tracked if getattr(log, name) is not None)
        low, high = values[(len(values) - 1) // 4], values[-1 - (len(values) - 1) // 4]
        mostly = f"between {low} and {high}" if low != high else str(low)
        beginning = f"{label} was mostly {mostly}; answered on {len(values)} of 365 days, {not_tracked} not tracked"
        assert cards[key].sentences[0].startswith(beginning)
    assert {"mood", "sleep", "focus", "anxiety", "day", "doses"} < cards.keys()
    assert len(cards) == 10, "Four own questions besides."


def test_the_demo_persons_table_and_file_are_their_rows(demo, person):
    address = "/insights/trends/sleep{}?from=2026-03-01&to=2026-04-30"
    page = demo.get(address.format("/"))
    response = demo.get(address.format(".csv"))
    header, *rows = rows_of(response)

    assert response["Content-Type"] == "text/csv; charset=utf-8"
    table = page.context["table"]
    names = ["Hours of sleep", "Sleep quality"]
    assert table.columns == ["Day", *(f"{name} (mean of seven days)" for name in names)]
    columns = demo.get("/insights/trends/day/?days=30").context["table"].columns
    assert columns == ["Day", "The day as a whole", "Mean of seven days"], "A column of its own where there is room."
    facts = ["", ": state", ": answered later", ": mean of seven days"]
    assert header[:9] == ["Day", *(name + fact for name in names for fact in facts)]
    assert len(header) > 9, "The medications."
    logs = {log.date: log for log in person.daily_logs.all()}
    days = [datetime.date(2026, 4, 30) - number * ONE_DAY for number in range(61)]
    assert [row.address for row in table.rows] == [f"/logs/{day}/" for day in days]
    for day, row, shown in zip(days, rows, table.rows, strict=True):
        log, (date, hours, state, later, mean, quality, *_rest) = logs.get(day), row
        said = {number: getattr(log, number) for number in ("sleep_hours", "sleep_quality")} if log else {}
        assert date == day.isoformat()
        if log and log.not_tracked:
            assert (hours, quality, state, later) == ("", "", "not tracked", "")
            assert all(cell.startswith("not tracked") for cell in shown.cells)
        else:
            assert (
                [hours, quality]
                == [
                    f"{value.normalize():f}" if isinstance(value, Decimal) else str(value or "")
                    for value in said.values()
                ]
                if said
                else ["", ""]
            )
            assert shown.cells[0].partition(" ")[0] == (hours or "no")
            assert (state, later == "") == (("answered", False) if hours else ("no answer", True))
        window = [logs.get(day - number * ONE_DAY) for number in range(min(7, (day - days[-1]).days + 1))]
        window = [float(log.sleep_hours) for log in window if log and log.sleep_hours and not log.not_tracked]
        assert (mean == "") == (len(window) < 4) == ("(" not in shown.cells[0])
        assert mean == "" or float(mean) == pytest.approx(fmean(window), abs=0.01)


def test_a_long_period_goes_by_weeks_with_their_days(demo, person):
    response = demo.get("/insights/trends/day/?days=all")

    newest = response.context["table"].rows[1]
    start = person.week_of(TODAY) - 7 * ONE_DAY
    week = person.daily_logs.filter(date__range=(start, start + 6 * ONE_DAY), not_tracked=None)
    ratings = [log.day_rating for log in week if log.day_rating is not None]
    assert newest.address == f"/logs/{start}/"
    mean = f"{fmean(ratings):.2f}".rstrip("0").rstrip(".")
    assert newest.cells == [f"{mean} ({len(ratings)} days)"]
    header, _now, row, *_rest = rows_of(demo.get("/insights/trends/day.csv?days=all"))
    label = "The day as a whole"
    assert header[:4] == ["Week from", f"{label}: mean", f"{label}: mean as drawn", f"{label}: days answered"]
    assert row[:2] + row[3:4] == [start.isoformat(), mean, str(len(ratings))]


def test_every_kind_of_own_question_has_a_chart_and_forty_have_pages(as_person, person):
    questions = [make_question(person, kind) for kind in TYPED] + [make_question(person, "score", check_in="week")]
    questions += [make_question(person, "score", label=f"Number {number}") for number in range(31)]
    log, week = make_log(person), make_reflection(person, person.week_of(DAY))
    for question in questions:
        make_answer(week if question.check_in == "week" else log, question)

    pages = [as_person.get(f"{TRENDS}?days=30&page={number}") for number in (1, 2, 3, 4)]

    shown = [key for page in pages for key in cards_of(page) if key.startswith("own-")]
    drawable = [question for question in questions if question.kind not in ("line", "note")]
    drawable.sort(key=lambda question: question.check_in == "week")
    assert shown == [question.name for question in drawable]
    assert as_person.get(f"{TRENDS}?days=30&page=5").status_code == 404
    assert b"days=30&amp;page=2" in pages[0].content and b"days=30&amp;page=1" in pages[1].content
    for question in drawable:
        assert as_person.get(f"/insights/trends/{question.name}/").status_code == 200
        assert as_person.get(f"/insights/trends/{question.name}.csv").status_code == 200
    said = {question.kind: cards_of(pages[0])[question.name] for question in drawable[:7]}
    assert "10:15 p.m." in texts_of(as_person.get(f"/insights/trends/{drawable[6].name}/"))
    assert "“coffee” on 1 day" in said["choice"].sentences[0]
    assert "“No” on 1 day" in said["yes_no"].sentences[0]
    assert "1 answer, too few for a range (7 are needed)" in said["two_numbers"].sentences[0]
    assert "answered in 1 of 1 week" in cards_of(pages[3])[drawable[-1].name].sentences[0]


def test_words_of_a_person_are_escaped_and_no_formula(as_person, person):
    evil = '=HYPERLINK("http://x","<b>y</b>")'
    question = make_question(person, "choice", label=evil, choices=[(1, evil), (2, "tea")])
    make_answer(make_log(person, medication_taken=True), question, 1)
    make_dose(person.daily_logs.get(), make_medication(person, evil[:90]))
    make_event(person, evil)

    page = as_person.get(f"/insights/trends/{question.name}/")
    [header, *rows] = rows_of(as_person.get(f"/insights/trends/{question.name}.csv"))

    assert b"<b>y" not in page.content + as_person.get(TRENDS).content
    assert header[:3] == ["Day", f"'{evil}", f"'{evil}: state"]
    assert f"'{evil[:90]} (mg)" in header
    assert f"'{evil}" in {row[1] for row in rows}


def test_doses_and_events_are_in_every_chart(as_person, person):
    medication = make_medication(person, schedule="daily", usual_times="08:15")
    for number in range(20):
        log = make_full_log(person, TODAY - number * ONE_DAY, medication_taken=number != 3)
        if number != 3:
            late = datetime.time(11 if number == 5 else 8, 15)
            make_dose(log, medication, amount=Decimal(36 if number < 10 else 18), taken_at=late)
    make_event(person, "A new job")
    make_event(person, "Flu", TODAY - 40 * ONE_DAY, last_day=TODAY - 20 * ONE_DAY)

    response = as_person.get(f"{TRENDS}?days=30")
    cards = cards_of(response)

    # Seen once, above all charts; said with each chart to those who do not see its line.
    assert response.content.decode().count(": A new job</span>") == 1
    assert as_person.get("/insights/trends/mood/?days=30").content.decode().count(": A new job</span>") == 1
    for key in ("mood", "sleep", "focus", "anxiety", "day", "doses"):
        assert "18 mg" in cards[key].chart and "36 mg" in cards[key].chart and "A new job" in cards[key].chart
    assert "Mar 26, 2026 – Apr 15, 2026: Flu" in unescape(cards["day"].chart)
    assert "“taken” on" not in cards["doses"].sentences[0]
    assert "answered on 20 of 30 days" in cards["doses"].sentences[0]
    table = as_person.get("/insights/trends/doses/?days=30").context["table"]
    assert table.columns[-1] == "Concerta"
    doses = ["36 mg", "36 mg", "36 mg", "missed", "36 mg", "36 mg, late"]
    assert [row.cells[-1] for row in table.rows][:6] == doses
    header, *rows = rows_of(as_person.get("/insights/trends/mood.csv?days=30"))
    assert header[-4:] == ["Concerta (mg)", "Concerta: taken", "Concerta: missed", "Concerta: late"]
    assert [row[-4:] for row in rows[2:6:1]] == [
        ["36", "1", "0", "0"],
        ["", "0", "1", "0"],
        ["36", "1", "0", "0"],
        ["36", "1", "0", "1"],
    ]
    make_full_log(person, TODAY - 500 * ONE_DAY)
    weeks = as_person.get("/insights/trends/doses/?days=all").context["table"].rows
    assert "missed on 1 day" in " ".join(row.cells[-1] for row in weeks[:2])
    assert {"36 mg", "18 mg"} <= {
        amount for row in weeks[:3] for amount in row.cells[-1].partition(" (")[0].split(", ")
    }
    header, *rows = rows_of(as_person.get("/insights/trends/doses.csv?days=all"))
    assert header[-4:] == ["Concerta (mg)", "Concerta: days taken", "Concerta: days missed", "Concerta: days late"]
    assert [sum(int(row[place]) for row in rows) for place in (-3, -2, -1)] == [19, 1, 1]
    assert {row[-4] for row in rows[:4]} == {"36", "18"}


def test_a_file_has_plain_numbers_also_below_zero(as_person, person):
    number = make_question(person, "number")
    yes = make_question(person, "yes_no")
    log = make_log(person)
    make_answer(log, number, Decimal("-1234.50"))
    make_answer(log, yes, True)

    values = [rows_of(as_person.get(f"/insights/trends/{each.name}.csv"))[2][1] for each in (number, yes)]

    assert values == ["-1234.5", "1"]


def test_what_is_better_is_said_in_words(as_person, person):
    for number in range(60):
        make_full_log(person, TODAY - number * ONE_DAY, rumination_level=9 if number < 14 else 2 + number % 2)

    [focus, _energy, rumination] = cards_of(as_person.get(TRENDS))["focus"].sentences

    assert "much the same in the last two weeks" in focus
    assert "higher and so worse in the last two weeks" in rumination
    assert "Rumination (lower is better)" in cards_of(as_person.get(TRENDS))["focus"].chart


PERIODS = {
    "days=30": "",
    "days=365": "",
    "days=all": "",
    "from=2026-05-01": "",
    "to=2026-05-01": "",
    "from=2026-01-01&to=2026-05-01": "",
    "from=1900-01-01&to=9998-12-31": "",
    "from=1026-01-01&to=2026-01-01": "Days begin with the year 1900.",
    "from=2026-05-01&to=2026-04-01": "The last day is before the first.",
    "from=yesterday": "Write the day as 2026-05-04.",
    "from=2026-02-30": "Write the day as 2026-05-04.",
    "from=" + "9" * 2000: "Write the day as 2026-05-04.",
    "to=%00%FF": "Write the day as 2026-05-04.",
    "from=2026-06-01": "These days are still to come.",
    "from=1900-01-01&to=1950-01-01": "Nothing was logged that early.",
}


@pytest.mark.parametrize("data", ["nothing", "one log", "one answer a year", "all the same", "no answers"])
def test_any_period_of_any_data_has_a_page_without_warnings(as_person, person, data, recwarn):
    match data:
        case "one log":
            make_full_log(person, TODAY)
        case "one answer a year":
            DailyLog.objects.bulk_create(
                DailyLog(user=person, date=DAY.replace(year=y), day_rating=5) for y in range(2000, 2026)
            )
        case "all the same":
            DailyLog.objects.bulk_create(
                DailyLog(user=person, date=TODAY - n * ONE_DAY, day_rating=5, sleep_hours=0) for n in range(400)
            )
        case "no answers":
            DailyLog.objects.bulk_create(
                DailyLog(user=person, date=TODAY - n * ONE_DAY, not_tracked="ill") for n in range(30)
            )
    for query, problem in PERIODS.items():
        for path in (TRENDS, "/insights/trends/day/", "/insights/trends/sleep/"):
            response = as_person.get(f"{path}?{query}")
            assert response.status_code == 200
            text = texts_of(response)
            assert problem in text
            assert bool(problem) == ("cards" not in response.context and "card" not in response.context)
            assert "NaN" not in text and "None" not in text and "nan" not in response.content.decode().split()
        status = as_person.get(f"/insights/trends/day.csv?{query}").status_code
        assert status == (404 if problem else 200)
    for query in ("days=31", "days=", "days=%00", "days=7"):
        assertContains(as_person.get(f"{TRENDS}?{query}"), "These are the last 90 days.")
    one_day = texts_of(as_person.get(f"{TRENDS}?from={TODAY}&to={TODAY}"))
    assert date_format(TODAY) in one_day and f"{date_format(TODAY)} –" not in one_day
    for query in ("page=0", "page=2", "page=x"):
        assert as_person.get(f"{TRENDS}?{query}").status_code == 404
    for key in ("nowhere", "own-999", "gratitude", "current_activity"):
        assert as_person.get(f"/insights/trends/{key}/").status_code == 404
        assert as_person.get(f"/insights/trends/{key}.csv").status_code == 404
    assert [str(warning.message) for warning in recwarn] == []


def test_typed_days_stay_and_lead_on(as_person, person):
    make_full_log(person)

    page = as_person.get(f"{TRENDS}?from=2026-05-01&to=2026-04-01").content.decode()
    assert 'value="2026-05-01"' in page and 'value="2026-04-01"' in page
    page = as_person.get(f"{TRENDS}?from=2026-05-01&to=2026-05-04").content.decode()
    assert "/insights/trends/mood/?from=2026-05-01&amp;to=2026-05-04" in page


def test_what_was_saved_is_shown_at_once_and_nothing_is_read_twice(as_person, person, connection):
    question = make_question(person, "score")
    log = make_full_log(person)
    make_answer(log, question)
    as_person.get(TRENDS)
    with CaptureQueriesContext(connection) as repeated:
        assert "3 of 90" not in texts_of(as_person.get(TRENDS))
    assert len(repeated) <= 5

    as_person.post(f"/logs/{TODAY}/evening/", {"day_rating": "2", "overall_mood": "3", question.name: "4"})

    cards = cards_of(as_person.get(TRENDS))
    assert "answered on 2 of 90 days" in cards["day"].sentences[0]
    assert "answered on 2 of 2 days" in cards[question.name].sentences[0]


def test_what_is_changed_elsewhere_is_shown_at_once(as_person, person):
    """Words are none of what the cache holds, and dates and doses change its key."""
    question = make_question(person, "score", label="Tea")
    log = make_full_log(person, medication_taken=True)
    make_answer(log, question)
    medication = make_medication(person, "Concerta")
    make_dose(log, medication, amount=Decimal(18))
    event = make_event(person, "A new job")

    def shown() -> str:
        return texts_of(as_person.get(f"{TRENDS}?days=30"))

    before = shown()
    assert all(words in before for words in ("Tea", "Concerta", "18 mg", "A new job", "of 2 days"))
    change_event(person, event.pk, {"date": DAY, "last_day": None, "text": "A new flat"})
    assert "A new flat" in shown() and "A new job" not in shown()
    delete_event(person, event.pk)
    assert "A new flat" not in shown()
    add_event(person, {"date": DAY, "last_day": None, "text": "A journey"})
    assert "A journey" in shown()
    medication.name = "Ritalin"
    medication.save()
    assert "Ritalin" in shown() and "Concerta" not in shown()
    question.label = "Coffee"
    question.save()
    assert "Coffee was" in shown() or "Coffee:" in shown()
    assert "Tea" not in shown()


def test_the_cache_holds_no_words_of_a_person(as_person, person, monkeypatch):
    question = make_question(person, "choice", label="Secret", choices=[(1, "secret tea")])
    log = make_full_log(person, medication_taken=True)
    make_answer(log, question, 1)
    make_dose(log, make_medication(person, "Secret medication"))
    make_event(person, "Secret event")
    stored = []
    monkeypatch.setattr(caches["summaries"], "set", lambda *arguments: stored.append(repr(arguments)))

    assert "Secret event" in texts_of(as_person.get(TRENDS))

    assert stored and "secret" not in "".join(stored).lower()


def test_another_persons_chart_is_none_of_mine(as_person, person, client):
    other = make_question(make_log().user, "score")

    assert as_person.get(f"/insights/trends/{other.name}/").status_code == 404


def test_a_year_of_days_is_a_small_page(demo):
    for query in ("days=90", "days=365", "days=all"):
        page = gzip.compress(demo.get(f"{TRENDS}?{query}").content, 6)
        assert len(page) < 25_000


@pytest.fixture
def connection(db):
    from django.db import connection

    return connection


def test_files_of_tables_are_bounded(as_person, person, monkeypatch):
    monkeypatch.setattr(rate_limits, "TREND_CSV", rate_limits.Limit("trend-csv", 2, 60))
    make_log(person, DAY)

    assert [as_person.get("/insights/trends/day.csv").status_code for _time in range(3)] == [200, 200, 429]


def test_thousands_are_apart_in_sentences_tables_and_axes(as_person, person):
    steps = make_question(person, "number", label="Steps", unit="steps")
    for number in range(10):
        make_answer(make_log(person, TODAY - number * ONE_DAY), steps, Decimal(37_242 + number))

    page = as_person.get(f"/insights/trends/{steps.name}/?days=30").content.decode()

    assert "between 37,244 and 37,249 steps" in page
    assert ">37,242 steps</td>" in page
    assert "37242" not in page
