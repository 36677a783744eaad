"""What others wait for while one visitor logs in over and over, with the right password.

    .venv/bin/python -m benchmarks.right_passwords [seconds]

Serves Brain Log as in production, gunicorn 2 × 4, on a throwaway SQLite file, with the password hasher of production.
Eight threads at one address log in without a pause, each time as a new browser. Meanwhile another visitor, at another
address, opens the welcome page four times a second. Prints how long that took, and how the logins were answered.
"""

import testing.standalone  # noqa: F401, I001 (before the models that the next ones import)

# isort: split
import base64
import secrets
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter

from testing.gunicorn import manage, throwaway_site
from testing.people import PASSWORD, Visitor, sign_up

THREADS, SECONDS = 8, 20
ACCOUNT = {"username": "maria", "password": PASSWORD}


def main():
    seconds = next((int(argument) for argument in sys.argv[1:] if argument.isdecimal()), SECONDS)
    settings = {
        "DJANGO_SETTINGS_MODULE": "brainlog.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "FIELD_ENCRYPTION_KEYS": "bench:" + base64.b64encode(secrets.token_bytes(32)).decode(),
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS": "False",
        "DEBUG": "False",
        "LOG_LEVEL": "ERROR",
    }
    with tempfile.TemporaryDirectory(prefix="brainlog-bench-") as folder:
        settings["STATIC_ROOT"] = f"{folder}/static"
        url = f"sqlite:///{folder}/db.sqlite3"
        for command in (["migrate", "--verbosity=0"], ["collectstatic", "--noinput", "--verbosity=0"]):
            if (done := manage(url, *command, **settings)).returncode:
                sys.exit(done.stderr)
        with throwaway_site(url, **settings) as site:
            sign_up(Visitor(site.url), ACCOUNT["username"])
            report("nobody logs in", *measure(site.url, 0, seconds / 4))
            report(f"{THREADS} threads log in", *measure(site.url, THREADS, seconds))


def measure(url: str, threads: int, seconds: float) -> tuple[list[float], Counter]:
    """How long each page took, in milliseconds, and the statuses of the logins."""
    end, answers, waits = time.monotonic() + seconds, Counter(), []

    def log_in():
        while time.monotonic() < end:
            answers[Visitor(url).post("/accounts/login/", ACCOUNT)[0]] += 1

    visitors = [threading.Thread(target=log_in) for _ in range(threads)]
    for visitor in visitors:
        visitor.start()
    while time.monotonic() < end:
        start = time.perf_counter()
        with urllib.request.urlopen(f"{url}/") as page:  # noqa: S310
            page.read()
        waits.append((time.perf_counter() - start) * 1000)
        time.sleep(0.25)
    for visitor in visitors:
        visitor.join()
    return waits, answers


def report(title: str, waits: list[float], answers: Counter):
    nth = sorted(waits)
    print(
        f"{title}: {len(waits)} pages, median {statistics.median(waits):.0f} ms, 95th percentile "
        f"{nth[int(0.95 * (len(nth) - 1))]:.0f} ms, longest {nth[-1]:.0f} ms; logins by status: {dict(answers)}"
    )


if __name__ == "__main__":
    main()
