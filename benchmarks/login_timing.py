"""Timing of failed logins: whether it reveals which usernames exist.

    .venv/bin/python -m benchmarks.login_timing [rounds] [fast]

Sends wrong passwords for a username that exists, one that does not, and one of a deactivated account, in turn, through
the whole login page with the password hasher of production. Each is sent twice, because only the first failure within
a minute is recorded as an event. Prints the CPU time in milliseconds, which other processes hardly affect: median and
quartiles, and the median difference from the unknown username in the same round, with its standard error.

With `fast`, passwords are hashed by a fast algorithm, which shows differences that the hashing hides. DATABASE_URL
names the database, which has to be empty. With PostgreSQL, the CPU time is that of this process alone, so the elapsed
time is printed as well.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable

ROUNDS = 25
NAMES = ("known", "unknown", "inactive")
CLOCKS: dict[str, Callable[[], float]] = {"CPU": time.process_time, "elapsed": time.perf_counter}


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
        for name, is_active in (("known", True), ("inactive", False))
        for number in range(-1, rounds)
    )
    rate_limits.consume_sign_in = lambda *who: []
    for name in NAMES:
        times_of(f"{name}--1")  # The first request imports modules and compiles templates.
    first, again = ({name: [] for name in NAMES} for _ in range(2))
    for number in range(rounds):
        order = [NAMES[(number + place) % 3] for place in range(3)]
        for times in (first, again):
            for name in order:
                times[name].append(times_of(f"{name}-{number}"))
    for title, times in (("recorded", first), ("not recorded", again)):
        for clock in CLOCKS:
            report(f"{title}, {clock}", {name: [each[clock] for each in times[name]] for name in NAMES})


def times_of(name: str) -> dict[str, float]:
    """Milliseconds of one failed login, by each clock."""
    from django.test import Client

    before = {clock: now() for clock, now in CLOCKS.items()}
    Client().post("/accounts/login/", {"username": name, "password": "wrong"})
    return {clock: (now() - before[clock]) * 1000 for clock, now in CLOCKS.items()}


def report(title: str, times: dict[str, list[float]]):
    print(title)
    for name, measured in times.items():
        low, middle, high = statistics.quantiles(measured, n=4)
        differences = [here - there for here, there in zip(measured, times["unknown"], strict=True)]
        quarter, _, three_quarters = statistics.quantiles(differences, n=4)
        # The standard error of a median, robust against outliers: 1.25 / 1.35 × interquartile range / √n.
        error = 0.93 * (three_quarters - quarter) / len(differences) ** 0.5
        difference = f"{statistics.median(differences):+.2f} ± {error:.2f}"
        print(f"  {name:>8}  {middle:6.1f} ms  ({low:.1f} to {high:.1f})  {difference}")


if __name__ == "__main__":
    main()
