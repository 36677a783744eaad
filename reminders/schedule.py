"""When a person is to be reminded: pure functions of their times, zone and choices.

Times are wall-clock times in the person's zone: the same hour after the clocks change and after travel. A time that the
clock shows twice counts the first time. A time that it skips counts as much later as it skips, or in the last minute
before, where that would be the next day of the log. A day that the zone skips has no reminders.
"""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from logs.check_in_times import WEEK, CheckInTime

ONE_DAY = datetime.timedelta(days=1)
ONE_MINUTE = datetime.timedelta(minutes=1)
ONE_SECOND = datetime.timedelta(seconds=1)
# Days in which a reminder is looked for: two weeks, because a zone can skip the one weekday on which there is one.
HORIZON = 16


@dataclass(frozen=True)
class Rhythm:
    """All that a schedule depends on. `times` has the check-ins that are switched on, and the week."""

    zone: ZoneInfo
    day_ends_at: int
    times: Mapping[str, CheckInTime]
    repeat_minutes: int = 15
    repeats: int = 0
    quiet: tuple[datetime.time, datetime.time] | None = None  # From the first to the second, also across midnight.
    snoozed_until: datetime.datetime | None = None
    paused_until: datetime.date | None = None

    def day_of(self, instant: datetime.datetime) -> datetime.date:
        """The day of the log that it is then."""
        local = instant.astimezone(self.zone)
        return local.date() - (ONE_DAY if local.hour < self.day_ends_at else datetime.timedelta())

    def start_of(self, day: datetime.date) -> datetime.datetime:
        """The instant at which a day of the log begins, in UTC."""
        at = datetime.datetime.combine(day, datetime.time(self.day_ends_at), self.zone)
        start, before = at.astimezone(datetime.UTC), at.replace(fold=1).astimezone(datetime.UTC)
        if ONE_DAY > start - before > datetime.timedelta():
            # The clock skips this time, in Chatham at 3:00: the day begins as soon as the clock has skipped.
            return self.change_of_offset(before, start)
        return start

    def change_of_offset(self, before: datetime.datetime, after: datetime.datetime) -> datetime.datetime:
        """The instant between these two at which the offset of the zone changes."""
        offset = after.astimezone(self.zone).utcoffset()
        while after - before > ONE_SECOND:
            middle = before + ((after - before) / 2 // ONE_SECOND) * ONE_SECOND
            before, after = (before, middle) if middle.astimezone(self.zone).utcoffset() == offset else (middle, after)
        return after

    def day_of_windows(self, instant: datetime.datetime) -> datetime.date:
        """The day whose windows lie around an instant.

        It is day_of(), but where the clock shows the hour at which the day begins twice: a day begins once.
        """
        day = self.day_of(instant)
        return day + ONE_DAY if instant >= self.start_of(day + ONE_DAY) else day

    def wall_time(self, instant: datetime.datetime) -> datetime.time:
        """The time that the person's clock shows then."""
        return instant.astimezone(self.zone).time().replace(fold=0)

    def instant_of(self, date: datetime.date, at: datetime.time) -> datetime.datetime:
        """The instant, in UTC, at which the clock first shows this; in a gap, as much later as the clock skips."""
        return datetime.datetime.combine(date, at, self.zone).astimezone(datetime.UTC)


@dataclass(frozen=True)
class Window:
    """How long a check-in of a day is open for reminders: from its time to that of the next one or the day's end."""

    slug: str
    day: datetime.date
    opens_at: datetime.datetime
    closes_at: datetime.datetime
    is_reminded: bool = field(default=True, compare=False)


@dataclass(frozen=True)
class Reminder:
    """A reminder that is due. It is worth sending until its window closes.

    The wall time identifies it within its day and check-in: after a journey to the west it comes up again at a later
    instant, and is the same reminder.
    """

    window: Window
    due_at: datetime.datetime
    wall_time: datetime.time


def windows_of(day: datetime.date, rhythm: Rhythm) -> list[Window]:
    """The windows of a day of the log, in the order in which they open."""
    begins, ends = rhythm.start_of(day), rhythm.start_of(day + ONE_DAY)
    if begins >= ends:
        return []  # The zone skips this day.
    opened = sorted(
        (opening(day, time.at, rhythm, begins, ends), slug, day.weekday() in time.weekdays)
        for slug, time in rhythm.times.items()
    )
    instants = [opens_at for opens_at, slug, _is_reminded in opened if slug != WEEK]
    return [
        Window(
            *(slug, day, opens_at),
            ends if slug == WEEK else next((each for each in instants if each > opens_at), ends),
            is_reminded,
        )
        for opens_at, slug, is_reminded in opened
    ]


def opening(day, at: datetime.time, rhythm: Rhythm, begins, ends) -> datetime.datetime:
    """The instant of a time of day within a day of the log, whose last hours are after midnight."""
    date = day + ONE_DAY if at.hour < rhythm.day_ends_at else day
    return min(max(rhythm.instant_of(date, at), begins), ends - ONE_MINUTE)


def due_times(window: Window, rhythm: Rhythm) -> list[datetime.datetime]:
    """When the person is reminded in a window: at its start and at each repetition.

    A snooze moves all of them to its end. Of a window that closes before, the start remains: it lies ahead only if the
    window opens during the snooze, and would otherwise be lost. A time in quiet hours is due at their end.
    """
    if not window.is_reminded or is_paused(window.day, rhythm):
        return []
    first, repeats = max(window.opens_at, rhythm.snoozed_until or window.opens_at), rhythm.repeats
    if first >= rhythm.start_of(window.day + ONE_DAY):
        return []  # The rest of the day is snoozed.
    if first >= window.closes_at:
        first, repeats = window.opens_at, 0
    step = datetime.timedelta(minutes=rhythm.repeat_minutes)
    times = {out_of_quiet_hours(first + number * step, rhythm) for number in range(repeats + 1)}
    return sorted(time for time in times if time < window.closes_at)


def is_paused(day: datetime.date, rhythm: Rhythm) -> bool:
    return rhythm.paused_until is not None and day < rhythm.paused_until


def out_of_quiet_hours(instant: datetime.datetime, rhythm: Rhythm) -> datetime.datetime:
    """The instant itself, or the end of the quiet hours that it is in."""
    if rhythm.quiet is None:
        return instant
    start, end = rhythm.quiet
    local = instant.astimezone(rhythm.zone)
    time = local.time().replace(fold=0)
    crosses_midnight = start > end
    is_quiet = time >= start or time < end if crosses_midnight else start <= time < end
    if not is_quiet:
        return instant
    date = local.date() + (ONE_DAY if crosses_midnight and time >= start else datetime.timedelta())
    at = datetime.datetime.combine(date, end, rhythm.zone)
    # The second time that the clock shows the end, if it is quiet again after the first one.
    ends = (at.replace(fold=fold).astimezone(datetime.UTC) for fold in (0, 1))
    return next((each for each in ends if each > instant), instant)


def windows_from(day: datetime.date, rhythm: Rhythm) -> Iterator[Window]:
    for number in range(HORIZON):
        if day <= datetime.date.max - (number + 2) * ONE_DAY:
            yield from windows_of(day + number * ONE_DAY, rhythm)


def next_due(rhythm: Rhythm, after: datetime.datetime) -> datetime.datetime | None:
    """The first instant after this one at which a reminder is due; None if there is none."""
    day = rhythm.day_of(after)
    if rhythm.paused_until:
        day = max(day, rhythm.paused_until)
    found: datetime.datetime | None = None
    for window in windows_from(day, rhythm):
        if found is not None and window.opens_at > found:
            break
        later = (time for time in due_times(window, rhythm) if time > after)
        found = min((time for time in (found, next(later, None)) if time is not None), default=None)
    return found


def reminders_due(rhythm: Rhythm, since: datetime.datetime, now: datetime.datetime) -> list[Reminder]:
    """What became due from `since` to `now` and is still worth sending: the last of each window that is open.

    A sender that was down for hours sends one reminder of the check-in that is open by then.
    """
    found = []
    for window in windows_of(rhythm.day_of_windows(now), rhythm):
        times = [time for time in due_times(window, rhythm) if since <= time <= now]
        if times and now < window.closes_at:
            found.append(Reminder(window, times[-1], rhythm.wall_time(times[-1])))
    return found


def coming(rhythm: Rhythm, now: datetime.datetime, days: int) -> list[Window]:
    """The windows of these many days from today on in which the person is reminded."""
    today = rhythm.day_of(now)
    return [
        window
        for number in range(days)
        for window in windows_of(today + number * ONE_DAY, rhythm)
        if window.is_reminded and not is_paused(window.day, rhythm)
    ]
