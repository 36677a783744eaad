import datetime

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects

from reflections.models import WeeklyReflection
from reflections.tests.factories import SUNDAY, make_reflection
from reflections.tests.pages import WEEK


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

    response = as_person.post(url(), follow=True)

    assertRedirects(response, reverse("reflections:list"))
    assertContains(response, "The reflection is deleted.")
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

    assert [as_person.post(url()).status_code for _ in range(2)] == [302, 404]


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(as_person, person, method):
    make_reflection(person)

    assert getattr(as_person, method)(url()).status_code == 405
    assert person.weekly_reflections.exists()
