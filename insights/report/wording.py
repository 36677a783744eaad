"""Numbers, days and counts of a report in words."""

import datetime
from decimal import Decimal

from django.utils.formats import date_format, number_format, time_format
from django.utils.translation import gettext, ngettext

from logs.widgets import in_digits


def number(value, places: int = 1) -> str:
    """`6`, `6.5`: rounded to this many places, without zeros at the end."""
    rounded = round(Decimal(str(value)), places)
    return number_format(in_digits(rounded + 0), use_l10n=True)  # Without the sign of −0.


def numbers(low, high, places: int = 1) -> str:
    """`5–7`, or `5` where both are the same."""
    low, high = number(low, places), number(high, places)
    return low if low == high else f"{low}–{high}"


def day(date: datetime.date) -> str:
    return date_format(date)


def days_from(first: datetime.date, last: datetime.date) -> str:
    """`May 4, 2026 – May 9, 2026`, or one day."""
    return day(first) if first == last else f"{day(first)} – {day(last)}"


def clock(minutes: float) -> str:
    """The time of day so many minutes after midnight."""
    minutes = round(minutes) % (24 * 60)
    return time_format(datetime.time(minutes // 60, minutes % 60))


def minutes_of(time: datetime.time) -> int:
    return 60 * time.hour + time.minute


def days(count: int) -> str:
    """`1 day`, `5 days`."""
    return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}


def of_days(count: int, all_days: int) -> str:
    """`5 of 90 days`."""
    return ngettext("%(count)d of %(all)d day", "%(count)d of %(all)d days", all_days) % {
        "count": count,
        "all": all_days,
    }


def listed(texts, most: int) -> str:
    """Texts with commas between them; of more than `most`, how many more there are."""
    texts = list(texts)
    if len(texts) > most:
        more = gettext("%(count)d more") % {"count": len(texts) - most}
        texts = [*texts[:most], more]
    return ", ".join(texts)


def short_day(date: datetime.date) -> str:
    """A day without its year, for the labels of an axis; with the year on the first of January."""
    return date_format(date, "MONTH_DAY_FORMAT" if (date.month, date.day) != (1, 1) else "DATE_FORMAT")


def weeks(count: int) -> str:
    """`1 week`, `5 weeks`."""
    return ngettext("%(count)d week", "%(count)d weeks", count) % {"count": count}
