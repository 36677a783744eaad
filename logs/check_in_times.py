"""The times that a person has chosen for their check-ins and for the reflection on the week.

Stored with the person as `{"morning": {"at": "07:30", "weekdays": [0, 1, 2, 3, 4]}}`: by the clock of their zone, with
the weekdays of the days of their log on which they are reminded, 0 for Monday. NULL: never chosen. Without an entry, a
check-in has its usual time and no reminder.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.formats import time_format

from logs.stages import STAGES, Stage, stage_for_hour

WEEK = "week"
SLUGS = (*(stage.slug for stage in STAGES), WEEK)
EVERY_DAY = frozenset(range(7))
USUAL_TIMES = {stage.slug: datetime.time(stage.suggested[0]) for stage in STAGES} | {WEEK: datetime.time(18)}


@dataclass(frozen=True)
class CheckInTime:
    """The time of one check-in, and the weekdays on which the person is reminded of it."""

    at: datetime.time
    weekdays: frozenset[int] = frozenset()


def usual_times(last_weekday: int) -> dict[str, CheckInTime]:
    """What is offered to a person who has not chosen: every check-in each day, the reflection on the last weekday."""
    offered = {slug: CheckInTime(at, EVERY_DAY) for slug, at in USUAL_TIMES.items()}
    return offered | {WEEK: CheckInTime(USUAL_TIMES[WEEK], frozenset([last_weekday]))}


def check_in_times(stored: Mapping | None) -> dict[str, CheckInTime]:
    """The time of each check-in and of the reflection. What cannot be read is as if it was not chosen."""
    return {slug: read_entry(slug, (stored or {}).get(slug)) for slug in SLUGS}


def read_entry(slug: str, entry) -> CheckInTime:
    try:
        at = datetime.time.fromisoformat(entry["at"])
        return CheckInTime(at, frozenset(entry["weekdays"]) & EVERY_DAY)
    except (KeyError, TypeError, ValueError):
        return CheckInTime(USUAL_TIMES[slug])


def to_json(times: Mapping[str, CheckInTime]) -> dict:
    return {
        slug: {"at": time.at.isoformat("minutes"), "weekdays": sorted(time.weekdays)} for slug, time in times.items()
    }


def hours_chosen(person) -> dict[str, str]:
    """The time of each check-in in words, for a person who has chosen; empty for all others."""
    if not person.check_in_times:
        return {}
    return {slug: time_format(time.at) for slug, time in check_in_times(person.check_in_times).items()}


def stage_now(person, now: datetime.datetime | None = None) -> Stage:
    """The check-in that suits the hour: by the person's own times if they have chosen, else by the usual ones."""
    local = person.local_time(now)
    if not person.check_in_times:
        return stage_for_hour(local.hour, person.day_ends_at)
    times = check_in_times(person.check_in_times)

    def minutes_into_day(time: datetime.time) -> int:
        return (60 * (time.hour - person.day_ends_at) + time.minute) % (24 * 60)

    by_time = sorted(STAGES, key=lambda stage: minutes_into_day(times[stage.slug].at))
    begun = [stage for stage in by_time if minutes_into_day(times[stage.slug].at) <= minutes_into_day(local.time())]
    return begun[-1] if begun else by_time[0]
