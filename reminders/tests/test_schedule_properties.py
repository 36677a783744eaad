"""What holds for every schedule, and the next occurrence in every zone against a walk through its clock."""

import datetime
from collections import defaultdict
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given, strategies as st

from logs.check_in_times import EVERY_DAY, CheckInTime
from logs.stages import STAGES
from reminders.schedule import Rhythm, due_times, next_due, out_of_quiet_hours, reminders_due, windows_of

pytestmark = pytest.mark.once

UTC = datetime.UTC
DAY, HOUR, QUARTER = datetime.timedelta(days=1), datetime.timedelta(hours=1), datetime.timedelta(minutes=15)
MINUTE = datetime.timedelta(minutes=1)

# Of each kind of change: an hour, half an hour, two hours, at midnight, across midnight, none.
ZONES = (
    *("Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Antarctica/Troll"),
    *("Pacific/Chatham", "America/Nuuk", "Africa/Cairo", "Asia/Beirut", "America/Havana", "Africa/Casablanca"),
    *("Pacific/Apia", "Pacific/Kiritimati", "Pacific/Honolulu", "Asia/Kathmandu", "UTC"),
)

times_of_day = st.times().map(lambda time: time.replace(second=0, microsecond=0))
check_ins = st.builds(CheckInTime, times_of_day, st.frozensets(st.integers(0, 6)) | st.just(EVERY_DAY))
instants = st.datetimes(datetime.datetime(2010, 1, 1), datetime.datetime(2032, 1, 1), timezones=st.just(UTC))
rhythms = st.builds(
    Rhythm,
    st.sampled_from(ZONES).map(ZoneInfo),
    st.integers(0, 5),
    st.dictionaries(st.sampled_from([*(stage.slug for stage in STAGES), "week"]), check_ins, max_size=6),
    repeat_minutes=st.sampled_from([10, 15, 30, 60]),
    repeats=st.integers(0, 6),
    quiet=st.none() | st.tuples(times_of_day, times_of_day).filter(lambda quiet: quiet[0] != quiet[1]),
    snoozed_until=st.none() | instants,
    paused_until=st.none() | st.dates(),
)


def days_around(rhythm: Rhythm, instant: datetime.datetime) -> list[datetime.date]:
    return [rhythm.day_of(instant) + number * DAY for number in (-1, 0, 1)]


@given(rhythms, instants)
def test_windows_are_in_order_and_each_ends_where_the_next_one_begins(rhythm, instant):
    for day in days_around(rhythm, instant):
        windows = windows_of(day, rhythm)
        assert all(rhythm.start_of(day) <= each.opens_at < each.closes_at for each in windows)
        assert all(each.closes_at <= rhythm.start_of(day + DAY) for each in windows)
        check_ins = [each for each in windows if each.slug != "week"]
        for window, later in pairwise(check_ins):
            assert later.opens_at in (window.opens_at, window.closes_at)
        if check_ins:
            assert check_ins[-1].closes_at == rhythm.start_of(day + DAY)


@given(rhythms, instants)
def test_each_window_has_at_most_one_more_reminder_than_repetitions_and_all_lie_in_it(rhythm, instant):
    for day in days_around(rhythm, instant):
        for window in windows_of(day, rhythm):
            times = due_times(window, rhythm)
            assert len(times) <= rhythm.repeats + 1
            assert times == sorted(set(times))
            assert all(window.opens_at <= time < window.closes_at for time in times)


@given(rhythms, instants)
def test_a_reminder_is_of_the_day_that_it_is_then(rhythm, instant):
    """But where the clock shows the beginning of a day twice: the day begins the first time."""
    for day in days_around(rhythm, instant):
        for window in windows_of(day, rhythm):
            for time in due_times(window, rhythm):
                assert rhythm.day_of_windows(time) == day
                if rhythm.day_of(time) != day:
                    assert time.astimezone(rhythm.zone).fold == 1


@given(rhythms, instants)
def test_days_follow_each_other_without_a_gap(rhythm, instant):
    day = rhythm.day_of_windows(instant)

    if rhythm.start_of(day) < rhythm.start_of(day + DAY):  # Samoa skipped one.
        assert rhythm.start_of(day) <= instant < rhythm.start_of(day + DAY)


@given(rhythms, instants)
@example(Rhythm(ZoneInfo("Pacific/Apia"), 4, {"evening": CheckInTime(datetime.time(21), frozenset({4}))}),
         datetime.datetime(2011, 12, 24, tzinfo=UTC))  # fmt: skip
def test_the_next_reminders_are_later_and_exactly_those_of_the_windows(rhythm, instant):
    end, found, moment = instant + 3 * DAY, [], instant
    while (moment := next_due(rhythm, moment)) is not None and moment < end:
        assert moment > instant and (not found or moment > found[-1])
        found.append(moment)
    days = [rhythm.day_of(instant) + number * DAY for number in range(-1, 5)]
    expected = {time for day in days for window in windows_of(day, rhythm) for time in due_times(window, rhythm)}

    assert found == sorted(time for time in expected if instant < time < end)
    wanted = [each for slug, each in rhythm.times.items() if each.weekdays]
    if wanted and not (rhythm.quiet or rhythm.snoozed_until or rhythm.paused_until):
        assert next_due(rhythm, instant) is not None


@given(rhythms, instants, st.timedeltas(datetime.timedelta(), datetime.timedelta(hours=30)))
def test_what_is_sent_late_is_the_last_of_each_window_that_is_open(rhythm, now, delay):
    found = reminders_due(rhythm, now - delay, now)

    assert len({each.window.slug for each in found}) == len(found)
    for each in found:
        assert each.window.opens_at <= each.due_at <= now < each.window.closes_at
        assert each.due_at >= now - delay


@given(rhythms.filter(lambda rhythm: rhythm.quiet), instants)
def test_nothing_is_due_in_quiet_hours(rhythm, instant):
    moved = out_of_quiet_hours(instant, rhythm)

    assert moved >= instant
    assert out_of_quiet_hours(moved, rhythm) == moved
    start, end = rhythm.quiet
    time = moved.astimezone(rhythm.zone).time()
    assert not (start <= time < end if start < end else time >= start or time < end)


# ── Against a walk through the clock ──────────────────────────────────────────────────────────────


class Walk:
    """The clock of a zone, read at each step of a span of time."""

    def __init__(self, zone: ZoneInfo, day_ends_at: int, first: datetime.datetime, end: datetime.datetime, step):
        self.step, self.day_ends_at = step, day_ends_at
        self.first_shown: dict[datetime.datetime, datetime.datetime] = {}
        self.skips: list[tuple[datetime.datetime, datetime.datetime]] = []  # the first time skipped, and the one after
        self.last_of_day: dict[datetime.date, datetime.datetime] = {}
        before, instant = None, first
        while instant < end:
            shown = instant.astimezone(zone).replace(tzinfo=None)
            self.first_shown.setdefault(shown, instant)
            self.last_of_day[self.day_of(shown)] = instant
            if before is not None and shown - before > step:
                self.skips.append((before + step, shown))
            before, instant = shown, instant + step

    def day_of(self, shown: datetime.datetime) -> datetime.date:
        return shown.date() - (DAY if shown.hour < self.day_ends_at else datetime.timedelta())

    def due(self, day: datetime.date, at: datetime.time) -> datetime.datetime:
        """When a reminder of a day of the log is due, by looking for its time on the clock."""
        wanted = datetime.datetime.combine(day + DAY if at.hour < self.day_ends_at else day, at)
        if wanted in self.first_shown:
            return self.first_shown[wanted]
        [(start, end)] = [skip for skip in self.skips if skip[0] <= wanted < skip[1]]
        later = wanted + (end - start)
        return self.first_shown[later] if self.day_of(later) == day else self.last_of_day[day]


def check_against_walk(name: str, first: datetime.datetime, end: datetime.datetime, step, day_ends_at: int) -> int:
    """Compare all reminders of a span with a walk. Returns how many there were."""
    zone, times = ZoneInfo(name), {"morning": datetime.time(2, 30), "evening": datetime.time(23, 45)}
    walk = Walk(zone, day_ends_at, first - 3 * DAY, end + 4 * DAY, step)
    rhythm = Rhythm(zone, day_ends_at, {slug: CheckInTime(at, EVERY_DAY) for slug, at in times.items()})
    expected = set()
    for number in range(-1, (end - first).days + 2):
        day = rhythm.day_of(first) + number * DAY
        if day in walk.last_of_day:  # No day of the log that the zone skips.
            expected |= {walk.due(day, at) for at in times.values()}
    found, moment = [], first - MINUTE
    while (moment := next_due(rhythm, moment)) < end:
        found.append(moment)

    # The last step of a day in the walk is its last minute in the schedule.
    rounded = [time - (time - first) % step for time in found]
    assert rounded == sorted(time for time in expected if first <= time < end), name
    return len(found)


def changes_of(name: str, first: datetime.datetime, end: datetime.datetime) -> list[datetime.datetime]:
    zone, found = ZoneInfo(name), []
    instant = first
    while instant < end:
        if instant.astimezone(zone).utcoffset() != (instant + DAY).astimezone(zone).utcoffset():
            found.append(instant)
        instant += DAY
    return found


FIRST, END = datetime.datetime(2026, 1, 1, tzinfo=UTC), datetime.datetime(2028, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("name", ZONES)
def test_around_each_change_it_agrees_with_a_walk_of_minutes(name):
    for change in changes_of(name, FIRST, FIRST + 366 * DAY):
        for day_ends_at in (0, 2, 3, 4):
            assert check_against_walk(name, change - DAY, change + 2 * DAY, MINUTE, day_ends_at) >= 5


@pytest.mark.thorough
@pytest.mark.parametrize("name", sorted(available_timezones()))
def test_in_every_zone_it_agrees_with_a_walk_over_two_years(name):
    """By quarters of an hour, which all offsets of these years are multiples of, and around changes by minutes."""
    day_ends_at = sum(name.encode()) % 6
    assert check_against_walk(name, FIRST, END, QUARTER, day_ends_at) >= 2 * 729
    for change in changes_of(name, FIRST, END):
        check_against_walk(name, change - DAY, change + 2 * DAY, MINUTE, day_ends_at)


def test_all_offsets_are_of_quarters_of_an_hour():
    by_rest = defaultdict(list)
    for name in available_timezones():
        for instant in (FIRST, FIRST + 180 * DAY, END):
            by_rest[instant.astimezone(ZoneInfo(name)).utcoffset() % QUARTER].append(name)

    assert set(by_rest) == {datetime.timedelta()}
