import datetime

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from logs.tests.factories import make_full_log
from logs.which_day import FOR_TODAY
from reflections.tests.factories import SUNDAY, make_reflection
from reflections.tests.pages import WEEK, day, week_url

pytestmark = pytest.mark.thorough_on_sqlite

URL = reverse("reflections:list")
OTHER = reverse("reflections:other")


def test_the_page_works(as_person):
    assertContains(as_person.get(URL), "<h1>Weeks</h1>", html=True)


def test_an_empty_list_says_so(as_person):
    assertContains(as_person.get(URL), "Nothing is written yet.")


def test_a_visitor_is_asked_to_log_in(client, db):
    assertRedirects(client.get(URL), f"{reverse('accounts:login')}?next={URL}")


@pytest.mark.matrix
@pytest.mark.parametrize("address", [URL, OTHER])
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_other_methods_are_refused(as_person, address, method):
    assert getattr(as_person, method)(address).status_code == 405


def test_the_newest_week_comes_first(as_person, person):
    for weeks in (2, 0, 1):
        make_reflection(person, SUNDAY - weeks * WEEK)

    weeks = [reflection.week_start for reflection in as_person.get(URL).context["reflections"]]

    assert weeks == [SUNDAY, SUNDAY - WEEK, SUNDAY - 2 * WEEK]


def test_the_weeks_of_others_are_not_shown(as_person):
    make_reflection()

    page = as_person.get(URL)

    assert page.context["reflections"] == []
    assert page.context["open_weeks"][0] == SUNDAY


def test_a_week_shows_its_state_and_rating(as_person, person):
    make_reflection(person, SUNDAY - WEEK, mental_state="struggling", week_rating=3, completed_at=timezone.now())
    make_reflection(person, SUNDAY - 2 * WEEK, mental_state=None, week_rating=None, week_highlights="A walk")

    page = as_person.get(URL)

    assertContains(page, '<span class="detail">struggling</span>', html=True)
    assertContains(page, "score-3")
    assertContains(page, '<span class="detail">begun</span>', html=True)
    assertContains(page, '<span class="square" aria-hidden="true">–</span>', html=True)
    assertNotContains(page, "None")


def test_this_week_is_called_so(as_person, person):
    make_reflection(person, SUNDAY)

    assertContains(as_person.get(URL), "This week")


def test_the_last_weeks_without_a_reflection_are_offered(as_person, person):
    make_reflection(person, SUNDAY - WEEK)

    page = as_person.get(URL)

    assert page.context["open_weeks"] == [SUNDAY, SUNDAY - 2 * WEEK, SUNDAY - 3 * WEEK]
    assertContains(page, f'href="{week_url(SUNDAY)}{FOR_TODAY}"')
    assertContains(page, f'href="{week_url(SUNDAY - 2 * WEEK)}"')


@pytest.mark.parametrize(("count", "pages"), [(30, [30, 0]), (31, [30, 1]), (61, [30, 30, 1])])
def test_thirty_weeks_are_a_page(as_person, person, count, pages):
    for weeks in range(count):
        make_reflection(person, SUNDAY - weeks * WEEK)

    shown = [as_person.get(URL, {"page": number + 1}) for number in range(len(pages))]

    assert [len(page.context["reflections"]) for page in shown] == pages
    starts = [reflection.week_start for page in shown for reflection in page.context["reflections"]]
    assert starts == [SUNDAY - weeks * WEEK for weeks in range(count)]
    assert [page.context["older_page"] for page in shown] == [
        number + 2 if sum(pages[number + 1 :]) else None for number in range(len(pages))
    ]


def test_pages_lead_to_each_other(as_person, person):
    for weeks in range(61):
        make_reflection(person, SUNDAY - weeks * WEEK)

    page = as_person.get(URL, {"page": 2})

    assertContains(page, 'href="?page=1" rel="prev"')
    assertContains(page, 'href="?page=3" rel="next"')


def test_a_page_after_the_last_says_so_and_leads_back(as_person):
    page = as_person.get(URL, {"page": 7})

    assertContains(page, "There are no more weeks.")
    assertContains(page, 'href="?page=6"')


@pytest.mark.parametrize(
    "page", ["0", "-1", "x", "1.5", "9" * 30, "9" * 5000, "\0", "", "1e3"], ids=lambda p: f"{p[:6]} {len(p)}"
)
def test_what_is_no_page_is_not_there(as_person, page):
    assert as_person.get(URL, {"page": page}).status_code == 404


# Another week, by a date


@pytest.mark.parametrize("text", ["2026-05-06", "2026-04-30", "1900-01-07", "2024-02-29"])
def test_a_date_leads_to_its_week(as_person, text):
    assertRedirects(as_person.get(OTHER, {"day": text}), week_url(day(text)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-02-31",
        "2026-13-01",
        "0001-01-01",
        "1899-12-31",
        "9999-12-31",
        "a\0b",
        "-2026-05-06",
        "9" * 5000,
    ],
    ids=lambda text: text[:12],
)
def test_what_is_no_date_is_asked_again(as_person, text):
    response = as_person.get(OTHER, {"day": text}, follow=True)

    assertRedirects(response, URL)
    assertContains(response, "Please pick a date.")


def test_without_a_date_it_is_asked_again(as_person):
    assertRedirects(as_person.get(OTHER), URL)


def test_a_week_to_come_is_not_there_yet(as_person):
    response = as_person.get(OTHER, {"day": "2026-05-10"}, follow=True)

    assert response.status_code == 404


def test_the_field_offers_no_days_to_come(as_person, clock):
    clock.move_to(datetime.datetime(2026, 5, 7, 3, tzinfo=datetime.UTC))  # still Wednesday in New York

    assertContains(as_person.get(URL), 'max="2026-05-06"')


def joined(person, *when):
    person.date_joined = datetime.datetime(*when, tzinfo=datetime.UTC)
    person.save()


def test_a_new_account_owes_no_week_from_before_it(as_person, person):
    joined(person, 2026, 5, 1, 12)  # Friday of the week before.

    page = as_person.get(URL)

    assert page.context["open_weeks"] == [SUNDAY, SUNDAY - WEEK]


def test_a_week_from_before_the_account_is_shown_if_it_is_written(as_person, person):
    joined(person, 2026, 5, 5, 12)
    make_reflection(person, SUNDAY - 2 * WEEK)

    page = as_person.get(URL)

    assert page.context["open_weeks"] == [SUNDAY]
    assert [reflection.week_start for reflection in page.context["reflections"]] == [SUNDAY - 2 * WEEK]


def test_this_week_is_offered_even_to_an_account_that_begins_tomorrow(as_person, person):
    """As after a flight west."""
    joined(person, 2026, 5, 12, 12)

    assert as_person.get(URL).context["open_weeks"] == [SUNDAY]


def test_the_numbers_of_the_first_week_count_its_days_from_the_account_on(as_person, person):
    joined(person, 2026, 5, 5, 12)  # Tuesday
    make_full_log(person, SUNDAY + datetime.timedelta(days=2))

    assertContains(as_person.get(week_url(SUNDAY)), "1 of 2 days logged.")
