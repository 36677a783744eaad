"""Retention: the newest backup of each of the last days, weeks and months."""

import datetime
from collections.abc import Iterable


def select_kept(
    timestamps: Iterable[datetime.datetime], daily: int = 0, weekly: int = 0, monthly: int = 0
) -> set[datetime.datetime]:
    """Return those of `timestamps` to keep; the newest is always one of them.

    Days, weeks (from Monday) and months without a backup are not counted, so that a pause in backups removes no
    older ones.
    """
    newest_first = sorted(timestamps, reverse=True)
    keep = set(newest_first[:1])
    for count, period_of in (
        (daily, lambda timestamp: timestamp.date()),
        (weekly, lambda timestamp: timestamp.isocalendar()[:2]),
        (monthly, lambda timestamp: (timestamp.year, timestamp.month)),
    ):
        newest = {}
        for timestamp in newest_first:
            newest.setdefault(period_of(timestamp), timestamp)
        keep |= set(list(newest.values())[:count])
    return keep
