import datetime

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.tests.factories import make_person
from logs.tests.factories import make_full_log, make_log
from logs.tests.pages import errors_of, form_as_shown
from reflections.models import WeeklyReflection
from reflections.tests.factories import SUNDAY, make_reflection
from reflections.tests.pages import EVERYTHING, OPTIONAL, REQUIRED, WEEK, day, week_url

pytestmark = pytest.mark.thorough_on_sqlite

LIST = reverse("reflections:list")


def test_the_page_works_and_stores_nothing(as_person):
    assertContains(as_person.get(week_url()), "<h1>Week of May 3, 2026</h1>", html=True)
    assert not WeeklyReflection.objects.exists()


def test_nothing_is_chosen_beforehand(as_person):
    sent = form_as_shown(as_person.get(week_url()))

    assert {name: sent[name] for name in EVERYTHING if name in sent} == {
        name: [""] for name in EVERYTHING if name in sent
    }
    assert {"week_rating", "mental_state", "gym_days_count", "diet_rating", "questioned_leaving_job"}.isdisjoint(sent)


def test_everything_can_be_answered(as_person, person):
    response = as_person.post(week_url(), EVERYTHING)

    assertRedirects(response, LIST)
    reflection = person.weekly_reflections.get()
    stored = {name: getattr(reflection, name) for name in EVERYTHING}
    assert stored == EVERYTHING | {
        "week_rating": 6,
        "gym_days_count": 0,
        "diet_rating": 10,
        "questioned_leaving_job": False,
    }
    assert reflection.week_start == SUNDAY


def test_the_page_after_says_so_and_clears_what_the_browser_kept(as_person, person):
    response = as_person.post(week_url(), EVERYTHING, follow=True)

    assertContains(response, "Your week is saved.")
    assertContains(response, f'data-saved="{person.pk}/2026-05-03/week"')


def test_the_sentence_about_what_is_open_ends_once(as_person):
    response = as_person.post(week_url(), {"week_rating": "6"}, follow=True)

    assertContains(response, "Still open, if you like: How was your state of mind?")
    assertNotContains(response, "?.")


def test_what_was_answered_is_shown_again(as_person):
    as_person.post(week_url(), EVERYTHING)

    sent = form_as_shown(as_person.get(week_url()))

    answers = {name: [text.replace("\n", "\r\n")] for name, text in EVERYTHING.items()}
    assert {name: sent[name] for name in EVERYTHING} == answers


# What makes it done


@pytest.mark.parametrize("name", EVERYTHING)
def test_it_can_be_saved_with_any_one_answer(as_person, person, name):
    as_person.post(week_url(), {name: EVERYTHING[name]})

    assert person.weekly_reflections.get().completed_at is None


def test_it_is_done_when_what_makes_it_so_is_answered(as_person, person, clock):
    as_person.post(week_url(), REQUIRED)

    assert person.weekly_reflections.get().completed_at == datetime.datetime(2026, 5, 6, 16, tzinfo=datetime.UTC)


def test_it_stays_done_since_then_when_more_is_written(as_person, person, clock):
    as_person.post(week_url(), REQUIRED)
    done = person.weekly_reflections.get().completed_at
    clock.shift(datetime.timedelta(hours=3))

    as_person.post(week_url(), EVERYTHING)

    assert person.weekly_reflections.get().completed_at == done


@pytest.mark.parametrize("name", REQUIRED)
def test_it_is_not_done_any_more_when_such_an_answer_is_cleared(as_person, person, name):
    as_person.post(week_url(), EVERYTHING)

    as_person.post(week_url(), EVERYTHING | {name: ""})

    reflection = person.weekly_reflections.get()
    assert (getattr(reflection, name), reflection.completed_at) == (None, None)


@pytest.mark.parametrize("name", OPTIONAL)
def test_any_other_answer_can_be_cleared_too(as_person, person, name):
    as_person.post(week_url(), EVERYTHING)

    as_person.post(week_url(), EVERYTHING | {name: ""})

    reflection = person.weekly_reflections.get()
    assert getattr(reflection, name) is None
    assert reflection.completed_at is not None


@pytest.mark.parametrize("sent", [{}, dict.fromkeys(EVERYTHING, ""), {"week_highlights": "  \r\n \t"}], ids=str)
def test_an_empty_page_stores_nothing(as_person, sent):
    response = as_person.post(week_url(), sent, follow=True)

    assertContains(response, "nothing is stored for it")
    assert not WeeklyReflection.objects.exists()


def test_a_reflection_that_says_nothing_any_more_is_not_kept(as_person):
    as_person.post(week_url(), EVERYTHING)

    as_person.post(week_url(), dict.fromkeys(EVERYTHING, ""))

    assert not WeeklyReflection.objects.exists()


# Whose and which week


def test_a_visitor_is_asked_to_log_in(client, db):
    login = f"{reverse('accounts:login')}?next={week_url()}"

    assertRedirects(client.get(week_url()), login)
    assertRedirects(client.post(week_url(), EVERYTHING), login)
    assert not WeeklyReflection.objects.exists()


def test_another_persons_week_is_neither_shown_nor_touched(as_person, person):
    theirs = make_reflection(week_highlights="Their secret", week_rating=2)

    assertNotContains(as_person.get(week_url()), "Their secret")
    as_person.post(week_url(), EVERYTHING)

    theirs.refresh_from_db()
    assert (theirs.week_highlights, theirs.week_rating) == ("Their secret", 2)
    assert person.weekly_reflections.get().week_highlights == OPTIONAL["week_highlights"]


def test_owner_and_week_are_not_for_the_form_to_say(as_person, person):
    other = make_person()

    as_person.post(week_url(), EVERYTHING | {"user": other.pk, "week_start": "2026-04-26", "completed_at": "", "id": 1})

    reflection = WeeklyReflection.objects.get()
    assert (reflection.user, reflection.week_start) == (person, SUNDAY)
    assert reflection.completed_at is not None


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(as_person, method):
    assert getattr(as_person, method)(week_url()).status_code == 405


@pytest.mark.parametrize("text", ["2026-05-03", "2026-05-06", "2026-05-09"])
def test_any_day_opens_the_week_it_is_in(as_person, person, text):
    assert as_person.get(week_url(day(text))).context["reflection"].week_start == SUNDAY

    as_person.post(week_url(day(text)), EVERYTHING)

    assert person.weekly_reflections.get().week_start == SUNDAY


def test_all_days_of_a_week_lead_to_one_reflection(as_person, person):
    for text in ("2026-05-03", "2026-05-05", "2026-05-09"):
        as_person.post(week_url(day(text)), EVERYTHING)

    assert person.weekly_reflections.count() == 1


@pytest.mark.parametrize(
    ("first", "text", "week_start"),
    [
        ("sunday", "2025-12-31", "2025-12-28"),
        ("sunday", "2026-01-01", "2025-12-28"),
        ("monday", "2026-01-01", "2025-12-29"),
        ("monday", "2026-01-04", "2025-12-29"),
        ("monday", "2026-01-05", "2026-01-05"),
        ("sunday", "2024-02-29", "2024-02-25"),
    ],
)
def test_the_week_starts_on_the_persons_first_weekday(client, db, first, text, week_start):
    client.force_login(make_person(week_starts_on=first))

    assert client.get(week_url(day(text))).context["reflection"].week_start == day(week_start)


@pytest.mark.parametrize("text", ["2026-05-10", "2026-05-16", "2027-01-01", "9998-12-31"])
def test_a_week_to_come_is_not_there_yet(as_person, text):
    assert as_person.get(week_url(day(text))).status_code == 404
    assert as_person.post(week_url(day(text)), EVERYTHING).status_code == 404
    assert not WeeklyReflection.objects.exists()


def test_the_week_begins_when_the_persons_day_does(as_person, clock):
    clock.move_to(datetime.datetime(2026, 5, 10, 7, 59, tzinfo=datetime.UTC))  # 03:59 in New York
    assert as_person.get(week_url(day("2026-05-10"))).status_code == 404

    clock.move_to(datetime.datetime(2026, 5, 10, 8, 0, tzinfo=datetime.UTC))
    assert as_person.get(week_url(day("2026-05-10"))).status_code == 200


@pytest.mark.parametrize(
    "text",
    ["2026-02-31", "0001-01-01", "1899-12-31", "1900-01-01", "9999-12-31", "2026-5-3", "today", "%00", "٢٠٢٦-٠٥-٠٣"],
)
def test_what_is_no_day_of_a_persons_life_is_not_there(as_person, text):
    assert as_person.get(f"/reflections/{text}/").status_code == 404
    assert as_person.post(f"/reflections/{text}/", EVERYTHING).status_code == 404
    assert not WeeklyReflection.objects.exists()


def test_the_earliest_week_can_be_written_and_found_again(as_person, person):
    as_person.post(week_url(day("1900-01-07")), EVERYTHING)

    page = as_person.get(person.weekly_reflections.get().get_absolute_url())
    assert page.status_code == 200
    assertNotContains(page, "Week before")


def test_the_pages_of_weeks_lead_to_each_other(as_person):
    page = as_person.get(week_url(SUNDAY - WEEK))

    assertContains(page, f'href="{week_url(SUNDAY - 2 * WEEK)}"')
    assertContains(page, f'href="{week_url(SUNDAY)}"')
    assertNotContains(as_person.get(week_url(SUNDAY)), "Week after")


# After a change of the first weekday


def change_first_weekday(person):
    person.week_starts_on = "monday"
    person.save()


def test_old_reflections_stay_where_they_are(as_person, person):
    old = make_reflection(person, week_highlights="As it was")

    change_first_weekday(person)

    old.refresh_from_db()
    assert old.week_start == SUNDAY
    assertContains(as_person.get(old.get_absolute_url()), "As it was")
    assertContains(as_person.get(LIST), f'href="{week_url(SUNDAY)}"')


def test_old_reflections_can_still_be_changed_and_deleted(as_person, person):
    old = make_reflection(person)
    change_first_weekday(person)

    as_person.post(old.get_absolute_url(), EVERYTHING | {"week_highlights": "Later"})

    old.refresh_from_db()
    assert (old.week_start, old.week_highlights) == (SUNDAY, "Later")
    as_person.post(reverse("reflections:delete", args=[SUNDAY]))
    assert not WeeklyReflection.objects.exists()


def test_new_reflections_start_on_the_new_day(as_person, person):
    make_reflection(person, SUNDAY - WEEK)
    change_first_weekday(person)

    as_person.post(week_url(day("2026-05-06")), EVERYTHING)

    starts = set(person.weekly_reflections.values_list("week_start", flat=True))
    assert starts == {SUNDAY - WEEK, day("2026-05-04")}


# Other parts of the page


def test_the_focus_of_the_week_before_is_shown(as_person, person):
    make_reflection(person, SUNDAY - WEEK, next_week_focus="Sleep before eleven")
    make_reflection(person, SUNDAY - 2 * WEEK, next_week_focus="Long ago")
    make_reflection(week_start=SUNDAY - WEEK, next_week_focus="Of another person")

    page = as_person.get(week_url())

    assertContains(page, "Sleep before eleven")
    assertNotContains(page, "Long ago")
    assertNotContains(page, "Of another person")


def test_the_numbers_are_of_this_week_and_this_person(as_person, person):
    make_full_log(person, SUNDAY, focus_level=4)
    make_full_log(person, SUNDAY + datetime.timedelta(days=6), focus_level=9)
    make_full_log(person, SUNDAY - datetime.timedelta(days=1), focus_level=3)
    make_full_log(person, SUNDAY - WEEK, focus_level=3)
    make_full_log(person, SUNDAY - WEEK - datetime.timedelta(days=1), focus_level=10)
    make_full_log(person, SUNDAY + WEEK, focus_level=10)
    make_full_log(None, SUNDAY, focus_level=10)
    make_log(person, SUNDAY + datetime.timedelta(days=1), not_tracked="ill")

    page = as_person.get(week_url())

    numbers = page.context["numbers"]
    focus = next(mean for mean in numbers.means if mean.label == "Focus")
    assert (numbers.days_logged, numbers.days_not_tracked) == (2, 1)
    assert (focus.value, focus.days, focus.change) == (6.5, 2, 3.5)
    assertContains(page, "2 of 7 days logged, 1 not tracked.")
    for shown in ("<b>6.5</b>", "on 2 of 7 days, from 4 to 9", "3.5 higher, which is better"):
        assertContains(page, shown)
    assertContains(page, "Medication taken on 2 of 2 days.")


def test_a_week_without_logs_says_so_and_shows_no_zeros(as_person):
    page = as_person.get(week_url())

    assertContains(page, "No day is logged here, and that is all right.")
    assertNotContains(page, "0 of")
    assertNotContains(page, "on average")
    assertNotContains(page, "Medication taken")


def test_errors_do_not_hide_the_numbers(as_person, person):
    make_full_log(person, SUNDAY)

    response = as_person.post(week_url(), {"week_rating": "11"})

    assert "week_rating" in errors_of(response)
    assertContains(response, "1 of 4 days logged")


def test_the_numbers_come_after_the_questions_for_who_reads_from_top_to_bottom(as_person):
    page = as_person.get(week_url()).content.decode()

    assert page.index('name="week_rating"') < page.index('id="numbers"')
