"""Time, queries and size of the pages that look back, for ten years of logs and ten own questions.

    .venv/bin/python -m benchmarks.insights              # SQLite
    .venv/bin/python -m benchmarks.insights --profile    # the functions that take the time of all days

Cold: nothing of the person is in the cache. Repeated: the numbers are. CPU and wall time of whole requests, without a
server; the median of some. The size is that of the page with gzip, and of all that its first load takes.
"""

import argparse
import cProfile
import gzip
import logging
import os
import pstats
import re
import statistics
import tempfile
import time

ROUNDS = 7
PAGES = {
    "trends, 90 days": "/insights/",
    "trends, a year": "/insights/?days=365",
    "trends, all": "/insights/?days=all",
    "one chart, all": "/insights/trends/focus/?days=all",
    "its CSV": "/insights/trends/focus.csv?days=all",
    "around a dose, all": "/insights/doses/?days=all",
    "report preview": "/insights/report/",  # of 90 days and the 90 before, with all sections
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    from testing.gunicorn import manage

    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.get("DATABASE_URL") or f"sqlite:///{folder}/db.sqlite3"
        migrated = manage(url, "migrate", "--verbosity=0")
        if migrated.returncode:
            raise SystemExit(migrated.stderr)
        os.environ |= {"DJANGO_SETTINGS_MODULE": "testing.settings", "DATABASE_URL": url}
        measure(profiled=options.profile)


def measure(*, profiled: bool):
    import django

    django.setup()
    for handler in logging.getLogger().handlers:  # Log lines are formatted, and not printed.
        handler.setStream(open(os.devnull, "w"))  # noqa: SIM115
    from django.core.cache import caches
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from accounts.models import User
    from benchmarks.decade import make_decade
    from insights.report.panels import USUAL
    from insights.report.sections import GROUPS

    chosen = {"period": "90", "sections": [group.key for group in GROUPS], "panels": [*USUAL]}
    person = User.objects.create_user("maria")
    make_decade(person)
    client = Client()
    client.force_login(person)

    def ask(path: str, *, cold: bool) -> bytes:
        if cold:
            caches["summaries"].clear()
        response = client.post(path, chosen) if path == PAGES["report preview"] else client.get(path)
        assert response.status_code == 200, response.status_code  # noqa: S101
        return response.getvalue()

    client.get("/")
    if profiled:
        profile = cProfile.Profile()
        ask(PAGES["trends, all"], cold=True)
        for cold in (True, False):
            profile = cProfile.Profile()
            profile.runcall(ask, PAGES["trends, all"], cold=cold)
            pstats.Stats(profile).sort_stats("tottime").print_stats(28)
        return
    print(f"{'':20}{'cold':>16}{'repeated':>16}   queries     gzip")
    for name, path in PAGES.items():
        body = ask(path, cold=True)
        figures = []
        for cold in (True, False):
            ask(path, cold=cold)
            walls, cpus = zip(*(timed(ask, path, cold) for _ in range(ROUNDS)), strict=True)
            figures.append(f"{statistics.median(cpus) * 1000:6.1f} ({statistics.median(walls) * 1000:.1f}) ms")
        with CaptureQueriesContext(connection) as cold_queries:
            ask(path, cold=True)
        with CaptureQueriesContext(connection) as queries:
            ask(path, cold=False)
        size = len(gzip.compress(body, 6)) / 1000
        print(f"{name:20}{figures[0]:>16}{figures[1]:>16}   {len(cold_queries)}, {len(queries)}   {size:6.1f} kB")
    page = ask("/insights/", cold=False).decode()
    files = sorted(set(re.findall(r'(?:href|src)="(/static/[^"#]+)', page)))
    print(f"The first load takes these besides: {', '.join(files)}")


def timed(ask, path: str, cold: bool) -> tuple[float, float]:
    """Wall and CPU seconds of a request."""
    wall, cpu = time.perf_counter(), time.thread_time()
    ask(path, cold=cold)
    return time.perf_counter() - wall, time.thread_time() - cpu


if __name__ == "__main__":
    main()
