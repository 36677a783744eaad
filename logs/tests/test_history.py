"""The history page: the calendar of a month, and the list of all days."""

import datetime

import pytest
from django.utils import timezone

from accounts.tests.factories import make_person
from logs.tests.factories import DAY, make_full_log, make_log
from logs.tests.pages import day_url

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]

HISTORY = "/logs/"
TODAY = DAY + datetime.timedelta(days=1)


def days_before(count, end=TODAY):
    return [end - datetime.timedelta(days=n) for n in range(count)]


def squares_of(response):
    return {square.date: square for week in response.context["weeks"] for square in week}


def test_it_works(as_person, person):
    make_full_log(person)

    page = as_person.get(HISTORY).content.decode()

    assert "May 2026" in page
    assert f'href="{day_url()}"' in page
    assert "5 of 5 done" in page


@pytest.mark.parametrize("method", ["get", "post"])
def test_the_anonymous_are_asked_to_log_in(db, client, method):
    response = getattr(client, method)(HISTORY)

    assert (response.status_code, response.url) == (302, "/accounts/login/?next=/logs/")


def test_it_shows_ones_own_days_only(as_person):
    make_full_log(make_person())

    response = as_person.get(HISTORY)

    assert response.context["lines"] == []
    assert not any(square.log for square in squares_of(response).values())


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_other_methods_are_refused(as_person, method):
    assert getattr(as_person, method)(HISTORY).status_code == 405


def test_an_empty_history_says_where_to_begin(as_person):
    page = as_person.get(HISTORY).content.decode()

    assert "Nothing is logged yet." in page
    assert "Start with today" in page


# The list


def test_the_list_is_thirty_a_page_newest_first(as_person, person):
    days = days_before(65)
    for day in days:
        make_log(person, day, day_rating=5)

    pages = [as_person.get(HISTORY, {"page": number}) for number in (1, 2, 3, 4)]

    shown = [[log.date for log in page.context["lines"]] for page in pages]
    assert shown == [days[:30], days[30:60], days[60:], []]
    links = [(page.context["newer_page"], page.context["older_page"]) for page in pages]
    assert links == [(None, 2), (1, 3), (2, None), (3, None)]
    assert "There are no more days." in pages[3].content.decode()


def test_thirty_days_are_one_page(as_person, person):
    for day in days_before(30):
        make_log(person, day, day_rating=5)

    response = as_person.get(HISTORY)

    assert len(response.context["lines"]) == 30
    assert response.context["older_page"] is None


def test_a_row_says_how_much_is_done_and_how_the_day_was(as_person, person):
    make_log(person, anxiety_level=3, afternoon_completed_at=timezone.now(), morning_mood=8)

    page = as_person.get(HISTORY).content.decode()

    assert "1 of 5 done" in page
    assert '<span class="square score-8 mood"><span>8<span class="sign" aria-hidden="true">m</span>' in page
    assert "of 10 for mood in the morning" in page


def test_a_day_not_tracked_says_why(as_person, person):
    make_log(person, not_tracked="ill")

    assert "not tracked: ill" in as_person.get(HISTORY).content.decode()


@pytest.mark.parametrize("page", ["0", "-1", "10001", "9" * 5000, "x", "", "1.5", "1e3", "\0", "💥", " "])
def test_a_page_that_cannot_be_is_not_there(as_person, page):
    assert as_person.get(HISTORY, {"page": page}).status_code == 404


# The calendar


@pytest.mark.parametrize(
    ("facts", "css", "words"),
    [
        ({"day_rating": 9, "overall_mood": 1}, "score-9", '9<span class="visually-hidden"> of 10 for the day</span>'),
        ({"overall_mood": 4, "morning_mood": 8}, "score-4 mood", "> of 10 for mood that day</span>"),
        ({"morning_mood": 8}, "score-8 mood", "> of 10 for mood in the morning</span>"),
        ({"not_tracked": "holiday"}, "not-tracked", "not tracked"),
        ({"gratitude": "Sun"}, "begun", "logged, without a rating"),
    ],
)
def test_a_day_has_its_colour_and_its_number_or_words(as_person, person, facts, css, words):
    make_log(person, **facts)

    page = as_person.get(HISTORY).content.decode()

    square = page[page.index(f'<a class="square {css}') :].split("</a>")[0]
    assert day_url() in square
    assert words in square


def test_days_to_come_are_no_links(as_person):
    page = as_person.get(HISTORY).content.decode()

    assert f'href="{day_url(TODAY)}"' in page
    assert day_url(TODAY + datetime.timedelta(days=1)) not in page


def test_after_a_flight_west_the_day_ahead_is_still_a_link(as_person, person):
    ahead = TODAY + datetime.timedelta(days=1)
    make_log(person, ahead, day_rating=5)

    assert f'href="{day_url(ahead)}"' in as_person.get(HISTORY).content.decode()


@pytest.mark.parametrize(
    ("starts_on", "first"), [("sunday", "2026-04-26"), ("monday", "2026-04-27"), ("saturday", "2026-04-25")]
)
def test_weeks_start_on_the_persons_first_weekday(as_person, person, starts_on, first):
    person.week_starts_on = starts_on
    person.save()

    weeks = as_person.get(HISTORY).context["weeks"]

    assert weeks[0][0].date.isoformat() == first
    assert all(len(week) == 7 for week in weeks)


def test_another_month_can_be_looked_at(as_person, person):
    make_log(person, datetime.date(2024, 2, 29), day_rating=9)

    response = as_person.get(HISTORY, {"month": "2024-02"})

    assert squares_of(response)[datetime.date(2024, 2, 29)].log.day_rating == 9
    assert 'href="?month=2024-01"' in response.content.decode()
    assert 'href="?month=2024-03"' in response.content.decode()


def test_days_of_the_neighbouring_months_are_filled_in_too(as_person, person):
    make_log(person, datetime.date(2026, 4, 30), day_rating=9)

    square = squares_of(as_person.get(HISTORY))[datetime.date(2026, 4, 30)]

    assert square.log.day_rating == 9
    assert square.is_outside


def test_this_month_is_the_last(as_person):
    response = as_person.get(HISTORY)

    assert response.context["month_after"] is None
    assert as_person.get(HISTORY, {"month": "2026-05"}).context["month_after"] is None
    assert as_person.get(HISTORY, {"month": "2026-04"}).context["month_after"] == datetime.date(2026, 5, 1)


@pytest.mark.parametrize(
    "month",
    [
        "2026-13",
        "2026-00",
        "2026-02-31",
        "2026",
        "202605",
        "2026-W01",
        "2026-W0",
        "2026-5",
        "0001-01",
        "1899-12",
        "9999-12",
        "2027-05",
        "2026-07",
        "-2026-05",
        "x",
        "\0",
        "💥",
        "٢٠٢٦-٠٥",
        "9" * 5000,
    ],
)
def test_a_month_that_cannot_be_is_not_there(as_person, month):
    assert as_person.get(HISTORY, {"month": month}).status_code == 404


def test_any_month_can_be_typed(as_person):
    response = as_person.get(HISTORY, {"in_month": "2", "year": " ٢٠٢٤ "})

    assert (response.status_code, response.url) == (302, "/logs/?month=2024-02")
    shown = as_person.get(response.url).context["form"]
    assert (shown["in_month"].value(), shown["year"].value()) == (2, "2024")
    assert as_person.get(HISTORY, {"in_month": "2", "year": "1900"}).url == "/logs/?month=1900-02"
    assert as_person.get(HISTORY, {"in_month": "5", "year": "2026"}).url == "/logs/?month=2026-05"


@pytest.mark.parametrize(
    ("month", "year", "sentence"),
    [
        ("12", "1899", "There are months from January 1900 to May 2026."),
        ("12", "2026", "There are months from January 1900 to May 2026."),
        ("12", "9999", "There are months from January 1900 to May 2026."),
        ("5", "26", "Write the year as 2026."),
        ("5", "", "Write the year as 2026."),
        ("5", "0x7ea", "Write the year as 2026."),
        ("5", "2\N{SUPERSCRIPT TWO}26", "Write the year as 2026."),
        ("5", "9" * 2000, "Write the year as 2026."),
        ("13", "2026", "Please choose a month."),
        ("", "2026", "Please choose a month."),
        ("May", "2026", "Please choose a month."),
    ],
)
def test_a_month_that_cannot_be_opened_gets_a_sentence(as_person, month, year, sentence):
    response = as_person.get(HISTORY, {"in_month": month, "year": year})

    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert response.context["form"]["year"].value() == year
    assert response.context["first"] == datetime.date(2026, 5, 1)


def test_the_first_month_there_is_has_no_links_out_of_time(as_person):
    assert as_person.get(HISTORY, {"month": "1899-12"}).status_code == 404
    assert as_person.get(HISTORY, {"month": "1900-02"}).context["month_before"] == datetime.date(1900, 1, 31)

    response = as_person.get(HISTORY, {"month": "1900-01"})

    assert response.context["month_before"] is None
    linked = [day for day, square in squares_of(response).items() if square.address]
    assert len(linked) > 30
    assert all(as_person.get(day_url(day)).status_code == 200 for day in linked)


def test_a_mood_that_stands_for_a_day_is_marked(as_person, person):
    make_log(person, morning_mood=8)
    make_log(person, DAY - datetime.timedelta(days=1), day_rating=8, morning_mood=2)

    page = as_person.get(HISTORY).content.decode()

    assert page.count("a mood: the day has no rating") == 1
    assert page.count('class="sign" aria-hidden="true">m</span>') == 2  # In the calendar and in the list.


def test_days_before_the_account_are_not_missing_but_shown_if_they_are_logged(as_person, person):
    # Six in the evening of April 30 in New York.
    person.date_joined = datetime.datetime(2026, 4, 30, 22, tzinfo=datetime.UTC)
    person.save()
    make_log(person, datetime.date(2026, 4, 28), day_rating=7)

    squares = squares_of(as_person.get("/logs/?month=2026-04"))

    words = {day: squares[datetime.date(2026, 4, day)].words for day in (27, 28, 29, 30)}
    assert words == {
        27: "before you began",
        28: "of 10 for the day",
        29: "before you began",
        30: "nothing logged",
    }
    assert squares[datetime.date(2026, 4, 29)].address


def test_the_first_day_is_that_of_the_persons_clock(person):
    # Two in the night of May 1 in New York: still April 30, as the day ends at four.
    person.date_joined = datetime.datetime(2026, 5, 1, 6, tzinfo=datetime.UTC)

    assert person.first_day == datetime.date(2026, 4, 30)
