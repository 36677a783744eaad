"""A round: claims the plans that are due, advances them, and queues a delivery for each channel."""

import datetime
import logging
from collections import defaultdict
from dataclasses import dataclass

from django.utils import timezone

from accounts.models import User
from brainlog.database.retry import retry_on_conflict
from logs.check_in_times import WEEK
from logs.models import DailyLog
from logs.models.daily_log import has_answers
from logs.stages import STAGE_BY_SLUG
from reflections.models import WeeklyReflection
from reminders.models import Channel, Delivery, Plan, SenderState
from reminders.plans import rhythm_of
from reminders.schedule import ONE_DAY, Reminder, Window, next_due, reminders_due

logger = logging.getLogger(__name__)

SIX_DAYS = datetime.timedelta(days=6)
BATCH = 200


@dataclass(frozen=True)
class Round:
    """What a round did."""

    due: int = 0  # plans
    queued: int = 0  # deliveries

    def __add__(self, other: "Round") -> "Round":
        return Round(self.due + other.due, self.queued + other.queued)


def run_round(now: datetime.datetime | None = None) -> Round:
    """Claim everything that is due, and queue its deliveries."""
    now, total = now or timezone.now(), Round()
    SenderState.record(now)
    Delivery.objects.settle(now)
    while (done := claim_batch(now)).due:
        total += done
    return total


@retry_on_conflict
def claim_batch(now: datetime.datetime) -> Round:
    plans = list(Plan.objects.due(now)[:BATCH])
    # Read after the plans are locked: a change of settings stores the person first, and then waits for the plan.
    people = User.objects.in_bulk([plan.pk for plan in plans])
    found = {plan.pk: occurrence_of(plan, people[plan.pk], now) for plan in plans}
    claimed = Plan.objects.claim(plans, {key: next_at for key, (_reminders, next_at) in found.items()})
    reminders = {
        people[plan.pk]: found[plan.pk][0]
        for plan in plans
        if plan.pk in claimed and plan.is_here and people[plan.pk].is_active
    }
    # Two neutral reminders at once would say the same.
    neutral = {plan.pk for plan in plans if plan.words == Plan.Words.NEUTRAL}
    deliveries = queued_deliveries(one_at_a_time(still_open(reminders), neutral), now)
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    return Round(len(claimed), len(deliveries))


def occurrence_of(plan: Plan, person: User, now: datetime.datetime) -> tuple[list[Reminder], datetime.datetime | None]:
    """What a plan is due with, and when it is due next."""
    try:
        rhythm = rhythm_of(plan, person)
        return reminders_due(rhythm, plan.next_at, now), next_due(rhythm, now)
    except Exception:  # One plan that cannot be computed must not keep all others from being claimed.
        logger.exception("The reminders of person %d cannot be computed: left out for a day.", plan.pk)
        return [], now + ONE_DAY


def still_open(reminders: dict) -> list[tuple[int, Reminder]]:
    """The key of the person and the reminder, of what is not begun, on days that are tracked. At most two queries.

    On a day of one question nothing else is to show as missing, so there are none.
    """
    wanted = [
        (person.pk, each)
        for person, found in reminders.items()
        for each in found
        if each.window.day != person.one_question_on
    ]
    if not wanted:
        return []
    days = {each.window.day for _person, each in wanted}
    people = {person for person, _reminder in wanted}
    logs = {(log.user_id, log.date): log for log in DailyLog.objects.for_reminders(people, days)}
    has_weeks = any(reminder.window.slug == WEEK for _person, reminder in wanted)
    weeks = WeeklyReflection.objects.starts(people, min(days) - SIX_DAYS, max(days)) if has_weeks else set()
    return [(person, each) for person, each in wanted if not is_settled(person, each.window, logs, weeks)]


def one_at_a_time(reminders: list[tuple[int, Reminder]], people: set[int]) -> list[tuple[int, Reminder]]:
    """Of several reminders that are due at the same instant, the first one, for these people."""
    kept = {}
    for person, each in reminders:
        key = (person, each.due_at) if person in people else (person, each.due_at, each.window.slug)
        kept.setdefault(key, (person, each))
    return list(kept.values())


def is_settled(person: int, window: Window, logs: dict, weeks: set) -> bool:
    """Whether there is nothing to remind of: it is begun, or the day is not tracked."""
    log = logs.get((person, window.day))
    if log is not None and log.not_tracked is not None:
        return True
    if window.slug == WEEK:
        return any((person, window.day - datetime.timedelta(days=number)) in weeks for number in range(7))
    return log is not None and has_answers(log, STAGE_BY_SLUG[window.slug])


def queued_deliveries(reminders: list[tuple[int, Reminder]], now: datetime.datetime) -> list[Delivery]:
    """A delivery for each reminder and each usable channel of its person. One query."""
    channels = defaultdict(list)
    for channel in Channel.objects.usable(now).filter(user__in={person for person, _reminder in reminders}):
        channels[channel.user_id].append(channel)
    return [
        Delivery(
            user_id=person,
            channel=channel,
            slug=each.window.slug,
            day=each.window.day,
            due_at=each.due_at,
            wall_time=each.wall_time,
            worth_until=each.window.closes_at,
        )
        for person, each in reminders
        for channel in channels[person]
    ]
