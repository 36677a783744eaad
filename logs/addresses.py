"""Addresses of days and their check-ins, each made once a process: a page has up to seventy of them."""

import datetime
from functools import lru_cache

from django.urls import reverse

# Some five years of days, with their check-ins.
MOST = 8192


@lru_cache(MOST)
def address_of_day(day: datetime.date) -> str:
    return reverse("logs:day", args=[day])


@lru_cache(MOST)
def address_of_check_in(day: datetime.date, slug: str) -> str:
    return reverse("logs:check_in", args=[day, slug])
