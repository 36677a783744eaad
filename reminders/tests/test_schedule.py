"""When reminders are due: zones, clock changes, repetitions, quiet hours, pauses."""

import datetime
from zoneinfo import ZoneInfo

import pytest

from logs.check_in_times import EVERY_DAY, CheckInTime
from reminders.schedule import Rhythm, due_times, next_due, reminders_due, windows_of

pytestmark = pytest.mark.once

UTC = datetime.UTC
DAY = datetime.timedelta(days=1)


def at(text: str) -> CheckInTime:
    return CheckInTime(datetime.time.fromisoformat(text), EVERY_DAY)


def rhythm(zone="Europe/Berlin", day_ends_at=4, times=None, **options) -> Rhythm:
    times = times or {"morning": at("07:30"), "midday": at("12:00"), "evening": at("21:00")}
    return Rhythm(ZoneInfo(zone), day_ends_at, times, **options)


def instant(text: str, zone="Europe/Berlin") -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def local(moment: datetime.datetime, zone="Europe/Berlin") -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def all_due(rhythm: Rhythm, first: str, days: int) -> list[str]:
    """The local times of everything that is due from midnight of a day on."""
    zone = rhythm.zone.key
    moment, end, found = instant(first, zone), instant(first, zone) + days * DAY, []
    while (moment := next_due(rhythm, moment)) and moment < end:
        found.append(local(moment, zone))
    return found


def test_each_window_lasts_until_the_next_check_in_and_the_last_until_the_days_end():
    windows = windows_of(datetime.date(2026, 5, 4), rhythm())

    assert [(each.slug, local(each.opens_at), local(each.closes_at)) for each in windows] == [
        ("morning", "2026-05-04 07:30", "2026-05-04 12:00"),
        ("midday", "2026-05-04 12:00", "2026-05-04 21:00"),
        ("evening", "2026-05-04 21:00", "2026-05-05 04:00"),
    ]


def test_a_time_after_midnight_belongs_to_the_day_before():
    [window] = windows_of(datetime.date(2026, 5, 4), rhythm(times={"evening": at("00:30")}))

    assert (window.day, local(window.opens_at)) == (datetime.date(2026, 5, 4), "2026-05-05 00:30")
    assert local(window.closes_at) == "2026-05-05 04:00"


def test_the_reflection_is_open_until_the_days_end_and_closes_no_check_in():
    windows = windows_of(datetime.date(2026, 5, 4), rhythm(times={"evening": at("20:00"), "week": at("20:30")}))

    assert {each.slug: local(each.closes_at) for each in windows} == {
        "evening": "2026-05-05 04:00",
        "week": "2026-05-05 04:00",
    }


def test_it_is_the_same_hour_after_the_clocks_change():
    assert all_due(rhythm(times={"morning": at("07:30")}), "2026-03-28 00:00", 3) == [
        "2026-03-28 07:30",
        "2026-03-29 07:30",
        "2026-03-30 07:30",
    ]


@pytest.mark.parametrize(
    ("zone", "time", "first", "expected"),
    [
        ("Europe/Berlin", "02:30", "2026-10-24 12:00", ["2026-10-25 02:30", "2026-10-26 02:30"]),
        ("America/New_York", "01:30", "2026-10-31 12:00", ["2026-11-01 01:30", "2026-11-02 01:30"]),
        ("America/St_Johns", "01:30", "2026-10-31 12:00", ["2026-11-01 01:30", "2026-11-02 01:30"]),
        ("Australia/Lord_Howe", "01:45", "2026-04-04 12:00", ["2026-04-05 01:45", "2026-04-06 01:45"]),
    ],
)
@pytest.mark.parametrize("day_ends_at", [0, 4])
def test_in_the_repeated_hour_it_is_due_once(zone, time, first, expected, day_ends_at):
    schedule = rhythm(zone, day_ends_at, {"evening": at(time)})

    assert all_due(schedule, first, 2) == expected
    moment = next_due(schedule, instant(first, zone))
    assert moment.astimezone(ZoneInfo(zone)).fold == 0


@pytest.mark.parametrize(
    ("zone", "time", "first", "expected"),
    [
        ("Europe/Berlin", "02:30", "2026-03-28 12:00", ["2026-03-29 03:30", "2026-03-30 02:30"]),
        ("America/New_York", "02:30", "2026-03-07 12:00", ["2026-03-08 03:30", "2026-03-09 02:30"]),
        ("America/St_Johns", "02:30", "2026-03-07 12:00", ["2026-03-08 03:30", "2026-03-09 02:30"]),
        ("Australia/Lord_Howe", "02:15", "2026-10-03 12:00", ["2026-10-04 02:45", "2026-10-05 02:15"]),
    ],
)
def test_in_the_skipped_hour_it_is_due_once(zone, time, first, expected):
    assert all_due(rhythm(zone, 0, {"evening": at(time)}), first, 2) == expected


def test_where_the_gap_crosses_the_days_end_it_is_due_before_the_gap():
    """In Nuuk the clocks go from 23:00 to midnight: half past eleven of that Saturday does not exist."""
    schedule = rhythm("America/Nuuk", 0, {"evening": at("23:30")})

    assert all_due(schedule, "2026-03-27 12:00", 3) == ["2026-03-27 23:30", "2026-03-28 22:59", "2026-03-29 23:30"]
    [window] = windows_of(datetime.date(2026, 3, 28), schedule)
    assert schedule.day_of(window.opens_at) == window.day


def test_a_day_that_the_zone_skips_has_none():
    """Samoa had no 30 December 2011."""
    schedule = rhythm("Pacific/Apia", 4, {"morning": at("07:30")})

    assert windows_of(datetime.date(2011, 12, 30), schedule) == []
    assert all_due(schedule, "2011-12-28 12:00", 2) == ["2011-12-29 07:30", "2011-12-31 07:30"]


def test_it_is_repeated_until_the_window_closes():
    schedule = rhythm(times={"morning": at("11:00"), "midday": at("12:00")}, repeat_minutes=30, repeats=6)

    assert all_due(schedule, "2026-05-04 05:00", 1)[:3] == [
        "2026-05-04 11:00",
        "2026-05-04 11:30",
        "2026-05-04 12:00",
    ]
    morning, midday = windows_of(datetime.date(2026, 5, 4), schedule)
    assert len(due_times(morning, schedule)) == 2
    assert len(due_times(midday, schedule)) == 7


def test_only_the_chosen_weekdays_count_and_the_others_still_close_windows():
    weekend = CheckInTime(datetime.time(9), frozenset({5, 6}))
    schedule = rhythm(times={"morning": weekend, "midday": at("12:00")}, repeats=6, repeat_minutes=60)

    assert [each for each in all_due(schedule, "2026-05-07 00:00", 4) if each.endswith("09:00")] == [
        "2026-05-09 09:00",
        "2026-05-10 09:00",
    ]


def test_a_snooze_moves_what_is_open_and_ends_with_the_window():
    schedule = rhythm(repeats=1, repeat_minutes=10)
    day = datetime.date(2026, 5, 4)
    snoozed = rhythm(repeats=1, repeat_minutes=10, snoozed_until=instant("2026-05-04 08:00"))

    assert all_due(schedule, "2026-05-04 05:00", 1)[:3] == ["2026-05-04 07:30", "2026-05-04 07:40", "2026-05-04 12:00"]
    assert all_due(snoozed, "2026-05-04 05:00", 1)[:3] == ["2026-05-04 08:00", "2026-05-04 08:10", "2026-05-04 12:00"]
    whole_day = rhythm(snoozed_until=snoozed.start_of(day + DAY))
    assert all_due(whole_day, "2026-05-04 05:00", 2)[0] == "2026-05-05 07:30"


SNOOZED = {"midday": at("12:00"), "medication": at("12:30"), "afternoon": at("12:45"), "week": at("10:00")}


def test_a_snooze_loses_no_other_check_in():
    """One that opens and ends meanwhile is reminded of at its time, once; one that is still open, when it is over."""
    snoozed = rhythm(times=SNOOZED, repeats=2, repeat_minutes=10, snoozed_until=instant("2026-05-04 13:10"))

    assert due_of(snoozed, "2026-05-04 12:10") == [
        *[("medication", "12:30"), ("afternoon", "13:10"), ("week", "13:10")],
        *[("afternoon", "13:20"), ("week", "13:20"), ("afternoon", "13:30"), ("week", "13:30")],
    ]


def test_a_snooze_of_the_rest_of_the_day_is_one_of_everything():
    today = rhythm(times=SNOOZED, repeats=2, snoozed_until=rhythm().start_of(datetime.date(2026, 5, 5)))

    assert due_of(today, "2026-05-04 05:00") == []


def due_of(schedule: Rhythm, after: str) -> list[tuple[str, str]]:
    """What is due on that day after that time: the check-in and when."""
    day = instant(after).astimezone(schedule.zone).date()
    found = [(due, window.slug) for window in windows_of(day, schedule) for due in due_times(window, schedule)]
    return [(slug, f"{due.astimezone(schedule.zone):%H:%M}") for due, slug in sorted(found) if due > instant(after)]


def test_in_quiet_hours_it_waits_for_their_end_once():
    quiet = (datetime.time(22), datetime.time(8))
    schedule = rhythm(repeats=3, repeat_minutes=10, quiet=quiet)

    assert all_due(schedule, "2026-05-04 05:00", 1)[:2] == ["2026-05-04 08:00", "2026-05-04 12:00"]
    late = rhythm(times={"evening": at("21:50")}, repeats=3, repeat_minutes=10, quiet=quiet)
    assert all_due(late, "2026-05-04 12:00", 1) == ["2026-05-04 21:50"]


def test_a_pause_ends_on_its_day():
    paused = rhythm(paused_until=datetime.date(2026, 5, 20))

    assert all_due(paused, "2026-05-04 05:00", 17)[0] == "2026-05-20 07:30"
    assert next_due(rhythm(paused_until=datetime.date.max), instant("2026-05-04 05:00")) is None


def test_without_weekdays_nothing_is_due():
    never = CheckInTime(datetime.time(9))

    assert next_due(rhythm(times={"morning": never}), instant("2026-05-04 05:00")) is None


def test_after_hours_without_a_sender_the_open_check_in_alone_is_worth_sending():
    schedule = rhythm(repeats=6, repeat_minutes=60)
    since, now = instant("2026-05-04 07:30"), instant("2026-05-04 13:20")

    [found] = reminders_due(schedule, since, now)

    assert (found.window.slug, local(found.due_at)) == ("midday", "2026-05-04 13:00")
    assert local(next_due(schedule, now)) == "2026-05-04 14:00"


def test_a_move_to_the_other_side_of_the_date_line_keeps_the_hour():
    before, after = rhythm("Pacific/Kiritimati", times={"morning": at("07:30")}), "Pacific/Honolulu"
    moved = rhythm(after, times={"morning": at("07:30")})
    moment = next_due(before, instant("2026-05-04 00:00", "Pacific/Kiritimati"))

    assert local(moment, "Pacific/Kiritimati") == "2026-05-04 07:30"
    assert local(next_due(moved, moment), after) == "2026-05-04 07:30"
