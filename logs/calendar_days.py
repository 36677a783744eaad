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
from django.utils.translation import gettext, pgettext

from logs.addresses import address_of_day
from logs.models import DailyLog, headline_name_of, is_of_one_question, stages_counted, stages_done_of


@dataclass(slots=True)
class Square:
    """One day of a calendar or strip."""

    date: datetime.date
    log: DailyLog | tuple | None  # A tuple: a row of for_list().
    is_today: bool
    is_outside: bool  # of the month on show
    address: str | None  # None for a day to come, and before 1900.
    css_class: str
    number: str
    weekday: str
    short_weekday: str
    month: str
    score: str
    words: str  # To be read out, after the score if there is one.
    sign: str  # To be seen.


class Headlines:
    """The score that stands for a day, with the words and the sign that say which one it is."""

    def __init__(self):
        self.words = {
            "day_rating": gettext("of 10 for the day"),
            "overall_mood": gettext("of 10 for mood that day"),
            "morning_mood": gettext("of 10 for mood in the morning"),
        }
        self.mood = pgettext("short for mood, beside its number", "m")

    def of(self, log: DailyLog | tuple) -> tuple[str, str, str] | None:
        """The score, its words and its sign; None if the day has no such score."""
        if name := headline_name_of(log):
            return str(getattr(log, name)), self.words[name], "" if name == "day_rating" else self.mood
        return None


class Squares:
    """Makes squares, with the words that many of them share. `first_day` is that of the person's account."""

    def __init__(self, today: datetime.date, first_day: datetime.date, month: int | None = None):
        self.today, self.first_day, self.month = today, first_day, month
        self.headlines = Headlines()
        self.weekdays = [str(name) for name in WEEKDAYS.values()]
        self.short_weekdays = [str(name) for name in WEEKDAYS_ABBR.values()]
        self.months = {number: str(name) for number, name in MONTHS.items()}
        self.not_tracked, self.no_rating = gettext("not tracked"), gettext("logged, without a rating")
        self.nothing, self.not_begun = gettext("nothing logged"), gettext("before you began")

    def square(self, date: datetime.date, log: DailyLog | tuple | None) -> Square:
        is_today, is_outside = date == self.today, self.month not in (None, date.month)
        score, sign, kind = "", "", ""
        if log is None:
            words, kind = (self.not_begun, " not-begun") if date < self.first_day else (self.nothing, "")
        elif headline := self.headlines.of(log):
            score, words, sign = headline
            kind = f" score-{score}{' mood' if sign else ''}"
        elif log.not_tracked:
            words, sign, kind = self.not_tracked, "–", " not-tracked"
        else:
            words, sign, kind = self.no_rating, "·", " begun"
        return Square(
            date=date,
            log=log,
            is_today=is_today,
            is_outside=is_outside,
            address=None if date < FIRST_MONTH or (log is None and date > self.today) else address_of_day(date),
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
    words: str  # To be read out after the score.
    sign: str  # To be seen.


def lines_of(logs: Iterable[tuple], person) -> list[Line]:
    """A person's rows of for_list() as a list shows them."""
    date_as, weekdays = get_format("DATE_FORMAT"), [str(name) for name in WEEKDAYS.values()]
    done, not_tracked = gettext("%(done)s of %(all)s done"), gettext("not tracked: %(reason)s")
    reasons = {key: str(label) for key, label in DailyLog.NotTracked.choices}
    headlines, today = Headlines(), person.today()

    def done_in_words(log) -> str:
        stages = stages_counted(log, person, today)
        if not stages and is_of_one_question(log, person):
            return gettext("one question")
        return done % {"done": stages_done_of(log, stages), "all": len(stages)}

    return [
        Line(
            date=log.date,
            address=address_of_day(log.date),
            weekday=weekdays[log.date.weekday()],
            date_in_words=format_date(log.date, date_as),
            detail=not_tracked % {"reason": reasons[log.not_tracked]} if log.not_tracked else done_in_words(log),
            **dict(zip(("score", "words", "sign"), headlines.of(log) or ("", "", "–"), strict=True)),
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


def stretches_in_words(days: Iterable[datetime.date]) -> str:
    """`May 4, 2026, May 6, 2026 – May 9, 2026`: days in order, those in a row as one stretch."""
    stretches = []
    for day in days:
        if stretches and day - stretches[-1][-1] == datetime.timedelta(days=1):
            stretches[-1][1:] = [day]
        else:
            stretches.append([day])
    return ", ".join(" – ".join(date_format(day) for day in stretch) for stretch in stretches)


FIRST_MONTH = datetime.date(1900, 1, 1)


def month_of(text: str | None, today: datetime.date) -> datetime.date:
    """The first day of the month written as `2026-05`; this month if there is no text.

    Raises ValueError for what is no month, or one that has not begun.
    """
    if not text:
        return today.replace(day=1)
    first = datetime.date.fromisoformat(f"{text}-01")
    if not FIRST_MONTH <= first <= today.replace(day=1) + datetime.timedelta(days=31):
        raise ValueError(text)
    return first


def month_grid(first: datetime.date, first_weekday: int) -> list[list[datetime.date]]:
    """The weeks that cover the month, whole, each starting on `first_weekday` (Monday is 0)."""
    return calendar.Calendar(first_weekday).monthdatescalendar(first.year, first.month)
