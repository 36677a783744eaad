"""Whether the time a refused login takes tells who is here.

    .venv/bin/python -m benchmarks.unknown_names

Sends wrong passwords for a name that exists, one that does not and one put on hold, in turn, through
the whole login page with the password hasher of production. Prints milliseconds of the
processor, which others on the machine do not lengthen: median and quartiles of 25.
"""

import itertools
import os
import statistics
import time

ROUNDS = 25


def main():
    os.environ["DJANGO_SETTINGS_MODULE"] = "testing.settings"
    import django
    from django.conf import global_settings, settings

    django.setup()
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    from django.core.management import call_command
    from django.test import Client

    from accounts import throttle
    from accounts.models import User

    call_command("migrate", verbosity=0)
    User.objects.create_user("maria", password="irrelevant")  # noqa: S106
    User.objects.create_user("on-hold", password="irrelevant", is_active=False)  # noqa: S106
    throttle.take_sign_in = lambda *who: []
    times = {"maria": [], "nobody": [], "on-hold": []}
    for name in itertools.islice(itertools.cycle(times), ROUNDS * len(times)):
        start = time.process_time()
        Client().post("/accounts/login/", {"username": name, "password": "wrong"})
        times[name].append((time.process_time() - start) * 1000)
    for name, measured in times.items():
        low, middle, high = statistics.quantiles(measured, n=4)
        print(f"{name:>8}  {middle:6.1f} ms  ({low:.1f} to {high:.1f})")


if __name__ == "__main__":
    main()
