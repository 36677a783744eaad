"""The page of channels: adding, sending one now, removing; of one's own only."""

import json

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts import rate_limits
from accounts.models import Throttle
from accounts.tests.factories import make_person
from brainlog.reminder_servers import parse_servers
from reminders import channel_views, sender
from reminders.channels import KINDS, SendingError
from reminders.email import switch_on
from reminders.models import Channel, Delivery
from reminders.tests.factories import RecordingKind
from reminders.tests.push_service import Browser, shown_by
from reminders.tests.servers import http_server

pytestmark = pytest.mark.django_db

PAGE = "/accounts/reminders/channels/"


@pytest.fixture
def ntfy(settings):
    with http_server() as server:
        settings.REMINDER_SERVERS = parse_servers([f"ntfy+{server.origin}"])
        yield server


def add_ntfy(client, server, topic="a-topic", **answers):
    return client.post(f"{PAGE}ntfy/add/", {"ntfy-server": str(server.origin), "ntfy-topic": topic, **answers})


def test_without_settings_everything_is_off_and_the_page_says_so(as_person):
    page = as_person.get(PAGE)

    assertContains(page, "Its operator can switch these on")
    assertContains(page, "they are off: e-mail, a message to this device, ntfy, Gotify.")
    assertNotContains(page, "Remind me on this device")
    for kind in ("push", "ntfy", "gotify", "carrier-pigeon"):
        assert as_person.post(f"{PAGE}{kind}/add/").status_code == 404


def test_what_is_off_can_still_be_removed(as_person, person):
    channel = Channel.objects.create(user=person, kind="ntfy", destination="x", label="x", address="{}")

    assertContains(as_person.get(PAGE), "This server does not send reminders that way at the moment.")
    answer = as_person.post(f"{PAGE}{channel.pk}/test/", follow=True)
    assertContains(answer, "This server does not send reminders that way at the moment.", count=2)
    as_person.post(f"{PAGE}{channel.pk}/remove/")
    assert not Channel.objects.exists()


def test_a_person_adds_tries_and_removes_one(as_person, ntfy):
    assertRedirects(add_ntfy(as_person, ntfy, **{"ntfy-label": "My phone"}), PAGE)
    channel = Channel.objects.get()
    assertContains(as_person.get(PAGE), "nothing sent yet")

    answer = as_person.post(f"{PAGE}{channel.pk}/test/", follow=True)

    assertContains(answer, "Sent. It should be there within a minute.")
    assertContains(answer, "last sent")
    assert len(ntfy.asked) == 1
    assert not Delivery.objects.exists()
    assertContains(as_person.post(f"{PAGE}{channel.pk}/remove/", follow=True), "Removed.")
    assert not Channel.objects.exists()


def test_what_is_sent_now_says_nothing_of_the_log(as_person, service):
    browser = Browser()
    as_person.post(f"{PAGE}push/add/", {"push-subscription": json.dumps(browser.subscription(service.endpoint))})

    as_person.post(f"{PAGE}{Channel.objects.get().pk}/test/")

    assert shown_by(browser, service.asked[0]) == {
        "title": "Time for your log",
        "body": "You asked for this one, to see that it arrives.",
        "url": PAGE,
        "tag": "now",
    }


FAILURES = [
    (401, "The server does not accept the topic or the token."),
    (403, "The server does not accept the topic or the token."),
    (429, "The other server cannot be reached just now."),
    (503, "The other server cannot be reached just now."),
    (302, "It did not arrive (http 302)."),
]


@pytest.mark.parametrize(("status", "words"), FAILURES)
def test_a_failure_is_said_in_words_and_stays_on_the_page(as_person, ntfy, status, words):
    add_ntfy(as_person, ntfy)
    ntfy.will_answer(status)

    answer = as_person.post(f"{PAGE}{Channel.objects.get().pk}/test/", follow=True)

    assertContains(answer, words, count=2)
    ntfy.will_answer(200, b'{"id": "1"}')
    Throttle.objects.all().delete()
    answer = as_person.post(f"{PAGE}{Channel.objects.get().pk}/test/", follow=True)
    assertNotContains(answer, words)


def test_trying_a_channel_again_and_again_delays_no_reminder(as_person, ntfy):
    add_ntfy(as_person, ntfy)
    ntfy.will_answer(503)

    for _number in range(3):
        as_person.post(f"{PAGE}{Channel.objects.get().pk}/test/")

    channel = Channel.objects.get()
    assert (channel.failures, channel.retry_at, channel.last_error) == (0, None, "http 503")


def test_a_device_that_waits_for_a_login_has_not_failed(as_person, service):
    as_person.post(f"{PAGE}push/add/", {"push-subscription": json.dumps(Browser().subscription(service.endpoint))})
    Channel.objects.update(known_browser=10**9)
    channel = Channel.objects.get()

    answer = as_person.post(f"{PAGE}{channel.pk}/test/", follow=True)
    assertContains(answer, "You are not logged in on that device any more.")
    sender.record_outcome(channel, SendingError("logged out"))

    channel.refresh_from_db()
    assert (channel.failures, channel.retry_at, channel.last_error) == (0, None, "")


def test_a_device_that_is_gone_stays_listed_and_the_page_says_what_to_do(as_person, service):
    as_person.post(f"{PAGE}push/add/", {"push-subscription": json.dumps(Browser().subscription(service.endpoint))})
    service.server.will_answer(410)

    answer = as_person.post(f"{PAGE}{Channel.objects.get().pk}/test/", follow=True)

    assertContains(answer, "That device takes no messages any more.", count=2)  # Now, and in its row.
    assertContains(answer, "Remind me on this device")
    assert not Channel.objects.usable(timezone.now()).exists()


WAIT = "Messages are being sent just now. Please try again in a moment."


@pytest.fixture
def noon():
    with time_machine.travel("2036-05-04 12:00:00Z", tick=False) as clock:
        yield clock


def presses(client, channel, clock, number: int, seconds: int) -> list[int]:
    """The statuses of so many presses of "Send me one now", with so many seconds after each."""
    statuses = []
    for _number in range(number):
        statuses.append(client.post(f"{PAGE}{channel.pk}/test/").status_code)
        clock.shift(seconds)
    return statuses


def test_sending_one_now_is_limited(noon, as_person, ntfy):
    add_ntfy(as_person, ntfy)
    attempts = channel_views.SEND_ONE.attempts
    statuses = presses(as_person, Channel.objects.get(), noon, attempts + 1, 11)

    assert statuses == [302] * attempts + [429]
    assert len(ntfy.asked) == attempts


def test_a_person_has_one_sent_at_a_time(noon, as_person, ntfy):
    """A server that hangs occupies a thread for ten seconds: no second press may occupy another one."""
    add_ntfy(as_person, ntfy)

    url = f"{PAGE}{Channel.objects.get().pk}/test/"
    assertContains(as_person.post(url, follow=True), "Sent. It should be there within a minute.")
    for _number in range(2):
        noon.shift(3)
        assertContains(as_person.post(url, follow=True), WAIT)
    assert len(ntfy.asked) == 1

    noon.shift(5)
    assertContains(as_person.post(url, follow=True), "Sent. It should be there within a minute.")
    assert len(ntfy.asked) == 2


def test_mails_on_request_are_limited_as_other_mails_are(noon, as_person, person, monkeypatch):
    kind = RecordingKind()
    monkeypatch.setitem(KINDS, "email", kind)
    switch_on(person, "maria@example.org")
    attempts = rate_limits.MAIL_BY_PERSON.attempts

    statuses = presses(as_person, Channel.objects.get(), noon, attempts + 2, 11)

    assert statuses == [302] * attempts + [429] * 2
    assert len(kind.sent) == attempts


def test_few_threads_of_a_process_send_on_request_at_once(as_person, person, monkeypatch):
    places, free = channel_views.sending_now, []
    kind = RecordingKind(fail=lambda channel: free.append(free_places(places)))
    monkeypatch.setitem(KINDS, "push", kind)
    channel = Channel.objects.create(user=person, kind="push", destination="x", label="x", address="{}")
    url = f"{PAGE}{channel.pk}/test/"
    assert free_places(places) == channel_views.MOST_AT_ONCE

    for _number in range(channel_views.MOST_AT_ONCE):
        assert places.acquire(blocking=False)
    try:
        assertContains(as_person.post(url, follow=True), WAIT)
        assert kind.sent == []
    finally:
        places.release(channel_views.MOST_AT_ONCE)

    # The press that sent nothing does not count.
    assertContains(as_person.post(url, follow=True), "Sent. It should be there within a minute.")
    assertContains(as_person.post(url, follow=True), WAIT)
    assert free == [channel_views.MOST_AT_ONCE - 1]
    assert free_places(places) == channel_views.MOST_AT_ONCE


def free_places(places) -> int:
    taken = 0
    while places.acquire(blocking=False):
        taken += 1
    if taken:
        places.release(taken)
    return taken


def test_adding_is_limited(as_person, ntfy, monkeypatch):
    monkeypatch.setattr(channel_views, "ADD", rate_limits.Limit("reminder-add", 10, 10))
    statuses = [add_ntfy(as_person, ntfy, "same").status_code for _number in range(11)]

    assert statuses == [302] * 10 + [429]


def test_a_thousand_devices_are_refused_with_a_sentence(as_person, person, push_on):
    for number in range(Channel.MOST_PER_PERSON):
        Channel.objects.create(user=person, kind="push", destination="x", address="{}", address_key=str(number))
    sent = json.dumps(Browser().subscription("https://fcm.googleapis.com/x"))
    other = Client()
    other.force_login(make_person())
    other.post(f"{PAGE}push/add/", {"push-subscription": sent})

    answer = as_person.post(f"{PAGE}push/add/", {"push-subscription": sent})

    assertContains(answer, "You have 10 ways to be reminded, as many as there can be.")
    assert person.reminder_channels.count() == Channel.MOST_PER_PERSON
    assert Channel.objects.count() == Channel.MOST_PER_PERSON + 1, "That of another person on this device stays."


@pytest.mark.parametrize("action", ["remove", "test"])
def test_only_the_owner_reaches_a_channel(as_person, ntfy, action):
    add_ntfy(as_person, ntfy)
    stranger = Client()
    stranger.force_login(make_person())

    for pk in (Channel.objects.get().pk, 10**12, 10**30):
        assert stranger.post(f"{PAGE}{pk}/{action}/").status_code == 404
    assert as_person.get(f"{PAGE}{Channel.objects.get().pk}/{action}/").status_code == 405
    assert Channel.objects.count() == 1 and ntfy.asked == []
    assertNotContains(stranger.get(PAGE), "a-topic")


def test_every_form_has_a_token_against_forgery(person, ntfy):
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)

    for path in ("ntfy/add/", "push/add/", "1/remove/", "1/test/"):
        assert client.post(f"{PAGE}{path}").status_code == 403


def test_typed_input_is_kept_after_an_error(as_person, ntfy):
    answer = add_ntfy(as_person, ntfy, "no spaces", **{"ntfy-token": "tk_typed", "ntfy-label": "My phone"})

    assert answer.status_code == 200
    assertContains(answer, "A topic has at most 64 letters")
    for text in ("no spaces", "tk_typed", "My phone"):
        assertContains(answer, f'value="{text}"')


def test_the_page_needs_as_many_queries_for_many_as_for_one(as_person, person, push_on, django_assert_num_queries):
    for total, count in ((1, 1), (10, 9)):
        for number in range(count):
            Channel.objects.create(
                user=person,
                kind="push",
                destination="x",
                label="A phone",
                address="{}",
                address_key=f"{count} {number}",
            )
        with django_assert_num_queries(2):  # The person and the channels.
            assert as_person.get(PAGE).content.count(b'<span class="name">A phone') == total


def test_the_time_of_the_last_one_is_by_the_clock_of_the_person(as_person, person, push_on):
    sent_at = timezone.datetime(2026, 5, 4, 16, 30, tzinfo=timezone.get_fixed_timezone(0))
    Channel.objects.create(user=person, kind="push", destination="x", label="A phone", address="{}", sent_at=sent_at)

    assertContains(as_person.get(PAGE), "12:30")
