"""The axis of days: where a day is, and which ones are written below it."""

import datetime
from dataclasses import dataclass

from django.utils.dateformat import format as format_date
from django.utils.dates import MONTHS_3
from django.utils.formats import date_format

from insights.charts.labels import END, MIDDLE, START, Label

ONE_DAY = datetime.timedelta(days=1)
MOST_WEEKS = 62  # days of a period whose weeks are named
ONE_YEAR = 366


@dataclass(frozen=True, slots=True)
class Days:
    """A period as an axis. Each day is as wide as the others."""

    first: datetime.date
    last: datetime.date

    @property
    def count(self) -> int:
        return (self.last - self.first).days + 1

    def start(self, day: datetime.date) -> float:
        """The share of the width at which the day begins; beyond 0 to 1 for days outside of the period."""
        return (day - self.first).days / self.count

    def middle(self, day: datetime.date) -> float:
        return ((day - self.first).days + 0.5) / self.count

    @property
    def ends(self) -> list[Label]:
        """The first and the last day, in words."""
        if self.count == 1:
            return [Label(0.5, date_format(self.first))]
        return [Label(0, self.name(self.first), START), Label(1, self.name(self.last), END)]

    def name(self, day: datetime.date) -> str:
        if self.count <= MOST_WEEKS or self.first.year == self.last.year:
            return date_format(day, "MONTH_DAY_FORMAT")
        return format_date(day, "M Y")

    @property
    def between(self) -> list[Label]:
        """The labels between: weeks, months, or years in a longer period."""
        return [Label(*label) for label in self.steps()]

    def steps(self):
        if self.count <= MOST_WEEKS:
            days = range(7, self.count - 6, 7)
            for day in (self.first + number * ONE_DAY for number in days):
                yield self.middle(day), date_format(day, "MONTH_DAY_FORMAT"), MIDDLE
        elif self.count <= ONE_YEAR:
            for month in months_within(self.first, self.last):
                yield self.start(month), str(MONTHS_3[month.month]).capitalize(), START
        else:
            for year in range(self.first.year + 1, self.last.year + 1):
                yield self.start(datetime.date(year, 1, 1)), str(year), START


def months_within(first: datetime.date, last: datetime.date):
    """The first days of the months that begin after the first day of a period."""
    month = first
    while (month := (month.replace(day=1) + 31 * ONE_DAY).replace(day=1)) <= last:
        yield month
