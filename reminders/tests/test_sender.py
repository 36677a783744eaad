"""Rounds of the sender: what is claimed, queued and sent, and what is not."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from logs.tests.factories import make_log
from reflections.models import WeeklyReflection
from reminders import channels
from reminders.channels import SendingError
from reminders.models import Channel, Delivery, Plan, SenderState
from reminders.plans import replan, replan_all
from reminders.sender import Sender, deliver, run_round
from reminders.tests.factories import RecordingKind, make_reminded, make_session, remind

pytestmark = pytest.mark.django_db

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = datetime.date(2026, 5, 4)
TIMES = {"midday": "12:00", "evening": "21:00"}


def at(text: str, day: datetime.date = MONDAY) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time.fromisoformat(text), NEW_YORK)


@pytest.fixture
def clock():
    with time_machine.travel(at("11:00"), tick=False) as clock:
        yield clock


@pytest.fixture
def kind(monkeypatch):
    kind = RecordingKind()
    monkeypatch.setitem(channels.KINDS, "push", kind)
    return kind


def round_and_send(clock, text: str, day: datetime.date = MONDAY) -> int:
    """A round at this time, whose deliveries are all sent. Returns how many were queued."""
    clock.move_to(at(text, day))
    queued = run_round().queued
    for pk in Delivery.objects.waiting(timezone.now()).values_list("pk", flat=True):
        deliver(pk)
    return queued


def test_what_is_due_is_sent_once_on_each_channel(clock, person, kind):
    remind(person, TIMES, channels=2)

    assert round_and_send(clock, "11:59") == 0
    assert round_and_send(clock, "12:00") == 2
    assert round_and_send(clock, "12:01") == 0

    assert [title for _pk, title in kind.sent] == ["Time for your log"] * 2
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
    assert Plan.objects.get().next_at == at("21:00")


def test_the_words_are_plain_if_the_person_chose_so(clock, person, kind):
    remind(person, {"midday": "12:00", "week": "12:00"}, words="plain")

    round_and_send(clock, "12:00")

    assert sorted(title for _pk, title in kind.sent) == ["Midday check-in", "Your week in review"]


def test_it_is_repeated_until_the_check_in_is_begun(clock, person, as_person, kind):
    remind(person, TIMES, repeat_minutes=10, repeats=6)

    for time in ("12:00", "12:10"):
        assert round_and_send(clock, time) == 1
    as_person.post(f"/logs/{MONDAY}/midday/", {"focus_level": "4"})
    assert round_and_send(clock, "12:20") == 0
    assert round_and_send(clock, "21:00") == 1


def test_a_reflection_that_is_begun_ends_its_reminders(clock, person, kind):
    remind(person, {"week": "12:00"})
    WeeklyReflection.objects.create(user=person, week_start=MONDAY - datetime.timedelta(days=1), week_rating=4)

    assert round_and_send(clock, "12:00") == 0


def test_none_on_a_day_that_is_not_tracked(clock, person, kind):
    remind(person, TIMES)
    make_log(user=person, date=MONDAY, not_tracked="ill")

    assert round_and_send(clock, "12:00") == 0


def test_none_for_an_account_that_is_inactive(clock, person, kind):
    remind(person, TIMES)
    type(person).objects.filter(pk=person.pk).update(is_active=False)

    assert round_and_send(clock, "12:00") == 0


def test_none_without_a_session_of_the_last_thirty_days(clock, person, kind):
    remind(person, TIMES, session=False)

    assert round_and_send(clock, "12:00") == 0
    make_session(person, seen_at=timezone.now() - datetime.timedelta(days=31))
    assert round_and_send(clock, "21:00") == 0
    person.sessions.update(seen_at=timezone.now() - datetime.timedelta(days=29))
    assert round_and_send(clock, "12:00", MONDAY + datetime.timedelta(days=1)) == 1


def test_none_while_paused_by_either_pause(clock, person, kind):
    remind(person, TIMES)
    person.reminders_paused_until = MONDAY + datetime.timedelta(days=1)
    type(person).objects.filter(pk=person.pk).update(reminders_paused_until=person.reminders_paused_until)
    replan(person)
    assert Plan.objects.get().next_at == at("12:00", MONDAY + datetime.timedelta(days=1))

    person.notices_paused_until = MONDAY + datetime.timedelta(days=2)
    person.save(update_fields=["notices_paused_until"])
    assert Plan.objects.get().next_at == at("12:00", MONDAY + datetime.timedelta(days=2))


def test_a_check_in_that_is_off_is_not_reminded_of(clock, person, kind, as_person):
    remind(person, TIMES)

    as_person.post("/logs/questions/", {"check_in": "midday", "midday": "off"})

    assert Plan.objects.get().next_at == at("21:00")


def test_another_zone_moves_what_is_next(clock, person, kind):
    remind(person, TIMES)
    person.timezone = "Europe/Berlin"

    person.save(update_fields=["timezone"])

    assert Plan.objects.get().next_at == datetime.datetime.combine(MONDAY, datetime.time(21), ZoneInfo("Europe/Berlin"))


def test_after_hours_without_a_sender_one_is_sent_of_what_is_open(clock, person, kind):
    remind(person, {"morning": "07:00"} | TIMES, repeat_minutes=10, repeats=6)

    assert round_and_send(clock, "14:00") == 1
    assert Delivery.objects.get().slug == "midday"
    assert Plan.objects.get().next_at == at("21:00")


def test_what_was_settled_or_late_is_not_sent(clock, person, kind):
    remind(person, TIMES)
    clock.move_to(at("12:00"))
    run_round()
    [pk] = Delivery.objects.values_list("pk", flat=True)

    clock.move_to(at("21:00"))

    assert deliver(pk) is None
    assert kind.sent == []


def test_a_delivery_that_another_sender_took_is_not_sent_again(clock, person, kind):
    remind(person, TIMES)
    clock.move_to(at("12:00"))
    run_round()
    [pk] = Delivery.objects.values_list("pk", flat=True)

    assert deliver(pk).state == "sent"
    assert deliver(pk) is None
    assert len(kind.sent) == 1


def test_a_clock_that_jumps_back_sends_nothing_twice(clock, person, kind):
    remind(person, TIMES)
    round_and_send(clock, "12:00")
    clock.move_to(at("11:00"))
    replan_all()
    replan(person)

    assert round_and_send(clock, "12:00") == 1  # Queued again, and refused by the row that is there.
    assert len(kind.sent) == 1


def test_a_failing_channel_waits_longer_each_time(clock, person, kind):
    [channel] = remind(person, TIMES, repeat_minutes=10, repeats=6)

    def fail(channel):
        raise SendingError("timeout")

    kind.fail = fail
    assert round_and_send(clock, "12:00") == 1
    assert round_and_send(clock, "12:10") == 1
    channel.refresh_from_db()
    assert (channel.failures, channel.last_error) == (2, "timeout")
    assert channel.retry_at == at("12:15")
    kind.fail = None
    assert round_and_send(clock, "12:20") == 1
    channel.refresh_from_db()
    assert (channel.failures, channel.last_error, channel.retry_at) == (0, "", None)


def test_a_channel_whose_address_is_gone_is_removed(clock, person, kind):
    remind(person, TIMES)

    def fail(channel):
        raise SendingError("http 410", is_gone=True)

    kind.fail = fail
    round_and_send(clock, "12:00")

    assert not Channel.objects.exists()


def test_an_error_of_a_library_is_a_failure(clock, person, kind, caplog):
    remind(person, TIMES)

    def fail(channel):
        raise ValueError("https://push.example.org/secret")

    kind.fail = fail
    round_and_send(clock, "12:00")

    assert Delivery.objects.get().state == "failed"
    assert "secret" not in caplog.text


def test_a_round_needs_as_many_queries_for_one_as_for_many(clock, kind):
    make_reminded({"midday": "12:00"})
    for _number in range(30):
        make_reminded({"evening": "21:00"})
    run_round()  # Makes the row of the sender's state.

    counts = []
    for time, people in (("12:00", 1), ("21:00", 30)):
        clock.move_to(at(time))
        with CaptureQueriesContext(connection) as queries:
            assert run_round().queued == people
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_a_round_records_that_a_sender_runs(clock):
    assert not SenderState.is_running(timezone.now())
    run_round()
    assert SenderState.is_running(timezone.now())
    clock.shift(datetime.timedelta(minutes=6))
    assert not SenderState.is_running(timezone.now())


@pytest.mark.django_db(transaction=True)
def test_the_threads_of_a_sender_send_everything_that_waits(clock, person, kind):
    remind(person, TIMES, channels=5)
    clock.move_to(at("12:00"))
    run_round()
    sender = Sender()

    assert sender.send_waiting() == 5
    assert sender.send_waiting() == 0
    assert sender.wait(30)

    assert len(kind.sent) == 5
    assert not Delivery.objects.exclude(state="sent").exists()
