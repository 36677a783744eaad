"""What each page reads of a database with 200,000 days in it: rows of one person, found by an index, and few.

The queries are those that the pages really send, run again under EXPLAIN ANALYZE.
"""

import datetime
import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import time_machine
from django.db import ConnectionHandler, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from accounts.models import User
from brainlog.database.urls import database_from_url
from brainlog.tests.addresses import ADDRESSES
from insights.models import Computation
from insights.report.panels import USUAL
from insights.report.sections import GROUPS
from insights.tests.findings import findings_of_all_sorts
from insights.tests.reports import example_report
from logs.models import DailyLog
from logs.tests.factories import MORNING_DOSE, answers, taken
from reflections.tests.pages import EVERYTHING
from testing.migrated import migrate
from testing.postgres import Cluster, throwaway_cluster

pytestmark = pytest.mark.once

PEOPLE, DAYS, PERSON_ID = 200, 1000, 100
QUESTIONS = 6  # of each person's own: two of the evening and the midday each, and two of the week
EVENTS = 40  # of each person; as many days are hidden
APPOINTMENTS, REPORTS, LINKS = 20, 10, 4  # of each person, person, and report
TODAY = datetime.date(2026, 5, 4)  # a Monday; weeks begin on Sunday

CONTENT = "'" + example_report().to_json().replace("'", "''") + "'"
FINDINGS = "'" + findings_of_all_sorts("own-1", "own-2").to_json().replace("'", "''") + "'"
GUESSED = 10  # of each person; so many findings are kept

# Inserted day by day: the rows of one person are scattered all over the table.
FILL = f"""
INSERT INTO accounts_user (id, username, username_key, password, is_superuser, is_staff, is_active, date_joined,
        display_name, email, timezone, theme, week_starts_on, day_ends_at, updated_at)
    SELECT n, 'person-' || n, 'person-' || n, '', false, false, true, now(), '', '', 'UTC', 'system', 'sunday', 0, now()
    FROM generate_series(1, {PEOPLE}) n;
INSERT INTO logs_dailylog (user_id, date, created_at, updated_at, sleep_hours, sleep_quality, morning_mood,
        medication_taken, focus_level, energy_level, rumination_level, anxiety_level, overall_mood, day_rating,
        gratitude, thought_for_tomorrow, morning_completed_at)
    SELECT person, DATE '{TODAY}' - day, now(), now(), 7, 1 + day % 10, 5, true, 1 + person % 10, 5, 5, 5, 5, 6,
        repeat('A walk by the river. ', 10), 'One thing at a time', now()
    FROM generate_series(0, {DAYS - 1}) day, generate_series(1, {PEOPLE}) person ORDER BY day DESC, person;
INSERT INTO logs_medication (user_id, name, name_key, is_active)
    SELECT person, 'Tea ' || n, 'tea ' || n, true FROM generate_series(1, {PEOPLE}) person, generate_series(1, 5) n;
INSERT INTO logs_dose (daily_log_id, medication_id, user_id, amount)
    SELECT log.id, medication.id, user_id, 1 FROM logs_dailylog log JOIN logs_medication medication USING (user_id)
    WHERE medication.name IN ('Tea 1', 'Tea 2') ORDER BY log.id;
INSERT INTO reflections_weeklyreflection (user_id, week_start, created_at, updated_at, week_rating, week_highlights)
    SELECT person, DATE '{TODAY}' - extract(dow FROM DATE '{TODAY}')::int - 7 * week, now(), now(), 5, 'A letter'
    FROM generate_series(0, {DAYS // 7}) week, generate_series(1, {PEOPLE}) person ORDER BY week DESC, person;
UPDATE accounts_user SET has_own_questions = true;
INSERT INTO logs_ownquestion (user_id, check_in, kind, label, place, direction, created_at)
    SELECT person, (ARRAY['evening', 'midday', 'week'])[1 + n % 3], 'score', 'Question ' || n, 'folded', 'neither',
        now()
    FROM generate_series(0, {QUESTIONS - 1}) n, generate_series(1, {PEOPLE}) person ORDER BY n, person;
INSERT INTO logs_ownanswer (daily_log_id, question_id, user_id, date, number)
    SELECT log.id, question.id, user_id, log.date, 5
    FROM logs_dailylog log JOIN logs_ownquestion question USING (user_id)
    WHERE question.label IN ('Question 0', 'Question 1') ORDER BY log.id;
INSERT INTO insights_event (user_id, date, last_day, text, created_at)
    SELECT person, DATE '{TODAY}' - n * 20, DATE '{TODAY}' - n * 20 + 3, 'Flu', now()
    FROM generate_series(0, {EVENTS - 1}) n, generate_series(1, {PEOPLE}) person ORDER BY n, person;
INSERT INTO insights_hiddenday (user_id, date, is_week, created_at)
    SELECT person, DATE '{TODAY}' - n, false, now()
    FROM generate_series(3, {EVENTS + 2}) n, generate_series(1, {PEOPLE}) person ORDER BY n, person;
INSERT INTO insights_appointment (user_id, date, with_whom)
    SELECT person, DATE '{TODAY}' - n * 90, 'Dr Lee'
    FROM generate_series(1, {APPOINTMENTS}) n, generate_series(1, {PEOPLE}) person ORDER BY n, person;
INSERT INTO insights_report (id, user_id, first, last, title, content_json, made_at)
    OVERRIDING SYSTEM VALUE
    SELECT {PEOPLE} * n + person, person, DATE '{TODAY}' - 90, DATE '{TODAY}', 'Report', {CONTENT}, now()
    FROM generate_series(0, {REPORTS - 1}) n, generate_series(1, {PEOPLE}) person ORDER BY n, person;
INSERT INTO insights_reportlink (report_id, user_id, token_hash, passphrase_hash, created_at, expires_at)
    SELECT id, user_id, id || '-' || n, '', now(), now() + interval '20 days'
    FROM insights_report, generate_series(1, {LINKS}) n ORDER BY n, id;
INSERT INTO insights_computation (user_id, kind, state, answers_version, requested_at, result_version, result_format,
    computed_at, result_json)
    SELECT person, kind, 'done', 1, now(), 1, {Computation.FORMAT}, now(), {FINDINGS}
    FROM unnest(ARRAY['findings', 'noise']) kind, generate_series(1, {PEOPLE}) person ORDER BY kind, person;
INSERT INTO insights_guess (user_id, number, exposure, outcome, lag, asked_on)
    SELECT person, n, 'question ' || n, 'focus_level', 0, DATE '{TODAY}'
    FROM generate_series(1, {GUESSED}) n, generate_series(1, {PEOPLE}) person ORDER BY n, person;
INSERT INTO insights_keptfinding (user_id, key, first_kept_on)
    SELECT person, 'question ' || n, DATE '{TODAY}'
    FROM generate_series(1, {GUESSED}) n, generate_series(1, {PEOPLE}) person ORDER BY n, person;
INSERT INTO reflections_ownweeklyanswer (reflection_id, question_id, user_id, date, number)
    SELECT week.id, question.id, user_id, week_start, 5
    FROM reflections_weeklyreflection week JOIN logs_ownquestion question USING (user_id)
    WHERE question.label = 'Question 2' ORDER BY week.id;
"""  # noqa: S608 (numbers of ours)


@pytest.fixture(scope="module")
def big() -> Cluster:
    """A server with a database `big` of 200,000 days of 400 people."""
    with throwaway_cluster() as cluster:
        migrate(cluster.create_database("big"))
        for statement in FILL.split(";\n"):
            if statement.strip():
                cluster.execute(statement, database="big")
        cluster.execute("VACUUM ANALYZE", database="big")
        yield cluster


@pytest.fixture
def connection(big, django_db_blocker, settings):
    """Use that database as the default one during a test."""
    settings.FIELD_ENCRYPTION_READS_PLAINTEXT = True  # Its texts were written by SQL.
    own = connections["default"]
    big_one = ConnectionHandler({"default": database_from_url(big.url_of("big"), Path())})["default"]
    with django_db_blocker.unblock():
        connections["default"] = big_one
        try:
            with time_machine.travel(datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC), tick=False):
                yield big_one
        finally:
            connections["default"] = own
            big_one.close()


@dataclass
class Reading:
    """How one step of a query plan reads a table: method, condition and number of rows."""

    table: str
    how: str
    index: str
    condition: str
    rows: int


DAYS_TABLE, DOSES, MEDICATIONS = "logs_dailylog", "logs_dose", "logs_medication"
WEEKS = "reflections_weeklyreflection"
QUESTIONS_TABLE, ANSWERS, WEEKLY_ANSWERS = "logs_ownquestion", "logs_ownanswer", "reflections_ownweeklyanswer"
SETS = "logs_questionset"
EVENTS_TABLE, HIDDEN = "insights_event", "insights_hiddenday"
APPOINTMENTS_TABLE, REPORTS_TABLE, LINKS_TABLE = "insights_appointment", "insights_report", "insights_reportlink"
COMPUTATIONS, GUESSES, KEPT = "insights_computation", "insights_guess", "insights_keptfinding"
BIG = {
    *(DAYS_TABLE, DOSES, MEDICATIONS, WEEKS, QUESTIONS_TABLE, ANSWERS, WEEKLY_ANSWERS, SETS, EVENTS_TABLE, HIDDEN),
    *(APPOINTMENTS_TABLE, REPORTS_TABLE, LINKS_TABLE, COMPUTATIONS, GUESSES, KEPT),
}


def readings_of(plan: dict, table=None) -> list[Reading]:
    """The scans of big tables in a plan, with the number of rows read, filtered ones included."""
    table = plan.get("Relation Name", table)
    found = []
    if plan["Node Type"].endswith("Scan") and table in BIG:
        left_out = sum(value for name, value in plan.items() if name.startswith("Rows Removed by"))
        rows = round((plan["Actual Rows"] + left_out) * plan["Actual Loops"])
        condition = plan.get("Index Cond", plan.get("Recheck Cond", ""))
        found.append(Reading(table, plan["Node Type"], plan.get("Index Name", ""), condition, rows))
    for child in plan.get("Plans", []):
        found += readings_of(child, table)
    return found


@contextmanager
def reading(connection):
    """Collect the scans of the queries of the block."""
    readings = []
    with CaptureQueriesContext(connection) as queries:
        yield readings
    for sql in [query["sql"] for query in queries.captured_queries if query["sql"].startswith("SELECT")]:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}")
            readings.extend(readings_of(cursor.fetchone()[0][0]["Plan"]))


def rows_of(readings, *, from_index_alone=False) -> dict[str, int]:
    """The numbers of rows read per table, or skipped in an index."""
    rows = {}
    for each in readings:
        # The following scan of the table reads its rows.
        if each.how != "Bitmap Index Scan" and (each.how == "Index Only Scan") == from_index_alone:
            rows[each.table] = rows.get(each.table, 0) + each.rows
    return rows


MEDICATION = f"/logs/{TODAY}/medication/"
REPORT = f"/insights/report/{PERSON_ID}/"

# How many rows of each table a page may read at most. Lists show 30, and need to know of one more.
PAGES = {
    "/": {DAYS_TABLE: 8, WEEKS: 2, DOSES: 2, MEDICATIONS: 5},
    "/logs/": {DAYS_TABLE: 42 + 31},
    "/logs/?month=2024-05&page=12": {DAYS_TABLE: 42 + 31},
    # As many days as fill a page, in batches of 60. A word that is nowhere takes all days, until the time is over.
    "/logs/search/?q=river": {DAYS_TABLE: 60, WEEKS: 60, MEDICATIONS: 5, QUESTIONS_TABLE: 6},
    "/logs/search/?q=letter&from=2026-03-01&check_in=week": {WEEKS: 10, QUESTIONS_TABLE: 6},
    # The answers that are asked for are read again, of the days that are shown.
    "/logs/search/?answered=gratitude&measured=day_rating&least=1": {
        **{DAYS_TABLE: 60 + 30, ANSWERS: 30 * 2, QUESTIONS_TABLE: 6},
    },
    # The days of all answers to a question of their own, without texts.
    f"/logs/search/?answered=own-{PERSON_ID}&before=2026-04-01.evening": {
        **{DAYS_TABLE: DAYS + 30, ANSWERS: DAYS + 30 * 2, QUESTIONS_TABLE: 6},
    },
    "/logs/medications/": {MEDICATIONS: 5},
    f"/logs/medications/{5 * PERSON_ID}/": {MEDICATIONS: 1},
    f"/logs/medications/{5 * PERSON_ID}/merge/": {MEDICATIONS: 1 + 5, DOSES: 0},
    f"/logs/medications/{5 * PERSON_ID}/delete/": {MEDICATIONS: 1, DOSES: 0},
    "/logs/questions/": {QUESTIONS_TABLE: 6},
    "/logs/questions/gallery/": {QUESTIONS_TABLE: 6},
    f"/logs/questions/{PERSON_ID}/": {QUESTIONS_TABLE: 1},
    f"/logs/{TODAY}/": {DAYS_TABLE: 1, DOSES: 2, MEDICATIONS: 2, QUESTIONS_TABLE: 6, ANSWERS: 2} | {EVENTS_TABLE: 40},
    f"/logs/{TODAY}/morning/": {DAYS_TABLE: 2, QUESTIONS_TABLE: 6},
    MEDICATION: {DAYS_TABLE: 1, DOSES: 2, MEDICATIONS: 5, QUESTIONS_TABLE: 6},
    f"/logs/{TODAY}/midday/": {DAYS_TABLE: 1, QUESTIONS_TABLE: 6, ANSWERS: 2},
    f"/logs/{TODAY}/afternoon/": {DAYS_TABLE: 1, QUESTIONS_TABLE: 6},
    f"/logs/{TODAY}/evening/": {DAYS_TABLE: 1, QUESTIONS_TABLE: 6, ANSWERS: 2},
    f"/logs/{TODAY}/one-question/overall_mood/": {DAYS_TABLE: 1, QUESTIONS_TABLE: 6},
    f"/logs/{TODAY}/catch-up/": {DAYS_TABLE: 1, QUESTIONS_TABLE: 6, ANSWERS: 2},
    f"/logs/{TODAY}/delete/": {DAYS_TABLE: 1},
    "/insights/events/": {EVENTS_TABLE: 40},
    f"/insights/events/{PERSON_ID}/": {EVENTS_TABLE: 1},
    # The doses of a year, and of two weeks before; with them, the days on which they were taken.
    "/insights/change/": {DAYS_TABLE: 380, DOSES: 2 * 380, MEDICATIONS: 2 * 5, EVENTS_TABLE: 40},
    "/insights/change/2026-04-01/": {
        **{DAYS_TABLE: 56 + 70, DOSES: 2 * 70, MEDICATIONS: 2 * 5, EVENTS_TABLE: 40},
        **{QUESTIONS_TABLE: 6, ANSWERS: 2 * 56},
    },
    # The month, and the next day and week with words that are not hidden, for each of its ends. No week has any here.
    "/insights/words/": {DAYS_TABLE: 120, WEEKS: 300, HIDDEN: 200},
    "/insights/words/?month=2026-04&theme=gratitude": {DAYS_TABLE: 120, HIDDEN: 200},
    "/insights/words/hidden/": {HIDDEN: 40},
    # A year of days, of one question.
    "/insights/year/2026/": {DAYS_TABLE: 124, QUESTIONS_TABLE: 6, EVENTS_TABLE: 40},
    "/insights/year/2025/?question=day_rating": {DAYS_TABLE: 365, QUESTIONS_TABLE: 6, EVENTS_TABLE: 40},
    "/insights/report/": {
        **{APPOINTMENTS_TABLE: APPOINTMENTS, QUESTIONS_TABLE: 6, REPORTS_TABLE: REPORTS},
        **{LINKS_TABLE: LINKS * REPORTS, COMPUTATIONS: 2},
    },
    REPORT: {REPORTS_TABLE: 1},
    f"{REPORT}delete/": {REPORTS_TABLE: 1},
    f"{REPORT}preview/": {REPORTS_TABLE: 1},
    f"{REPORT}brain-log-report-{TODAY - datetime.timedelta(90)}-to-{TODAY}.pdf": {REPORTS_TABLE: 1},
    f"{REPORT}links/": {REPORTS_TABLE: 1, LINKS_TABLE: LINKS},
    "/insights/report/appointments/": {APPOINTMENTS_TABLE: APPOINTMENTS},
    f"/insights/report/appointments/{PERSON_ID}/": {APPOINTMENTS_TABLE: 1},
    # The number of rows of each table, by an index; of small ones, as the planner chooses, by the rows.
    "/accounts/data/": {EVENTS_TABLE: EVENTS, MEDICATIONS: 5, QUESTIONS_TABLE: 6, REPORTS_TABLE: REPORTS},
    "/reflections/": {WEEKS: 31},
    "/reflections/?page=3": {WEEKS: 31},
    # With numbers: the medications, and the doses of those that are taken daily, of which there is none.
    "/reflections/2026-05-03/": {
        **{DAYS_TABLE: 14, WEEKS: 3, MEDICATIONS: 5, DOSES: 0},
        **{QUESTIONS_TABLE: 6, ANSWERS: 14 * 2, WEEKLY_ANSWERS: 1},
    },
    "/reflections/2026-05-03/delete/": {WEEKS: 1},
    "/reflections/numbers/2026-05/": {
        **{DAYS_TABLE: 61, MEDICATIONS: 5, DOSES: 0, EVENTS_TABLE: 40, QUESTIONS_TABLE: 6, ANSWERS: 61 * 2},
    },
    "/reflections/numbers/2025/": {
        **{DAYS_TABLE: 731, MEDICATIONS: 5, DOSES: 0, EVENTS_TABLE: 40, QUESTIONS_TABLE: 6, ANSWERS: 731 * 2},
    },
    # Days from two weeks before: a dose may have been taken since then. The first day of all. The week's own questions.
    "/insights/": {
        **{DAYS_TABLE: 90 + 104 + 1, DOSES: 2 * 104, MEDICATIONS: 2 * 5, QUESTIONS_TABLE: 6, EVENTS_TABLE: 40},
        **{ANSWERS: 2 * 90, WEEKS: 13, WEEKLY_ANSWERS: 13},
    },
    # What was computed, and the names of own questions.
    "/insights/findings/": {COMPUTATIONS: 2, GUESSES: GUESSED, QUESTIONS_TABLE: 6},
    "/insights/findings/state/": {COMPUTATIONS: 2},
    "/insights/findings/guess/": {GUESSES: GUESSED, QUESTIONS_TABLE: 6},
    # The days, and those with doses once more. The first day of all.
    "/insights/doses/": {DAYS_TABLE: 90 + 90 + 1, DOSES: 2 * 90, MEDICATIONS: 5},
    "/insights/trends/focus/": {
        **{DAYS_TABLE: 2 * (90 + 104) + 1, DOSES: 4 * 104, MEDICATIONS: 3 * 5, QUESTIONS_TABLE: 6},
        EVENTS_TABLE: 40,
    },
    # Two years by weeks. Of doses, those of the weeks of this page once more.
    "/insights/trends/doses/?from=2024-06-01&page=2": {
        **{DAYS_TABLE: 2 * (708 + 15) + 84, DOSES: 2 * (708 + 15 + 84), MEDICATIONS: 3 * 5, QUESTIONS_TABLE: 6},
        EVENTS_TABLE: 40,
    },
    "/insights/trends/focus.csv": {DAYS_TABLE: 90 + 104 + 1, DOSES: 2 * 104, MEDICATIONS: 5, QUESTIONS_TABLE: 6},
}
# The preview of 90 days and the 90 before, by several queries. Weeks are read for words to choose from.
OF_A_REPORT = {
    **{DAYS_TABLE: 3 * 180, DOSES: 2 * 200, MEDICATIONS: 3 * 5, QUESTIONS_TABLE: 6, ANSWERS: 2 * 210, EVENTS_TABLE: 40},
    **{WEEKS: 60, WEEKLY_ANSWERS: 40, APPOINTMENTS_TABLE: APPOINTMENTS, COMPUTATIONS: 2},
}
# In an index alone: the rows of the pages before.
COUNTED_OFF = {
    "/accounts/data/": {
        **{DAYS_TABLE: DAYS, WEEKS: DAYS // 7 + 1, MEDICATIONS: 5, QUESTIONS_TABLE: 6, EVENTS_TABLE: EVENTS},
        REPORTS_TABLE: REPORTS,
    },
    "/insights/year/2026/": {DAYS_TABLE: 1},
    "/insights/year/2025/?question=day_rating": {DAYS_TABLE: 1},
    "/insights/trends/doses/?from=2024-06-01&page=2": {DAYS_TABLE: 1},
    # The first day of all, from which on days are counted.
    "/insights/": {DAYS_TABLE: 1},
    "/insights/change/": {DAYS_TABLE: 1},
    "/insights/change/2026-04-01/": {DAYS_TABLE: 1},
    "/insights/doses/": {DAYS_TABLE: 1},
    "/insights/trends/focus/": {DAYS_TABLE: 1},
    "/insights/trends/focus.csv": {DAYS_TABLE: 1},
    "/reflections/2026-05-03/": {DAYS_TABLE: 1},
    "/reflections/numbers/2026-05/": {DAYS_TABLE: 1},
    "/reflections/numbers/2025/": {DAYS_TABLE: 1},
    # Which of the days beside it have a log.
    f"/logs/{TODAY}/": {DAYS_TABLE: 2},
    "/insights/words/": {HIDDEN: 200},
    "/insights/words/?month=2026-04&theme=gratitude": {HIDDEN: 200},
    "/logs/?month=2024-05&page=12": {DAYS_TABLE: 331},
    "/reflections/?page=3": {WEEKS: 61},
}
# These read no rows of these tables, or only change some.
ELSEWHERE = {
    *("offline", "manifest", "service_worker", "metrics", "privacy", "now", "worth_it"),
    *("logs:ask_one", "logs:decline_catch_up", "logs:not_tracked", "logs:not_tracked_days", "logs:tracked"),
    *("logs:undo", "logs:undo_medication", "logs:medication_taken", "logs:new_question", "logs:waiting"),
    *("insights:event_delete", "insights:undo_event", "insights:hide_day", "insights:show_day"),
    *("insights:appointment_delete", "insights:new_report_link", "insights:end_report_link"),
    *("insights:end_report_links", "insights:compute_findings", "insights:compute_noise"),
    *("reflections:other", "reflections:undo"),
    *("support:help", "support:plan", "support:undo", "support:stop_offering"),
    # All rows of a person, read in batches: personal_data/tests.
    *("personal_data:export", "personal_data:wipe"),
    # A link's reader has no account: insights/tests/test_shared_report.py.
    *("insights:shared", "insights:shared_pdf"),
}
# Of these, the pages of accounts and reminders have tables of their own, with few rows of a person.
OF_OTHER_TABLES = ("accounts:", "reminders:", "openid_connect_")

# The person, or the key of a row of theirs.
OF_ONE_PERSON = re.compile(
    rf"\(user_id = {PERSON_ID}\)|"
    r"\((daily_log_id|reflection_id|medication_id|question_id|report_id|id) = (\w+(\.\w+)?|ANY \(.{1,2000}\))\)"
)


def assert_it_reads_little(readings, rows, counted_off):
    assert readings
    for each in readings:
        assert each.how != "Seq Scan", each
        assert OF_ONE_PERSON.search(each.condition), each
    for limits, read in ((rows, rows_of(readings)), (counted_off, rows_of(readings, from_index_alone=True))):
        assert read.keys() <= limits.keys(), readings
        assert {table: n for table, n in read.items() if n > limits[table]} == {}, readings


@pytest.fixture
def client(connection):
    client = Client()
    client.force_login(User.objects.get(pk=PERSON_ID))
    return client


def test_the_database_has_200_000_days(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM logs_dailylog")
        assert cursor.fetchone() == (200_000,)


def test_every_page_is_here():
    ours = {each.name for each in ADDRESSES if not each.name.startswith(OF_OTHER_TABLES)}

    assert {resolve(page.split("?")[0]).view_name for page in PAGES} == ours - ELSEWHERE
    assert ours > ELSEWHERE, "What is left out exists."


@pytest.mark.parametrize("page", PAGES)
def test_a_page_reads_few_rows_of_one_person_by_an_index(connection, client, page):
    with reading(connection) as readings:
        assert client.get(page).status_code == 200

    assert_it_reads_little(readings, PAGES[page], COUNTED_OFF.get(page, {}))


def test_a_report_reads_its_days_and_as_many_before(connection, client):
    chosen = {"period": "90", "sections": [group.key for group in GROUPS], "panels": [*USUAL]}

    with reading(connection) as readings:
        assert "report" in client.post("/insights/report/", chosen).context

    assert_it_reads_little(readings, OF_A_REPORT, {DAYS_TABLE: 1})


@pytest.mark.parametrize(
    ("page", "data", "rows"),
    [
        (f"/logs/{TODAY}/midday/", answers("midday"), {DAYS_TABLE: 1, QUESTIONS_TABLE: 6, ANSWERS: 2}),
        # The medication that is new now is there when the queries run once more. The list is read again under its
        # lock, since the name is new.
        (MEDICATION, answers("medication") | taken(MORNING_DOSE), PAGES[MEDICATION] | {MEDICATIONS: 2 * 6}),
        (
            f"/logs/{TODAY}/catch-up/",
            {"sleepiness": "5"},
            {DAYS_TABLE: 1, QUESTIONS_TABLE: 6, ANSWERS: 2},
        ),
        ("/reflections/2026-05-03/", EVERYTHING, {WEEKS: 1, QUESTIONS_TABLE: 6, WEEKLY_ANSWERS: 1}),
    ],
)
def test_a_save_reads_few_rows_by_an_index(connection, client, page, data, rows):
    with reading(connection) as readings:
        assert client.post(page, data).status_code == 302

    assert_it_reads_little(readings, rows, COUNTED_OFF.get(page, {}))


def test_counting_the_answers_to_a_question_reads_those_of_one_person(connection, client):
    with reading(connection) as readings:
        assert client.post(f"/logs/questions/{PERSON_ID}/", {"action": "delete"}).status_code == 200

    assert_it_reads_little(readings, {QUESTIONS_TABLE: 1, ANSWERS: DAYS}, {ANSWERS: DAYS})


def test_a_query_without_a_person_would_be_found(connection, client):
    with reading(connection) as readings:
        list(DailyLog.objects.filter(day_rating=3)[:5])

    with pytest.raises(AssertionError, match="Seq Scan"):
        assert_it_reads_little(readings, {DAYS_TABLE: 5}, {})
