import datetime
import math
from functools import cache
from typing import ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone as clock
from django.utils.translation import gettext_lazy as _

from brainlog.formats import Formats
from brainlog.formats.locales import Conventions

DEFAULT_TIMEZONE = "America/New_York"


@cache
def timezone_names() -> tuple[str, ...]:
    """Names of the IANA time zones that a person can choose, sorted. Reads the zone files once per process."""
    return tuple(sorted(name for name in available_timezones() if name not in {"Factory", "localtime"}))


def validate_timezone(name: str):
    """Raise ValidationError if the server knows no time zone of this name."""
    if name not in timezone_names():
        raise ValidationError(
            _("We don't know the time zone “%(name)s”. Choose one from the list, such as Europe/Berlin."),
            code="unknown_timezone",
            params={"name": name[:64]},
        )


class PersonalClock(models.Model):
    """A person's time zone, the end of their day, their weeks, and how they write dates and times."""

    class FirstWeekday(models.TextChoices):
        MONDAY = "monday", _("Monday")
        SATURDAY = "saturday", _("Saturday")
        SUNDAY = "sunday", _("Sunday")

    class HourFormat(models.TextChoices):
        TWELVE = "12", _("7:05 p.m.")
        TWENTY_FOUR = "24", _("19:05")

    class DateFormat(models.TextChoices):
        """The names are those of brainlog.formats.DATES."""

        DAY_FIRST = "day-first", _("4 May 2026")
        MONTH_FIRST = "month-first", _("May 4, 2026")
        DOTTED = "dotted", _("04.05.2026")
        ISO = "iso", _("2026-05-04")

    LATEST_DAY_END = 5
    FIRST_WEEKDAYS: ClassVar = {"monday": 0, "saturday": 5, "sunday": 6}

    timezone = models.CharField(
        _("Time zone"),
        max_length=64,
        default=DEFAULT_TIMEZONE,
        validators=[validate_timezone],
        help_text=_("Type a city near you. Your days begin and end by its clock."),
    )
    week_starts_on = models.CharField(
        _("The week starts on"), max_length=8, choices=FirstWeekday, default=FirstWeekday.SUNDAY
    )
    hour_format = models.CharField(
        _("Write times as"),
        max_length=2,
        choices=HourFormat,
        default=HourFormat.TWELVE,
        db_default=HourFormat.TWELVE,
        help_text=_("Where you type a time, your device decides."),
    )
    date_format = models.CharField(
        _("Write dates as"),
        max_length=11,
        choices=DateFormat,
        default=DateFormat.MONTH_FIRST,
        db_default=DateFormat.MONTH_FIRST,
    )
    day_ends_at = models.PositiveSmallIntegerField(
        _("My day ends at"),
        default=4,
        validators=[MaxValueValidator(LATEST_DAY_END)],
        help_text=_("What you log before this hour of the night belongs to the evening before."),
    )

    class Meta:
        abstract = True

    @property
    def zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            # A zone can be missing from the server's files after an update; the pages must still open.
            return ZoneInfo(DEFAULT_TIMEZONE)

    def local_time(self, now: datetime.datetime | None = None) -> datetime.datetime:
        """Convert `now` to this person's time zone."""
        return clock.localtime(now or clock.now(), self.zone)

    def today(self, now: datetime.datetime | None = None) -> datetime.date:
        """The calendar day that it is for this person, whose day ends at the hour `day_ends_at`.

        Computed from the local time rather than by subtracting hours from the instant: on days when the clocks change,
        the two differ by an hour.
        """
        local = self.local_time(now)
        return local.date() - datetime.timedelta(days=local.hour < self.day_ends_at)

    def seconds_left_today(self, now: datetime.datetime | None = None) -> int:
        """The whole seconds after which this person's day is over.

        A duration, so that a page needs neither the time zone nor a clock that is right.
        """
        now = now or clock.now()
        tomorrow = self.today(now) + datetime.timedelta(days=1)
        end = datetime.datetime.combine(tomorrow, datetime.time(self.day_ends_at), self.zone)
        return max(1, math.ceil((end.astimezone(datetime.UTC) - now.astimezone(datetime.UTC)).total_seconds()))

    @property
    def first_day(self) -> datetime.date:
        """The calendar day on which this account was made, for this person. Days before it are not missing."""
        return self.today(self.date_joined)

    @property
    def formats(self) -> Formats:
        """How dates and times are written for this person."""
        return Formats(self.date_format, self.hour_format)

    def adopt(self, conventions: Conventions):
        """Write dates and times, and begin weeks, as is usual in a place. Does not save."""
        self.date_format, self.hour_format = conventions.formats.date_format, conventions.formats.hour_format
        self.week_starts_on = conventions.week_starts_on

    @property
    def first_weekday(self) -> int:
        """The day their weeks start on, as Python counts: Monday is 0."""
        return self.FIRST_WEEKDAYS[self.week_starts_on]

    def week_of(self, day: datetime.date) -> datetime.date:
        """The first day of the week that contains `day`."""
        return day - datetime.timedelta(days=(day.weekday() - self.first_weekday) % 7)
