"""Plans of people: what their schedule depends on, and when the next reminder is due.

A plan is made anew when anything changes that it depends on: its own settings, the times of check-ins, the zone and the
end of the day, which check-ins are on. `replan_all()` does it for everyone, as a new version of the time zone files
may move instants.
"""

import datetime
import logging

from django.db import transaction
from django.db.models.signals import post_save
from django.utils import timezone

from accounts.models import User
from brainlog.database.retry import retry_on_conflict
from logs.check_in_times import WEEK, check_in_times
from logs.question_changes import check_ins_changed
from logs.stages import STAGE_BY_SLUG
from reminders.models import Delivery, Plan
from reminders.schedule import ONE_DAY, ONE_MINUTE, Rhythm, next_due

logger = logging.getLogger(__name__)

# Columns of a person that a schedule depends on and that save() writes.
OF_PERSON = {"timezone", "day_ends_at", "notices_paused_until"}
BATCH = 500


def rhythm_of(plan: Plan, person: User) -> Rhythm:
    """What the schedule of a person depends on."""
    times = check_in_times(person.check_in_times)
    pauses = [pause for pause in (person.reminders_paused_until, person.notices_paused_until) if pause]
    return Rhythm(
        zone=person.zone,
        day_ends_at=person.day_ends_at,
        times={slug: time for slug, time in times.items() if slug == WEEK or STAGE_BY_SLUG[slug].is_on(person)},
        repeat_minutes=plan.repeat_minutes,
        repeats=plan.repeats,
        quiet=(plan.quiet_from, plan.quiet_until) if plan.quiet_from is not None else None,
        snoozed_until=plan.snoozed_until,
        paused_until=max(pauses, default=None),
    )


def replan(person: User, now: datetime.datetime | None = None) -> None:
    """Compute when the person is reminded next, and store it. Does nothing for a person without a plan.

    Reads the person again once their plan is locked: two changes at once, of the zone and of the times, each know only
    their own, and the later one must store what follows from both.
    """
    now = now or timezone.now()
    with transaction.atomic():
        plan = Plan.objects.select_for_update().filter(pk=person.pk).first()
        if plan is None:
            return
        # A reminder that is overdue stays due: the sender has not come to it yet.
        after = now if plan.next_at is None else min(now, plan.next_at - ONE_MINUTE)
        # There is one: deleting the person waits for their plan, which is locked.
        next_at = next_or_later(plan, User.objects.get(pk=person.pk), after)
        if next_at != plan.next_at:
            Plan.objects.filter(pk=plan.pk).update(next_at=next_at)


def replan_all(now: datetime.datetime | None = None) -> int:
    """Compute it for everyone whose next reminder lies ahead. Returns how many moved."""
    now, last, moved = now or timezone.now(), 0, 0
    while keys := list(Plan.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        moved += replan_batch(keys, now)
        last = keys[-1]
    return moved


def skip_overdue(now: datetime.datetime | None = None) -> int:
    """Leave out what is overdue, after a backup was restored: it may have been sent since. Returns how many plans."""
    now, skipped = now or timezone.now(), 0
    Delivery.objects.waiting(now).delete()
    while keys := list(Plan.objects.filter(next_at__lte=now).values_list("pk", flat=True)[:BATCH]):
        skipped += replan_batch(keys, now, is_overdue=True)
    return skipped


def next_or_later(plan: Plan, person: User, now: datetime.datetime) -> datetime.datetime | None:
    """When a plan is due next. One that cannot be computed must not keep all others from it: it is left for a day."""
    try:
        return next_due(rhythm_of(plan, person), now)
    except Exception:
        logger.exception("The reminders of person %d cannot be computed: left out for a day.", plan.pk)
        return now + ONE_DAY


@retry_on_conflict
def replan_batch(keys: list[int], now: datetime.datetime, is_overdue: bool = False) -> int:
    plans = Plan.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    plans = list(plans if is_overdue else plans.exclude(next_at__lte=now))
    people, moved = User.objects.in_bulk([plan.pk for plan in plans]), []
    for plan in plans:
        next_at = next_or_later(plan, people[plan.pk], now)
        if next_at != plan.next_at:
            plan.next_at = next_at
            moved.append(plan)
    Plan.objects.bulk_update(moved, ["next_at"])
    return len(moved)


def connect_signals() -> None:
    post_save.connect(replan_saved_person, sender=User, dispatch_uid="reminders.plans")
    check_ins_changed.connect(replan_changed_person, dispatch_uid="reminders.plans")


def replan_saved_person(instance, created, update_fields, **kwargs):
    """Receives every `post_save` of a person; most of them, such as a login, change nothing here."""
    if not created and (update_fields is None or OF_PERSON & set(update_fields)):
        replan(instance)


def replan_changed_person(person, **kwargs):
    replan(person)
