"""What the download of ten years costs: seconds, size, and the most memory it holds.

    .venv/bin/python -m benchmarks.export

Writes into an SQLite database of its own, which it removes.
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
        for words, text in (("what people write", "It was a long day. " * 10), ("all there can be", "äöüß" * 1000)):
            measure(words, text)


def measure(words: str, text: str):
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
    for _piece in archive(person):
        pass
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"{DAYS} days, {words}: {seconds:.1f} s, {size / 1e6:.1f} MB, {most / 1e6:.0f} MB of memory at most")


if __name__ == "__main__":
    main()
