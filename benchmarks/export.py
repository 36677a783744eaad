"""Time, size and peak memory of the download of ten years of logs.

    .venv/bin/python -m benchmarks.export

Uses a temporary SQLite database.
"""

import os
import tempfile
import time
import tracemalloc

DAYS = 3650


def main():
    from testing.gunicorn import manage

    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/db.sqlite3"
        migrated = manage(url, "migrate", "--verbosity=0")
        if migrated.returncode:
            raise SystemExit(migrated.stderr)
        os.environ |= {"DJANGO_SETTINGS_MODULE": "testing.settings", "DATABASE_URL": url}
        for title, text in (("typical texts", "It was a long day. " * 10), ("longest texts", "äöüß" * 1000)):
            measure(title, text)


def measure(title: str, text: str):
    import django

    django.setup()
    import datetime

    from accounts.models import User
    from encryption.fields import private_fields
    from logs.models import DailyLog
    from personal_data.export import archive

    User.objects.all().delete()
    person = User.objects.create_user("maria")
    first = datetime.date(2016, 1, 1)
    for start in range(0, DAYS, 50):
        DailyLog.objects.bulk_create(
            DailyLog(
                user=person,
                date=first + datetime.timedelta(days=number),
                sleep_hours=7,
                had_emotional_event=True,
                is_crashing=True,
                had_triggering_interaction=True,
                **{field.name: text[: field.max_length or 4000] for field in private_fields(DailyLog)},
            )
            for number in range(start, min(start + 50, DAYS))
        )
    begin = time.perf_counter()
    size = sum(map(len, archive(person)))
    seconds = time.perf_counter() - begin
    tracemalloc.start()
    for _chunk in archive(person):
        pass
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"{DAYS} days, {title}: {seconds:.1f} s, {size / 1e6:.1f} MB, {peak / 1e6:.0f} MB peak memory")


if __name__ == "__main__":
    main()
