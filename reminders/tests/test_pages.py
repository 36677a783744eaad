"""The page of reminders: times, repetitions, quiet hours, pauses, snoozes; and the badge of Today."""

import datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from logs.check_in_times import check_in_times
from logs.tests.conftest import NEW_YORK
from reminders.models import Plan
from reminders.tests.factories import remind

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PAGE = "/accounts/reminders/"
MONDAY = datetime.date(2026, 5, 4)
EVERY_DAY = [str(day) for day in range(7)]
USUAL = {
    **{f"{slug}-time": at for slug, at in {"morning": "07:00", "medication": "09:00", "midday": "11:00"}.items()},
    **{"afternoon-time": "15:00", "evening-time": "20:00", "week-time": "18:00"},
    **{f"{slug}-days": EVERY_DAY for slug in ("morning", "medication", "midday", "afternoon", "evening")},
    **{"week-day": "5", "repeat-every": "15", "repeat-times": "0", "words": "neutral"},
}


@pytest.fixture
def clock():
    with time_machine.travel(datetime.datetime(2026, 5, 4, 10, 30, tzinfo=NEW_YORK), tick=False) as clock:
        yield clock


def at(time: str, day: datetime.date = MONDAY) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time.fromisoformat(time), NEW_YORK)


def test_good_times_are_offered_and_nothing_is_stored_before_they_are_chosen(clock, as_person, person):
    page = as_person.get(PAGE).content.decode()

    assert 'name="morning-time" value="07:00"' in page
    assert "Remind me at these times" in page and "Later" in page
    assert User.objects.get(pk=person.pk).check_in_times is None
    assert not Plan.objects.exists()


def test_times_are_stored_with_the_next_reminder(clock, as_person, person):
    response = as_person.post(PAGE, USUAL | {"evening-time": "21:30", "evening-days": ["0", "4"], "repeat-times": "3"})

    assert response.status_code == 302
    evening = check_in_times(User.objects.get(pk=person.pk).check_in_times)["evening"]
    assert (evening.at, evening.weekdays) == (datetime.time(21, 30), {0, 4})
    plan = Plan.objects.get()
    assert (plan.repeats, plan.next_at) == (3, at("11:00"))
    assert "today at 11 a.m." in as_person.get(PAGE).content.decode()


def test_what_was_typed_is_kept_and_nothing_is_stored_on_errors(clock, as_person, person):
    wrong = {"midday-time": "half past", "repeat-times": "99", "quiet-from": "22:00", "evening-days": ["9"]}

    response = as_person.post(PAGE, USUAL | wrong | {"morning-time": "06:45"})

    page = response.content.decode()
    assert response.status_code == 200
    assert "Write a time, such as 8:15 or 20:15." in page
    assert page.count("Choose one of the answers offered.") >= 2
    assert "Quiet hours need both times, or none." in page
    assert 'value="06:45"' in page
    assert User.objects.get(pk=person.pk).check_in_times is None


def test_quiet_hours_need_two_different_times(clock, as_person):
    response = as_person.post(PAGE, USUAL | {"quiet-from": "22:00", "quiet-to": "22:00"})

    assert "Quiet hours need two different times." in response.content.decode()


@pytest.mark.parametrize("value", ["٧:٣٠", "07:30:59", "7:30"])
def test_times_are_read_as_people_write_them(clock, as_person, person, value):
    as_person.post(PAGE, USUAL | {"morning-time": value})

    assert check_in_times(User.objects.get(pk=person.pk).check_in_times)["morning"].at == datetime.time(7, 30)


def test_a_check_in_that_is_off_keeps_its_time(clock, as_person, person):
    as_person.post(PAGE, USUAL | {"midday-time": "12:15"})
    as_person.post("/logs/questions/", {"check_in": "midday", "midday": "off"})

    page = as_person.get(PAGE).content.decode()
    assert "midday-time" not in page
    as_person.post(PAGE, {name: value for name, value in USUAL.items() if not name.startswith("midday")})

    assert check_in_times(User.objects.get(pk=person.pk).check_in_times)["midday"].at == datetime.time(12, 15)


def test_later_asks_no_more(clock, as_person, person):
    assert "Shall we remind you?" in as_person.get("/").content.decode()

    as_person.post(PAGE + "later/")

    assert "Shall we remind you?" not in as_person.get("/").content.decode()
    assert "Remind me at these times" in as_person.get(PAGE).content.decode(), "The good times are offered still."
    assert check_in_times(User.objects.get(pk=person.pk).check_in_times)["morning"].weekdays == frozenset()


def test_later_keeps_times_that_were_chosen_meanwhile(clock, as_person, person):
    remind(person, {"midday": "12:00"})

    as_person.post(PAGE + "later/")

    assert check_in_times(User.objects.get(pk=person.pk).check_in_times)["midday"].weekdays


@pytest.mark.parametrize(("period", "until"), [("day", datetime.date(2026, 5, 5)), ("good", datetime.date.max)])
def test_a_pause_moves_the_next_reminder(clock, as_person, person, period, until):
    remind(person, {"midday": "12:00"})

    as_person.post(PAGE + "pause/", {"pause": period})

    assert User.objects.get(pk=person.pk).reminders_paused_until == until
    assert Plan.objects.get().next_at == (None if until == datetime.date.max else at("12:00", until))
    assert "Reminders are paused" in as_person.get(PAGE).content.decode()

    as_person.post(PAGE + "pause/", {"pause": "resume"})
    assert Plan.objects.get().next_at == at("12:00")


@pytest.mark.parametrize("sent", [{}, {"pause": "year"}])
def test_a_pause_of_unknown_length_is_refused(clock, as_person, person, sent):
    remind(person, {"midday": "12:00"})

    response = as_person.post(PAGE + "pause/", sent, follow=True)

    assert "Please choose for how long." in response.content.decode()
    assert User.objects.get(pk=person.pk).reminders_paused_until is None


def test_a_pause_until_a_day_is_part_of_the_form(clock, as_person, person):
    as_person.post(PAGE, USUAL | {"pause-until": "2026-05-20"})
    assert User.objects.get(pk=person.pk).reminders_paused_until == datetime.date(2026, 5, 20)
    assert 'name="pause-until" value="2026-05-20"' in as_person.get(PAGE).content.decode()
    assert Plan.objects.get().next_at == at("07:00", datetime.date(2026, 5, 20))

    as_person.post(PAGE, USUAL)  # A program that does not say anything about it.
    assert User.objects.get(pk=person.pk).reminders_paused_until == datetime.date(2026, 5, 20)

    as_person.post(PAGE, USUAL | {"pause-until": ""})
    assert User.objects.get(pk=person.pk).reminders_paused_until is None


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("soon", "Write the day as 2026-05-04."),
        ("2026-05-04", "Choose a day that is still to come, or none."),
        ("9" * 5000, "Write the day as 2026-05-04."),
    ],
)
def test_a_pause_that_cannot_be_read_is_refused_in_a_sentence(clock, as_person, person, typed, sentence):
    response = as_person.post(PAGE, USUAL | {"pause-until": typed})

    assert sentence in response.content.decode()
    assert User.objects.get(pk=person.pk).reminders_paused_until is None


def test_both_pauses_can_be_ended(clock, as_person, person):
    remind(person, {"midday": "12:00"})
    as_person.post(PAGE + "pause/", {"pause": "week"})
    as_person.post("/accounts/profile/notices/", {"pause": "week"})

    assert "Remind me again" in as_person.get(PAGE).content.decode()


def test_a_time_that_quiet_hours_swallow_is_refused(clock, as_person, person):
    response = as_person.post(PAGE, USUAL | {"evening-time": "22:30", "quiet-from": "22:00", "quiet-to": "07:00"})

    assert "It would never come" in response.content.decode()
    assert User.objects.get(pk=person.pk).check_in_times is None


def test_a_change_of_zone_from_an_older_page_moves_the_next_reminder(clock, person):
    older = User.objects.get(pk=person.pk)
    remind(person, {"midday": "12:00"})

    older.timezone = "Asia/Tokyo"
    older.save(update_fields=["timezone"])

    assert Plan.objects.get().next_at == datetime.datetime(2026, 5, 5, 3, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("time", "choice", "next_at"),
    [
        ("12:05", "15", at("12:20")),
        ("12:05", "60", at("13:05")),
        ("12:05", "today", at("12:00", MONDAY + datetime.timedelta(days=1))),
        ("11:50", "15", at("12:05")),
    ],
)
def test_a_snooze_moves_the_next_reminder(clock, as_person, person, time, choice, next_at):
    remind(person, {"midday": "12:00"})
    clock.move_to(at(time))
    Plan.objects.update(next_at=at("12:00", MONDAY + datetime.timedelta(days=time > "12:00")))

    response = as_person.post(PAGE + "snooze/", {"for": choice}, follow=True)

    assert Plan.objects.get().next_at == next_at
    page = response.content.decode()
    assert ("No more reminders today." if choice == "today" else "The next reminder comes at") in page


TUESDAY = MONDAY + datetime.timedelta(days=1)


@pytest.fixture
def late_person(person):
    """A person whose day ends at 4, with an evening check-in at 2."""
    User.objects.filter(pk=person.pk).update(day_ends_at=4)
    person.refresh_from_db()
    remind(person, {"midday": "12:00", "evening": "02:00"})
    return person


@pytest.mark.parametrize("now", [at("22:30"), at("01:30", TUESDAY)], ids=["22:30", "1:30"])
@pytest.mark.parametrize(
    ("address", "sent"),
    [
        (PAGE + "snooze/", {"for": "today"}),
        (PAGE + "pause/", {"pause": "day"}),
        (PAGE, USUAL | {"evening-time": "02:00", "morning-time": "12:00", "pause-until": "2026-05-05"}),
    ],
    ids=["snooze", "pause", "pause until a day"],
)
def test_today_lasts_until_the_end_of_the_persons_day(clock, as_person, late_person, now, address, sent):
    """Monday is over on Tuesday at 4: the evening's reminder at 2 is left out, and those of Tuesday come."""
    clock.move_to(now)
    Plan.objects.update(next_at=at("02:00", TUESDAY))

    assert as_person.post(address, sent).status_code == 302

    plan, stored = Plan.objects.get(), User.objects.get(pk=late_person.pk)
    if address.endswith("snooze/"):
        assert plan.snoozed_until == at("04:00", TUESDAY)
    else:
        assert stored.reminders_paused_until == TUESDAY
    first = "09:00" if address == PAGE else "12:00"  # The medication's time, by the form.
    assert plan.next_at == at(first, TUESDAY)


@pytest.mark.parametrize(
    ("now", "day", "is_stored"),
    [
        *((at("22:30"), MONDAY, False), (at("22:30"), TUESDAY, True)),
        *((at("01:30", TUESDAY), MONDAY, False), (at("01:30", TUESDAY), TUESDAY, True)),
    ],
)
def test_a_pause_until_a_day_is_compared_with_the_persons_day(clock, as_person, late_person, now, day, is_stored):
    clock.move_to(now)

    page = as_person.post(PAGE, USUAL | {"pause-until": day.isoformat()}, follow=True).content.decode()

    assert (User.objects.get(pk=late_person.pk).reminders_paused_until == day) is is_stored
    assert ("Choose a day that is still to come, or none." in page) is not is_stored


def test_the_page_says_the_time_of_a_check_in_that_ends_before_the_snooze(clock, as_person, person):
    remind(person, {"morning": "07:00", "midday": "12:00", "afternoon": "12:30"})
    clock.move_to(at("11:50"))
    Plan.objects.update(next_at=at("12:00"))

    page = as_person.post(PAGE + "snooze/", {"for": "60"}, follow=True).content.decode()

    assert Plan.objects.get().next_at == at("12:00")
    assert "The next reminder comes at 12:00 p.m. at the earliest." in page or "comes at noon" in page


def test_a_snooze_of_unknown_length_is_refused(clock, as_person, person):
    remind(person, {"midday": "12:00"})

    response = as_person.post(PAGE + "snooze/", {"for": "ever"}, follow=True)

    assert "Please choose for how long." in response.content.decode()
    assert Plan.objects.get().snoozed_until is None


# ── Today ────────────────────────────────────────────────────────────────────────────────────────


def due_on(client) -> list[str]:
    """What Today says it is time for."""
    due = client.get("/").context.get("due")
    return [each.title for each in due.all if each.is_open] if due else []


def test_today_says_what_it_is_time_for_until_it_is_begun(clock, as_person, person):
    remind(person, {"midday": "12:00", "evening": "21:00"})
    assert "<title>Today" in as_person.get("/").content.decode()

    clock.move_to(at("12:10"))
    page = as_person.get("/").content.decode()
    assert "<title>(1) Today" in page
    assert "It is time for" in page

    as_person.post(f"/logs/{MONDAY}/midday/", {"focus_level": "4"})
    assert "<title>Today" in as_person.get("/").content.decode()


@pytest.mark.parametrize("declined", [False, True])
def test_today_has_the_usual_times_for_a_person_who_chose_none(clock, as_person, person, declined):
    if declined:
        as_person.post(PAGE + "later/")
    assert due_on(as_person) == ["Medication"]

    clock.move_to(at("11:00"))
    page = as_person.get("/").content.decode()
    assert "<title>(1) Today" in page
    assert due_on(as_person) == ["Midday"]
    assert "Remind me later" not in page, "There is no reminder to put off."
    assert ("Shall we remind you?" in page) is not declined

    as_person.post("/logs/questions/", {"check_in": "midday", "midday": "off"})
    assert due_on(as_person) == ["Medication"]


def test_the_usual_time_of_the_reflection_is_on_the_last_day_of_the_week(clock, as_person, person):
    last_day = person.week_of(MONDAY) + datetime.timedelta(days=6)
    for day, is_due in ((last_day - datetime.timedelta(days=1), False), (last_day, True)):
        clock.move_to(at("18:00", day))
        assert ("Your week in review" in due_on(as_person)) is is_due


def test_today_says_it_while_reminders_are_paused(clock, as_person, person):
    remind(person, {"midday": "12:00"})
    clock.move_to(at("12:10"))
    assert "Remind me later" in as_person.get("/").content.decode()

    as_person.post(PAGE + "pause/", {"pause": "day"})

    page = as_person.get("/").content.decode()
    assert "<title>(1) Today" in page and due_on(as_person) == ["Midday"]
    assert "Remind me later" not in page


def test_today_counts_nothing_while_nothing_is_to_be_shown(clock, as_person, person):
    remind(person, {"midday": "12:00"})
    clock.move_to(at("12:10"))
    assert due_on(as_person) == ["Midday"]

    User.objects.update(notices_paused_until=User.FOR_GOOD)
    assert due_on(as_person) == []
    User.objects.update(notices_paused_until=None)
    as_person.post("/logs/one-question/", {"asks": "one"})
    assert due_on(as_person) == []
    as_person.post("/logs/one-question/", {"asks": "all"})
    assert due_on(as_person) == ["Midday"]
    as_person.post(f"/logs/{MONDAY}/not-tracked/", {"reason": "ill"})
    assert due_on(as_person) == []


def test_the_hours_on_today_and_the_check_in_of_now_follow_the_times(clock, as_person, person):
    remind(person, {"morning": "10:00", "medication": "10:20", "midday": "13:45", "evening": "22:10"})

    page = as_person.get("/").content.decode()

    assert "1:45 p.m." in page and "10:10 p.m." in page
    assert [step["slug"] for step in as_person.get("/").context["steps"] if step["is_now"]] == ["medication"]


def test_the_badge_needs_no_query(clock, as_person, person):
    counts = []
    for times in ({}, {"midday": "10:00"}):
        if times:
            remind(person, times, session=False)
        as_person.get("/")
        with CaptureQueriesContext(connection) as queries:
            as_person.get("/")
        counts.append(len(queries))
    assert counts[0] == counts[1]
