"""Disk space per row, and pages per second on this machine: the figures in docs/scaling.md.

    .venv/bin/python -m benchmarks.scale

Starts a temporary PostgreSQL that flushes commits to the disk, gives PEOPLE the 400 days of the demo, and requests each
page from gunicorn (2 processes of 4 threads) for SECONDS, from THREADS clients on this machine. Takes a minute or two.

The clients and other processes use the same CPUs: pages per second and response times describe this machine at this
moment. The CPU time per page depends on the page alone. Linux only.
"""

import http.client
import os
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode, urlsplit

PEOPLE = 25
OTHERS = 5000  # people with an account and two medications only
SESSIONS_EACH = 40
SECONDS = 4
THREADS = 8
CSRF = "x" * 32

TABLES = {
    "a day": "logs_dailylog",
    "a dose": "logs_dose",
    "a medication": "logs_medication",
    "an own question": "logs_ownquestion",
    "an own answer": "logs_ownanswer",
    "a set of questions": "logs_questionset",
    "a reflection": "reflections_weeklyreflection",
    "a session": "accounts_session",
    "a person": "accounts_user",
}


def main():
    from testing.gunicorn import manage, throwaway_site
    from testing.postgres import throwaway_cluster

    with throwaway_cluster(configuration="") as cluster:
        migrated = manage(cluster.url, "migrate", "--verbosity=0")
        if migrated.returncode:
            raise SystemExit(migrated.stderr)
        os.environ |= {"DJANGO_SETTINGS_MODULE": "testing.settings", "DATABASE_URL": cluster.url}
        cookies, today = prepare()
        cluster.execute("VACUUM ANALYZE")
        measure_rows(cluster)
        with throwaway_site(cluster.url) as site:
            measure_pages(site, cluster, cookies, today)
        measure_connection_memory(cluster)


def prepare() -> tuple[list[str], str]:
    """Make the people and their logs. Returns a session cookie for each person, and their current day."""
    import django

    django.setup()
    from django.conf import settings
    from django.contrib import auth
    from django.db import transaction

    from accounts.models import User
    from accounts.sessions import SessionStore
    from logs.models import Medication
    from operations.demo.load import load_demo_data

    cookies = []
    for number in range(PEOPLE):
        person = User.objects.create_user(f"person-{number}", password="irrelevant")  # noqa: S106
        with transaction.atomic():
            load_demo_data(person)
            for _ in range(SESSIONS_EACH):
                session = SessionStore()
                session[auth.SESSION_KEY] = str(person.pk)
                session[auth.BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
                session[auth.HASH_SESSION_KEY] = person.get_session_auth_hash()
                session.create()
        cookies.append(session.session_key)
    password = person.password
    names = [f"other-{number}" for number in range(OTHERS)]
    others = User.objects.bulk_create(User(username=name, username_key=name, password=password) for name in names)
    for name in ("Concerta", "Melatonin"):
        Medication.objects.bulk_create(Medication(user=each, name=name) for each in others)
    return cookies, str(person.today())


def measure_rows(cluster):
    """Print the disk space per row of each table, and its share in TOAST tables and indexes."""
    print(f"{'':>18}  {'rows':>7}  {'row':>7}  {'TOAST':>7}  {'indexes':>7}  {'total':>7}   bytes per row")
    for name, table in TABLES.items():
        [(rows, heap, indexes, total)] = cluster.execute(
            f"SELECT count(*), pg_relation_size('{table}'), pg_indexes_size('{table}'), "  # noqa: S608
            f"pg_total_relation_size('{table}') FROM {table}"
        )
        each = [part / rows for part in (heap, total - heap - indexes, indexes, total)]
        print(f"{name:>18}  {rows:>7}  " + "  ".join(f"{part:>7.0f}" for part in each))


def measure_connection_memory(cluster):
    """Print the private memory of one more connection on the server."""
    with ThreadPoolExecutor(20) as pool:
        barrier = threading.Barrier(20)

        def hold(_):
            import psycopg

            with psycopg.connect(cluster.url) as connection:
                connection.execute("SELECT count(*) FROM logs_dailylog")
                pid = connection.info.backend_pid
                barrier.wait()
                with open(f"/proc/{pid}/smaps_rollup") as file:
                    lines = dict(line.split(":", 1) for line in file if ":" in line)
                barrier.wait()
                return sum(int(lines[name].split()[0]) for name in ("Private_Clean", "Private_Dirty"))

        print(f"\na connection: {statistics.median(pool.map(hold, range(20))) / 1024:.1f} MB of private memory")


def cpu_seconds(process: int) -> float:
    """CPU time of a process and its children so far."""
    ticks = 0
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = entry.read_text().rpartition(")")[2].split()
            if int(entry.parent.name) == process or int(fields[1]) == process:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def measure_pages(site, cluster, cookies, today):
    """Print requests per second, response times and CPU time of the pages that people open most."""
    servers = (site.process.pid, cluster.processes()[0])
    # Without the form's version, a save overwrites answers without a conflict.
    saves = [{"focus_level": str(n), "energy_level": "5", "rumination_level": "5"} for n in range(1, 11)]
    pages = {
        "today": ("GET", "/", None),
        "a check-in": ("GET", f"/logs/{today}/midday/", None),
        "the medication check-in": ("GET", f"/logs/{today}/medication/", None),
        "a save of a check-in": ("POST", f"/logs/{today}/midday/", saves),
        "history": ("GET", "/logs/", None),
        "a week": ("GET", f"/reflections/{today}/", None),
        "a month in numbers": ("GET", f"/reflections/numbers/{today[:7]}/", None),
        "a year in numbers": ("GET", f"/reflections/numbers/{today[:4]}/", None),
    }
    print(f"\n{'':>26}  {'per second':>10}  {'median':>8}  {'95 %':>8}    CPU per page: web, database")
    for name, (method, path, forms) in pages.items():
        [(position,)] = cluster.execute("SELECT pg_current_wal_insert_lsn()")
        before = [cpu_seconds(server) for server in servers]
        times = repeat_request(urlsplit(site.url), method, path, forms, cookies)
        used = [cpu_seconds(server) - seconds for server, seconds in zip(servers, before, strict=True)]
        [(written,)] = cluster.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)", position)
        slow = statistics.quantiles(times, n=20)[-1]
        print(
            f"{name:>26}  {len(times) / SECONDS:>10.0f}  {statistics.median(times) * 1000:>5.1f} ms"
            f"  {slow * 1000:>5.1f} ms    "
            + ", ".join(f"{part / len(times) * 1000:.1f} ms" for part in used)
            + (f"; {written / len(times) / 1024:.1f} kB of WAL" if forms else "")
        )


def repeat_request(url, method, path, forms, cookies) -> list[float]:
    """Repeat the request from all clients for SECONDS. Returns the seconds that each took."""
    until = time.monotonic() + SECONDS

    def client(number) -> list[float]:
        times = []
        connection = http.client.HTTPConnection(url.hostname, url.port)
        while time.monotonic() < until:
            session = cookies[(number + len(times) * THREADS) % len(cookies)]
            headers = {"Cookie": f"sessionid={session}; csrftoken={CSRF}", "X-CSRFToken": CSRF}
            body = None
            if forms:
                body = urlencode(forms[len(times) % len(forms)])
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            start = time.perf_counter()
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            response.read()
            times.append(time.perf_counter() - start)
            if response.status != (302 if forms else 200):
                raise SystemExit(f"{path} answered {response.status}.")
        connection.close()
        return times

    with ThreadPoolExecutor(THREADS) as pool:
        return [each for times in pool.map(client, range(THREADS)) for each in times]


if __name__ == "__main__":
    main()
