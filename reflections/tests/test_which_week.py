"""The week's page, opened as this week and used after its end."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from pytest_django.asserts import assertContains

from accounts.models import User
from logs.which_day import FOR_TODAY
from reflections.tests.factories import SUNDAY, make_reflection
from reflections.tests.pages import EVERYTHING, NOW, WEEK, week_url
from testing.forms import forms_in

pytestmark = pytest.mark.thorough_on_sqlite

NEXT = SUNDAY + WEEK
BOTH = ["Last week, Week of May 3, 2026", "This week, Week of May 10, 2026"]


@pytest.fixture
def clock():
    """In the week of SUNDAY. `clock.shift(WEEK)` ends it."""
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def form_on(response) -> dict:
    [form] = [each for each in forms_in(response.content.decode(), week_url()) if "answers" in each.classes]
    return form.as_sent()


def names_of_choices(response) -> list[str]:
    return [f"{choice.name}, {choice.detail}" for choice in response.context["choices"]]


@pytest.mark.parametrize(("number", "week"), [(0, SUNDAY), (1, NEXT)])
def test_a_save_after_the_weeks_end_asks_and_stores_the_week_chosen(as_person, person, clock, number, week):
    typed = form_on(as_person.get(week_url() + FOR_TODAY)) | EVERYTHING
    clock.shift(WEEK)

    asked = as_person.post(week_url(), typed)

    assert names_of_choices(asked) == BOTH
    assert not person.weekly_reflections.exists()
    shown = form_on(asked)
    assert {name: [text.replace("\r\n", "\n") for text in shown[name]] for name in EVERYTHING} == {
        name: [text] for name, text in EVERYTHING.items()
    }
    choice = asked.context["choices"][number]
    response = as_person.post(choice.address, shown | {choice.sent_as: choice.value}, follow=True)
    reflection = person.weekly_reflections.get()
    assert (reflection.week_start, reflection.week_highlights) == (week, EVERYTHING["week_highlights"])
    assertContains(response, f"{person.pk}/{week}/week")
    assertContains(response, f"{person.pk}/{SUNDAY}/week")


def test_what_is_stored_for_the_old_week_is_not_moved(as_person, person, clock):
    make_reflection(person, SUNDAY, week_rating=3, week_highlights="The lake")
    typed = form_on(as_person.get(week_url() + FOR_TODAY)) | {"lessons_learned": "Less is more"}
    clock.shift(WEEK)

    asked = as_person.post(week_url(), typed)
    choice = asked.context["choices"][1]
    as_person.post(choice.address, form_on(asked) | {choice.sent_as: choice.value})

    old, new = person.weekly_reflections.get(week_start=SUNDAY), person.weekly_reflections.get(week_start=NEXT)
    assert (old.week_rating, old.week_highlights, old.lessons_learned) == (3, "The lake", None)
    assert (new.week_rating, new.week_highlights, new.lessons_learned) == (None, None, "Less is more")


def test_a_link_from_last_weeks_today_asks(as_person, clock):
    assertContains(as_person.get("/"), f"/reflections/2026-05-06/{FOR_TODAY}")
    clock.shift(WEEK)

    response = as_person.get("/reflections/2026-05-06/" + FOR_TODAY)

    assert names_of_choices(response) == BOTH
    assertContains(response, "A new week has begun. Which one do you mean?")
    weeks = [as_person.get(each.address).context["reflection"].week_start for each in response.context["choices"]]
    assert weeks == [SUNDAY, NEXT]


@pytest.mark.parametrize("hours", [0, 24])
@pytest.mark.parametrize("called_today", ["2026-05-06", "2026-05-07", "", "x", "1900-01-01", "9998-12-31"])
def test_within_its_week_and_without_the_day_called_today_there_is_no_question(
    as_person, person, clock, called_today, hours
):
    clock.shift(datetime.timedelta(hours=hours))

    assert as_person.post(week_url(), {"week_rating": "6", "today": called_today}).status_code == 302

    assert person.weekly_reflections.get().week_start == SUNDAY


def test_a_program_writes_an_older_week(as_person, person, clock):
    clock.shift(3 * WEEK)

    assert as_person.post(week_url(), {"week_rating": "6"}).status_code == 302

    assert person.weekly_reflections.get().week_start == SUNDAY


def test_the_night_after_the_last_day_still_belongs_to_the_week(as_person, person):
    with time_machine.travel(
        datetime.datetime(2026, 5, 9, 23, tzinfo=ZoneInfo("America/New_York")), tick=False
    ) as clock:
        typed = form_on(as_person.get(week_url() + FOR_TODAY)) | EVERYTHING
        clock.shift(4 * 3600)

        assert as_person.post(week_url(), typed).status_code == 302

    assert person.weekly_reflections.get().week_start == SUNDAY


# The person's zone has moved west: the week of the page is ahead of their clock


@pytest.fixture
def move_west(person):
    """Moves the clock from the first Sunday morning of the NEXT week to the Saturday evening before, elsewhere."""

    def move():
        User.objects.filter(pk=person.pk).update(timezone="Pacific/Honolulu")

    with time_machine.travel(datetime.datetime(2026, 5, 10, 5, tzinfo=ZoneInfo("America/New_York")), tick=False):
        yield move


@pytest.mark.parametrize(("number", "week"), [(0, NEXT), (1, SUNDAY)])
def test_a_save_of_a_week_ahead_asks_and_stores_the_week_that_is_chosen(as_person, person, move_west, number, week):
    typed = form_on(as_person.get(week_url(NEXT) + FOR_TODAY)) | EVERYTHING
    move_west()

    asked = as_person.post(week_url(NEXT), typed)

    assert names_of_choices(asked) == ["The week of this page, Week of May 10, 2026", "This week, Week of May 3, 2026"]
    assertContains(asked, "By your clock, this week has not begun yet.")
    assert not person.weekly_reflections.exists()
    choice = asked.context["choices"][number]
    response = as_person.post(choice.address, form_on(asked) | {choice.sent_as: choice.value}, follow=True)
    assert response.status_code == 200
    reflection = person.weekly_reflections.get()
    assert (reflection.week_start, reflection.week_highlights) == (week, EVERYTHING["week_highlights"])


def test_an_error_on_a_week_ahead_is_mended_without_another_question(as_person, person, move_west):
    typed = form_on(as_person.get(week_url(NEXT))) | {"week_highlights": "x" * 4001}
    move_west()
    asked = as_person.post(week_url(NEXT), typed)
    choice = asked.context["choices"][0]

    wrong = as_person.post(choice.address, form_on(asked) | {choice.sent_as: choice.value})

    assert not person.weekly_reflections.exists()
    assert as_person.post(week_url(NEXT), form_on(wrong) | {"week_highlights": "The lake"}).status_code == 302
    assert person.weekly_reflections.get().week_start == NEXT


@pytest.mark.parametrize("sent", [{}, {"meant": str(NEXT)}, {"today": "2026-05-09"}, {"today": "9998-12-31"}])
def test_a_week_ahead_is_not_there_without_a_page_that_called_it_current(as_person, person, move_west, sent):
    move_west()

    assert as_person.post(week_url(NEXT), {"week_rating": "6"} | sent).status_code == 404
    assert as_person.get(week_url(NEXT), sent).status_code == 404
    assert not person.weekly_reflections.exists()


def test_a_link_to_a_week_ahead_leads_to_the_current_one_or_asks(as_person, person, move_west):
    move_west()
    assert as_person.get(week_url(NEXT) + FOR_TODAY).url == week_url(SUNDAY) + FOR_TODAY

    make_reflection(person, NEXT)

    asked = as_person.get(week_url(NEXT) + FOR_TODAY)
    assertContains(asked, "By your clock, this week has not begun yet. Which one do you mean?")
    weeks = [as_person.get(each.address).context["reflection"].week_start for each in asked.context["choices"]]
    assert weeks == [NEXT, SUNDAY]
