"""SECOND_FACTOR: people who must have a second factor before they can open pages."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts.tests.codes import confirm_by_password, switch_on
from accounts.tests.factories import make_person
from brainlog.tests.addresses import ADDRESSES
from support.models import SupportPlan

SECOND_FACTOR = reverse("accounts:second_factor")

pytestmark = [pytest.mark.django_db, pytest.mark.thorough_on_sqlite]


@pytest.fixture
def as_keeper(db):
    client = Client()
    client.force_login(make_person(username="keeper", is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize(
    ("who", "staff_is_led_there", "others_are"),
    [("optional", False, False), ("staff", True, False), ("everybody", True, True)],
)
def test_people_without_a_factor_are_redirected_to_the_page_that_adds_one(
    as_keeper, as_person, settings, who, staff_is_led_there, others_are
):
    settings.SECOND_FACTOR = who

    for client, is_led in ((as_keeper, staff_is_led_there), (as_person, others_are)):
        response = client.get(reverse("logs:history"))
        assert response.status_code == (302 if is_led else 200)
        assert not is_led or response.url == SECOND_FACTOR
    assert as_keeper.get(reverse("admin:index")).status_code == (302 if staff_is_led_there else 200)


def test_no_page_with_data_stays_open(as_person, settings):
    settings.SECOND_FACTOR = "everybody"

    opened = {address.name for address in ADDRESSES if as_person.get(address.path).status_code == 200}

    app = {"manifest", "service_worker", "offline"}
    public = {"privacy", "reminders:email_off", "support:help"}
    assert opened == {"accounts:second_factor", "accounts:confirm"} | public | app


def test_help_is_open_and_shows_the_plan_only_with_a_second_factor(as_person, person, settings):
    settings.SECOND_FACTOR = "everybody"
    SupportPlan.objects.create(user=person, plan="Call Ada")
    page = as_person.get(reverse("support:help"))
    assertContains(page, "findahelpline.com")
    assertNotContains(page, "Ada")

    switch_on(as_person)

    assertContains(as_person.get(reverse("support:help")), "Call Ada")


def test_no_form_is_accepted(as_person, settings):
    settings.SECOND_FACTOR = "everybody"

    assertRedirects(as_person.post(reverse("accounts:profile"), {"theme": "dark"}), SECOND_FACTOR)


def test_a_factor_can_be_added_and_opens_all_pages(as_person, person, settings):
    settings.SECOND_FACTOR = "everybody"
    assertContains(as_person.get(reverse("today"), follow=True), "Please add codes from an app or a passkey first")

    switch_on(as_person)

    assert as_person.get(reverse("logs:history")).status_code == 200
    person.authenticator_set.exclude(type="recovery_codes").delete()
    assert as_person.get(reverse("logs:history")).status_code == 302, "Recovery codes alone are none."


def test_logging_out_and_reauthenticating_stay_possible(as_person, settings):
    settings.SECOND_FACTOR = "everybody"

    assert confirm_by_password(as_person, then=SECOND_FACTOR).url == SECOND_FACTOR
    as_person.post(reverse("accounts:logout"))
    assert "_auth_user_id" not in as_person.session


def test_an_optional_second_factor_costs_no_query(as_person, django_assert_num_queries):
    with django_assert_num_queries(1):
        as_person.get(reverse("accounts:profile"))
