"""Addresses of days and their check-ins."""

import datetime

from brainlog.addresses import address_of


def address_of_day(day: datetime.date) -> str:
    return address_of("logs:day", day)


def address_of_check_in(day: datetime.date, slug: str) -> str:
    return address_of("logs:check_in", day, slug)
