"""A stretch of days marked as not tracked: from when to when, and taken back."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects

from accounts.tests.factories import make_person
from logs.calendar_days import stretches_in_words
from logs.models import DailyLog
from logs.not_tracked import MOST_DAYS
from logs.tests.factories import DAY, make_dose, make_full_log, make_log
from logs.tests.pages import check_in_url, day_url
from testing.forms import forms_in

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]

URL = reverse("logs:not_tracked_days")
ONE_DAY = datetime.timedelta(days=1)
TODAY = DAY + ONE_DAY


def stretch(first, last, **others) -> dict:
    return {"first": first.isoformat(), "last": last.isoformat(), "reason": "holiday"} | others


def marks(person) -> dict:
    return dict(person.daily_logs.values_list("date", "not_tracked"))


def test_the_form_asks_for_days_and_a_reason(as_person):
    [form] = [form for form in forms_in(as_person.get(URL).content.decode(), URL) if form.action == URL]

    assert form.names >= {"first", "last", "reason", "clear"}
    assert form.fields["reason"].options == ["holiday", "ill", "other", ""]
    assert form.fields["reason"].shown == []


def test_days_are_marked_from_the_first_to_the_last(as_person, person):
    other = make_log(date=DAY, not_tracked="ill")

    response = as_person.post(URL, stretch(DAY - 2 * ONE_DAY, DAY))

    assertRedirects(response, "/logs/?month=2026-05", fetch_redirect_response=False)
    assert marks(person) == {DAY - n * ONE_DAY: "holiday" for n in range(3)}
    assert list(other.user.daily_logs.values_list("not_tracked", flat=True)) == ["ill"]
    page = as_person.get(response.url)
    assertContains(page, "3 days are marked as not tracked.")
    assertContains(page, f'<a href="{URL}?first=2026-05-02&amp;last=2026-05-04">Change or take back</a>')


def test_one_day_and_today_can_be_marked(as_person, person):
    as_person.post(URL, stretch(TODAY, TODAY, reason="ill"))

    assert marks(person) == {TODAY: "ill"}


def test_days_with_answers_are_left_and_named(as_person, person):
    days = [DAY - n * ONE_DAY for n in range(6)]
    make_full_log(person, days[4])
    make_log(person, days[1], dreams="Flying")
    make_dose(make_log(person, days[2], medication_taken=True, not_tracked="ill"))
    before = list(person.daily_logs.order_by("pk").values())

    response = as_person.post(URL, stretch(days[-1], days[0]), follow=True)

    assert list(person.daily_logs.filter(pk__in=[row["id"] for row in before]).order_by("pk").values()) == before
    assert marks(person) == {
        days[0]: "holiday",
        days[1]: None,
        days[2]: "ill",
        days[3]: "holiday",
        days[4]: None,
        days[5]: "holiday",
    }
    assertContains(
        response,
        "3 days are marked as not tracked. "
        "Left as they are, with their answers: Apr 30, 2026, May 2, 2026 – May 3, 2026.",
    )


def test_another_reason_replaces_the_first(as_person, person):
    as_person.post(URL, stretch(DAY - ONE_DAY, DAY))
    before = person.daily_logs.get(date=DAY)

    as_person.post(URL, stretch(DAY, TODAY, reason="ill"))

    assert marks(person) == {DAY - ONE_DAY: "holiday", DAY: "ill", TODAY: "ill"}
    assert person.daily_logs.get(date=DAY).pk == before.pk


def test_marks_are_taken_off_and_answers_stay(as_person, person):
    make_log(person, DAY, not_tracked="ill", dreams="Flying")
    as_person.post(URL, stretch(DAY - 3 * ONE_DAY, TODAY))

    response = as_person.post(URL, stretch(DAY - 2 * ONE_DAY, TODAY, reason="", clear="1"), follow=True)

    assert marks(person) == {DAY - 3 * ONE_DAY: "holiday", DAY: None}
    assert person.daily_logs.get(date=DAY).dreams == "Flying"
    assertContains(response, "The mark is taken off 4 days.")


def test_where_no_day_was_marked_nothing_changes(as_person, person):
    make_full_log(person)

    response = as_person.post(URL, stretch(DAY - ONE_DAY, DAY, clear="1"), follow=True)

    assertContains(response, "None of these days was marked")
    assert marks(person) == {DAY: None}


@pytest.mark.parametrize(
    ("sent", "field", "message"),
    [
        ({"last": "2026-05-06"}, "last", "A day can be marked once it has begun. Choose today or an earlier day."),
        ({"last": "9999-12-31"}, "last", "A day can be marked once it has begun. Choose today or an earlier day."),
        ({"last": "2026-05-01"}, "last", "The last day is before the first."),
        ({"first": "2026-02-02"}, "last", "That is more than 92 days. Please mark the rest in another step."),
        ({"first": "1900-01-01"}, "last", "That is more than 92 days. Please mark the rest in another step."),
        ({"first": "1899-12-31"}, "first", "Days begin with the year 1900."),
        ({"first": "0001-01-01"}, "first", "Days begin with the year 1900."),
        ({"first": ""}, "first", "Please choose a day."),
        ({"last": ""}, "last", "Please choose a day."),
        ({"first": "2026-02-31"}, "first", "Write the day as 2026-05-04."),
        ({"first": "\0"}, "first", "Write the day as 2026-05-04."),
        ({"first": "2" * 100_000}, "first", "Write the day as 2026-05-04."),
        ({"reason": ""}, "reason", "Please choose why the days are not tracked."),
        ({"reason": "nonsense"}, "reason", "Choose one of the answers offered."),
    ],
)
def test_what_cannot_be_marked_is_asked_about(as_person, person, sent, field, message):
    response = as_person.post(URL, stretch(datetime.date(2026, 5, 2), TODAY) | sent)

    assert response.status_code == 200
    assert dict(response.context["form"].errors) == {field: [message]}
    assert f'href="#field-{field}"' in response.content.decode()
    assert marks(person) == {}


def test_as_many_days_as_that_can_be_marked(as_person, person):
    as_person.post(URL, stretch(TODAY - (MOST_DAYS - 1) * ONE_DAY, TODAY))

    assert len(marks(person)) == MOST_DAYS


def statements(client, data) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        assert client.post(URL, data).status_code == 302
    return [query["sql"].split()[0] for query in queries]


@pytest.mark.parametrize("days", [2, 40, MOST_DAYS])
def test_the_queries_do_not_grow_with_the_days(as_person, person, days):
    first = TODAY - (days - 1) * ONE_DAY
    # One query for session and person, one for the rows, one for those that are new, one for the version. SQLite
    # inserts a few hundred values at a time.
    new = statements(as_person, stretch(first, TODAY))
    make_log(make_person(), DAY, not_tracked="ill")
    changed = statements(as_person, stretch(first, TODAY, reason="ill"))
    DailyLog.objects.filter(user=person, date=TODAY).update(dreams=None, sleep_quality=5)
    cleared = statements(as_person, stretch(first, TODAY, clear="1"))

    assert new.count("SELECT") == 2
    assert connection.vendor == "sqlite" or new.count("INSERT") == 1
    assert (changed.count("SELECT"), changed.count("UPDATE"), changed.count("INSERT")) == (2, 2, 0)
    assert (cleared.count("UPDATE"), cleared.count("INSERT")) == (2, 0)
    assert cleared.count("DELETE") <= 3  # Of days, and of the doses and own answers that they might have.
    assert marks(person) == {TODAY: None}


# The ways to it


@pytest.mark.parametrize("facts", [{}, {"not_tracked": "ill"}, {"dreams": "Flying"}])
def test_the_day_page_leads_there_with_its_day(as_person, person, facts):
    if facts:
        make_log(person, **facts)

    page = as_person.get(day_url()).content.decode()

    assert f'href="{URL}?first=2026-05-04"' in page
    form = as_person.get(f"{URL}?first=2026-05-04").context["form"]
    assert (form["first"].value(), form["last"].value()) == ("2026-05-04", "")


def test_the_history_leads_there(as_person):
    assertContains(as_person.get("/logs/"), f'href="{URL}"')


def test_any_address_opens_the_form(as_person):
    for query in ("first=nonsense&last=%00", "first=" + "x" * 2000, "first=<script>"):
        response = as_person.get(f"{URL}?{query}")

        assert response.status_code == 200
        assert "<script>" not in response.content.decode()
    assert not DailyLog.objects.exists()


def test_a_marked_day_can_be_answered_after_all(as_person, person):
    as_person.post(URL, stretch(DAY, DAY))

    as_person.post(check_in_url("morning"), {"sleep_hours": "7"})

    log = person.daily_logs.get()
    assert (log.not_tracked, log.sleep_hours) == ("holiday", 7)


@pytest.mark.once
def test_days_in_a_row_are_named_as_one_stretch():
    days = [datetime.date(2026, 4, 28), *(datetime.date(2026, 5, day) for day in (1, 2, 3, 5))]

    words = stretches_in_words(days)

    assert words == "Apr 28, 2026, May 1, 2026 – May 3, 2026, May 5, 2026"
    assert stretches_in_words([]) == ""
