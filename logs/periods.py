"""Weeks, months and years of a person's days."""

import datetime
from dataclasses import dataclass

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext

from logs.converters import DayConverter

ONE_DAY = datetime.timedelta(days=1)
FIRST_DAY = datetime.date(DayConverter.FIRST_YEAR, 1, 1)


@dataclass(frozen=True)
class Period:
    """A stretch of days, known by its first."""

    first: datetime.date

    @property
    def end(self) -> datetime.date:
        """The first day that is not in it any more."""
        raise NotImplementedError

    @property
    def before(self) -> "Period":
        raise NotImplementedError

    @property
    def after(self) -> "Period":
        return type(self)(self.end)

    @property
    def last(self) -> datetime.date:
        return self.end - ONE_DAY

    def days_between(self, first: datetime.date, last: datetime.date) -> int:
        """How many of its days are from `first` to `last`, both included."""
        return max((min(self.last, last) - max(self.first, first)).days + 1, 0)


class Week(Period):
    @property
    def end(self):
        return self.first + 7 * ONE_DAY

    @property
    def before(self):
        return Week(self.first - 7 * ONE_DAY)

    def __str__(self):
        return gettext("Week of %(date)s") % {"date": date_format(self.first, "DATE_FORMAT")}


class Month(Period):
    @property
    def end(self):
        return (self.first + 31 * ONE_DAY).replace(day=1)

    @property
    def before(self):
        return Month((self.first - ONE_DAY).replace(day=1))

    def __str__(self):
        return date_format(self.first, "YEAR_MONTH_FORMAT")

    @property
    def short(self) -> str:
        return date_format(self.first, "M Y")

    def get_absolute_url(self):
        return reverse("reflections:month", args=[self.first])


class Year(Period):
    @property
    def end(self):
        return self.first.replace(year=self.first.year + 1)

    @property
    def before(self):
        return Year(self.first.replace(year=self.first.year - 1))

    @property
    def months(self) -> list[Month]:
        return [Month(self.first.replace(month=number)) for number in range(1, 13)]

    def __str__(self):
        return date_format(self.first, "Y")

    short = property(__str__)

    def get_absolute_url(self):
        return reverse("reflections:year", args=[self.first])
