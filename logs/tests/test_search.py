"""The search: what is found, in which order, how it goes on, and what is said of what cannot be searched for."""

import datetime
import re
from html import unescape

import pytest

from accounts.tests.factories import make_person
from logs import search
from logs.models import DailyLog
from logs.question_lists import QUESTION_LISTS, questions_of
from logs.search import find
from logs.search_query import Position
from logs.tests.columns import put
from logs.tests.factories import DAY, make_dose, make_log, make_medication
from logs.tests.own_questions import make_answer, make_question
from logs.tests.pages import day_url
from reflections.models import WeeklyReflection
from reflections.tests.factories import SUNDAY, make_reflection
from reflections.tests.pages import week_url

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]

SEARCH = "/logs/search/"
ONE_DAY = datetime.timedelta(days=1)
TODAY = DAY + ONE_DAY
GONE = f"bl1.gone.{'A' * 40}"  # encrypted with a key that is lost


def hits_of(response) -> list[tuple[str, str]]:
    """The address of each hit, and its passages as `question: text` with marks in brackets."""
    found = response.context["found"]
    return [(hit.address, "; ".join(map(in_brackets, hit.passages))) for hit in found.hits]


def in_brackets(passage) -> str:
    text = "".join(f"[{piece.text}]" if piece.is_match else piece.text for piece in passage.pieces)
    return f"{passage.label}: {text}"


def errors_of(response) -> list[str]:
    return [str(error) for errors in response.context["form"].errors.values() for error in errors]


def days_of(response) -> list[datetime.date]:
    return [hit.position.day for hit in response.context["found"].hits]


@pytest.fixture
def written(person):
    """Notes of two days, own ones, and a reflection on the week before."""
    own = make_question(person, "note", label="Ideas", check_in="midday")
    weekly = make_question(person, "line", label="Word of the week", check_in="week", archived_at="2026-05-01T00:00Z")
    texts = {"dreams": "A café by the river", "breakfast": "Oats", "gratitude": "The <b>River</b>", "lunch": "Soup"}
    log = make_log(person, DAY, **texts)
    make_answer(log, own, "RIVER again, and a café")
    make_log(person, DAY - ONE_DAY, challenges="No water", sleep_quality=3)
    week = make_reflection(person, SUNDAY - 7 * ONE_DAY, week_highlights="The river in flood")
    make_answer(week, weekly, "Fluss")
    other = make_log(make_person(), DAY, dreams="My river")
    make_reflection(other.user, SUNDAY, week_highlights="My river")
    return log


def test_words_are_found_in_all_that_was_written_newest_first(as_person, written):
    response = as_person.get(SEARCH, {"q": "river"})

    assert hits_of(response) == [
        (f"{day_url()}#evening", "What are you grateful for?: The <b>[River]</b>"),
        (f"{day_url()}#midday", "Ideas: [RIVER] again, and a café"),
        (f"{day_url()}#morning", "Dreams and notes on sleep: A café by the [river]"),
        (week_url(SUNDAY - 7 * ONE_DAY), "What was good?: The [river] in flood"),
    ]
    page = response.content.decode()
    assert "The &lt;b&gt;<mark>River</mark>&lt;/b&gt;" in page
    assert ">Monday, May 4, 2026 <span>Evening</span></a>" in page
    assert ">Week of Apr 26, 2026</a>" in page
    assert "That is all." in page and "Older" not in page


def test_all_words_have_to_be_in_one_check_in_or_week(as_person, written):
    assert [address for address, _text in hits_of(as_person.get(SEARCH, {"q": "CAFE River"}))] == [
        f"{day_url()}#midday",
        f"{day_url()}#morning",
    ]
    # In two texts of one check-in.
    assert hits_of(as_person.get(SEARCH, {"q": "oats river"})) == [
        (f"{day_url()}#morning", "Dreams and notes on sleep: A café by the [river]; Breakfast: [Oats]")
    ]
    assert hits_of(as_person.get(SEARCH, {"q": "soup oats"})) == []
    # Own texts of a question that is archived.
    assert hits_of(as_person.get(SEARCH, {"q": "fluss flood"})) == [
        (week_url(SUNDAY - 7 * ONE_DAY), "What was good?: The river in [flood]; Word of the week: [Fluss]")
    ]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"q": "river", "check_in": "midday"}, ["midday"]),
        ({"q": "river", "check_in": "week"}, ["week"]),
        ({"check_in": "morning"}, ["morning"]),
        ({"q": "river", "from": "2026-05-04"}, ["evening", "midday", "morning"]),
        ({"q": "river", "to": "2026-05-03"}, ["week"]),
        # The week from April 26 to May 2 is in each range with a day of it.
        ({"q": "river", "from": "2026-05-02", "to": "2026-05-03"}, ["week"]),
        ({"q": "river", "from": "2026-05-03", "to": "2026-05-03"}, []),
        ({"q": "river", "answered": "sleep_quality"}, []),
        ({"q": "water", "answered": "sleep_quality"}, ["evening"]),
        ({"answered": "sleep_quality"}, ["morning"]),
        ({"answered": "sleep_quality", "check_in": "evening"}, ["evening"]),
        ({"answered": "sleep_quality", "check_in": "midday"}, []),
        ({"measured": "sleep_quality", "least": "3"}, ["morning"]),
        ({"measured": "sleep_quality", "least": "3,5"}, []),
        ({"measured": "week_rating", "least": "6", "most": "6"}, ["week"]),
        ({"measured": "sleep_quality", "most": "2"}, []),
        ({"measured": "sleep_quality", "least": "-999999999", "most": "999999999.999"}, ["morning"]),
        ({"measured": "sleep_hours", "least": "999999999"}, []),
        ({"answered": "lunch", "measured": "sleep_quality", "least": "1"}, []),
        ({"q": "no such"}, []),
    ],
)
def test_what_is_asked_for_has_to_be_true(as_person, written, asked, found):
    response = as_person.get(SEARCH, asked)

    assert errors_of(response) == []
    assert [[*QUESTION_LISTS][hit.position.rank] for hit in response.context["found"].hits] == found
    assert ("Nothing was found." in response.content.decode()) == (not found)


def test_answers_that_were_asked_for_are_shown(as_person, person, written):
    kinds = {kind: make_question(person, kind) for kind in ("score", "number", "yes_no", "several", "two_numbers")}
    for question in kinds.values():
        make_answer(written, question)
    medication = make_medication(person, "Tea")
    written.medication_taken = True
    written.save()
    make_dose(written, medication)

    def shown(**asked):
        return [text for _address, text in hits_of(as_person.get(SEARCH, asked))]

    assert shown(answered=kinds["several"].name) == ["My several: tea, coffee"]
    assert shown(answered="doses") == ["Doses: Tea 36 mg at 8:15 a.m."]
    assert shown(measured=kinds["score"].name, least="7", most="7") == ["My score: 7 of 10"]
    assert shown(measured=kinds["number"].name, most="2,4") == []
    assert shown(q="soup", answered="doses") == ["Lunch: [Soup]; Doses: Tea 36 mg at 8:15 a.m."]
    # With the words in it, a text is shown once.
    assert shown(q="soup", answered="lunch") == ["Lunch: [Soup]"]


def test_every_question_can_be_asked_for(as_person, person, written):
    """One name is one question: also where a day's and a week's would be called alike."""
    names = [question.name for slug in QUESTION_LISTS for question in questions_of(slug, person)]
    page = as_person.get(SEARCH).content.decode()

    assert len(set(names)) == len(names)
    assert set(re.findall(r'<option value="([\w-]+)"', page)) == {*names, *QUESTION_LISTS}
    for name in names:
        assert as_person.get(SEARCH, {"answered": name}).status_code == 200
        assert as_person.get(SEARCH, {"measured": name, "least": "1"}).status_code == 200


def test_medications_are_found_by_name_and_note_where_only_words_are_asked_for(as_person, person):
    medication = make_medication(person, "Crème", note="Before the <river>")
    make_medication(person, "Tea")
    make_medication(make_person(), "Creme")

    page = as_person.get(SEARCH, {"q": "creme river"}).content.decode()

    assert f'<a class="row" href="/logs/medications/{medication.pk}/">' in page
    assert "<mark>Crème</mark><br>Before the &lt;<mark>river</mark>&gt;" in page
    assert page.count("/logs/medications/") == 1
    for more in ({"check_in": "evening"}, {"from": "2026-01-01"}, {"before": "2026-05-01.evening"}):
        assert "/logs/medications/" not in as_person.get(SEARCH, {"q": "creme"} | more).content.decode()


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────


def read_on(as_person, **asked) -> list[list]:
    """The positions on all pages, each reached by the link of the one before."""
    pages, address = [], None
    while address or not pages:
        response = as_person.get(SEARCH + address if address else SEARCH, {} if address else asked)
        pages.append([hit.position for hit in response.context["found"].hits])
        address = response.context["older"]
        assert (unescape(f'href="{address}"') in unescape(response.content.decode())) == bool(address)
        assert ("From the newest" in response.content.decode()) == (len(pages) > 1)
    return pages


def make_years(person, days=75):
    """Days with a word in three check-ins each, and the weeks that begin on them."""
    logs = [
        DailyLog(user=person, date=TODAY - n * ONE_DAY, dreams="word", lunch="word", dinner="word") for n in range(days)
    ]
    DailyLog.objects.bulk_create(logs)
    weeks = [log.date for log in logs if log.date.weekday() == 6]
    WeeklyReflection.objects.bulk_create(
        WeeklyReflection(user=person, week_start=week, week_highlights="word") for week in weeks
    )
    expected = [Position.of(log.date, slug) for log in logs for slug in ("morning", "midday", "evening")]
    expected += [Position.of(week + 6 * ONE_DAY, "week") for week in weeks]
    return sorted(expected, reverse=True)


def test_a_page_has_thirty_hits_and_the_next_goes_on_after_them(as_person, person):
    expected = make_years(person)

    pages = read_on(as_person, q="word", check_in="")

    assert {len(page) for page in pages[:-1]} == {30}
    assert sum(pages, []) == expected


def test_a_search_that_takes_long_says_how_far_it_got_and_goes_on(as_person, person, monkeypatch):
    expected = make_years(person, days=150)
    monkeypatch.setattr(find, "__defaults__", (None, 0.0))

    first = as_person.get(SEARCH, {"q": "absent"})
    pages = read_on(as_person, q="word", check_in="morning")

    page = first.content.decode()
    assert "Searched back to" in page and "Search older days" in page and "Nothing was found" not in page
    assert first.context["found"].searched_to == first.context["found"].goes_on.day
    assert sum(pages, []) == [each for each in expected if each.rank == 0]
    assert sum(read_on(as_person, q="absent"), []) == []
    assert sum(read_on(as_person, q="word", check_in="week"), []) == [each for each in expected if each.rank == 5]


@pytest.mark.parametrize(
    "position", ["", "x", "2026-05-04", "2026-05-04.night", "2026-02-31.evening", "0001-01-01.week", "9" * 3000, "\0"]
)
def test_a_place_that_is_none_is_not_there(as_person, position):
    assert as_person.get(SEARCH, {"q": "x", "before": position}).status_code == (404 if position else 200)


# ── What cannot be searched for ──────────────────────────────────────────────────────────────────


def test_nothing_is_chosen_and_nothing_searched_beforehand(as_person, written):
    response = as_person.get(SEARCH)

    page = response.content.decode()
    assert set(re.findall(r'value="(\w*)" selected', page)) == {""}
    assert "checked" not in page and "found" not in response.context
    assert '<details class="more">' in page


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"q": ""}, "Type a word, or choose what to look for."),
        ({"q": "", "check_in": "", "answered": ""}, "Type a word, or choose what to look for."),
        ({"q": "   "}, "There is no word in this."),
        ({"q": '"" „'}, "There is no word in this."),
        ({"q": "\u0301"}, "There is no word in this."),
        ({"q": "wo\0rd"}, "This text has a character that cannot be stored. Please retype it."),
        ({"q": "x" * 201}, "Please search for at most 200 characters."),
        ({"q": "word " * 10_000}, "Please search for at most 200 characters."),
        ({"q": " ".join(map(str, range(21)))}, "Please search for at most 20 words."),
        ({"q": "x", "check_in": "night"}, "Choose one of the answers offered."),
        ({"from": "May"}, "Write the day as 2026-05-04."),
        ({"from": "1899-12-31"}, "Days begin with the year 1900."),
        ({"to": "2026-02-30"}, "Write the day as 2026-05-04."),
        ({"to": "9" * 5000}, "Write the day as 2026-05-04."),
        ({"from": "2026-05-04", "to": "2026-05-03"}, "The last day is before the first."),
        ({"answered": "shoe_size"}, "Choose one of the answers offered."),
        ({"answered": "own-1000000"}, "Choose one of the answers offered."),
        ({"measured": "dreams", "least": "1"}, "Choose one of the answers offered."),
        ({"measured": "sleep_quality"}, "Write the least number, the most, or both."),
        ({"least": "1"}, "Choose the question whose numbers you mean."),
        ({"measured": "sleep_quality", "least": "5", "most": "4"}, "This is less than the least."),
        ({"measured": "sleep_quality", "least": "many"}, "Write a number, such as 7.5."),
        ({"measured": "sleep_quality", "least": "9" * 40}, "Write at most 12 digits."),
        ({"answered": "sleep_quality", "check_in": "week"}, "This asks for a day and for a week at once"),
        ({"answered": "sleep_quality", "measured": "week_rating", "least": "1"}, "This asks for a day and for a week"),
    ],
)
def test_what_makes_no_sense_gets_a_sentence_and_stays_as_it_was_typed(as_person, written, asked, sentence):
    response = as_person.get(SEARCH, asked)

    assert response.status_code == 200
    assert sentence in " ".join(errors_of(response)) and "found" not in response.context
    form = response.context["form"]
    kept = {name: form[name].value() for name in asked}
    assert kept == {name: "" if len(value) > 10_000 else value for name, value in asked.items()}
    is_open = '<details class="more" open>' in response.content.decode()
    assert is_open == any(value for name, value in asked.items() if name != "q")


def test_another_persons_question_cannot_be_asked_for(as_person):
    theirs = make_question(make_person(), "line", label="Secret")

    response = as_person.get(SEARCH, {"answered": theirs.name})

    assert errors_of(response) == ["Choose one of the answers offered."]
    assert "Secret" not in response.content.decode()


def test_texts_that_cannot_be_read_are_counted_and_the_others_found(as_person, person, caplog):
    log = make_log(person, DAY, dreams="river", breakfast="river")
    make_log(person, DAY - ONE_DAY, dreams="river")
    medication = make_medication(person, "river")
    put(log, "dreams", GONE)
    put(medication, "name", GONE)

    response = as_person.get(SEARCH, {"q": "river"})

    assert [text for _address, text in hits_of(response)] == [
        "Breakfast: [river]",
        "Dreams and notes on sleep: [river]",
    ]
    assert "1 text cannot be read at the moment, and was not searched." in response.content.decode()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        "Texts that cannot be read, and were not searched: 1."
    ]
    # An answer that is asked for and cannot be read is shown as such.
    assert "cannot be read" in as_person.get(SEARCH, {"answered": "dreams", "to": str(DAY)}).content.decode()


def test_what_is_searched_for_is_not_logged(as_person, written, caplog):
    with caplog.at_level("DEBUG"):
        assert as_person.get(SEARCH, {"q": "unspeakable"}).status_code == 200

    assert caplog.records
    assert not any("unspeakable" in f"{record.getMessage()} {vars(record)}" for record in caplog.records)


def test_the_history_leads_to_the_search(as_person, written):
    page = as_person.get("/logs/").content.decode()

    assert '<form method="get" action="/logs/search/"' in page and 'name="q"' in page


def test_queries_do_not_depend_on_the_number_of_hits(as_person, person, django_assert_max_num_queries, monkeypatch):
    make_years(person, days=50)
    own = make_question(person, "note", check_in="morning")
    make_answer(person.daily_logs.first(), own, "word")

    # Session and person, own questions, days, own texts, weeks, medications.
    with django_assert_max_num_queries(6):
        assert len(as_person.get(SEARCH, {"q": "word"}).context["found"].hits) == search.HITS


def test_the_page_says_that_events_are_not_searched(as_person):
    page = as_person.get("/logs/search/").content.decode()

    assert "is not searched" in page and 'href="/insights/events/"' in page
