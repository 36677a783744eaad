import datetime

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects

from accounts.tests.factories import make_person
from reflections.models import WeeklyReflection
from reflections.tests.factories import SUNDAY, make_reflection
from reflections.tests.pages import EVERYTHING, WEEK

pytestmark = pytest.mark.thorough_on_sqlite


def url(day=SUNDAY):
    return reverse("reflections:delete", args=[day])


def test_the_page_asks_first(as_person, person):
    make_reflection(person)

    response = as_person.get(url())

    assertContains(response, "Delete Week of May 3, 2026?")
    assertContains(response, 'href="/reflections/2026-05-03/"')
    assert person.weekly_reflections.exists()


def test_it_deletes_this_reflection_and_no_other(as_person, person):
    make_reflection(person)
    others = [make_reflection(person, SUNDAY - WEEK), make_reflection()]

    response = as_person.post(url())

    assertContains(response, "Week of May 3, 2026 is deleted.")
    assert set(WeeklyReflection.objects.all()) == set(others)


def test_another_persons_is_not_there(as_person):
    make_reflection()

    assert as_person.get(url()).status_code == 404
    assert as_person.post(url()).status_code == 404
    assert WeeklyReflection.objects.exists()


def test_a_visitor_is_asked_to_log_in(client, db):
    make_reflection()

    assertRedirects(client.post(url()), f"{reverse('accounts:login')}?next={url()}")
    assert WeeklyReflection.objects.exists()


def test_only_the_first_day_names_a_reflection(as_person, person):
    make_reflection(person)

    assert as_person.post(url(SUNDAY + datetime.timedelta(days=1))).status_code == 404
    assert person.weekly_reflections.exists()


def test_a_second_tap_finds_nothing_to_delete(as_person, person):
    make_reflection(person)

    assert [as_person.post(url()).status_code for _ in range(2)] == [200, 404]


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(as_person, person, method):
    make_reflection(person)

    assert getattr(as_person, method)(url()).status_code == 405
    assert person.weekly_reflections.exists()


UNDO = reverse("reflections:undo", args=[SUNDAY])


@pytest.fixture
def written(as_person, person, clock) -> dict:
    """A whole reflection, as it is stored."""
    as_person.post(f"/reflections/{SUNDAY}/", EVERYTHING)
    return stored(person)


def stored(person) -> dict:
    """All of the only reflection but its number."""
    return person.weekly_reflections.values().get() | {"id": 0}


def test_it_can_be_brought_back(as_person, person, written, clock):
    envelope = as_person.post(url()).context["envelope"]
    clock.shift(600)

    response = as_person.post(UNDO, {"envelope": envelope}, follow=True)

    assertContains(response, "Your week is back.")
    assert stored(person) == written


def test_it_is_not_brought_back_over_newer_answers(as_person, person, written):
    envelope = as_person.post(url()).context["envelope"]
    as_person.post(f"/reflections/{SUNDAY}/", {"week_rating": "1"})

    response = as_person.post(UNDO, {"envelope": envelope})

    assertContains(response, "The week has new answers. Delete those first, then undo here.")
    assert person.weekly_reflections.get().week_rating == 1
    as_person.post(url())
    as_person.post(UNDO, {"envelope": response.context["envelope"]})
    assert person.weekly_reflections.get().week_highlights == EVERYTHING["week_highlights"]


def test_a_save_can_be_undone(as_person, person, written):
    as_person.post(f"/reflections/{SUNDAY}/", {"week_rating": "", "week_highlights": "Nothing"})
    assert person.weekly_reflections.get().completed_at is None
    *_others, message = as_person.get(reverse("reflections:list")).context["messages"]
    assert message.undo_address == UNDO

    response = as_person.post(UNDO, {"envelope": message.envelope}, follow=True)

    assertContains(response, "Undone. Your week is as it was before.")
    assert stored(person) == written


def test_the_first_save_can_be_undone(as_person, person, clock):
    as_person.post(f"/reflections/{SUNDAY}/", EVERYTHING)
    [message] = as_person.get(reverse("reflections:list")).context["messages"]

    as_person.post(UNDO, {"envelope": message.envelope})

    assert not person.weekly_reflections.exists()


def test_another_persons_envelope_is_not_there(as_person, written):
    envelope = as_person.post(url()).context["envelope"]
    as_person.force_login(make_person())

    assert as_person.post(UNDO, {"envelope": envelope}).status_code == 404
    assert as_person.post(UNDO, {"envelope": envelope[:-1]}).status_code == 404
    assert not WeeklyReflection.objects.exists()
