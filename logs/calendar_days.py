"""Days as pages name and arrange them."""

import calendar
import datetime
from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.translation import gettext

from logs.models import DailyLog


@dataclass(frozen=True)
class Day:
    """One square of a calendar or strip: a date, and the log if there is one."""

    date: datetime.date
    today: datetime.date
    log: DailyLog | None = None
    is_outside: bool = False  # of the month on show

    @property
    def is_today(self) -> bool:
        return self.date == self.today

    @property
    def is_future(self) -> bool:
        return self.date > self.today and self.log is None


def name_of_day(day: datetime.date, today: datetime.date) -> str:
    """`Today`, `Yesterday`, or the weekday."""
    if day == today:
        return gettext("Today")
    if day == today - datetime.timedelta(days=1):
        return gettext("Yesterday")
    return date_format(day, "l")


def full_name_of(day: datetime.date) -> str:
    """`Monday, May 4, 2026`."""
    return f"{date_format(day, 'l')}, {date_format(day)}"


def month_of(text: str | None, today: datetime.date) -> datetime.date:
    """The first day of the month written as `2026-05`; this month if there is no text.

    Raises ValueError for what is no month, or one that has not begun.
    """
    if not text:
        return today.replace(day=1)
    first = datetime.date.fromisoformat(f"{text}-01")
    # A month's weeks reach into the month before, and days begin with 1900.
    if not datetime.date(1900, 2, 1) <= first <= today.replace(day=1) + datetime.timedelta(days=31):
        raise ValueError(text)
    return first


def month_grid(first: datetime.date, first_weekday: int) -> list[list[datetime.date]]:
    """The weeks that cover the month, whole, each starting on `first_weekday` (Monday is 0)."""
    return calendar.Calendar(first_weekday).monthdatescalendar(first.year, first.month)
