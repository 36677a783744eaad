"""What each page may cost at most: templates rendered, queries, bytes. Seconds are for `python -m benchmarks.pages`."""

import datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import make_person
from operations.demo.load import load_demo_data

# A Monday evening in New York. Sunday is a day of the demo with all five check-ins.
NOW = datetime.datetime(2026, 6, 1, 23, 0, tzinfo=datetime.UTC)
DAY = "2026-05-31"

# Templates rendered, with those that they include and those of inputs; queries, with the one for session and person;
# bytes before compression, rounded up, as ids have more digits in a longer run. Measured: a change that needs less
# may lower them, one that needs more has to say why. The demo's person has own questions, which are a query of pages
# that ask or show them, and another one where they have answers.
MOST = {
    "/": (4, 4, 9600),
    f"/logs/{DAY}/": (3, 5, 9800),
    f"/logs/{DAY}/morning/": (6, 4, 11100),
    f"/logs/{DAY}/medication/": (7, 4, 15900),
    f"/logs/{DAY}/midday/": (6, 4, 14200),
    f"/logs/{DAY}/afternoon/": (6, 3, 11500),
    f"/logs/{DAY}/evening/": (6, 4, 18900),
    "/logs/": (4, 3, 16300),
    f"/reflections/{DAY}/": (6, 4, 13700),
    "/reflections/": (4, 2, 13000),
    f"/reflections/numbers/{DAY[:7]}/": (4, 2, 5200),
    "/logs/questions/": (3, 2, 9800),
    "/logs/questions/new/": (5, 1, 8200),
    "/logs/questions/gallery/": (3, 2, 28000),
}
SAVE = 6  # queries, two of them for own questions


@pytest.fixture
def as_demo(client, db):
    with time_machine.travel(NOW, tick=False):
        person = make_person()
        load_demo_data(person)
        assert person.daily_logs.get(date=DAY).is_complete
        client.force_login(person)
        yield client


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
