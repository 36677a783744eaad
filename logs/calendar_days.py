"""Days as pages name and arrange them.

A list or a calendar shows many: its words and addresses are prepared here, so that the template only writes them down.
"""

import calendar
import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.dateformat import format as format_date
from django.utils.dates import MONTHS, WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import date_format, get_format
from django.utils.translation import gettext

from logs.addresses import address_of_day
from logs.models import DailyLog, headline_of, stages_done_of
from logs.stages import STAGES


@dataclass(slots=True)
class Square:
    """One day of a calendar or strip."""

    date: datetime.date
    log: DailyLog | tuple | None  # A tuple: a row of for_list().
    is_today: bool
    is_outside: bool  # of the month on show
    address: str | None  # None for a day to come.
    css_class: str
    number: str
    weekday: str
    short_weekday: str
    month: str
    score: str = ""
    # Where there is no score: what is to be read out, and the sign to be seen.
    words: str = ""
    sign: str = ""


class Squares:
    """Makes squares, with the words that many of them share."""

    def __init__(self, today: datetime.date, month: int | None = None):
        self.today, self.month = today, month
        self.weekdays = [str(name) for name in WEEKDAYS.values()]
        self.short_weekdays = [str(name) for name in WEEKDAYS_ABBR.values()]
        self.months = {number: str(name) for number, name in MONTHS.items()}
        self.not_tracked, self.no_rating = gettext("not tracked"), gettext("logged, without a rating")
        self.nothing = gettext("nothing logged")

    def square(self, date: datetime.date, log: DailyLog | tuple | None) -> Square:
        is_today, is_outside = date == self.today, self.month not in (None, date.month)
        score, sign, kind = "", "", ""
        if log is None:
            words = self.nothing
        elif headline := headline_of(log):
            score, words, kind = str(headline), "", f" score-{headline}"
        elif log.not_tracked:
            words, sign, kind = self.not_tracked, "–", " not-tracked"
        else:
            words, sign, kind = self.no_rating, "·", " begun"
        return Square(
            date=date,
            log=log,
            is_today=is_today,
            is_outside=is_outside,
            address=None if log is None and date > self.today else address_of_day(date),
            css_class=f"square{' today' if is_today else ''}{' outside' if is_outside else ''}{kind}",
            number=str(date.day),
            weekday=self.weekdays[date.weekday()],
            short_weekday=self.short_weekdays[date.weekday()],
            month=self.months[date.month],
            score=score,
            words=words,
            sign=sign,
        )


@dataclass(slots=True)
class Line:
    """A logged day in a list."""

    date: datetime.date
    address: str
    weekday: str
    date_in_words: str
    detail: str
    score: str


def lines_of(logs: Iterable[tuple]) -> list[Line]:
    """Rows of for_list() as a list shows them."""
    date_as, weekdays = get_format("DATE_FORMAT"), [str(name) for name in WEEKDAYS.values()]
    done, not_tracked = gettext("%(done)s of %(all)s done"), gettext("not tracked: %(reason)s")
    reasons = {key: str(label) for key, label in DailyLog.NotTracked.choices}
    return [
        Line(
            date=log.date,
            address=address_of_day(log.date),
            weekday=weekdays[log.date.weekday()],
            date_in_words=format_date(log.date, date_as),
            detail=not_tracked % {"reason": reasons[log.not_tracked]}
            if log.not_tracked
            else done % {"done": stages_done_of(log), "all": len(STAGES)},
            score=str(headline_of(log) or ""),
        )
        for log in logs
    ]


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
