"""A person's own plan: private, never overwritten unasked, and deleted with what it belongs to."""

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects

from accounts.tests.factories import make_person
from encryption.fields import Unreadable
from logs.tests.columns import put, stored
from logs.tests.conftest import send_in_parallel  # noqa: F401
from logs.tests.pages import errors_of, form_as_shown
from personal_data.wipe import wipe_all
from support.models import SupportPlan

URL, HELP = reverse("support:plan"), reverse("support:help")
WRITTEN = {"plan": "Go for a walk", "people": "Ada 555 0100"}


@pytest.fixture
def plan(person) -> SupportPlan:
    return SupportPlan.objects.create(user=person, **WRITTEN)


def texts_of(person) -> tuple:
    plan = SupportPlan.objects.get(user=person)
    return plan.plan, plan.people


def test_it_is_saved_and_encrypted(as_person, person):
    opened = form_as_shown(as_person.get(URL))

    assertRedirects(as_person.post(URL, opened | WRITTEN), HELP)

    assert texts_of(person) == ("Go for a walk", "Ada 555 0100")
    plan = SupportPlan.objects.get(user=person)
    assert "walk" not in stored(plan, "plan") and "Ada" not in stored(plan, "people")
    assert "walk" not in str(plan)


def test_an_empty_plan_is_not_kept_and_comes_back_by_undo(as_person, person, plan):
    page = as_person.post(URL, {"plan": "", "people": " "}, follow=True)

    assertContains(page, "nothing is stored for it")
    assert not SupportPlan.objects.exists()
    [message] = page.context["messages"]
    assertRedirects(as_person.post(message.undo_address, {"envelope": message.envelope}), HELP)
    assert texts_of(person) == ("Go for a walk", "Ada 555 0100")
    page = as_person.post(message.undo_address, {"envelope": message.envelope}, follow=True)
    assertContains(page, "This was undone already.")


def test_what_was_typed_stays_with_an_error_and_the_rest_is_saved(as_person, person):
    page = as_person.post(URL, {"plan": "x" * 4001, "people": "Ada"})

    assert errors_of(page).keys() == {"plan"}
    assertContains(page, "x" * 4001)
    assertContains(page, "The other answers are saved.")
    assert texts_of(person) == (None, "Ada")


def test_a_second_tab_overwrites_nothing_unasked(as_person, person, plan):
    opened = form_as_shown(as_person.get(URL))
    as_person.post(URL, opened | {"people": "From the phone"})

    conflict = as_person.post(URL, opened | {"people": "From the desk"})

    assertContains(conflict, "This was saved elsewhere since you opened the page.")
    assertContains(conflict, "From the desk")
    assert texts_of(person) == ("Go for a walk", "From the phone")
    as_person.post(URL, form_as_shown(conflict) | {"keep-people": "mine"})
    assert texts_of(person) == ("Go for a walk", "From the desk")


def test_tabs_that_save_different_parts_both_survive(as_person, person, plan):
    opened = form_as_shown(as_person.get(URL))
    as_person.post(URL, opened | {"people": "From the phone"})

    as_person.post(URL, opened | {"plan": "From the desk"} | {"people": "From the phone"})

    assert texts_of(person) == ("From the desk", "From the phone")


def test_a_text_that_cannot_be_read_is_kept(as_person, person, plan):
    put(plan, "plan", "bl1.test." + "A" * 60)

    assertContains(as_person.get(HELP), "This text cannot be read")
    as_person.post(URL, form_as_shown(as_person.get(URL)) | {"people": "Mary"})

    assert isinstance(texts_of(person)[0], Unreadable) and texts_of(person)[1] == "Mary"


def test_wiping_takes_it_along(person, plan):
    other = SupportPlan.objects.create(user=make_person(), plan="Stays")

    wipe_all(person)

    assert list(SupportPlan.objects.values_list("pk", flat=True)) == [other.pk]


@pytest.mark.django_db(transaction=True)
def test_of_two_first_saves_at_once_one_asks(send_in_parallel, as_person, person):  # noqa: F811
    opened = form_as_shown(as_person.get(URL))
    del opened["csrfmiddlewaretoken"]

    statuses = send_in_parallel([(URL, opened | {"people": f"Tab {n}"}) for n in range(2)])

    assert sorted(statuses) == [200, 302]
    assert texts_of(person)[1] in ("Tab 0", "Tab 1")
