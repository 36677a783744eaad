"""Conflicts: the same week is open in two tabs or on two devices."""

import threading

import pytest
from django.db import connection
from pytest_django.asserts import assertContains

from accounts.tests.factories import PASSWORD, make_person
from logs.tests.pages import errors_of, form_as_shown
from reflections import views
from reflections.models import WeeklyReflection
from reflections.tests.factories import make_reflection
from reflections.tests.pages import EVERYTHING, REQUIRED, week_url
from testing.people import Visitor, all_at_once

pytestmark = pytest.mark.thorough_on_sqlite


@pytest.fixture
def saved_elsewhere(as_person, person):
    """The data of a page that was opened before another device saved other answers."""
    as_person.post(week_url(), EVERYTHING)
    opened = form_as_shown(as_person.get(week_url()))
    as_person.post(week_url(), EVERYTHING | {"week_highlights": "From the phone", "week_rating": "9"})
    return opened


def answers_of(person) -> tuple:
    reflection = person.weekly_reflections.get()
    return reflection.week_highlights, reflection.week_rating


def test_nothing_is_overwritten_unasked(as_person, person, saved_elsewhere):
    response = as_person.post(week_url(), saved_elsewhere | {"week_highlights": "From the desk"})

    assertContains(response, "This was saved elsewhere since you opened the page.")
    assert answers_of(person) == ("From the phone", 9)


def test_both_versions_are_shown_answer_by_answer(as_person, saved_elsewhere):
    response = as_person.post(week_url(), saved_elsewhere | {"week_highlights": "From the desk"})

    conflicts = {c.name: (c.mine, c.saved) for c in response.context["form"].conflicts}
    assert conflicts == {
        "week_highlights": ("From the desk", "From the phone"),
        "week_rating": ("6 of 10", "9 of 10"),
    }
    for text in ("From the desk", "From the phone", 'name="keep-week_highlights" value="mine"'):
        assertContains(response, text)


@pytest.mark.parametrize(
    ("highlights", "rating", "kept"),
    [
        ("mine", "mine", ("From the desk", 6)),
        ("mine", "saved", ("From the desk", 9)),
        ("saved", "mine", ("From the phone", 6)),
        ("saved", "saved", ("From the phone", 9)),
    ],
)
def test_the_person_decides_answer_by_answer(as_person, person, saved_elsewhere, highlights, rating, kept):
    conflict = as_person.post(week_url(), saved_elsewhere | {"week_highlights": "From the desk"})

    choice = {"keep-week_highlights": highlights, "keep-week_rating": rating}
    response = as_person.post(week_url(), form_as_shown(conflict) | choice)

    assert response.status_code == 302
    assert answers_of(person) == kept


@pytest.mark.parametrize("choice", [{}, {"keep-week_rating": "mine"}, {"keep-week_highlights": "whatever"}], ids=str)
def test_without_a_decision_it_asks_again(as_person, person, saved_elsewhere, choice):
    conflict = as_person.post(week_url(), saved_elsewhere | {"week_highlights": "From the desk"})

    response = as_person.post(week_url(), form_as_shown(conflict) | choice)

    assertContains(response, "From the phone")
    assert answers_of(person) == ("From the phone", 9)


def test_a_decision_holds_for_the_version_it_was_made_about(as_person, person, saved_elsewhere):
    conflict = as_person.post(week_url(), saved_elsewhere | {"week_highlights": "From the desk"})
    as_person.post(week_url(), EVERYTHING | {"week_highlights": "From a third place", "week_rating": "1"})

    choice = {"keep-week_highlights": "mine", "keep-week_rating": "mine"}
    response = as_person.post(week_url(), form_as_shown(conflict) | choice)

    assertContains(response, "From a third place")
    assert answers_of(person) == ("From a third place", 1)


def test_equal_answers_are_no_conflict(as_person, person, saved_elsewhere):
    same = {"week_highlights": "From the phone", "week_rating": "9"}

    response = as_person.post(week_url(), saved_elsewhere | same)

    assert response.status_code == 302
    assert answers_of(person) == ("From the phone", 9)


def test_a_week_that_was_open_while_still_empty_is_not_overwritten(as_person, person):
    opened = form_as_shown(as_person.get(week_url()))
    make_reflection(person, week_highlights="From the phone")

    response = as_person.post(week_url(), opened | {"week_highlights": "From the desk"} | REQUIRED)

    assert [conflict.name for conflict in response.context["form"].conflicts] == ["week_highlights"]
    assert person.weekly_reflections.get().week_highlights == "From the phone"


def test_what_was_saved_elsewhere_is_not_cleared_by_an_empty_page(as_person, person):
    opened = form_as_shown(as_person.get(week_url()))
    make_reflection(person, week_highlights="From the phone")

    assert as_person.post(week_url(), opened | REQUIRED).status_code == 302

    reflection = person.weekly_reflections.get()
    assert (reflection.week_highlights, reflection.week_rating) == ("From the phone", 6)


def test_a_reflection_deleted_elsewhere_is_not_brought_back_unasked(as_person, person):
    as_person.post(week_url(), EVERYTHING)
    opened = form_as_shown(as_person.get(week_url()))
    person.weekly_reflections.all().delete()

    response = as_person.post(week_url(), opened)

    assert {c.saved for c in response.context["form"].conflicts} == {"no answer"}
    assert not WeeklyReflection.objects.exists()


def test_a_program_that_sends_no_version_means_to_overwrite(as_person, person, saved_elsewhere):
    as_person.post(week_url(), EVERYTHING)

    assert answers_of(person) == ("A walk\n\nand a letter", 6)


@pytest.mark.parametrize("version", ["0" * 16, "x" * 10_000, "ünknown", "{}"], ids=lambda version: version[:8])
def test_an_invented_version_overwrites_nothing(as_person, person, saved_elsewhere, version):
    as_person.post(week_url(), EVERYTHING | {"version": version, "seen": version, "keep-week_rating": "mine"})

    assert answers_of(person) == ("From the phone", 9)


def test_the_same_page_sent_twice_makes_one_reflection(as_person, person):
    opened = form_as_shown(as_person.get(week_url())) | EVERYTHING

    statuses = [as_person.post(week_url(), opened).status_code for _ in range(2)]

    assert statuses == [302, 302]
    assert person.weekly_reflections.count() == 1


def test_sending_what_is_stored_changes_nothing(as_person, person, clock):
    as_person.post(week_url(), EVERYTHING)
    before = person.weekly_reflections.get().updated_at
    clock.shift(3600)

    as_person.post(week_url(), form_as_shown(as_person.get(week_url())))

    assert person.weekly_reflections.get().updated_at == before


def test_errors_and_conflicts_together_lose_nothing(as_person, person, saved_elsewhere):
    response = as_person.post(week_url(), saved_elsewhere | {"week_highlights": "From the desk", "diet_rating": "11"})

    assert "diet_rating" in errors_of(response)
    assert form_as_shown(response)["week_highlights"] == ["From the desk"]
    assert answers_of(person) == ("From the phone", 9)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("different", [False, True], ids=["a double tap", "two devices"])
def test_two_requests_that_both_make_the_week(live_server, monkeypatch, different):
    """Both find no row. The constraint accepts one insert; the other request is retried with the stored row."""
    make_person(username="maria")
    both_found_nothing = threading.Barrier(2, timeout=20)
    week_or_404 = views.week_or_404
    waited = threading.local()

    def together(*args, lock=False, **kwargs):
        row = week_or_404(*args, lock=lock, **kwargs)
        # On SQLite the second request waits for the first transaction before it can read.
        if lock and connection.vendor == "postgresql" and not getattr(waited, "once", False):
            waited.once = True
            both_found_nothing.wait()
        return row

    monkeypatch.setattr(views, "week_or_404", together)
    visitors = [Visitor(live_server.url), Visitor(live_server.url)]
    for visitor in visitors:
        visitor.post("/accounts/login/", {"username": "maria", "password": PASSWORD})
    texts = ["From the phone", "From the desk" if different else "From the phone"]

    version = form_version(visitors[0].get(week_url()))
    results = all_at_once(
        *(
            lambda visitor=visitor, text=text: visitor.post(
                week_url(), REQUIRED | {"week_highlights": text, "version": version}
            )
            for visitor, text in zip(visitors, texts, strict=True)
        )
    )

    assert [status for status, _, _ in results] == [200, 200]
    reflection = WeeklyReflection.objects.get()
    assert reflection.week_highlights in texts
    asked = ["saved elsewhere" in page for _, _, page in results]
    assert sum(asked) == different


def form_version(page: str) -> str:
    return page.split('name="version" value="')[1].split('"')[0]
