"""Rounds of the sender: what is claimed, queued and sent, and what is not."""

import datetime
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.utils import ConnectionHandler
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from brainlog.database.urls import database_from_url
from brainlog.reminder_servers import parse_servers
from logs.tests.factories import make_log
from operations.log_formatters import JsonFormatter
from operations.tests.log_capture import lines_during
from reflections.models import WeeklyReflection
from reminders import channels, rounds, sender as sender_module
from reminders.channel_views import message_now
from reminders.channels import SendingError
from reminders.email import switch_on
from reminders.messages import message_for
from reminders.models import Channel, Delivery, Plan, SenderState
from reminders.plans import replan, replan_all, skip_overdue
from reminders.rounds import Round, run_round
from reminders.sender import MOST_FAILURES, Destination, Sender, deliver
from reminders.tests.factories import RecordingKind, make_reminded, make_session, remind
from reminders.tests.push_service import Browser
from reminders.tests.servers import http_server
from reminders.tests.smtp_server import mail_server
from testing.gunicorn import ROOT
from testing.postgres import throwaway_cluster
from testing.waiting import wait_until

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


def test_none_on_a_day_of_one_question(clock, person, kind):
    remind(person, TIMES)
    person.ask_one_question_on(MONDAY)

    assert round_and_send(clock, "12:00") == 0
    assert round_and_send(clock, "12:00", MONDAY + datetime.timedelta(days=1)) == 1


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


@pytest.mark.parametrize(("days", "queued"), [(29, 1), (31, 0)])
def test_who_saved_answers_in_the_last_thirty_days_is_here(clock, person, kind, days, queued):
    """By a session that has ended since, and is in no table any more."""
    remind(person, TIMES, session=False)
    saved_at = timezone.now() - datetime.timedelta(days=days)
    type(person).objects.filter(pk=person.pk).update(answers_saved_at=saved_at, last_login=None)

    assert round_and_send(clock, "12:00") == queued


@pytest.mark.parametrize(("days", "queued"), [(29, 1), (31, 0)])
def test_who_logged_in_in_the_last_thirty_days_is_here(clock, person, kind, days, queued):
    remind(person, TIMES, session=False)
    type(person).objects.filter(pk=person.pk).update(last_login=timezone.now() - datetime.timedelta(days=days))

    assert round_and_send(clock, "12:00") == queued


@pytest.mark.parametrize(("minutes", "queued"), [(1, 1), (-1, 0)])
def test_a_session_that_has_expired_is_no_visit(clock, person, kind, minutes, queued):
    """Its row stays until the next cleaning."""
    remind(person, TIMES)
    person.sessions.update(expire_date=at("12:00") + datetime.timedelta(minutes=minutes))

    assert round_and_send(clock, "12:00") == queued


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


def instant(text: str, zone: str, day: datetime.date = MONDAY) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time.fromisoformat(text), ZoneInfo(zone))


def minutes_with_reminders(clock, start: datetime.datetime, end: datetime.datetime) -> list[datetime.datetime]:
    """The instants, to a quarter of an hour, at which something is sent."""
    found, now = [], start
    while now <= end:
        before = Delivery.objects.filter(state="sent").count()
        local = now.astimezone(NEW_YORK)
        round_and_send(clock, local.time().isoformat(), local.date())
        found += [now] * (Delivery.objects.filter(state="sent").count() - before)
        now += datetime.timedelta(minutes=15)
    return found


def live_in(person, zone: str):
    person.timezone = zone
    person.save(update_fields=["timezone"])


@pytest.mark.parametrize(
    ("home", "away", "left_at"),
    [("Pacific/Kiritimati", "Pacific/Honolulu", "07:30"), ("Europe/Berlin", "Europe/London", "07:15")],
)
def test_a_journey_to_the_west_does_not_repeat_the_morning(clock, person, kind, home, away, left_at):
    clock.move_to(instant("05:00", home))
    remind(person, {"morning": "07:00"})
    type(person).objects.filter(pk=person.pk).update(timezone=home)
    person.refresh_from_db()
    replan(person)
    assert minutes_with_reminders(clock, instant("05:00", home), instant(left_at, home)) == [instant("07:00", home)]

    live_in(person, away)

    tomorrow = MONDAY + datetime.timedelta(days=1)
    found = minutes_with_reminders(clock, instant(left_at, home), instant("12:00", away, tomorrow))
    assert found == [instant("07:00", away, tomorrow)]


def test_the_repetitions_that_are_left_come_after_a_journey_to_the_west(clock, person, kind):
    """Of four in all, two were sent in Berlin, and two are in London."""
    clock.move_to(instant("05:00", "Europe/Berlin"))
    remind(person, {"morning": "07:00"}, repeat_minutes=15, repeats=3)
    change(person, timezone="Europe/Berlin")
    left = instant("07:20", "Europe/Berlin")
    assert len(minutes_with_reminders(clock, instant("06:00", "Europe/Berlin"), left)) == 2

    live_in(person, "Europe/London")

    found = minutes_with_reminders(clock, instant("06:30", "Europe/London"), instant("12:00", "Europe/London"))
    assert found == [instant(time, "Europe/London") for time in ("07:30", "07:45")]


def test_what_waits_for_a_server_during_a_journey_to_the_west_is_sent_there_once(clock, person, kind):
    """Its server was down all the time: the row that waits stands for the reminder that is due again."""
    clock.move_to(instant("05:00", "Europe/Berlin"))
    remind(person, TIMES)
    change(person, timezone="Europe/Berlin")
    clock.move_to(instant("12:00", "Europe/Berlin"))
    assert run_round().queued == 1
    live_in(person, "Europe/London")
    clock.move_to(instant("12:00", "Europe/London"))
    run_round()

    for pk in Delivery.objects.values_list("pk", flat=True):
        deliver(pk)

    assert len(kind.sent) == 1


def test_a_time_that_is_moved_to_later_is_reminded_of_again(clock, person, kind):
    remind(person, {"midday": "12:00"})
    assert round_and_send(clock, "12:00") == 1

    change(person, check_in_times={"midday": {"at": "14:00", "weekdays": list(range(7))}})

    assert round_and_send(clock, "14:00") == 1
    assert len(kind.sent) == 2


def test_after_a_snooze_all_repetitions_come_again(clock, person, as_person, kind):
    remind(person, {"midday": "12:00"}, repeat_minutes=10, repeats=1)
    for time in ("12:00", "12:10"):
        assert round_and_send(clock, time) == 1
    as_person.post("/accounts/reminders/snooze/", {"for": "15"})

    assert [round_and_send(clock, time) for time in ("12:20", "12:25", "12:30", "12:35", "12:45")] == [0, 1, 0, 1, 0]
    assert len(kind.sent) == 4


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


def test_to_an_address_that_is_gone_nothing_more_is_sent(clock, person, kind):
    """The channel stays: its browser may have another address already, and sends it at the next visit."""
    [channel] = remind(person, TIMES)
    facts = {"day": MONDAY, "due_at": at("11:00"), "worth_until": at("23:00")}
    Delivery.objects.create(channel=channel, slug="evening", **facts)

    def fail(channel):
        raise SendingError("http 410", is_gone=True)

    kind.fail = fail
    clock.move_to(at("12:00"))
    run_round(timezone.now())
    deliver(Delivery.objects.get(slug="midday").pk)

    assert [delivery.state for delivery in Delivery.objects.all()] == ["failed"]
    channel.refresh_from_db()
    assert (channel.last_error, channel.failures) == ("gone", 1)
    assert round_and_send(clock, "23:30") == 0
    assert not Channel.objects.usable(at("23:30") + datetime.timedelta(days=30)).exists()


def test_an_error_of_a_library_is_a_failure(clock, person, kind, caplog):
    remind(person, TIMES)

    def fail(channel):
        raise ValueError("https://push.example.org/secret")

    kind.fail = fail
    round_and_send(clock, "12:00")

    assert Delivery.objects.get().state == "failed"
    assert lines_of_sender(caplog) == ["A reminder by push failed: ValueError."]


def test_a_failure_has_a_line_of_the_log_without_any_address(clock, person, kind):
    [channel] = remind(person, TIMES)
    channel.label, channel.address = "My phone", "https://push.example.org/secret"
    channel.save()

    def fail(channel):
        raise SendingError("http 403")

    kind.fail = fail
    lines = lines_during(lambda: round_and_send(clock, "12:00"), JsonFormatter())

    [line] = [json.loads(line) for line in lines if "failed" in line]
    assert (line["level"], line["message"]) == ("WARNING", "A reminder by push failed: http 403.")
    for secret in ("secret", "example.org", "My phone", person.username):
        assert not any(secret in line for line in lines)


def test_a_failure_on_request_has_the_same_line(as_person, person, kind, caplog):
    [channel] = remind(person, TIMES)

    def fail(channel):
        raise SendingError("timeout")

    kind.fail = fail
    as_person.post(f"/accounts/reminders/channels/{channel.pk}/test/")

    assert lines_of_sender(caplog) == ["A reminder by push failed: timeout."]


def test_a_login_that_ended_is_no_failure_for_the_operator(clock, person, kind, caplog):
    remind(person, TIMES)

    def fail(channel):
        raise SendingError("logged out")

    kind.fail = fail
    round_and_send(clock, "12:00")

    assert Delivery.objects.get().error == "logged out"
    assert lines_of_sender(caplog) == []


def lines_of_sender(caplog) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "reminders.sender"]


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


# ── Right before sending ──────────────────────────────────────────────────────────────────────────


def queued(clock, person, text: str = "12:00", **options) -> int:
    """The key of a delivery of this person that waits."""
    remind(person, TIMES, **options)
    clock.move_to(at(text))
    assert run_round().queued == 1
    return Delivery.objects.get(state="queued").pk


def change(person, **facts):
    type(person).objects.filter(pk=person.pk).update(**facts)
    person.refresh_from_db()
    replan(person)


@pytest.mark.parametrize(
    "facts",
    [
        {"is_active": False},
        {"reminders_paused_until": MONDAY + datetime.timedelta(days=1)},
        {"notices_paused_until": MONDAY + datetime.timedelta(days=1)},
        {"question_choices": {"off": {"midday": []}}},
        {"timezone": "Europe/Berlin"},
        {"check_in_times": {"midday": {"at": "12:00", "weekdays": [1]}}},
        {"check_in_times": {"midday": {"at": "13:00", "weekdays": [0]}}},
    ],
    ids=["account", "pause", "notices", "switched off", "zone", "weekdays", "time"],
)
def test_what_the_person_changed_since_it_was_queued_counts(clock, person, kind, facts):
    pk = queued(clock, person)
    change(person, **facts)

    assert deliver(pk) is None
    assert kind.sent == []
    assert not Delivery.objects.exists()  # It failed nowhere, and nothing waits.


def test_a_check_in_that_was_begun_since_is_not_reminded_of(clock, person, as_person, kind):
    pk = queued(clock, person)
    as_person.post(f"/logs/{MONDAY}/midday/", {"focus_level": "4"})

    assert deliver(pk) is None
    assert kind.sent == []


def test_a_snooze_between_the_claim_and_the_sending_moves_the_reminder(clock, person, kind):
    pk = queued(clock, person)
    Plan.objects.update(snoozed_until=at("12:15"))
    replan(person)

    assert deliver(pk) is None
    assert round_and_send(clock, "12:14") == 0
    assert round_and_send(clock, "12:15") == 1
    assert len(kind.sent) == 1


def test_of_reminders_of_a_check_in_that_wait_the_last_is_sent(clock, person, kind):
    remind(person, TIMES, repeat_minutes=10, repeats=6)
    for time in ("12:00", "12:10", "12:20"):
        clock.move_to(at(time))
        assert run_round().queued == 1

    for pk in Delivery.objects.order_by("-pk").values_list("pk", flat=True):
        deliver(pk)

    assert len(kind.sent) == 1
    assert Delivery.objects.get().due_at == at("12:20")


@pytest.mark.django_db(transaction=True)
def test_a_reminder_that_cannot_be_made_stops_no_other(clock, person, kind, monkeypatch):
    poison = queued(clock, person)
    make_reminded(TIMES)
    Plan.objects.exclude(pk=person.pk).update(next_at=at("12:00"))

    def message(delivery, words):
        if delivery.pk == poison:
            raise OverflowError
        return message_for(delivery, words)

    monkeypatch.setattr("reminders.sender.message_for", message)
    run_round()
    sender = Sender()
    sender.send_waiting()
    assert sender.wait(30)

    assert len(kind.sent) == 1
    assert Delivery.objects.get(pk=poison).error == "OverflowError"


def test_a_channel_that_is_removed_while_it_is_sent_to_is_no_failure(clock, person, kind):
    pk = queued(clock, person)
    kind.fail = lambda channel: Channel.objects.all().delete()

    assert deliver(pk).state == "sent"


def test_two_neutral_reminders_at_once_are_one(clock, person, kind):
    remind(person, {"midday": "12:00", "week": "12:00"})

    assert round_and_send(clock, "12:00") == 1


def test_logging_out_ends_no_reminders(clock, person, as_person, kind):
    remind(person, TIMES, session=False)
    as_person.post("/accounts/logout/")
    assert not person.sessions.exists()

    assert round_and_send(clock, "12:00") == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("code", ["disconnected", "smtp 421", "no http"])
def test_a_server_that_fails_at_all_is_bypassed(clock, kind, code):
    def fail(channel):
        raise SendingError(code)

    for _number in range(6):
        make_reminded({"midday": "12:00"})
    clock.move_to(at("12:00"))
    run_round()
    kind.fail = fail
    sender = Sender()
    sender.send_waiting()
    assert sender.wait(30)

    assert Delivery.objects.filter(state="queued").count() == 3


def test_what_waited_for_too_long_is_settled_as_late(clock, person, kind):
    queued(clock, person)
    clock.move_to(at("21:00"))
    run_round()

    delivery = Delivery.objects.get(slug="midday")
    assert (delivery.state, delivery.error) == ("failed", "late")
    assert Delivery.objects.waiting(timezone.now()).get().slug == "evening"


def test_what_a_killed_sender_was_sending_is_settled_and_never_sent_again(clock, person, kind):
    pk = queued(clock, person)
    assert Delivery.objects.start(pk, timezone.now())

    assert deliver(pk) is None
    clock.shift(datetime.timedelta(minutes=4))
    assert Delivery.objects.settle_lost(timezone.now()) == 0
    clock.shift(datetime.timedelta(minutes=2))
    assert Delivery.objects.settle_lost(timezone.now()) == 1
    assert deliver(pk) is None
    assert kind.sent == []
    assert (Delivery.objects.get().state, Delivery.objects.get().error) == ("failed", "unknown")


def test_old_deliveries_are_deleted_in_batches(clock, person, kind):
    remind(person, {"midday": "12:00"})
    for number in range(3):
        round_and_send(clock, "12:00", MONDAY + datetime.timedelta(days=number))
    clock.move_to(at("12:01", MONDAY + datetime.timedelta(days=31)))

    assert Delivery.objects.delete_old(timezone.now(), limit=1) == 1
    assert Delivery.objects.delete_old(timezone.now()) == 1
    assert Delivery.objects.delete_old(timezone.now()) == 0
    assert Delivery.objects.get().day == MONDAY + datetime.timedelta(days=2)


# ── Claims ────────────────────────────────────────────────────────────────────────────────────────


def test_a_plan_that_cannot_be_computed_does_not_stop_the_others(clock, kind, monkeypatch, caplog):
    broken, other = make_reminded(TIMES), make_reminded(TIMES)
    rhythm_of = rounds.rhythm_of

    def fail(plan, person):
        if person == broken:
            raise OverflowError
        return rhythm_of(plan, person)

    monkeypatch.setattr(rounds, "rhythm_of", fail)

    assert round_and_send(clock, "12:00") == 1
    assert Delivery.objects.get().user == other
    assert Plan.objects.get(user=broken).next_at == at("12:00", MONDAY + datetime.timedelta(days=1))
    assert f"person {broken.pk}" in caplog.text


def test_a_round_ends_if_a_claim_is_lost(clock, person, kind, monkeypatch):
    remind(person, TIMES)
    clock.move_to(at("12:00"))
    monkeypatch.setattr(type(Plan.objects.all()), "claim", lambda self, plans, next_times: set())

    assert run_round() == Round()


def test_after_a_restore_nothing_that_may_have_been_sent_is_sent(clock, person, kind):
    queued(clock, person)
    other = make_reminded(TIMES)
    Plan.objects.filter(user=other).update(next_at=at("12:00"))
    clock.move_to(at("14:00"))

    assert skip_overdue() == 1
    assert run_round() == Round()
    assert Plan.objects.get(user=other).next_at == at("21:00")
    assert not Delivery.objects.waiting(timezone.now()).exists()


def test_the_plan_follows_from_changes_that_others_have_stored(clock, person, kind):
    """Two pages, each with a person as it was before the other page's change."""
    remind(person, TIMES)
    stale = type(person).objects.get(pk=person.pk)
    change(person, timezone="Europe/Berlin")
    stale.day_ends_at = 2

    stale.save(update_fields=["day_ends_at"])

    assert Plan.objects.get().next_at == datetime.datetime.combine(MONDAY, datetime.time(21), ZoneInfo("Europe/Berlin"))


def test_plans_without_a_next_time_are_computed_too(clock, person, kind):
    remind(person, TIMES)
    Plan.objects.update(next_at=None)

    assert replan_all() == 1
    assert Plan.objects.get().next_at == at("12:00")


@pytest.mark.django_db(transaction=True)
def test_a_change_of_settings_waits_for_a_claim_and_is_not_overwritten(clock, person, kind, monkeypatch):
    """The times change after the claim has read them, and before it is committed."""
    remind(person, {"midday": "12:00", "evening": "21:00"})
    clock.move_to(at("12:00"))
    occurrence_of, changes = rounds.occurrence_of, []

    def change_times():
        try:
            own = type(person).objects.get(pk=person.pk)
            with transaction.atomic():
                change(
                    own, check_in_times=own.check_in_times | {"evening": {"at": "20:00", "weekdays": list(range(7))}}
                )
        finally:
            connection.close()

    def slow(*args):
        found = occurrence_of(*args)
        if not changes:
            changes.append(threading.Thread(target=change_times))
            changes[0].start()
            changes[0].join(0.5)
        return found

    monkeypatch.setattr(rounds, "occurrence_of", slow)
    assert run_round().queued == 1
    changes[0].join(30)

    assert Plan.objects.get().next_at == at("20:00")


# ── The database while a server is waited for ─────────────────────────────────────────────────────


class OrderedKind(RecordingKind):
    """Records when it is prepared and when it sends."""

    def __init__(self, calls: list[str]):
        super().__init__(fail=lambda channel: calls.append("send"))
        self.calls = calls

    def prepare(self, channel):
        self.calls.append("prepare")


@pytest.fixture
def calls(monkeypatch) -> list[str]:
    calls = []
    monkeypatch.setitem(channels.KINDS, "push", OrderedKind(calls))
    monkeypatch.setattr(sender_module, "return_to_pool", lambda: calls.append("return"))
    return calls


def test_the_connection_is_returned_after_the_checks_and_before_the_network(clock, person, calls):
    remind(person, TIMES)

    round_and_send(clock, "12:00")

    assert calls == ["prepare", "return", "send"]


def test_a_message_on_request_holds_no_connection_either(as_person, person, calls):
    [channel] = remind(person, TIMES)

    as_person.post(f"/accounts/reminders/channels/{channel.pk}/test/")

    assert calls == ["prepare", "return", "send"]


@pytest.mark.once
def test_others_have_the_connection_while_a_server_is_waited_for(monkeypatch):
    """The pool has one connection, which the checks have used."""
    with throwaway_cluster() as cluster, ThreadPoolExecutor(1) as other_thread:
        url = f"{cluster.url}?connection_limit=1&pool_timeout=0.5"
        pooled = ConnectionHandler({"default": database_from_url(url, ROOT)})

        def ask(channel):
            with pooled["default"].cursor() as cursor:
                cursor.execute("SELECT 1")

        def ask_and_return(channel):
            try:
                ask(channel)
            finally:
                pooled["default"].close()

        kind = RecordingKind(fail=lambda channel: other_thread.submit(ask_and_return, channel).result())
        kind.prepare = ask
        monkeypatch.setitem(channels.KINDS, "push", kind)
        monkeypatch.setattr(sender_module, "connection", pooled["default"])
        try:
            assert sender_module.send(Channel(pk=1, kind="push"), message_now()) is None
        finally:
            pooled["default"].close()
            pooled["default"].close_pool()

    assert len(kind.sent) == 1


def test_what_the_checks_refuse_is_not_sent(clock, person, calls):
    remind(person, TIMES)

    def refuse(channel):
        raise SendingError("logged out")

    channels.KINDS["push"].prepare = refuse
    round_and_send(clock, "12:00")

    assert calls == []
    assert Delivery.objects.get().error == "logged out"


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
def test_a_database_that_fails_is_no_failure_of_a_channel(clock, person, calls, error):
    remind(person, TIMES)
    clock.move_to(at("12:00"))
    run_round()

    def fail(channel):
        raise error

    channels.KINDS["push"].prepare = fail
    with pytest.raises(error):
        deliver(Delivery.objects.get().pk)

    assert Channel.objects.get().failures == 0


def test_no_kind_uses_the_database_while_it_sends(as_person, person, service, settings, django_assert_num_queries):
    """With a pool, it would take a connection and hold it as long as the server hangs."""
    settings.HAS_EMAIL = True
    switch_on(person, "maria@example.org")
    EmailAddress.objects.create(user=person, email="maria@example.org", verified=True, primary=True)
    page = "/accounts/reminders/channels/"
    as_person.post(f"{page}push/add/", {"push-subscription": json.dumps(Browser().subscription(service.endpoint))})
    with http_server() as server, mail_server(settings) as mails:
        server.will_answer(200, b'{"id": "1"}')
        settings.REMINDER_SERVERS = parse_servers([f"{kind}+{server.origin}" for kind in ("ntfy", "gotify")])
        as_person.post(f"{page}ntfy/add/", {"ntfy-server": str(server.origin), "ntfy-topic": "a-topic"})
        as_person.post(f"{page}gotify/add/", {"gotify-server": str(server.origin), "gotify-token": "a-token"})
        stored = Channel.objects.order_by("pk")
        assert {each.kind for each in stored} == channels.KINDS.keys()
        for channel in stored:
            kind = channels.KINDS[channel.kind]
            kind.prepare(channel)
            with django_assert_num_queries(0):
                kind.send(channel, message_now())

    assert (len(service.asked), len(server.asked), len(mails.mails)) == (1, 2, 1)


# ── Threads ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def sender():
    sender = Sender(threads=4, most_threads=8)
    yield sender
    assert sender.stop(30)


def on(channels_of_person, destination: str):
    Channel.objects.filter(pk__in=[each.pk for each in channels_of_person]).update(destination=destination)


@pytest.mark.django_db(transaction=True)
def test_the_threads_of_a_sender_send_everything_that_waits(clock, person, kind, sender):
    remind(person, TIMES, channels=5)
    clock.move_to(at("12:00"))
    run_round()

    assert sender.send_waiting() == 5
    assert sender.send_waiting() == 0
    assert sender.wait(30)

    assert len(kind.sent) == sender.sent == 5
    assert not Delivery.objects.exclude(state="sent").exists()
    assert sender.in_hand() == 0


@pytest.mark.django_db(transaction=True)
def test_a_server_that_hangs_delays_no_other(clock, person, kind, sender):
    """Both channels of one person: the one on the healthy server gets its reminder while the other one hangs."""
    hanging, healthy = remind(person, TIMES, channels=2)
    on([hanging], "hanging.example.org")
    is_over, is_hanging = threading.Event(), threading.Event()

    def hang(channel):
        if channel.pk == hanging.pk:
            is_hanging.set()
            assert is_over.wait(30)

    kind.fail = hang
    clock.move_to(at("12:00"))
    run_round()
    sender.send_waiting()
    assert is_hanging.wait(30)
    wait_until(lambda: kind.sent)

    assert [pk for pk, _title in kind.sent] == [healthy.pk]
    assert not sender.wait(0)
    is_over.set()
    assert sender.wait(30)
    assert len(kind.sent) == 2


@pytest.mark.django_db(transaction=True)
def test_many_servers_that_hang_have_half_of_the_threads(clock, kind, sender):
    is_over, hanging, lock = threading.Event(), [], threading.Lock()
    for number in range(10):
        on(make_reminded(TIMES).reminder_channels.all(), f"hanging-{number}.example.org")
    healthy = make_reminded(TIMES, channels=10)

    def hang(channel):
        if channel.user_id != healthy.pk:
            with lock:
                hanging.append(channel.pk)
            assert is_over.wait(30)

    kind.fail = hang
    clock.move_to(at("12:00"))
    run_round()
    # The healthy one is known to answer: it has sent before.
    sender.destinations["push.example.org"] = Destination("push.example.org", is_proven=True, failures=1)
    sender.send_waiting()
    wait_until(lambda: len(kind.sent) == 10)

    assert len(hanging) <= 4
    is_over.set()
    assert sender.wait(30)
    assert len(kind.sent) == 20


@pytest.mark.django_db(transaction=True)
def test_a_server_that_fails_is_bypassed_and_gets_the_rest_when_it_answers(clock, kind, sender, caplog):
    for _number in range(10):
        make_reminded(TIMES)

    def fail(channel):
        raise SendingError("timeout")

    kind.fail = fail
    clock.move_to(at("12:00"))
    run_round()
    assert sender.send_waiting() == 10
    assert sender.wait(30)

    assert (sender.failed, sender.sent) == (MOST_FAILURES, 0)
    assert Delivery.objects.filter(state="queued").count() == 10 - MOST_FAILURES
    assert caplog.text.count("bypassed") == 1
    assert sender.send_waiting() == 0
    kind.fail = None
    sender.destinations["push.example.org"].breaker.close()  # Its time is over.
    assert sender.send_waiting() == 10 - MOST_FAILURES
    assert sender.wait(30)
    assert len(kind.sent) == 10 - MOST_FAILURES


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("code", "is_gone"), [("http 404", True), ("http 429", False)])
def test_addresses_of_one_person_that_fail_do_not_bypass_a_server(clock, person, kind, sender, code, is_gone):
    wrong = {each.pk for each in remind(person, TIMES, channels=10)}
    make_reminded(TIMES)

    def fail(channel):
        if channel.pk in wrong:
            raise SendingError(code, is_gone=is_gone)

    kind.fail = fail
    clock.move_to(at("12:00"))
    run_round()
    sender.send_waiting()
    assert sender.wait(30)

    assert (sender.failed, sender.sent) == (10, 1)


@pytest.mark.django_db(transaction=True)
def test_at_the_end_what_waits_is_left_to_the_next_sender(clock, person, kind):
    remind(person, TIMES, channels=5)
    is_over, is_hanging = threading.Event(), threading.Event()

    def hang(channel):
        is_hanging.set()
        assert is_over.wait(30)

    kind.fail = hang
    clock.move_to(at("12:00"))
    run_round()
    sender = Sender()
    sender.send_waiting()
    assert is_hanging.wait(30)
    assert not sender.stop(0)
    is_over.set()
    assert sender.stop(30)

    assert len(kind.sent) == 1
    other = Sender()
    assert other.send_waiting() == 4
    assert other.wait(30)
    assert len(kind.sent) == 5


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_each_reminder_once(clock, kind):
    for _number in range(60):
        make_reminded(TIMES)
    clock.move_to(at("12:00"))
    start, rounds = threading.Barrier(2), []

    def work():
        try:
            sender = Sender(threads=2)
            start.wait(30)
            rounds.append(run_round())
            sender.send_waiting()
            sender.wait(60)
        finally:
            connection.close()

    senders = [threading.Thread(target=work) for _number in range(2)]
    for each in senders:
        each.start()
    for each in senders:
        each.join(90)

    assert sum(each.queued for each in rounds) == 60
    assert sorted(pk for pk, _title in kind.sent) == sorted(Channel.objects.values_list("pk", flat=True))
