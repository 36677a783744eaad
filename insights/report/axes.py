"""The axis that all drawings of a report share."""

import datetime

from insights.report import wording
from insights.report.contents import Axis, Label
from insights.report.logged import Span

# Up to so many days, a label each week; each month; each quarter. Beyond, each half of a year.
WEEKS, MONTHS, QUARTERS = 45, 190, 400


def axis_of(period: Span) -> Axis:
    return Axis(period.first, period.last, tuple(Label(date, wording.short_day(date)) for date in ticks(period)))


def ticks(period: Span) -> list[datetime.date]:
    """The labelled days of a period: at most nine, but for very long ones."""
    if period.days <= WEEKS:
        return [date for number, date in enumerate(period) if number % 7 == 0]
    every = 1 if period.days <= MONTHS else 3 if period.days <= QUARTERS else 6
    return [date for date in period if date.day == 1 and (date.month - 1) % every == 0]
