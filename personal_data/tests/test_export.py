"""The download of a person's data: completeness, exactness, access."""

import csv
import datetime
import io
import json
import zipfile
from decimal import Decimal

import pytest
import time_machine
from django.apps import apps
from django.urls import reverse
from pytest_django.asserts import assertRedirects

from accounts.models import SecurityEvent, User
from accounts.rate_limits import EXPORT
from accounts.tests.codes import confirm_by_password, switch_on
from accounts.tests.factories import PASSWORD, make_person
from accounts.tests.test_delete import lookups_to_the_person
from brainlog.spreadsheets import escape_formula
from insights.models import Event
from logs.models import DailyLog, Dose, Medication, OwnQuestion
from logs.stages import STAGES
from logs.tests.columns import put, stored
from logs.tests.factories import (
    DAY,
    MORNING_DOSE,
    NOON_DOSE,
    answers,
    make_dose,
    make_full_log,
    make_log,
    make_medication,
    taken,
)
from logs.tests.own_questions import TYPED, make_answer, make_question
from logs.tests.pages import check_in_url
from personal_data import export_tables
from reflections.models import WeeklyReflection
from reflections.tests.factories import make_reflection

URL = reverse("personal_data:export")
FILES = ["README.txt", "brain-log.json", *(f"{table.name}.csv" for table in export_tables.TABLES), "columns.csv"]

# Where rows about a person are, and the part of the download that has them. Of the others, why none has.
EXPORTED = {
    "User": "profile",
    "DailyLog": "days",
    "Dose": "doses",
    "Medication": "medications",
    "OwnQuestion": "own_questions",
    "OwnAnswer": "days",
    "OwnWeeklyAnswer": "reflections",
    "SupportPlan": "support_plan",
    "QuestionSet": "days",  # and "reflections": the names, with each check-in and week that asked them
    "WeeklyReflection": "reflections",
    "Appointment": "appointments",
    "Report": "reports",
    "ReportLink": "report_links",
    "ReportOpening": "report_openings",
    "Event": "happened",
    "HiddenDay": "hidden_days",
    "Computation": "computations",
    "KeptFinding": "kept_findings",
    "Guess": "guesses",
    "SecurityEvent": "events",
    "Session": "logins",
    "KnownBrowser": "known_browsers",
    "Plan": "reminder_plan",
    "Channel": "reminder_channels",
    "Delivery": "reminder_deliveries",
    "Feed": "profile",
    "Authenticator": "profile",
    "EmailAddress": "profile",
}
NOT_EXPORTED = {
    "User_groups": "what staff may do",
    "User_user_permissions": "what staff may do",
    "LogEntry": "what staff did with others' rows",
    "Invitation": "what staff made for others",
    "EmailConfirmation": "allauth's, never used: our links are signed",
}


@pytest.fixture
def confirmed(as_person):
    """A client in which `person` has just reauthenticated."""
    confirm_by_password(as_person)
    return as_person


def download(client) -> dict[str, str]:
    """The text of each file by its name."""
    response = client.post(URL)
    assert response.status_code == 200
    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def json_of(client) -> dict:
    return json.loads(download(client)["brain-log.json"])


def table(files, name) -> list[dict]:
    """The rows of a CSV file as a spreadsheet reads it."""
    text = files[f"{name}.csv"]
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def test_it_requires_reauthentication(as_person):
    for answer in (as_person.get(URL), as_person.post(URL)):
        assertRedirects(answer, f"{reverse('accounts:confirm')}?next={URL}")


def test_get_downloads_nothing(confirmed, person):
    assert "streaming_content" not in vars(confirmed.get(URL))
    assert not person.security_events.filter(kind="exported").exists()


def test_it_is_an_attachment_that_is_not_cached(confirmed):
    with time_machine.travel(datetime.datetime(2026, 5, 5, 2, tzinfo=datetime.UTC), tick=False):  # the evening before
        confirm_by_password(confirmed)
        headers = confirmed.post(URL, headers={"Accept-Encoding": "gzip"}).headers

    assert headers["Content-Type"] == "application/zip"
    assert headers["Content-Disposition"] == 'attachment; filename="brain-log-2026-05-04.zip"'
    assert headers["Content-Encoding"] == "identity"
    assert headers["Cache-Control"] == "no-store, private"


def test_all_files_are_in_it_when_nothing_is_logged(confirmed):
    files = download(confirmed)

    assert list(files) == FILES
    assert all(table(files, name) == [] for name in ("days", "doses", "medications", "reflections"))


def test_every_table_of_a_person_is_exported_or_listed_with_a_reason(db):
    about_people = {
        model.__name__ for model in apps.get_models(include_auto_created=True) if lookups_to_the_person(model)
    }

    assert about_people == EXPORTED.keys() | NOT_EXPORTED.keys()
    assert set(EXPORTED.values()) == {"profile", *(table.name for table in export_tables.TABLES)}


@pytest.mark.parametrize(
    "model", [DailyLog, Dose, Event, Medication, OwnQuestion, WeeklyReflection], ids=lambda model: model.__name__
)
def test_every_column_is_exported(model):
    table = next(table for table in export_tables.TABLES if table.name == EXPORTED[model.__name__])
    columns = {column.name for column in table.columns(User())}
    internal = {"id", "user", "uuid", "name_key", "daily_log"}

    assert {field.name for field in model._meta.concrete_fields} - internal <= columns


def test_a_day_of_one_question_is_exported_as_such(confirmed, person):
    make_log(person, DAY, morning_mood=3, one_question_only=True)
    make_log(person, DAY - datetime.timedelta(days=1))
    files = download(confirmed)

    assert [day["one_question_only"] for day in json.loads(files["brain-log.json"])["days"]] == [None, True]
    assert [row["one_question_only"] for row in table(files, "days")] == ["", "true"]
    [meaning] = [row for row in table(files, "columns") if row["column"] == "one_question_only"]
    assert meaning["meaning"] == "only one question"


def test_what_was_asked_and_when_is_exported(confirmed, person):
    with time_machine.travel(datetime.datetime(2026, 5, 5, 16, tzinfo=datetime.UTC), tick=False):
        confirm_by_password(confirmed)
        confirmed.post(check_in_url("morning"), {"sleep_hours": "7", "asked-names": "sleep_hours morning_mood"})
        confirmed.post(reverse("reflections:week", args=[DAY]), {"week_rating": "7"})
        files = download(confirmed)
    [day], [week] = (json.loads(files["brain-log.json"])[name] for name in ("days", "reflections"))

    assert day["morning_answered_at"] == week["answered_at"] == "2026-05-05T16:00:00+00:00"
    assert day["morning_utc_offset"] == week["utc_offset"] == -240
    assert (day["morning_recalled"], week["recalled"]) == (["sleep_hours"], None)
    assert (day["morning_asked"], week["asked"]) == (["morning_mood", "sleep_hours"], ["week_rating"])
    assert {day[f"evening_{name}"] for name in ("answered_at", "utc_offset", "recalled", "asked")} == {None}
    [row] = table(files, "days")
    assert (row["morning_answered_at"], row["morning_utc_offset"]) == ("2026-05-05T12:00:00-04:00", "-240")
    assert (row["morning_recalled"], row["morning_asked"]) == ("sleep_hours", "morning_mood, sleep_hours")
    assert row["evening_asked"] == ""


@pytest.mark.parametrize(
    ("name", "first"), [("days", "date"), ("doses", "date"), ("reflections", "week_start"), ("medications", "name")]
)
def test_a_table_begins_with_what_its_rows_are_about(name, first):
    [table] = [table for table in export_tables.TABLES if table.name == name]

    assert table.columns(User())[0].name == first


def test_answers_are_exported_exactly(confirmed, person):
    for stage in STAGES:
        form = answers(stage) | (taken(MORNING_DOSE, NOON_DOSE) if str(stage) == "medication" else {})
        assert confirmed.post(check_in_url(stage), form).status_code == 302
    make_reflection(person, DAY, week_highlights='Walks,\n"long" ones; 長い散歩 🌧', gym_days_count=0)

    found = json_of(confirmed)

    assert (found["format"], found["version"]) == ("brain-log", 1)
    [day] = found["days"]
    assert day["date"] == "2026-05-04"
    for stage in STAGES:
        for name, typed in answers(stage).items():
            kept = day[name]
            assert kept == typed or str(kept).lower() == typed or kept == float(typed), name
    assert [
        (dose["date"], dose["medication"], dose["amount"], dose["unit"], dose["taken_at"]) for dose in found["doses"]
    ] == [("2026-05-04", "Concerta", 36, "mg", "08:15:00"), ("2026-05-04", "Ritalin", 2.5, "tablets", "12:30:00")]
    assert {medication["name"] for medication in found["medications"]} == {"Concerta", "Ritalin"}
    [week] = found["reflections"]
    assert week["week_highlights"] == 'Walks,\n"long" ones; 長い散歩 🌧'
    assert week["gym_days_count"] == 0


def test_own_questions_and_their_answers_are_exported_exactly(confirmed, person):
    questions = {kind: make_question(person, kind) for kind in TYPED}
    weekly = make_question(person, "note", check_in="week")
    log, week = make_full_log(person), make_reflection(person)
    for question in questions.values():
        make_answer(log, question)
    make_answer(week, weekly)

    files = download(confirmed)

    found = json.loads(files["brain-log.json"])
    [day], [reflection] = found["days"], found["reflections"]
    assert {kind: day[question.name] for kind, question in questions.items()} == {
        "score": 7,
        "yes_no": False,
        "number": 2.5,
        "two_numbers": [120, 80],
        "choice": 2,
        "several": [1, 2],
        "line": "a <b>line</b>",
        "note": "one\ntwo",
        "time": "22:15:00",
    }
    assert reflection[weekly.name] == "one\ntwo"
    assert [row["label"] for row in found["own_questions"]] == [*(f"My {kind}" for kind in TYPED), "My note"]
    legend = {row["column"]: row for row in table(files, "columns") if row["file"] == "days.csv"}
    assert legend[questions["choice"].name]["meaning"] == "My choice"
    assert "coffee" in legend[questions["choice"].name]["values"]


def test_unanswered_questions_are_null_or_empty(confirmed, person):
    person.daily_logs.create(date=DAY, focus_level=3)

    files = download(confirmed)

    [day] = json.loads(files["brain-log.json"])["days"]
    stamps = {"date", "created_at", "updated_at"}
    assert {name: value for name, value in day.items() if value is not None and name not in stamps} == {
        "focus_level": 3
    }
    [row] = table(files, "days")
    assert {name: value for name, value in row.items() if value and name not in stamps} == {"focus_level": "3"}


def test_effects_of_medication_that_was_not_taken_are_null(confirmed, person):
    person.daily_logs.create(date=DAY, medication_taken=False, medication_effectiveness="yes")

    assert json_of(confirmed)["days"][0]["medication_effectiveness"] is None


def test_csv_files_have_the_same_data(confirmed, person):
    log = make_full_log(
        person, DAY, dreams="Flying.\r\nAgain, \"high\"", breakfast="=1+1", sleep_hours=Decimal("7.25"),
        had_emotional_event=True, coping_strategies=["talked_it_out", "journaled"], is_crashing=False,
    )  # fmt: skip
    make_dose(log, make_medication(person, "-7"), amount=Decimal("2.500"), taken_at=None)
    log.morning_completed_at = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.UTC)
    log.save()

    files = download(confirmed)

    [day] = table(files, "days")
    assert day["dreams"] == 'Flying.\r\nAgain, "high"'
    assert day["breakfast"] == "'=1+1"
    assert day["sleep_hours"] == "7.25"
    assert (day["had_emotional_event"], day["is_crashing"]) == ("true", "false")
    assert day["coping_strategies"] == "talked_it_out, journaled"
    assert day["morning_completed_at"] == "2026-05-04T08:00:00-04:00"
    [dose] = table(files, "doses")
    assert dose == {"date": "2026-05-04", "medication": "'-7", "amount": "2.5", "unit": "mg", "taken_at": ""}
    assert json.loads(files["brain-log.json"])["days"][0]["breakfast"] == "=1+1"


def test_it_says_which_day_a_dose_after_midnight_belongs_to(confirmed, person):
    text = download(confirmed)["README.txt"]

    assert "one after midnight belongs to the day that had not ended for you" in text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_texts_that_begin_like_formulas_are_escaped(confirmed, person, start):
    make_reflection(person, DAY, lessons_learned=f"{start}HYPERLINK(1)")

    [week] = table(download(confirmed), "reflections")

    assert week["lessons_learned"] == f"'{start}HYPERLINK(1)"


FORMULAS = ["＝", "＋", "－", "＠", "﹢", "﹣", "﹦", "﹫", "−", "⁼"]
SIGNS_BEFORE = [
    "",
    " ",
    "\u00a0",
    "\u3000",
    "\u2003",
    "\t",
    "\r\n",
    "\u200b",
    "\ufeff",
    "\u202e",
    "\u2066",
    "\x00",
    "\x0b",
]
SIGNS_BEFORE += ["\x1f", "\x85", "\u2028", "\xad", "'", '"', "“", "„", "＂", " \u200b\t'"]


@pytest.mark.once
def test_disguised_formulas_are_escaped():
    texts = [f"{before}{sign}SUM(1)" for before in SIGNS_BEFORE for sign in ("=", "+", "-", "@", *FORMULAS)]

    assert len(texts) > 300
    assert [text for text in texts if escape_formula(text) != f"'{text}"] == []


@pytest.mark.once
@pytest.mark.parametrize("text", ["", " ", "\u200b", "1 = 1", "“So” - it was", "a@b", "5", "é=", "/", "~"])
def test_other_texts_are_not_escaped(text):
    assert escape_formula(text) == text


def test_columns_csv_explains_every_column(confirmed):
    files = download(confirmed)
    legend = {(row["file"], row["column"]): row for row in table(files, "columns")}

    for name in FILES[2:-1]:
        header = next(csv.reader(io.StringIO(files[name][1:])))
        assert header == [column for file, column in legend if file == name]
    assert legend["days.csv", "sleep_quality"]["values"] == "1 (poor) to 10 (excellent)"
    assert "in pain" in legend["days.csv", "physical_status"]["values"]
    assert "talked_it_out (talked it out)" in legend["days.csv", "coping_strategies"]["values"]
    assert legend["doses.csv", "unit"]["values"] == "mg, ml, drops, tablets"
    assert all(row["meaning"] for row in legend.values())


def test_the_profile_is_exported_without_credentials(confirmed, person):
    secret, codes = switch_on(confirmed)

    files = download(confirmed)

    profile = json.loads(files["brain-log.json"])["profile"]
    assert (profile["username"], profile["timezone"]) == (person.username, "America/New_York")
    assert {factor["kind"] for factor in profile["second_factors"]} == {"totp", "recovery_codes"}
    person.refresh_from_db()
    inside = [secret, *codes, PASSWORD, person.password, confirmed.session.session_key, confirmed.session.key_hash]
    inside += [session.session_data for session in person.sessions.all()]
    inside += [json.dumps(factor.data) for factor in person.authenticator_set.all()]
    assert [each for each in inside for text in files.values() if each in text] == []
    assert [row["kind"] for row in table(files, "events")][-1] == "exported"
    assert len(table(files, "logins")) == person.sessions.count() > 0


def test_data_of_others_is_not_exported(confirmed, person):
    other = make_person(display_name="Another person")
    make_dose(make_full_log(other, dreams="Their dream"), make_medication(other, "Their medication"))
    make_reflection(other, week_highlights="Their walk")
    make_answer(other.daily_logs.get(), make_question(other, "line", label="Their question"), "Their answer")
    make_full_log(person)

    files = download(confirmed)

    assert len(table(files, "days")) == 1
    assert [name for name, text in files.items() if "Their" in text or "Another person" in text] == []


def test_a_text_that_cannot_be_decrypted_is_exported_as_ciphertext(confirmed, person):
    log = make_full_log(person, dreams="Flying")
    token = stored(log)
    put(log, "dreams", tampered := token[:-6] + ("A" if token[-6] != "A" else "B") + token[-5:])

    files = download(confirmed)

    assert json.loads(files["brain-log.json"])["days"][0]["dreams"] == {"ciphertext": tampered}
    assert table(files, "days")[0]["dreams"].startswith("This text cannot be read")


def test_rows_are_read_in_batches_without_repetition(confirmed, person, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(export_tables, "BATCH", 3)
    dates = [DAY + datetime.timedelta(days=number) for number in range(7)]
    medication = make_medication(person)
    for date in dates:
        make_dose(make_full_log(person, date), medication)
        make_reflection(person, date)

    with django_assert_max_num_queries(76):
        files = download(confirmed)

    for name in ("days", "doses"):
        assert [row["date"] for row in table(files, name)] == [str(date) for date in dates]
    assert [row["week_start"] for row in table(files, "reflections")] == [str(date) for date in dates]


def test_large_exports_are_sent_in_small_chunks(confirmed, person):
    text = "".join(chr(32 + number * 7919 % 90) for number in range(4000))
    DailyLog.objects.bulk_create(
        DailyLog(user=person, date=DAY + datetime.timedelta(days=number), dreams=text[number:]) for number in range(400)
    )

    pieces = list(confirmed.post(URL).streaming_content)

    assert max(map(len, pieces)) < 300_000


def test_an_export_is_recorded_as_a_security_event(confirmed, person):
    download(confirmed)

    assert person.security_events.latest("at").kind == SecurityEvent.Kind.EXPORTED


def test_exports_are_rate_limited(confirmed, person):
    for _ in range(EXPORT.attempts):
        confirmed.post(URL)

    refusal = confirmed.post(URL)

    assert refusal.status_code == 429
    assert 0 < int(refusal.headers["Retry-After"]) <= EXPORT.minutes * 60
    assert person.security_events.filter(kind="exported").count() == EXPORT.attempts


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(confirmed, method):
    assert getattr(confirmed, method)(URL).status_code == 405
