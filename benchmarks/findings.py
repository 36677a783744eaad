"""What the findings of a person with ten years of logs cost: processor time of one core, in a process of its own.

    python -m benchmarks.findings [--profile]

The person has answers to all comparisons of the family on eleven of twelve days. Each round is a new process, so that
the import of numpy is counted: `read` is from the database to arrays, `compute` all that follows. `DATABASE_URL` names
the database; without it, a temporary SQLite file is used.
"""

import argparse
import cProfile
import json
import os
import pstats
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 5
STEPS = ("import", "read", "compute", "total", "wall")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profile", action="store_true", help="name the functions of one computation")
    parser.add_argument("--round", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.round:
        print(json.dumps(one_round(profiled=options.profile)))
        return
    from testing.gunicorn import manage

    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.get("DATABASE_URL") or f"sqlite:///{folder}/db.sqlite3"
        migrated = manage(url, "migrate", "--verbosity=0")
        if migrated.returncode:
            raise SystemExit(migrated.stderr)
        os.environ |= {"DJANGO_SETTINGS_MODULE": "testing.settings", "DATABASE_URL": url}
        make_person()
        again = [sys.executable, "-m", "benchmarks.findings", "--round"]
        if options.profile:
            subprocess.run([*again, "--profile"], check=True)  # noqa: S603
            return
        rounds = [json.loads(subprocess.check_output(again).splitlines()[-1]) for _ in range(ROUNDS)]  # noqa: S603
    print(
        f"{rounds[0]['comparisons']} comparisons, {rounds[0]['queries']} queries; seconds, median and least of {ROUNDS}"
    )
    for step in STEPS:
        seconds = [each[step] for each in rounds]
        print(f"{step:10}{statistics.median(seconds):7.3f}{min(seconds):7.3f}")


def make_person():
    import django

    django.setup()
    from accounts.models import User
    from benchmarks.decade import make_decade

    person = User.objects.create_user("maria")
    make_decade(person, own_questions=0)
    complete(person)


def complete(person):
    """Answers to what make_decade() leaves out: times of doses, texts, and what depends on another answer."""
    import datetime
    import random

    from django.utils import timezone

    from logs.models import DailyLog, Dose

    rng, now = random.Random(15), timezone.now()  # noqa: S311
    logs = list(person.daily_logs.all())
    for log in logs:
        log.ate_within_hour = rng.random() < 0.5 if log.medication_taken else None
        log.coping_strategies = [rng.choice(("journaled", "spiraled"))] if log.had_emotional_event else None
        log.lunch, log.breakfast = (rng.choice(("Soup", None)) for _ in range(2))
        log.midday_completed_at = log.morning_completed_at = now
        log.save()
    doses = list(Dose.objects.filter(user=person))
    for dose in doses:
        dose.taken_at = datetime.time(rng.randint(7, 10), rng.randint(0, 59))
    Dose.objects.bulk_update(doses, ["taken_at"], batch_size=500)
    assert DailyLog.objects.count() == len(logs)  # noqa: S101


def one_round(*, profiled: bool) -> dict:
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from accounts.models import User

    person = User.objects.get(username="maria")
    wall, begun = time.perf_counter(), time.process_time()
    from insights.findings.computing import findings_in, findings_of, read_answers

    imported = time.process_time()
    answers = read_answers(person)
    read = time.process_time()
    found = findings_in(answers, person.answers_version, {})
    done = time.process_time()
    walls = time.perf_counter() - wall
    if profiled:
        profile = cProfile.Profile()
        profile.runcall(findings_of, person)
        pstats.Stats(profile).sort_stats("tottime").print_stats(24)
    with CaptureQueriesContext(connection) as queries:
        read_answers(person)
    seconds = (imported - begun, read - imported, done - read, done - begun, walls)
    facts = {"comparisons": len(found.compared), "queries": len(queries)}
    return dict(zip(STEPS, seconds, strict=True)) | facts


if __name__ == "__main__":
    main()
