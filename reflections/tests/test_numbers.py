"""The pages of a month and of a year in numbers."""

import datetime

import pytest
import time_machine
from django.urls import reverse
from django.utils import translation
from pytest_django.asserts import assertContains, assertNotContains

from accounts.tests.factories import make_person
from logs.models import DailyLog
from logs.tests.factories import make_log
from reflections.tests.pages import NOW, day
from reflections.tests.test_queries import queries_of

pytestmark = pytest.mark.thorough_on_sqlite


@pytest.fixture(autouse=True)
def clock():
    """It is noon on Wednesday, 6 May 2026, in New York."""
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def url(text: str) -> str:
    return f"/reflections/numbers/{text}/"


def log_days(person, first, count, **facts):
    start = day(first)
    DailyLog.objects.bulk_create(
        DailyLog(user=person, date=start + datetime.timedelta(days=n), **facts) for n in range(count)
    )


# The numbers


def test_a_month_is_its_days_against_the_month_before(as_person, person):
    log_days(person, "2026-03-01", 31, focus_level=4)
    log_days(person, "2026-04-01", 30, focus_level=7)
    log_days(person, "2026-02-01", 28, focus_level=1)
    log_days(person, "2026-05-01", 2, focus_level=10)

    response = as_person.get(url("2026-04"))

    assertContains(response, "<h1>April 2026 in numbers</h1>", html=True)
    assertContains(response, "30 of 30 days logged.")
    for shown in (
        "<b>7.0</b> on average",
        "on 30 of 30 days, mostly 7",
        "3.0 higher, which is better",
        "with March 2026",
    ):
        assertContains(response, shown)


def test_a_year_is_its_days_against_the_year_before(as_person, person):
    log_days(person, "2024-01-01", 366, focus_level=4, medication_taken=True)
    log_days(person, "2025-01-01", 365, focus_level=7, medication_taken=True, medication_effectiveness="yes")
    log_days(person, "2026-01-01", 100, focus_level=1)

    response = as_person.get(url("2025"))

    assertContains(response, "<h1>2025 in numbers</h1>", html=True)
    for shown in (
        "365 of 365 days logged.",
        "<b>7.0</b>",
        "on 365 of 365 days",
        "3.0 higher, which is better",
        "with 2024",
    ):
        assertContains(response, shown)
    assertContains(response, "Medication taken on 365 of 365 days.")
    assertContains(response, "Did it do you good? Yes on 365 days.")


@pytest.mark.parametrize(("text", "days"), [("2026-05", 6), ("2026", 126), ("2026-04", 30), ("2025", 365)])
def test_they_count_the_days_there_have_been(as_person, person, text, days):
    """It is 6 May 2026."""
    make_log(person, day("2026-05-04"), focus_level=5)
    make_log(person, day("2026-04-04"), focus_level=5)
    make_log(person, day("2025-04-04"), not_tracked="ill", focus_level=5)

    response = as_person.get(url(text))

    assert response.context["days"] == days
    assert ("so far" in response.content.decode()) == (text in {"2026-05", "2026"})


def test_a_log_ahead_of_the_clock_is_one_more_day(as_person, person):
    log_days(person, "2026-05-01", 7, focus_level=5)

    assertContains(as_person.get(url("2026-05")), "7 of 7 days logged")


def test_blank_days_count_from_the_first_log_on_also_before_the_account(as_person, person):
    person.date_joined = datetime.datetime(2026, 5, 5, 12, tzinfo=datetime.UTC)
    person.save()
    for date in ("2026-04-06", "2026-05-04", "2026-05-06"):
        make_log(person, day(date), focus_level=5)

    assertContains(as_person.get(url("2026-05")), "2 of 6 days logged.")
    assertContains(as_person.get(url("2026-04")), "1 of 25 days logged.")
    assertContains(as_person.get(url("2026")), "3 of 31 days logged.")
    assertContains(as_person.get("/reflections/2026-05-04/"), "2 of 4 days logged.")


def test_every_page_names_the_same_days_of_a_year(as_person, person):
    """The rating is asked every day, so its days are those of the year."""
    person.date_joined = datetime.datetime(2026, 5, 5, 12, tzinfo=datetime.UTC)
    person.save()
    make_log(person, day("2026-03-01"), day_rating=5)
    make_log(person, day("2026-04-01"), not_tracked="ill")

    assertContains(as_person.get(url("2026")), "1 of 67 days logged, 1 not tracked.")
    assertContains(as_person.get("/insights/year/2026/"), "Answered on 1 of 67 days, 1 not tracked.")
    assertContains(as_person.get("/insights/trends/day/?days=all"), "answered on 1 of 67 days, 1 not tracked")


def test_nothing_logged_is_said_kindly(as_person, person):
    make_log(person, day("2026-03-04"), focus_level=5)

    response = as_person.get(url("2026-04"))

    assertContains(response, "Nothing is logged in April 2026, and that is all right.")
    assertNotContains(response, "on average")


def test_days_that_were_only_marked_are_no_days_logged(as_person, person):
    log_days(person, "2026-04-03", 3, not_tracked="ill")

    response = as_person.get(url("2026-04"))

    assertContains(response, "Nothing is logged in April 2026")
    assertContains(response, "3 days are marked as not tracked.")


def test_days_of_other_people_are_not_counted(as_person):
    log_days(make_person(), "2026-04-01", 30, focus_level=7)

    assertContains(as_person.get(url("2026-04")), "Nothing is logged")


def test_the_numbers_follow_a_save_at_once(as_person, person):
    log_days(person, "2026-05-01", 2, focus_level=4)
    assertContains(as_person.get(url("2026-05")), "<b>4.0</b>")

    as_person.post(reverse("logs:check_in", args=[day("2026-05-03"), "midday"]), {"focus_level": "10"})
    assertContains(as_person.get(url("2026-05")), "<b>6.0</b>")
    assertContains(as_person.get(url("2026")), "<b>6.0</b>")

    as_person.post(reverse("logs:delete", args=[day("2026-05-03")]))
    assertContains(as_person.get(url("2026-05")), "<b>4.0</b>")


def test_cached_numbers_are_shown_in_the_language_of_the_request(as_person, person, settings, monkeypatch):
    """Numbers are cached, not texts."""
    # Django chooses its functions at their first call. With a second language, these are the ones that translate.
    settings.USE_I18N = True
    monkeypatch.setattr(translation, "_trans", type(translation._trans)())
    log_days(person, "2026-05-01", 2, focus_level=4)
    first = as_person.get(url("2026-05"))

    settings.LANGUAGES = [("en", "English"), ("de", "German")]
    again = as_person.get(url("2026-05"), headers={"accept-language": "de"})

    assertContains(first, '<html lang="en"')
    assertContains(again, '<html lang="de"')
    assertContains(again, "<b>4,0</b>")


# URLs and links


@pytest.mark.parametrize(
    "text",
    ["2026-13", "2026-00", "2026-5", "26-05", "1899-12", "2026-06", "9999-01", "2027", "1899", "0000", "9999", "202"],
)
def test_what_is_no_month_or_year_or_has_not_begun_is_not_there(as_person, text):
    assert as_person.get(url(text)).status_code == 404


@pytest.mark.parametrize("text", ["2026-05", "1900-01", "2026", "1900"])
def test_the_first_and_the_newest_are_there(as_person, text):
    assert as_person.get(url(text)).status_code == 200


@pytest.mark.matrix
@pytest.mark.parametrize("method", ["post", "put", "delete"])
@pytest.mark.parametrize("text", ["2026-05", "2026"])
def test_other_methods_are_refused(as_person, method, text):
    assert getattr(as_person, method)(url(text)).status_code == 405


def links_of(response) -> set[str]:
    parts = response.content.decode().split('href="')[1:]
    return {part.split('"')[0] for part in parts}


@pytest.mark.parametrize(
    ("text", "there", "not_there"),
    [
        ("2026-05", {url("2026-04"), url("2026"), "/logs/?month=2026-05"}, {url("2026-06")}),
        ("2026-04", {url("2026-03"), url("2026-05"), url("2026")}, set()),
        ("2026-01", {url("2025-12"), url("2026")}, set()),
        ("1900-01", {url("1900-02"), url("1900"), "/logs/?month=1900-01"}, {url("1899-12")}),
        ("2026", {url("2025"), *(url(f"2026-0{n}") for n in range(1, 6))}, {url("2027"), url("2026-06")}),
        ("2025", {url("2024"), url("2026"), *(url(f"2025-{n:02}") for n in range(1, 13))}, set()),
        ("1900", {url("1901")}, {url("1899")}),
    ],
)
def test_it_leads_on(as_person, text, there, not_there):
    links = links_of(as_person.get(url(text)))

    assert there <= links
    assert not not_there & links


def test_the_history_and_the_list_lead_there(as_person):
    assert url("2026-05") in links_of(as_person.get("/logs/"))
    assert url("2026-03") in links_of(as_person.get("/logs/?month=2026-03"))
    assert url("2026-06") not in links_of(as_person.get("/logs/?month=2026-06"))
    assert {url("2026-05"), url("2026")} <= links_of(as_person.get("/reflections/"))


# Queries


@pytest.mark.parametrize("text", ["2026-05", "2026"])
def test_a_page_reads_the_days_once_and_then_the_cache(as_person, person, text):
    log_days(person, "2024-01-01", 850, focus_level=4, dreams="Flying")

    first = queries_of(lambda: as_person.get(url(text)))
    again = queries_of(lambda: as_person.get(url(text)))

    assert [len([sql for sql in made if "logs_dailylog" in sql]) for made in (first, again)] == [1, 0]
    assert len(first) == len(again) + 1
