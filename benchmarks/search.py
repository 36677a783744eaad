"""Server time of the search for a person who wrote for ten years, beside 20 other people with the demo's days.

    .venv/bin/python -m benchmarks.search

Uses a temporary PostgreSQL server and a temporary SQLite file. 3,650 days with an answer to each of the 19 private
questions and to three own ones, of 20 to 300 characters, a third of them with accents, and 520 weeks. For each of the
searches, prints the slowest of 20 first pages, in milliseconds of a processor and of the clock, from the request to the
answer without a server; and how many pages it takes to search all ten years for a word that is nowhere, and how long
that is. Exits with 1 if a page takes longer than LIMIT milliseconds of the clock.
"""

import logging
import random
import re
import subprocess
import sys
import tempfile
import time
from html import unescape
from urllib.parse import urlencode

YEARS, ROUNDS = 10, 20
LIMIT = 300  # ms
COMMON, RARE, ABSENT = "garden", "xylophone", "zeppelin"
WORDS = (
    *("slept", "badly", "then", "walked", "along", "river", "tired", "work", "letter", "headache", "meeting", "slow"),
    *("coffee", "quiet", "called", "mother", "later", "better", "afternoon", "noise", "train", "cooking", "music"),
)
ACCENTED = ("café", "müde", "größer", "déjà", "niño", "Ärger", "œuvre")


def main():
    if len(sys.argv) > 1:
        raise SystemExit(measure())
    from testing.gunicorn import environment_with, manage
    from testing.postgres import throwaway_cluster

    failed = False
    with throwaway_cluster() as cluster, tempfile.TemporaryDirectory() as folder:
        for url in (f"sqlite:///{folder}/db.sqlite3", cluster.url):
            migrated = manage(url, "migrate", "--verbosity=0")
            if migrated.returncode:
                raise SystemExit(migrated.stderr)
            command = [sys.executable, "-m", "benchmarks.search", "measure"]
            failed |= subprocess.run(command, env=environment_with(url)).returncode != 0  # noqa: S603
    raise SystemExit(failed)


def measure() -> bool:
    """Returns whether a page took too long."""
    import django

    django.setup()
    from django.db import connection
    from django.test import Client

    logging.disable()
    person = make_ten_years()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    client = Client(headers={"host": "localhost"})
    client.force_login(person)
    middle = f"{person.today().year - 5}-01-01"
    searches = {
        "a word of most days": {"q": COMMON},
        "a word of three days": {"q": RARE},
        "a word of no day": {"q": ABSENT},
        "two words of no day": {"q": f"{ABSENT} {RARE}"},
        "a word of no day, of five years ago": {"q": ABSENT, "to": middle},
        "all mornings": {"check_in": "morning"},
        "a word of no week": {"q": ABSENT, "check_in": "week"},
        "days with a score of 1": {"measured": "day_rating", "most": "1"},
        "days without such a score": {"measured": "day_rating", "least": "11"},
        "an own question": {"answered": person.own_questions.first().name},
    }
    print(f"\n{connection.vendor:>40}  {'cpu, ms':>8}  {'clock, ms':>9}  hits")
    slowest = 0.0
    for title, asked in searches.items():
        client.get("/logs/search/", asked)
        cpu, clock, hits = zip(*(ask(client, f"?{urlencode(asked)}")[:3] for _ in range(ROUNDS)), strict=True)
        slowest = max(slowest, *clock)
        print(f"{title:>40}  {max(cpu) * 1000:>8.0f}  {max(clock) * 1000:>9.0f}  {hits[0]:>4}", flush=True)
    address, pages, seconds = f"?{urlencode({'q': ABSENT})}", 0, 0.0
    while address:
        _cpu, clock, _hits, address = ask(client, address)
        pages, seconds, slowest = pages + 1, seconds + clock, max(slowest, clock)
    print(f"{'all ten years, for a word of no day':>40}  {pages} pages, {seconds * 1000:.0f} ms")
    return slowest * 1000 > LIMIT


def ask(client, query: str) -> tuple[float, float, int, str | None]:
    """Seconds of a processor and of the clock, the number of hits, and the query of the next page."""
    cpu, clock = time.process_time(), time.perf_counter()
    response = client.get(f"/logs/search/{query}")
    times = time.process_time() - cpu, time.perf_counter() - clock
    page = response.content.decode()
    older = re.search(r'href="([^"]+)" rel="next"', page)
    return *times, page.count('<li class="hit">'), older and unescape(older[1])


def make_ten_years():
    """The person, with all days written, and others beside."""
    import datetime

    from accounts.models import User
    from encryption.fields import private_fields
    from logs.models import DailyLog, OwnAnswer, OwnQuestion
    from operations.demo.load import load_demo_data
    from reflections.models import WeeklyReflection

    chance = random.Random(1)  # noqa: S311 (no secret)
    for number in range(20):
        load_demo_data(User.objects.create_user(f"other-{number}", timezone="UTC"))
    person = User.objects.create_user("ada", timezone="UTC", has_own_questions=True)
    own = [
        OwnQuestion(user=person, check_in=check_in, kind="note", label=f"Own {check_in}", place="folded")
        for check_in in ("morning", "midday", "evening")
    ]
    OwnQuestion.objects.bulk_create(own)

    def text() -> str:
        words = chance.choices(WORDS, k=chance.randint(4, 50))
        if chance.random() < 1 / 3:
            words.append(chance.choice(ACCENTED))
        if chance.random() < 0.1:
            words.append(COMMON)
        return " ".join(words)

    names = [each.name for each in private_fields(DailyLog)]
    happened = {"had_emotional_event": True, "is_crashing": True, "had_triggering_interaction": True}
    first = person.today() - datetime.timedelta(days=365 * YEARS - 1)
    dates = [first + datetime.timedelta(days=number) for number in range(365 * YEARS)]
    logs = [
        DailyLog(
            user=person, date=date, day_rating=chance.randint(1, 10), **happened, **{name: text() for name in names}
        )
        for date in dates
    ]
    for log in chance.sample(logs, 3):
        log.dreams += f" {RARE}"
    DailyLog.objects.bulk_create(logs, batch_size=200)
    OwnAnswer.objects.bulk_create(
        [
            OwnAnswer(user=person, daily_log=log, date=log.date, question=each, text=text())
            for log in logs
            for each in own
        ],
        batch_size=1000,
    )
    weekly = [each.name for each in private_fields(WeeklyReflection)]
    WeeklyReflection.objects.bulk_create(
        WeeklyReflection(user=person, week_start=date, week_rating=5, **{name: text() for name in weekly})
        for date in dates
        if date.weekday() == 6
    )
    return person


if __name__ == "__main__":
    main()
