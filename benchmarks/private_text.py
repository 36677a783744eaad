"""What private text costs: time to encrypt and decrypt, pages, room in the table, and changing the key.

    .venv/bin/python -m benchmarks.private_text

Makes its own databases: a PostgreSQL server and a file of SQLite, with a person who has written 1,000
characters into each of the 19 private answers on 365 days. Prints the quickest of 200 rounds.
"""

import logging
import os
import sys
import time

ROUNDS = 200
DAYS = 365


def main():
    if len(sys.argv) > 1:
        return measure()
    import subprocess
    import tempfile

    from testing.gunicorn import environment_with, manage
    from testing.postgres import throwaway_cluster

    with throwaway_cluster() as cluster, tempfile.TemporaryDirectory() as folder:
        for url in (f"sqlite:///{folder}/db.sqlite3", cluster.url):
            migrated = manage(url, "migrate", "--verbosity=0")
            if migrated.returncode:
                raise SystemExit(migrated.stderr)
            command = [sys.executable, "-m", "benchmarks.private_text", "measure"]
            subprocess.run(command, env=environment_with(url), check=True)  # noqa: S603


def measure():
    import django

    django.setup()
    import datetime

    from django.conf import settings
    from django.db import connection
    from django.test import Client

    from accounts.models import User
    from encryption import cipher
    from encryption.fields import private_fields
    from encryption.reencrypt import EncryptedTable, encrypt_all
    from logs.models import DailyLog

    logging.disable()
    print(f"\n{connection.vendor}", flush=True)
    if connection.vendor == "sqlite":
        text, place = "a" * 4000, ("logs_dailylog", "dreams", "7", "2026-05-04")
        token = cipher.encrypt(text, *place)
        report("encrypt 4,000 characters", lambda: cipher.encrypt(text, *place), "µs")
        report("decrypt 4,000 characters", lambda: cipher.decrypt(token, *place), "µs")

    person = User.objects.create_user("ada", timezone="UTC")
    names = [field.name for field in private_fields(DailyLog)]
    questions = {"had_emotional_event": True, "is_crashing": True, "had_triggering_interaction": True}
    first = person.today() - datetime.timedelta(days=DAYS - 1)
    dates = [first + datetime.timedelta(days=n) for n in range(DAYS)]
    text = "Slept badly. " * 77
    DailyLog.objects.bulk_create(
        DailyLog(user=person, date=date, **questions, **dict.fromkeys(names, text[:1000])) for date in dates
    )
    client = Client(headers={"host": "localhost"})
    client.force_login(person)
    for path in ("/logs/", f"/logs/{first}/", f"/logs/{first}/evening/"):
        report(f"GET {path}", lambda path=path: client.get(path), "ms")
    report("31 days as rows, texts sealed", lambda: list(person.daily_logs.all()[:31]), "ms")
    report(
        "31 days as rows, texts read",
        lambda: [getattr(d, n) for d in person.daily_logs.all()[:31] for n in names],
        "ms",
    )
    with connection.cursor() as cursor:
        sizes = " + ".join(f"length({name})" for name in names)
        cursor.execute(f"SELECT avg({sizes}) FROM logs_dailylog")  # noqa: S608
        print(f"{float(cursor.fetchone()[0]):>10,.0f} bytes a day for 19,000 characters")
    [(key_id, key)] = settings.FIELD_ENCRYPTION_KEYS.items()
    settings.FIELD_ENCRYPTION_KEYS = {"new": os.urandom(32), key_id: key}
    start = time.perf_counter()
    encrypt_all(connection, EncryptedTable.of(DailyLog))
    print(f"{DAYS / (time.perf_counter() - start):>10,.0f} days a second get another key")


def report(what: str, deed, unit: str):
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        deed()
        times.append(time.perf_counter() - start)
    print(f"{min(times) * {'µs': 1e6, 'ms': 1e3}[unit]:>10.1f} {unit}  {what}")


if __name__ == "__main__":
    main()
