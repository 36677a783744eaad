"""A person's own short list of appointments."""

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from insights.models import Appointment
from insights.tests.factories import make_appointment
from logs.tests.columns import stored
from logs.tests.factories import DAY

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]

URL = reverse("insights:appointments")


def test_one_is_added_changed_and_taken_off(as_person, person):
    make_appointment(with_whom="Not mine")

    assertRedirects(as_person.post(URL, {"date": "2026-06-01", "with_whom": "Dr <Lee>"}), URL)
    [appointment] = person.appointments.all()
    assert "Lee" not in stored(appointment, "with_whom")
    page = as_person.get(URL)
    assertContains(page, "Dr &lt;Lee&gt;")
    assertNotContains(page, "Not mine")

    assertRedirects(as_person.post(appointment.get_absolute_url(), {"date": "2026-05-01", "with_whom": ""}), URL)
    appointment.refresh_from_db()
    assert (str(appointment.date), appointment.with_whom) == ("2026-05-01", None)

    as_person.post(reverse("insights:appointment_delete", args=[appointment.pk]))
    assert list(person.appointments.all()) == []


def test_no_message_in_a_cookie_has_words_of_the_person(as_person, person):
    appointment = make_appointment(person, with_whom="Dr Lee")
    facts = {"date": "2026-06-01", "with_whom": "Dr Lee"}
    deletion = reverse("insights:appointment_delete", args=[appointment.pk])
    for path in (URL, appointment.get_absolute_url(), deletion):
        answer = as_person.post(path, facts)

        said = [message.message for message in get_messages(answer.wsgi_request)]
        assert said and not [text for text in said if "Lee" in text], path


@pytest.mark.parametrize(
    ("date", "message"),
    [
        ("", "Please choose a day."),
        ("1066-10-14", "Days begin with the year 1900."),
        ("tomorrow", "Write the day as 2026-05-04."),
    ],
)
def test_a_wrong_day_gets_a_sentence(as_person, date, message):
    page = as_person.post(URL, {"date": date, "with_whom": "Dr Lee"})

    assertContains(page, message)
    assertContains(page, 'value="Dr Lee"')
    assert not Appointment.objects.exists()


def test_the_list_is_bounded(as_person, person, monkeypatch):
    monkeypatch.setattr(Appointment, "MOST_STORED", 1)
    make_appointment(person, DAY)

    assertContains(as_person.post(URL, {"date": "2026-06-01"}), "There is no room for more than 1.")
    assert person.appointments.count() == 1


def test_others_have_no_access(as_person):
    other = make_appointment()

    assert as_person.get(other.get_absolute_url()).status_code == 404
    assert as_person.post(other.get_absolute_url(), {"date": "2026-06-01"}).status_code == 404
    assert as_person.post(reverse("insights:appointment_delete", args=[other.pk])).status_code == 404
    assert Appointment.objects.get().date == DAY
