"""The pages of findings: what they show, what they ask for, and what they refuse."""

import gzip
import re
from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.tests.factories import make_person
from insights.findings import requests
from insights.findings.results import Noise
from insights.tests.factories import make_computation, make_guess
from insights.tests.findings import all_of_the_family, findings, later, less_on_bad_days, result, too_few, unclear
from insights.tests.test_trend_pages import texts_of
from logs.tests.factories import DAY, make_full_log, make_medication
from logs.tests.own_questions import make_question

pytestmark = pytest.mark.usefixtures("noon")

FINDINGS, GUESS = "/insights/findings/", "/insights/findings/guess/"
NAPS = {"exposure": "sleep_quality", "outcome": "day_rating", "lag": "1"}


def store(person, *results, **facts):
    """A computation that is done, of the person's answers as they are."""
    return make_computation(person, replace(findings(*results, **facts), answers_version=person.answers_version))


def test_a_new_person_can_ask_for_the_findings(as_person, person, monkeypatch):
    asked = []
    monkeypatch.setattr(requests, "start", lambda *arguments: asked.append(arguments))

    assertContains(as_person.get(FINDINGS), "Compute my findings")
    assertRedirects(as_person.post(f"{FINDINGS}compute/"), FINDINGS)
    assertRedirects(as_person.post(f"{FINDINGS}noise/"), f"{FINDINGS}#noise")

    assert asked == [(person, "findings"), (person, "noise")]


def test_what_was_computed_is_shown_whole(as_person, person):
    store(
        person,
        result(later=later()),
        result("is_crashing", "anxiety_level", guard="afterwards"),
        unclear("breakfast", "focus_level"),
        too_few("coping_used", "day_rating"),
        less_on_bad_days=less_on_bad_days(),
    )

    page = as_person.get(FINDINGS)

    text = texts_of(page)
    parts = (
        "You log less on bad days",
        "3 comparisons were tried, 2 are shown.",
        "It shows no causes and is no diagnosis. Talk about it with the people who treat you.",
        "Focus was 0.8 points higher on days with medication.",
        "Anything from 0.3 to 1.3 points higher fits your days.",
        "Did it hold?",
        "it held up.",
        "Rests on 143 of 180 days, 12 not tracked.",
        "Probably not a cause: it comes afterwards just as much.",
        "No clear link yet",
        "Focus and breakfast written down",
        "Not enough days yet",
        "12 more days with both answers are needed.",
        "All numbers as a table",
        "How much does chance show?",
    )
    places = [text.find(part) for part in parts]
    assert -1 not in places, parts[places.index(-1)]
    assert places == sorted(places)
    assert text.count("is no diagnosis") == 1
    assertNotContains(page, "Compute my findings")
    assertNotContains(page, "Your answers have changed since")


def test_an_older_result_stays_and_says_so(as_person, person):
    store(person, result())
    make_full_log(person, DAY)
    person.answers_changed()

    page = as_person.get(FINDINGS)

    assertContains(page, "Your answers have changed since")
    assertContains(page, "Count newer answers in")
    assertContains(page, "Focus was 0.8 points higher")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"state": "queued", "finished_at": None, "progress": 0}, "Newer answers are being counted in"),
        ({"state": "failed"}, "could not be computed"),
    ],
)
def test_a_page_says_what_becomes_of_the_next_result(as_person, person, facts, words):
    row = store(person, result())
    person.answers_changed()
    for name, value in (facts | {"answers_version": person.answers_version}).items():
        setattr(row, name, value)
    row.save()

    page = as_person.get(FINDINGS)

    assertContains(page, words)
    assertContains(page, "Focus was 0.8 points higher")


def test_chance_is_shown_beside(as_person, person):
    store(person, unclear())
    noise = Noise(person.answers_version, 200, 16, 31)
    make_computation(person, kind="noise", result_json=noise.to_json())

    assert "a finding in 8 of 100 tries" in texts_of(as_person.get(FINDINGS))


def test_each_look_at_the_progress_has_another_address(as_person, person, noon):
    """To the address that it shows, a browser goes only within the page if there is a fragment."""
    store(person, unclear())
    waiting = dict.fromkeys(("result_json", "result_version", "result_format", "computed_at", "finished_at"))
    make_computation(person, kind="noise", state="queued", **waiting | {"progress": 0})

    first = as_person.get(FINDINGS).content.decode()
    noon.shift(1)

    address = re.compile(r'href="(/insights/findings/[^"]*#noise)"')
    [before], [after] = (address.findall(page) for page in (first, as_person.get(FINDINGS).content.decode()))
    assert before != after


def test_a_persons_own_words_are_escaped_and_their_questions_can_be_gone(as_person, person):
    question = make_question(person, "yes_no", label="<i>tea</i> & 5 %")
    medication = make_medication(person, "<b>Ritalin</b>")
    store(
        person,
        result(question.name, "overall_mood"),
        result(f"medication-{medication.pk}", "focus_level"),
        result("dose_amount", "focus_level", is_amount=True, per=10, medication=medication.pk, unit="mg"),
        result("own-999", "own-998"),
        unclear("medication-999", "focus_level"),
    )

    page = as_person.get(FINDINGS)

    assertContains(page, "on days with “Yes” to “&lt;i&gt;tea&lt;/i&gt; &amp; 5 %”.")
    assertContains(page, "for each 10 mg of &lt;b&gt;Ritalin&lt;/b&gt;.")
    assertNotContains(page, "<i>tea")
    assertNotContains(page, "<b>Ritalin")


def test_a_page_reads_alone_and_another_persons_result_is_none_of_mine(as_person, person):
    store(make_person(), result())
    store(person, unclear())

    with CaptureQueriesContext(connection) as queries:
        page = as_person.get(FINDINGS)

    assert {query["sql"].split()[0] for query in queries} <= {"SELECT", "SET"}
    assert len(queries) <= 5
    assertNotContains(page, "Focus was")


def test_many_findings_are_a_small_page(as_person, person):
    found = replace(all_of_the_family(later=later()), answers_version=person.answers_version)
    make_computation(person, found)

    page = as_person.get(FINDINGS)

    assert len(page.context["found"].cards) == 31
    assert len(gzip.compress(page.content, 6)) < 60_000


# ── A guess ──────────────────────────────────────────────────────────────────────────────────────


def asked_by(person) -> list[tuple]:
    return [(guess.exposure, guess.outcome, guess.lag, str(guess.asked_on)) for guess in person.guesses.all()]


def test_a_guess_is_asked_once_with_its_day_and_makes_the_result_older(as_person, person):
    store(person, result())
    question = make_question(person, "number", label="Cups")

    page = as_person.post(GUESS, NAPS, follow=True)
    assertContains(page, "It is asked.")
    assertContains(page, "Your answers have changed since")
    as_person.post(GUESS, {"exposure": question.name, "outcome": "sleep_hours", "lag": "0"})
    as_person.post(GUESS, {"exposure": "lunch", "outcome": "is_crashing", "lag": "0"})

    assert asked_by(person) == [
        ("sleep_quality", "day_rating", 1, "2026-05-05"),
        (question.name, "sleep_hours", 0, "2026-05-05"),
        ("lunch", "is_crashing", 0, "2026-05-05"),
    ]
    assert "The next day as a whole and sleep quality" in texts_of(as_person.get(GUESS))


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({}, "You asked this already."),
        ({"exposure": "sleep_hours", "outcome": "focus_level", "lag": "0"}, "This is asked for everyone already."),
        ({"outcome": "sleep_quality"}, "Both are made of the same answer"),
        ({"exposure": ""}, "Please choose one of the list."),
        ({"exposure": "own-999"}, "Please choose one of the list."),
        ({"outcome": "lunch"}, "Please choose one of the list."),
        ({"exposure": "medication_taken", "outcome": "is_crashing"}, "Both are made of the same answer"),
        ({"lag": ""}, "Please choose when."),
        ({"lag": "2"}, "Please choose when."),
        ({"lag": "\0"}, "Please choose when."),
    ],
)
def test_what_cannot_be_asked_says_why_and_keeps_what_was_chosen(as_person, person, given, refusal):
    make_guess(person, **NAPS | {"lag": 1})

    page = as_person.post(GUESS, NAPS | given)

    assertContains(page, refusal)
    assert page.status_code == 200 and len(asked_by(person)) == 1
    if (NAPS | given)["exposure"] == "sleep_quality":
        assertContains(page, '<option value="sleep_quality" selected>')


def test_there_is_room_for_ten_and_only_own_questions_that_are_asked(as_person, person):
    archived = make_question(person, "score", label="Archived", archived_at="2026-05-01T00:00Z")
    theirs = make_question(make_person(), "score", label="Theirs")
    page = as_person.get(GUESS)
    for question in (archived, theirs):
        assertNotContains(page, f'value="{question.name}"')
        assertContains(as_person.post(GUESS, NAPS | {"exposure": question.name}), "Please choose one of the list.")
    outcomes = ["focus_level", "energy_level", "rumination_level", "anxiety_level", "overall_mood"]
    for number in range(10):
        make_guess(person, "sleepiness", outcomes[number % 5], number // 5, number=number + 1)

    full = as_person.post(GUESS, NAPS)

    assertContains(full, "You have asked 10 questions of your own")
    assert len(asked_by(person)) == 10


def test_a_script_is_told_how_far_a_computation_is(as_person, person):
    make_computation(person)
    row = make_computation(person, kind="noise")
    row.state, row.finished_at, row.progress = "queued", None, 40
    row.save()

    with CaptureQueriesContext(connection) as queries:
        answer = as_person.get(f"{FINDINGS}state/").json()

    assert answer == {"progress": {"findings": None, "noise": 40}, "words": {"noise": "40 % done"}}
    assert not any("result_json" in query["sql"] for query in queries)
