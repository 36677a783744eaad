"""Whether the time a refused login takes tells who is here.

    .venv/bin/python -m benchmarks.unknown_names [rounds] [fast]

Sends wrong passwords for a name that exists, one that does not and one put on hold, in turn, through
the whole login page with the password hasher of production: each name once, when the refusal is
written down, and once more, when it is not. Prints milliseconds of the processor, which others on
the machine do not lengthen: median and quartiles, and how much longer than for a name that does not
exist, in the same round, with its standard error. With `fast`, passwords are hashed in no time, to see
what the hashing covers. DATABASE_URL chooses the database, which has to be empty; of PostgreSQL the
processor sees our side alone, so the time by the clock is printed as well.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable

ROUNDS = 25
NAMES = ("somebody", "nobody", "on-hold")
CLOCKS: dict[str, Callable[[], float]] = {"processor": time.process_time, "clock": time.perf_counter}


def main():
    rounds = next((int(argument) for argument in sys.argv[1:] if argument.isdecimal()), ROUNDS)
    os.environ |= {"DJANGO_SETTINGS_MODULE": "testing.settings", "CHOSEN_BY_A_TEST": "LOG_LEVEL", "LOG_LEVEL": "ERROR"}
    import django
    from django.conf import global_settings, settings

    django.setup()
    if "fast" not in sys.argv:
        settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    from django.contrib.auth.hashers import make_password
    from django.core.management import call_command

    from accounts import rate_limits
    from accounts.models import User

    call_command("migrate", verbosity=0)
    password = make_password("irrelevant")
    User.objects.bulk_create(
        User(username=f"{name}-{number}", username_key=f"{name}-{number}", password=password, is_active=is_active)
        for name, is_active in (("somebody", True), ("on-hold", False))
        for number in range(-1, rounds)
    )
    rate_limits.consume_sign_in = lambda *who: []
    for name in NAMES:
        times_of(f"{name}--1")  # The first of all compiles and imports.
    first, again = ({name: [] for name in NAMES} for _ in range(2))
    for number in range(rounds):
        order = [NAMES[(number + place) % 3] for place in range(3)]
        for times in (first, again):
            for name in order:
                times[name].append(times_of(f"{name}-{number}"))
    for title, times in (("written down", first), ("once more", again)):
        for clock in CLOCKS:
            report(f"{title}, {clock}", {name: [each[clock] for each in times[name]] for name in NAMES})


def times_of(name: str) -> dict[str, float]:
    """Milliseconds of one refused login, by each clock."""
    from django.test import Client

    before = {clock: now() for clock, now in CLOCKS.items()}
    Client().post("/accounts/login/", {"username": name, "password": "wrong"})
    return {clock: (now() - before[clock]) * 1000 for clock, now in CLOCKS.items()}


def report(title: str, times: dict[str, list[float]]):
    print(title)
    for name, measured in times.items():
        low, middle, high = statistics.quantiles(measured, n=4)
        longer = [here - there for here, there in zip(measured, times["nobody"], strict=True)]
        quarter, _, three_quarters = statistics.quantiles(longer, n=4)
        # Of a median, and as outliers do not count: 1.25 / 1.35 of the distance between the quartiles, by √n.
        error = 0.93 * (three_quarters - quarter) / len(longer) ** 0.5
        print(
            f"  {name:>8}  {middle:6.1f} ms  ({low:.1f} to {high:.1f})  {statistics.median(longer):+.2f} ± {error:.2f}"
        )


if __name__ == "__main__":
    main()
