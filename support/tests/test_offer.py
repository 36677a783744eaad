"""Help is offered after a low mood: after it was saved, once a day, quietly, and without a trace."""

import datetime
from importlib import import_module

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from accounts.models import SecurityEvent, User
from logs.models import DailyLog
from logs.tests.conftest import noon  # noqa: F401
from logs.tests.factories import DAY
from logs.tests.pages import check_in_url, day_url
from support import offer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]

OFFERED = "Would you like to talk to someone?"
MORNING, EVENING = check_in_url("morning"), check_in_url("evening")
TODAY = DAY + datetime.timedelta(days=1)


def is_offered(client, path=MORNING, **answers) -> bool:
    page = client.post(path, answers, follow=True).content.decode()
    assert page.count(OFFERED) <= 1
    return OFFERED in page


@pytest.mark.parametrize(
    ("path", "answers", "offered"),
    [
        (MORNING, {"morning_mood": "1"}, True),
        (MORNING, {"morning_mood": "2"}, True),
        (MORNING, {"morning_mood": "3"}, False),
        (MORNING, {"morning_mood": ""}, False),
        (MORNING, {"sleep_quality": "1", "dreams": "I want to die"}, False),
        (EVENING, {"overall_mood": "2"}, True),
        (EVENING, {"day_rating": "1"}, False),
        (f"{day_url(TODAY)}one-question/morning_mood/", {"morning_mood": "1"}, True),
        (day_url(name="catch_up"), {"overall_mood": "1"}, True),
    ],
)
def test_it_is_offered_after_a_low_mood_only(as_person, path, answers, offered):
    assert is_offered(as_person, path, **answers) is offered


def test_the_answer_is_saved_first_and_can_be_undone(as_person, person):
    page = as_person.post(MORNING, {"morning_mood": "1"}, follow=True)

    assert person.daily_logs.get().morning_mood == 1
    assertContains(page, "No one is notified.")
    assertContains(page, 'class="undo"')
    assertNotContains(as_person.get("/"), OFFERED)


def test_once_a_day_and_again_the_day_after(as_person, noon):  # noqa: F811
    assert is_offered(as_person, morning_mood="1")
    assert not is_offered(as_person, EVENING, overall_mood="1")
    assert not is_offered(as_person, morning_mood="2")
    noon.shift(datetime.timedelta(days=1))
    assert not is_offered(as_person, dreams="The mood of before stays as it is")
    assert is_offered(as_person, morning_mood="1")


def test_with_errors_beside_it_the_mood_is_saved_and_it_is_offered_once(as_person):
    assert is_offered(as_person, morning_mood="1", sleep_hours="99")
    assert not is_offered(as_person, morning_mood="1", sleep_hours="9")


def test_a_save_that_waited_shows_it_on_the_next_page_once(as_person, person):
    headers = {"X-Brainlog-Person": str(person.pk)}
    for answers in ({"morning_mood": "1"}, {"morning_mood": "2"}):
        assert as_person.post(MORNING, answers, headers=headers).json()["saved"]

    assertContains(as_person.get("/"), OFFERED, count=1)
    assertNotContains(as_person.get("/"), OFFERED)


def test_it_can_be_switched_off_on_the_message_and_in_the_profile(as_person, person):
    page = as_person.post(reverse("support:stop_offering"), follow=True)

    assertContains(page, "It is not offered any more.")
    assert not is_offered(as_person, morning_mood="1")
    assertContains(as_person.get("/"), "Need to talk to someone?")
    User.objects.update(is_offered_help=True)
    assert 'name="is_offered_help"' in as_person.get("/accounts/profile/").content.decode()


def test_it_is_offered_while_notices_are_paused_and_its_own_switch_ends_it(as_person, person, noon):  # noqa: F811
    """A person who pauses notices in a hard week is who it is for."""
    User.objects.update(notices_paused_until=User.FOR_GOOD)
    assert is_offered(as_person, morning_mood="1")

    User.objects.update(is_offered_help=False)
    noon.shift(datetime.timedelta(days=1))

    assert not is_offered(as_person, morning_mood="2")


def test_it_leaves_no_trace_outside_the_session(as_person, person, capfd):
    def columns():
        log = DailyLog.objects.values().get()
        return {name: value for name, value in log.items() if not name.endswith(("_at", "_mood"))}, User.objects.values(
            *(field.attname for field in User._meta.concrete_fields if field.name not in User.COUNTER_FIELDS)
        ).get()

    as_person.post(MORNING, {"morning_mood": "9"})
    before, events = columns(), SecurityEvent.objects.count()
    assert is_offered(as_person, morning_mood="1")

    assert columns() == before and SecurityEvent.objects.count() == events
    assert offer.OFFERED_ON in as_person.session
    assert "offer" not in capfd.readouterr().err
    later = Client()
    later.force_login(person)
    store = import_module(settings.SESSION_ENGINE).SessionStore(later.cookies[settings.SESSION_COOKIE_NAME].value)
    assert offer.OFFERED_ON not in store


def test_an_error_in_it_does_not_fail_the_save(as_person, person, monkeypatch):
    monkeypatch.setattr(offer, "has_low_mood", None)

    assert as_person.post(MORNING, {"morning_mood": "1"}).status_code == 302
    assert person.daily_logs.get().morning_mood == 1
