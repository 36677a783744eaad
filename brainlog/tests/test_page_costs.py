"""What each page may cost at most: templates rendered, queries, bytes. Seconds are for `python -m benchmarks.pages`."""

import datetime
from dataclasses import replace

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import make_person
from insights.tests.factories import make_computation
from insights.tests.findings import findings_of_all_sorts
from logs.question_changes import delete_question
from operations.demo.load import load_demo_data

# A Monday evening in New York. Sunday is a day of the demo with all five check-ins.
NOW = datetime.datetime(2026, 6, 1, 23, 0, tzinfo=datetime.UTC)
DAY = "2026-05-31"

# Templates rendered, with those that they include and those of inputs; queries, with the one for session and person;
# bytes before compression, rounded up, as ids have more digits in a longer run. Measured: a change that needs less
# may lower them, one that needs more has to say why.
MOST = {
    "/": (4, 4, 12250),
    f"/logs/{DAY}/": (3, 4, 10550),
    f"/logs/{DAY}/morning/": (6, 3, 11950),
    f"/logs/{DAY}/medication/": (7, 3, 16650),
    f"/logs/{DAY}/midday/": (6, 2, 14450),
    f"/logs/{DAY}/afternoon/": (6, 2, 12350),
    f"/logs/{DAY}/evening/": (6, 2, 16650),
    "/logs/": (4, 3, 19100),  # With the forms that open any month, and the search.
    # All days of the demo, in four batches: the word is in few of them.
    "/logs/search/?q=walk": (3, 7, 19350),  # With the way to the events, which are not searched.
    f"/reflections/{DAY}/": (6, 3, 14950),
    "/reflections/": (4, 2, 13450),
    f"/reflections/numbers/{DAY[:7]}/": (4, 2, 6950),
    "/insights/events/": (6, 3, 9250),
    "/insights/change/": (5, 5, 5400),
    "/insights/change/2026-04-01/": (3, 7, 60600),
    "/insights/doses/": (6, 3, 20300),
    "/insights/report/": (7, 4, 10150),  # With findings and appointments to choose from.
    "/insights/words/": (7, 10, 19350),
    "/logs/questions/": (3, 1, 11650),
    "/logs/questions/new/": (5, 1, 8750),
    "/logs/questions/gallery/": (3, 1, 28250),
    "/help/": (4, 3, 5150),
    "/insights/": (9, 4, 62600),  # With the way to the findings.
    "/insights/findings/": (18, 3, 30750),  # With a chart on each of six cards.
    "/insights/findings/guess/": (5, 2, 6550),  # With eight questions of yes or no as outcomes.
}
SAVE = 4  # queries
# The queries that own questions add to a page: the questions, and their answers. A save stores the answers besides.
MOST_FOR_OWN, MOST_FOR_OWN_SAVED = 2, 3


@pytest.fixture
def demo_person(db):
    with time_machine.travel(NOW, tick=False):
        person = make_person()
        load_demo_data(person)
        assert person.daily_logs.get(date=DAY).is_complete
        compute_findings(person)
        yield person


def compute_findings(person):
    """Findings as many as they are, made by hand: numpy is no part of a page."""
    own = person.own_questions.get(kind="yes_no").name, person.own_questions.get(kind="number").name
    make_computation(person, replace(findings_of_all_sorts(*own), answers_version=person.answers_version))


@pytest.fixture
def as_demo(client, demo_person):
    """Without own questions, which cost queries of their own."""
    for pk in demo_person.own_questions.values_list("pk", flat=True):
        delete_question(demo_person, pk)
    client.force_login(demo_person)
    return client


def cost_of(send) -> tuple[int, int, int]:
    with CaptureQueriesContext(connection) as queries:
        response = send()
    assert response.status_code in (200, 302)
    sent = [query["sql"] for query in queries if query["sql"].split()[0] in ("SELECT", "INSERT", "UPDATE", "DELETE")]
    return len(response.templates), len(sent), len(response.content)


def test_no_page_and_no_save_costs_more_than_it_did(as_demo):
    for path in MOST:
        as_demo.get(path)  # What is made once a process is there by then.

    costs = {path: cost_of(lambda path=path: as_demo.get(path)) for path in MOST}

    # An empty dict, or the pages that cost more, each with what it costs.
    assert {path: cost for path, cost in costs.items() if any(map(int.__gt__, cost, MOST[path]))} == {}

    path, answers = f"/logs/{DAY}/midday/", {"focus_level": "5", "energy_level": "6", "rumination_level": "2"}
    as_demo.post(path, answers)
    templates, queries, _bytes = cost_of(lambda: as_demo.post(path, answers | {"focus_level": "6"}))
    assert templates == 0
    assert queries <= SAVE


def test_own_questions_cost_two_queries_a_page_and_three_a_save(client, demo_person):
    client.force_login(demo_person)
    for path in MOST:
        client.get(path)

    queries = {path: cost_of(lambda path=path: client.get(path))[1] for path in MOST}

    assert {path: found for path, found in queries.items() if found > MOST[path][1] + MOST_FOR_OWN} == {}
    # None where no own question is shown.
    assert (queries["/"], queries["/logs/"], queries["/reflections/"]) == tuple(
        MOST[path][1] for path in ("/", "/logs/", "/reflections/")
    )

    path, own = f"/logs/{DAY}/midday/", demo_person.own_questions.get(check_in="midday").name
    answers = {"focus_level": "5", "energy_level": "6", "rumination_level": "2"}
    client.post(path, answers | {own: "yes"})
    _templates, queries, _bytes = cost_of(lambda: client.post(path, answers | {"focus_level": "6", own: "no"}))
    assert queries <= SAVE + MOST_FOR_OWN_SAVED
