"""What a row weighs, and how many pages a second this machine serves: the figures of docs/scaling.md.

    .venv/bin/python -m benchmarks.scale

Starts a PostgreSQL of its own that waits for the disk, gives PEOPLE the demo's 400 days, and asks gunicorn
(2 processes of 4 threads) for each page for SECONDS, from THREADS clients on this machine. Takes a minute
or two and nothing but this machine.

The clients, and whatever else runs here, take their share of the processors: pages a second and how long
one took say how this machine did just now. How much of a processor a page needs hangs on the page alone.
Linux only.
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
OTHERS = 5000  # who only have an account and two medications
SESSIONS_EACH = 40
SECONDS = 4
THREADS = 8
CSRF = "x" * 32

TABLES = {
    "a day": "logs_dailylog",
    "a dose": "logs_dose",
    "a medication": "logs_medication",
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
        weigh(cluster)
        with throwaway_site(cluster.url) as site:
            ask(site, cluster, cookies, today)
        weigh_a_connection(cluster)


def prepare() -> tuple[list[str], str]:
    """Give everybody the demo's days. Returns a cookie for each person, and the day it is for them."""
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


def weigh(cluster):
    """Print what a row takes of the disk, with what of it is text set aside and what is indexes."""
    print(f"{'':>14}  {'rows':>7}  {'row':>7}  {'aside':>7}  {'indexes':>7}  {'in all':>7}   bytes a row")
    for name, table in TABLES.items():
        [(rows, heap, indexes, total)] = cluster.execute(
            f"SELECT count(*), pg_relation_size('{table}'), pg_indexes_size('{table}'), "  # noqa: S608
            f"pg_total_relation_size('{table}') FROM {table}"
        )
        each = [part / rows for part in (heap, total - heap - indexes, indexes, total)]
        print(f"{name:>14}  {rows:>7}  " + "  ".join(f"{part:>7.0f}" for part in each))


def weigh_a_connection(cluster):
    """Print what one more connection costs the server in memory that it shares with nobody."""
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

        print(f"\na connection: {statistics.median(pool.map(hold, range(20))) / 1024:.1f} MB of its own")


def processor_seconds(process: int) -> float:
    """What a process and those it started have used so far."""
    ticks = 0
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = entry.read_text().rpartition(")")[2].split()
            if int(entry.parent.name) == process or int(fields[1]) == process:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def ask(site, cluster, cookies, today):
    """Print how often the pages that people open all day could be asked for, and what each needs."""
    servers = (site.process.pid, cluster.processes()[0])
    # The version is missing: a save that means to overwrite.
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
    print(f"\n{'':>26}  {'a second':>8}  {'median':>8}  {'95 %':>8}    processor a page: web, database")
    for name, (method, path, forms) in pages.items():
        [(position,)] = cluster.execute("SELECT pg_current_wal_insert_lsn()")
        before = [processor_seconds(server) for server in servers]
        times = hammer(urlsplit(site.url), method, path, forms, cookies)
        used = [processor_seconds(server) - seconds for server, seconds in zip(servers, before, strict=True)]
        [(written,)] = cluster.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)", position)
        slow = statistics.quantiles(times, n=20)[-1]
        print(
            f"{name:>26}  {len(times) / SECONDS:>8.0f}  {statistics.median(times) * 1000:>5.1f} ms"
            f"  {slow * 1000:>5.1f} ms    "
            + ", ".join(f"{part / len(times) * 1000:.1f} ms" for part in used)
            + (f"; {written / len(times) / 1024:.1f} kB of WAL" if forms else "")
        )


def hammer(url, method, path, forms, cookies) -> list[float]:
    """Send the request again and again from all clients. Returns the seconds that each took."""
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
