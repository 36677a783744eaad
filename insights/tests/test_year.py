"""The page of a year: what each cell shows, recomputed from the rows, and what the page costs."""

import datetime
import gzip
import random
import re
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import make_person
from brainlog.tests.html import Page
from insights.tests.factories import make_event
from insights.tests.test_charts import tree
from insights.year import Colours
from logs.kinds import Hours, Number, Score, YesNo
from logs.models import DailyLog
from logs.tests.factories import DAY, make_log, make_question_set
from logs.tests.own_questions import make_answer, make_question
from operations.demo.load import load_demo_data

pytestmark = pytest.mark.usefixtures("db", "noon")  # 5 May 2026

ONE_DAY = datetime.timedelta(days=1)
YEAR = "/insights/year/2026/"


def cells_of(page: str) -> dict[str, tuple[set[str], str, str]]:
    """What each linked day shows: its classes, the text in it, and the words."""
    [table] = re.findall(r"<table.*</table>", page)
    found = {}
    for link in tree(table).iter("a"):
        spans = {span.get("class"): span.text for span in link.iter("span")}
        found[link.get("href")[6:16]] = ({*link.get("class").split()}, spans.get(None, ""), spans["tip"])
    return found


@pytest.fixture
def newcomer():
    """A person whose account is of 1 May 2026."""
    return make_person(date_joined=datetime.datetime(2026, 5, 1, 12, tzinfo=datetime.UTC))


def get(client, path=YEAR) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_each_day_has_its_score_its_colour_and_the_way_to_it(client, newcomer):
    make_log(newcomer, DAY, day_rating=7)
    asked = make_question_set(newcomer, "day_rating")
    recalled = {"evening_recalled": ["day_rating"], "evening_asked": asked, "evening_answered_at": timezone.now()}
    make_log(newcomer, DAY - ONE_DAY, day_rating=3, evening_utc_offset=-240, **recalled)
    make_log(newcomer, DAY - 2 * ONE_DAY, not_tracked="ill")
    make_log(newcomer, DAY - 3 * ONE_DAY, overall_mood=5)
    client.force_login(newcomer)

    cells = cells_of(get(client))

    assert cells["2026-05-04"] == ({"cell", "score-7"}, "7", "Monday, May 4, 2026: 7 of 10")
    later = {"cell", "score-3", "recalled"}, "3", "Sunday, May 3, 2026: 3 of 10, answered later"
    assert cells["2026-05-03"] == later
    assert cells["2026-05-02"] == ({"cell", "not-tracked"}, "–", "Saturday, May 2, 2026: not tracked")
    assert cells["2026-05-01"] == ({"cell", "no-answer"}, "", "Friday, May 1, 2026: no answer")
    # Nothing is drawn before the person began and on days to come.
    assert [*cells] == ["2026-05-01", "2026-05-02", "2026-05-03", "2026-05-04", "2026-05-05"]
    assert "Answered on 2 of 5 days, 1 not tracked." in get(client)


def test_the_table_has_every_day_of_the_year_and_no_other(as_person, person):
    for year, days in (("2024", 29), ("2026", 28)):
        make_log(person, datetime.date(int(year), 2, 1), day_rating=1)
        [table] = re.findall(r"<table.*</table>", get(as_person, f"/insights/year/{year}/"))
        rows = [row for row in tree(table).iter("tr")][1:]
        assert [row.find("th")[0].text for row in rows] == [*"JFMAMJJASOND"]
        assert {len(row.findall("td")) for row in rows} == {31}
        linked = [cell for cell in rows[1].findall("td") if cell.find("a") is not None]
        assert len(linked) == days


@pytest.mark.parametrize("seed", range(3))
def test_numbers_of_random_years_are_those_of_the_rows(client, seed):
    rng = random.Random(seed)
    person = make_person(timezone="America/New_York")
    days = [DAY - number * ONE_DAY for number in range(120) if rng.random() < 0.7]
    for day in days:
        answers = {"day_rating": rng.randint(1, 10), "sleep_hours": Decimal(rng.randint(0, 96)) / 4}
        given = {name: value for name, value in answers.items() if rng.random() < 0.8}
        marks = {"not_tracked": "ill"} if not given else {}
        make_log(person, day, **given, **marks)
    client.force_login(person)

    for name in ("day_rating", "sleep_hours"):
        cells = cells_of(get(client, f"{YEAR}?question={name}"))
        rows = {f"{log.date}": log for log in DailyLog.objects.filter(user=person)}
        shown = [float(getattr(log, name)) for log in rows.values() if getattr(log, name) is not None]
        low, high = (1, 10) if name == "day_rating" else (min(shown), max(shown))
        for day, (classes, text, _words) in cells.items():
            value = getattr(rows[day], name) if day in rows else None
            if value is None:
                is_marked = day in rows and rows[day].not_tracked
                assert classes == {"cell", "not-tracked" if is_marked else "no-answer"}
                continue
            step = value if name == "day_rating" else min(10, int(10 * (float(value) - low) / (high - low)) + 1)
            assert f"score-{step}" in classes
            assert text == f"{value:f}".rstrip("0").removesuffix(".") or name == "day_rating"
        assert {day for day in rows if day >= "2026-01-01"} <= {*cells}


@pytest.mark.parametrize(
    ("kind", "values", "steps"),
    [
        (Score(), [1, 4, 10], [1, 4, 10]),
        (YesNo(), [False, True], [1, 10]),
        (Number(least=Decimal(0), most=Decimal(4)), [Decimal(0), Decimal(2), Decimal(4)], [1, 6, 10]),
        (Number(least=Decimal(0), most=Decimal(4)), [Decimal(-1), Decimal(9)], [1, 10]),  # under earlier bounds
        (Number(), [Decimal(10), Decimal(15), Decimal(20), None], [1, 6, 10]),
        (Number(least=Decimal(0)), [Decimal(10), Decimal(20)], [6, 10]),
        (Number(), [Decimal(7), Decimal(7)], [5, 5]),
        (Hours(), [Decimal(6), Decimal(8)], [1, 10]),
    ],
)
def test_a_number_is_coloured_within_its_bounds_or_what_is_shown(kind, values, steps):
    class Asked:
        pass

    Asked.kind = kind
    colours = Colours.of(Asked, values)

    assert [colours.step(value) for value in values if value is not None] == steps


def test_wide_bounds_of_the_gallery_are_not_those_of_the_colours(as_person, person):
    """Two to four cups would have one colour within the 50 that can be typed."""
    coffee = make_question(person, "number", least=0, most=50, gallery="caffeine")
    changed = make_question(person, "number", label="Cups", least=0, most=40, gallery="caffeine")
    for number in (2, 4):
        log = make_log(person, DAY - number * datetime.timedelta(days=1))
        make_answer(log, coffee, Decimal(number))
        make_answer(log, changed, Decimal(number))

    page = get(as_person, f"{YEAR}?question={coffee.name}")
    assert cells_of(page)[f"{DAY - datetime.timedelta(days=2)}"][0] == {"cell", "score-1"}
    assert "<span>2</span>" in page and "<span>4</span>" in page
    page = get(as_person, f"{YEAR}?question={changed.name}")
    assert "<span>0</span>" in page and "<span>40</span>" in page


def test_own_numbers_and_yes_or_no_say_which_end_is_better(as_person, person):
    coffee = make_question(person, "number", unit="cups", least=0, most=5, direction="worse")
    walk = make_question(person, "yes_no", label="A <b>walk</b>", direction="better")
    log = make_log(person, DAY)
    make_answer(log, coffee, Decimal("2.5"))
    make_answer(log, walk, True)

    page = get(as_person, f"{YEAR}?question={coffee.name}")
    assert cells_of(page)[f"{DAY}"] == ({"cell", "score-6", "long"}, "2.5", "Monday, May 4, 2026: 2.5 cups")
    assert "A lower number is better." in page and "<span>0 cups</span>" in page and "<span>5 cups</span>" in page

    page = get(as_person, f"{YEAR}?question={walk.name}")
    assert cells_of(page)[f"{DAY}"] == ({"cell", "score-10"}, "✓", "Monday, May 4, 2026: Yes")
    assert "“Yes” is the better answer." in page and "A &lt;b&gt;walk&lt;/b&gt;" in page


def test_what_is_missing_stands_in_the_legend(as_person, person):
    make_log(person, DAY, day_rating=7)

    legend = get(as_person).split('id="legend"')[1]

    for look in ("no-answer", "not-tracked", "score-7 recalled", "score-1", "score-10"):
        assert f'class="cell {look}"' in legend
    for words in ("very poor", "excellent", "A higher number is better.", "answered later", "nothing drawn"):
        assert words in legend


def test_an_event_to_come_is_marked_and_no_link(as_person, person):
    """The page of a day that has not begun is a 404."""
    day = DAY + 20 * ONE_DAY
    person.events.create(date=day, text="Surgery")

    page = get(as_person)

    assert "2026: not asked. What happened: Surgery" in page
    assert f"/logs/{day}/" not in page
    assert all(as_person.get(f"/logs/{each}/").status_code == 200 for each in [*cells_of(page)][-2:])


def test_the_choice_is_stored_by_a_post_alone_and_the_address_can_name_another(as_person, person):
    make_log(person, DAY, day_rating=7, overall_mood=2)

    assert "score-2" in cells_of(get(as_person, f"{YEAR}?question=overall_mood"))[f"{DAY}"][0]
    assert User.objects.get(pk=person.pk).year_question == ""
    response = as_person.post(YEAR, {"question": "overall_mood"})

    assert (response.status_code, response["Location"]) == (302, YEAR)
    assert User.objects.get(pk=person.pk).year_question == "overall_mood"
    assert "score-2" in cells_of(get(as_person))[f"{DAY}"][0]
    assert '<option value="overall_mood" selected>' in get(as_person)


@pytest.mark.parametrize("name", ["", "x", "dreams", "own-1", "week_rating", "\x00", "x" * 5000])
def test_a_question_that_a_year_cannot_show_is_refused(as_person, person, name):
    page = as_person.post(YEAR, {"question": name})
    assert page.status_code == 200
    assert "Choose a question of the list." in page.content.decode()
    assert User.objects.get(pk=person.pk).year_question == ""
    assert as_person.get(YEAR, {"question": name}).status_code == 404


def test_a_question_of_another_person_is_not_there(as_person, person):
    other = make_question(make_person(), "score")

    assert as_person.get(YEAR, {"question": other.name}).status_code == 404


def test_a_chosen_question_that_was_deleted_gives_way_to_the_day(as_person, person):
    make_log(person, DAY, day_rating=7)
    person.choose_year_question("own-99")

    assert "score-7" in cells_of(get(as_person))[f"{DAY}"][0]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        *((f"/insights/year/{year}/", 200) for year in ("1900", "1999", "2025", "2026")),
        *((f"/insights/year/{year}/", 404) for year in ("2027", "1899", "0000", "9998", "9999", "26", "20260")),
    ],
)
def test_years_that_can_be_opened(as_person, path, status):
    assert as_person.get(path).status_code == status


def test_a_year_before_the_first_log_says_so_and_leads_on(client, newcomer):
    client.force_login(newcomer)
    page = get(client, "/insights/year/2019/")

    assert "2019 has no day that asked" in page
    assert "<table" not in page
    links = [attrs.get("href") for tag, attrs in Page(page).elements if tag == "a"]
    assert "/insights/year/2018/" in links and "/insights/year/2020/" in links
    assert "/insights/year/2027/" not in get(client)


def test_years_beside_it_keep_the_question_of_the_address(as_person, person):
    make_log(person, DAY, overall_mood=7)

    assert 'href="/insights/year/2025/?question=overall_mood"' in get(as_person, f"{YEAR}?question=overall_mood")


def test_history_and_the_numbers_of_a_year_lead_to_it(as_person, person):
    make_log(person, DAY, day_rating=7)

    assert f'href="{YEAR}"' in get(as_person, "/logs/?month=2026-05")
    assert f'href="{YEAR}"' in get(as_person, "/reflections/numbers/2026/")


def test_a_whole_year_costs_few_queries_and_bytes(client):
    with time_machine.travel(datetime.datetime(2026, 12, 31, 17, tzinfo=datetime.UTC), tick=False):
        person = make_person(timezone="America/New_York")
        load_demo_data(person)
        client.force_login(person)
        get(client)
        with CaptureQueriesContext(connection) as queries:
            page = get(client)

    # The person, their own questions, those left out with answers; then the first day, the rows, and what was asked.
    assert len(queries) <= 6
    assert sum("sleep_hours" in query["sql"] or "day_rating" in query["sql"] for query in queries) <= 1
    assert len(cells_of(page)) > 350
    assert len(page) < 90_000
    assert len(gzip.compress(page.encode())) < 10_000


def test_what_happened_is_marked_in_the_cells_and_listed(client, newcomer):
    """Also on a day that asked nothing yet, and on those of an event that began in the year before."""
    make_log(newcomer, DAY, day_rating=7)
    make_event(newcomer, "Moved", DAY)
    make_event(newcomer, "Flu", DAY - ONE_DAY, last_day=DAY)
    make_event(newcomer, "Winter", datetime.date(2025, 12, 30), last_day=datetime.date(2026, 1, 2))
    client.force_login(newcomer)

    page = get(client)
    cells = cells_of(page)

    words = "Monday, May 4, 2026: 7 of 10. What happened: Flu, Moved"
    assert cells["2026-05-04"] == ({"cell", "score-7", "happened"}, "7", words)
    assert cells["2026-05-03"][0] == {"cell", "no-answer", "happened"}
    assert cells["2026-01-02"][0] == {"cell", "not-asked", "happened"}
    assert cells["2026-01-02"][2] == "Friday, Jan 2, 2026: not asked. What happened: Winter"
    assert "2026-01-03" not in cells
    assert "Moved<small>May 4, 2026</small>" in page
    assert "Winter<small>Dec 30, 2025 – Jan 2, 2026</small>" in page
