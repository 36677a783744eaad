"""The zone of the device can be used from now on, where it is another than the person's."""

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains

from accounts.models import User

pytestmark = pytest.mark.once

USE = reverse("accounts:use_zone")


def test_the_zone_of_the_device_is_used_from_now_on(as_person, person):
    response = as_person.post(USE, {"timezone": "Asia/Tokyo"}, follow=True)

    assert User.objects.get(pk=person.pk).timezone == "Asia/Tokyo"
    assertContains(response, "Your days now follow the time of Tokyo. Days you have logged stay where they are.")


def test_only_the_zone_is_changed(as_person, person):
    before = User.objects.filter(pk=person.pk).values().get()

    as_person.post(USE, {"timezone": "Asia/Tokyo", "theme": "dark", "is_staff": "on"})

    after = User.objects.filter(pk=person.pk).values().get()
    assert {name for name in after if after[name] != before[name]} == {"timezone", "updated_at"}


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "a\0b", "x" * 60_000])
def test_an_unknown_zone_is_refused_with_a_message(as_person, person, zone):
    response = as_person.post(USE, {"timezone": zone}, follow=True)

    assert response.redirect_chain == [(reverse("accounts:profile"), 302)]
    assert response.context["messages"]
    assert User.objects.get(pk=person.pk).timezone == person.timezone


def test_today_has_the_question_hidden_until_the_script_asks_it(as_person, person):
    page = as_person.get("/").content.decode()

    section = page[page.index("data-zone-question") :].partition(">")[0]
    assert f'="{person.timezone}"' in section and "hidden" in section
