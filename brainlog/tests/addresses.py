"""Every address of Brain Log, and who may do what there. test_access.py tells when one is missing."""

import datetime
from dataclasses import dataclass

from django.urls import URLPattern, get_resolver, reverse

DAY, SUNDAY = datetime.date(2026, 5, 4), datetime.date(2026, 5, 3)
MONTH, YEAR = datetime.date(2026, 5, 1), datetime.date(2026, 1, 1)


@dataclass(frozen=True)
class Address:
    """What GET and POST answer to a visitor and to somebody else than the person whose rows there are.

    A POST is sent with nothing in it: what asks for answers shows the page again with its errors.
    """

    name: str
    arguments: tuple = ()
    visitor: tuple = ("login", "login")
    other: tuple = (200, 405)

    @property
    def path(self) -> str:
        return reverse(self.name, args=self.arguments)


ADDRESSES = [
    Address("today", visitor=(200, 405)),
    Address("accounts:signup", visitor=(200, 200), other=(302, 302)),
    Address("accounts:login", visitor=(200, 200), other=(302, 302)),
    Address("accounts:logout", visitor=(405, 302), other=(405, 302)),
    Address("accounts:profile", other=(200, 200)),
    Address("accounts:security", other=(200, 200)),
    Address("accounts:delete", other=(200, 200)),
    Address("accounts:set_password", other=(302, 302)),
    Address("accounts:sessions"),
    Address("accounts:events"),
    Address("accounts:end_sessions", other=(405, 302)),
    Address("accounts:email", other=(302, 302)),
    Address("accounts:email_confirm", ("no-token",), visitor=(200, 200), other=(200, 200)),
    Address("accounts:reset", visitor=(200, 200), other=(200, 200)),
    Address("accounts:reset_by_code", visitor=(200, 200), other=(200, 200)),
    Address("accounts:reset_by_link", ("MQ", "no-token"), visitor=(200, 200), other=(200, 200)),
    Address("accounts:second_factor"),
    # Each of these asks first whether it is the person.
    *(
        Address(f"accounts:{name}", arguments, other=(302, 302))
        for name, arguments in (
            ("app_on", ()),
            ("recovery_codes_new", ()),
            ("passkey_add", ()),
            ("passkey_remove", (1,)),
        )
    ),
    Address("personal_data:overview"),
    Address("personal_data:export", other=(302, 302)),
    Address("personal_data:wipe", other=(302, 302)),
    Address("accounts:app_off", other=(404, 404)),
    Address("accounts:recovery_codes", other=(404, 405)),
    Address("accounts:passkey_login", visitor=(302, 302), other=(302, 302)),
    Address("accounts:code", visitor=(302, 302), other=(302, 302)),
    Address("accounts:confirm", other=(200, 200)),
    Address("accounts:confirm_code", other=(302, 302)),
    Address("accounts:confirm_passkey", other=(302, 302)),
    Address("logs:history"),
    Address("logs:day", (DAY,)),
    *(
        Address("logs:check_in", (DAY, stage), other=(200, 302))
        for stage in ("morning", "medication", "midday", "afternoon", "evening")
    ),
    Address("logs:not_tracked", (DAY,), other=(405, 302)),
    Address("logs:tracked", (DAY,), other=(405, 404)),
    Address("logs:delete", (DAY,), other=(404, 404)),
    Address("logs:restore", (DAY,), other=(405, 302)),
    Address("logs:medications"),
    Address("logs:medication", (1,), other=(404, 404)),
    Address("reflections:list"),
    Address("reflections:other", other=(302, 405)),
    Address("reflections:month", (MONTH,)),
    Address("reflections:year", (YEAR,)),
    Address("reflections:week", (SUNDAY,), other=(200, 302)),
    Address("reflections:delete", (SUNDAY,), other=(404, 404)),
    Address("privacy", visitor=(200, 405)),
    # Where no METRICS_TOKEN is set.
    Address("metrics", visitor=(404, 405), other=(404, 405)),
]


def addresses_of() -> list[tuple[str, URLPattern]]:
    """Every URL of the project with its whole name: the first, where an address has several."""
    found = {}
    for address, name, pattern in patterns_of(get_resolver()):
        found.setdefault(address, (name, pattern))
    return list(found.values())


def patterns_of(resolver, address="", prefix=()):
    for pattern in resolver.url_patterns:
        here = address + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield here, ":".join((*prefix, pattern.name or "?")), pattern
        else:
            yield from patterns_of(pattern, here, (*prefix, pattern.namespace) if pattern.namespace else prefix)
