"""Addresses, each made once a process: reverse() takes 30 to 60 µs, and a page has up to seventy of them."""

from functools import lru_cache

from django.urls import reverse

# Some five years of days, with their check-ins.
MOST = 16384


@lru_cache(MOST)
def address_of(name: str, *arguments) -> str:
    """What reverse() returns for the name of an address and its arguments."""
    return reverse(name, args=arguments)
