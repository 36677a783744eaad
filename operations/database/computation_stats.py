"""Counts of what is computed beside the pages, for /metrics and the report of the database. No people, no results."""

from django.db import connections
from django.db.models import Count, Min
from django.db.models.functions import Coalesce
from django.utils import timezone

from brainlog.database.connections import time_limits
from insights.models import Computation


def measurements(alias: str, seconds: float) -> dict[str, float]:
    """How many computations wait, and for how long the oldest has. One whose process was lost waits since then.

    Those of deactivated accounts are not counted: no process claims them.
    """
    now = timezone.now()
    with time_limits(connections[alias], statement=seconds, lock=seconds):
        waiting = Computation.objects.using(alias).waiting(now).order_by()
        found = waiting.aggregate(number=Count("pk"), oldest=Min(Coalesce("lease_until", "requested_at")))
    oldest = found["oldest"]
    age = max(0, (now - oldest).total_seconds()) if oldest else 0
    return {"waiting": found["number"], "oldest_waiting_seconds": age}


def by_state(alias: str, seconds: float) -> list[dict]:
    """How many computations are in each state, by kind, and when the oldest of them was asked for.

    Reads all rows: two for each person at most, without their results.
    """
    with time_limits(connections[alias], statement=seconds, lock=seconds):
        states = Computation.objects.using(alias).order_by("kind", "state").values("kind", "state")
        return [*states.annotate(count=Count("pk"), oldest=Min("requested_at"))]
