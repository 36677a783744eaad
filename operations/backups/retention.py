"""Which backups to keep: the newest of each of the last days, weeks and months."""

import datetime
from collections.abc import Iterable


def kept(
    stamps: Iterable[datetime.datetime], daily: int = 0, weekly: int = 0, monthly: int = 0
) -> set[datetime.datetime]:
    """Return those of `stamps` to keep.

    A day, week (from Monday) or month without a backup does not count: after a pause, the older ones
    are still there. The newest of all is always kept.
    """
    newest_first = sorted(stamps, reverse=True)
    keep = set(newest_first[:1])
    for count, period_of in (
        (daily, lambda stamp: stamp.date()),
        (weekly, lambda stamp: stamp.isocalendar()[:2]),
        (monthly, lambda stamp: (stamp.year, stamp.month)),
    ):
        newest = {}
        for stamp in newest_first:
            newest.setdefault(period_of(stamp), stamp)
        keep |= set(list(newest.values())[:count])
    return keep
