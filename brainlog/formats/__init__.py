"""How dates and times are written: in the form that the person has chosen, on all pages, in messages and in the admin.

Django's own functions and filters ask for it: `date_format(day)`, `{{ day }}`, `{{ day|date:"YEAR_MONTH_FORMAT" }}`.
They read brainlog/formats/en/formats.py, as FORMAT_MODULE_PATH says. The language of the words stays that of the page.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import NamedTuple


class DatePatterns(NamedTuple):
    """A form of dates, in the letters of Django's `date` filter."""

    date: str
    month_day: str  # Of a week, which says no year. Where that could be misread, the whole date.


DATES = {
    "day-first": DatePatterns("j M Y", "j M"),
    "month-first": DatePatterns("M j, Y", "M j"),
    "dotted": DatePatterns("d.m.Y", "d.m."),
    "iso": DatePatterns("Y-m-d", "Y-m-d"),
}
TIMES = {"12": "P", "24": "H:i"}


@dataclass(frozen=True)
class Formats:
    """A form of dates and one of times."""

    date_format: str = "month-first"
    hour_format: str = "12"

    def pattern(self, name: str) -> str:
        """The pattern that Django knows by this name, such as DATE_FORMAT."""
        date, month_day = DATES[self.date_format]
        time = TIMES[self.hour_format]
        return {
            "DATE_FORMAT": date,
            "SHORT_DATE_FORMAT": date,
            "MONTH_DAY_FORMAT": month_day,
            "YEAR_MONTH_FORMAT": "F Y",
            "TIME_FORMAT": time,
            "DATETIME_FORMAT": f"{date}, {time}",
            "SHORT_DATETIME_FORMAT": f"{date}, {time}",
        }[name]


DEFAULT = Formats()
_active: ContextVar[Formats] = ContextVar("formats", default=DEFAULT)


def activate(formats: Formats):
    """Write dates and times in this form, in this thread, until another one is activated."""
    _active.set(formats)


def deactivate():
    _active.set(DEFAULT)


@contextmanager
def override(formats: Formats):
    """Write dates and times in this form meanwhile, such as for a mail to a person."""
    token = _active.set(formats)
    try:
        yield
    finally:
        _active.reset(token)


def active() -> Formats:
    return _active.get()


class ActivePattern(str):
    """A pattern that follows the active formats.

    Django keeps the patterns of a language for the life of the process, and calls str() on one at each use.
    """

    def __new__(cls, name: str):
        pattern = super().__new__(cls, DEFAULT.pattern(name))
        pattern.name = name
        return pattern

    def __str__(self):
        return active().pattern(self.name)
