"""Counts of reminders, for /metrics and the report of the database. No people, no addresses."""

import datetime

from django.db import connections
from django.db.models import Count, Exists, Min, OuterRef
from django.utils import timezone

from brainlog.database.connections import time_limits
from reminders.models import Channel, Delivery, Plan, SenderState

# How far back the deliveries are counted: by the index on their time, a small part of the table.
COUNTED_FOR = datetime.timedelta(hours=24)
SENT, FAILED, QUEUED = Delivery.State.SENT, Delivery.State.FAILED, Delivery.State.QUEUED


def measurements(alias: str, seconds: float) -> dict[str, float]:
    """How many people are due, how long the oldest reminder has been overdue, and how long ago a process last looked.

    The last is left out if none ever has. A reminder is overdue until it is sent or given up: also while it is queued
    for a server that does not answer. People without a channel are not counted: they are reminded on the page alone.
    """
    now = timezone.now()
    with time_limits(connections[alias], statement=seconds, lock=seconds):
        channels = Channel.objects.using(alias).filter(user=OuterRef("pk")).order_by()
        overdue = Plan.objects.using(alias).filter(Exists(channels), next_at__lte=now)
        due, oldest_due = overdue.aggregate(due=Count("pk"), oldest=Min("next_at")).values()
        queued = Delivery.objects.using(alias).filter(state=QUEUED, due_at__lte=now)
        oldest_queued = queued.aggregate(oldest=Min("due_at"))["oldest"]
        seen = SenderState.objects.using(alias).values_list("seen_at", flat=True).first()
    oldest = min((each for each in (oldest_due, oldest_queued) if each), default=None)
    found = {"due": due, "oldest_overdue_seconds": (now - oldest).total_seconds() if oldest else 0}
    return found | ({"sender_silent_seconds": (now - seen).total_seconds()} if seen else {})


def recent_deliveries(alias: str, seconds: float) -> list[dict]:
    """How many reminders of the last 24 hours were sent, failed or wait, by kind of channel and failure."""
    recent = Delivery.objects.using(alias).filter(
        due_at__gt=timezone.now() - COUNTED_FOR, state__in=[SENT, FAILED, QUEUED]
    )
    with time_limits(connections[alias], statement=seconds, lock=seconds):
        counts = recent.order_by().values("channel__kind", "state", "error").annotate(count=Count("pk"))
        return [{"kind": row.pop("channel__kind")} | row for row in counts.order_by("channel__kind", "state", "error")]
