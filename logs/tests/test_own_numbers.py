"""Own questions in the numbers of weeks, months and years, and in the download."""

import csv
import io
import zipfile
from datetime import timedelta

import pytest

from accounts.tests.codes import confirm_by_password
from logs.question_lists import questions_of
from logs.summary import ASKED, add_own_answers
from logs.tests.factories import DAY
from logs.tests.own_questions import TYPED, make_question, typed_in
from logs.tests.pages import check_in_url, day_url
from reflections.tests.pages import week_url

pytestmark = pytest.mark.usefixtures("noon")

SUNDAY = DAY - timedelta(days=1)
MONTH, YEAR = "/reflections/numbers/2026-05/", "/reflections/numbers/2026/"
FORMULA = '=HYPERLINK("http://x","y")'


@pytest.fixture
def three_days(as_person, person):
    """Three days of this week that asked; on one of them, nothing of it was answered."""
    score = make_question(person, "score", label="Calm", place="first")
    number = make_question(person, "number", label="Cups", unit="cups")
    headache = make_question(person, "yes_no", label="Headache?")
    asked = f"overall_mood {score.name} {number.name} {headache.name}"
    for day, answers in (
        (SUNDAY, {score.name: "4", number.name: "2,5", headache.name: "yes"}),
        (DAY, {score.name: "7", number.name: "0", headache.name: "no"}),
        (DAY + timedelta(days=1), {"overall_mood": "5"}),
    ):
        as_person.post(check_in_url("evening", day), answers | {"asked-names": asked})
    return score, number, headache


def lines_of(response) -> dict:
    return {line["label"]: (line["value"], line["about"], line["change"]) for line in response.context["lines"]}


@pytest.mark.parametrize("address", [week_url(), MONTH, YEAR])
def test_scores_numbers_and_yes_or_no_of_the_days_that_asked(as_person, three_days, address):
    response = as_person.get(address)

    lines = lines_of(response)
    assert lines["Calm"] == ("5.5", "on 2 of 3 days, from 4 to 7", None)
    assert lines["Cups"] == ("1.3", "on 2 of 3 days, from 0 to 2.5", None)
    assert "“Headache?”: yes on 1, no on 1, of 3 days it was asked." in response.content.decode()


def test_a_day_that_did_not_ask_does_not_count(as_person, person, three_days):
    as_person.post("/logs/questions/", {three_days[0].name: "off", three_days[2].name: "off"})
    as_person.post(check_in_url("evening", DAY + timedelta(days=1)), {"day_rating": "5"})
    earlier = SUNDAY - timedelta(days=1)
    as_person.post(check_in_url("evening", earlier), {"day_rating": "5", "asked-names": "day_rating"})

    lines = lines_of(as_person.get(YEAR))

    assert lines["Calm"] == ("5.5", "on 2 of 3 days, from 4 to 7", None), (
        "What is left out now stays in the numbers of its days."
    )


def test_the_week_before_is_compared_with(as_person, three_days):
    as_person.post(check_in_url("evening", SUNDAY - timedelta(days=3)), {three_days[0].name: "3"})

    assert lines_of(as_person.get(week_url()))["Calm"] == ("5.5", "on 2 of 3 days, from 4 to 7", "2.5 higher")


def test_numbers_know_of_a_deleted_and_a_reworded_question(as_person, three_days):
    as_person.get(week_url())
    score, number, headache = three_days
    as_person.post(number.get_absolute_url(), {"action": "delete", "confirm": "1"})
    as_person.post(score.get_absolute_url(), {"label": "Peace"})
    as_person.post(headache.get_absolute_url(), {"action": "archive"})

    response = as_person.get(week_url())

    assert lines_of(response).keys() & {"Calm", "Cups", "Peace"} == {"Peace"}
    assert "“Headache?”: yes on 1, no on 1" in response.content.decode()


def test_own_answers_of_a_day_marked_as_not_tracked_are_left_out(as_person, person, three_days):
    assert lines_of(as_person.get(week_url()))["Calm"][1] == "on 2 of 3 days, from 4 to 7"

    as_person.post(day_url(name="not_tracked"), {"reason": "ill"})

    assert lines_of(as_person.get(week_url()))["Calm"][1] == "on 1 of 2 days"


def test_the_download_has_all_kinds_and_escapes_words_that_look_like_formulas(as_person, person):
    kinds = [*TYPED]
    daily = [make_question(person, kind, label=FORMULA, choices=[(1, "tea"), (2, "coffee")]) for kind in kinds]
    weekly = make_question(person, "choice", check_in="week", choices=[(1, FORMULA), (2, "tea")])
    for question in daily:
        assert as_person.post(check_in_url("evening"), typed_in(question)).status_code == 302
    line = next(question for question in daily if question.kind == "line")
    as_person.post(check_in_url("evening"), {line.name: FORMULA})
    assert as_person.post(week_url(), {weekly.name: "1"}).status_code == 302
    confirm_by_password(as_person)

    response = as_person.post("/accounts/data/export/")

    with zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content))) as archive:
        tables = {name: archive.read(name).decode("utf-8-sig") for name in archive.namelist()}
    rows = {name: list(csv.DictReader(io.StringIO(text))) for name, text in tables.items() if name.endswith(".csv")}
    [day] = rows["days.csv"]
    expected = {"score": "7", "yes_no": "false", "number": "2.5", "two_numbers": "120, 80", "choice": "2"}
    expected |= {"several": "1, 2", "line": f"'{FORMULA}", "note": "one\ntwo", "time": "22:15"}
    assert {question.kind: day[question.name] for question in daily} == expected
    [week] = rows["reflections.csv"]
    assert week[weekly.name] == "1"
    legend = {row["column"]: row for row in rows["columns.csv"]}
    for question in daily:
        assert legend[question.name]["meaning"] == f"'{FORMULA}"
    assert legend[weekly.name]["values"].startswith("1 (=HYPER")
    for text in (tables["own_questions.csv"], tables["days.csv"], tables["columns.csv"]):
        for row in csv.reader(io.StringIO(text)):
            assert not [cell for cell in row if cell.startswith(("=", "+", "@"))]


def test_a_day_that_is_stored_while_numbers_are_made_is_none_of_theirs(person, three_days):
    """Its answers are read by a later query than the days."""
    person.refresh_from_db()
    [question] = [each for each in questions_of("evening", person) if each.name == three_days[0].name]
    rows = [{"date": day} | dict.fromkeys(ASKED) for day in (SUNDAY, DAY + timedelta(days=1))]

    add_own_answers(person, [question], rows)

    assert [row[question.name] for row in rows] == [4, None]
