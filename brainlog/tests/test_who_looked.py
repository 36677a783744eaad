"""Who on the staff opened what a person logged, in the words that the person reads."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains

from accounts import events
from accounts.models import SecurityEvent
from accounts.tests.factories import make_person
from brainlog.tests.addresses import ADDRESSES
from brainlog.tests.test_admin import ANSWERS, as_staff, list_url, page_url, rows  # noqa: F401

SAID = {
    "logs_dailylog": "Looked at a day of yours",
    "logs_medication": "Looked at a medication of yours",
    "logs_dose": "Looked at a medication of yours",
    "reflections_weeklyreflection": "Looked at a reflection of yours",
}


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("page", ["change", "history"])
def test_the_person_reads_who_opened_a_row(as_staff, rows, name, page):  # noqa: F811
    as_staff.get(list_url(name))
    as_staff.get(page_url(name, rows[name], page))
    client = Client()
    client.force_login(rows["accounts_user"])

    seen = client.get(reverse("accounts:events"))

    assertContains(seen, SAID[name], count=1)
    assertContains(seen, "by staff, of the staff", count=1)


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_no_address_changes_what_is_written_down(client, db, method):
    maria = make_person(username="maria")
    events.record(events.Kind.LOOKED_AT_DAY, maria, by=make_person(username="keeper"))
    (written,) = SecurityEvent.objects.values()
    for address in ADDRESSES:
        client.force_login(maria)
        getattr(client, method)(address.path, {"id": written["id"], "kind": "wiped"})

        assert SecurityEvent.objects.values().get(pk=written["id"]) == written, address.name
