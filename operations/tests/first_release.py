"""The first release, as the database sees it: a process that reads and saves the way its code did.

`python -m operations.tests.first_release migrate` makes its tables in an empty database. With somebody's
name instead, it signs them up and saves days until its input ends. It writes lines of JSON: the cookie
of their session, then one after each round, with the error if something failed. Its models are those
that the migrations of the first release make, whatever the code has become since.
"""

import datetime
import json
import sys
import threading
from itertools import count

import django
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, transaction
from django.utils import timezone

MIGRATIONS = [("accounts", "0001_initial"), ("logs", "0001_initial"), ("reflections", "0001_initial")]
DJANGO_APPS = ["admin", "auth", "contenttypes", "sessions"]
# What the database had to do for a request was done in milliseconds. A statement that has to wait in
# a queue for longer than this is a failed request.
LONGEST_WAIT = "3s"
FIRST_DAY = datetime.date(2000, 1, 1)
PASSWORD = "correct-horse-battery"  # noqa: S105 (of made-up people)


def make_tables():
    from django.core.management import call_command

    for app, name in MIGRATIONS:
        call_command("migrate", app, name, verbosity=0)
    for app in DJANGO_APPS:
        call_command("migrate", app, verbosity=0)


def models():
    """The models of the first release, from the state its migrations end in."""
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection)
    return loader.project_state([*MIGRATIONS, *(loader.graph.leaf_nodes(app)[0] for app in DJANGO_APPS)]).apps


class Code:
    """What the first release did for a person: each method one request."""

    def __init__(self):
        apps = models()
        self.User = apps.get_model("accounts", "User")
        self.DailyLog = apps.get_model("logs", "DailyLog")
        self.Medication = apps.get_model("logs", "Medication")
        self.Dose = apps.get_model("logs", "Dose")
        self.Reflection = apps.get_model("reflections", "WeeklyReflection")
        self.Session = apps.get_model("sessions", "Session")

    def sign_up(self, name: str):
        person = self.User.objects.create(
            username=name, username_key=name, password=make_password(PASSWORD), timezone="Europe/Berlin"
        )
        self.log_in(person)
        self.Medication.objects.create(user=person, name="Concerta", name_key="concerta", unit="mg")
        return person

    def log_in(self, person):
        person.last_login = timezone.now()
        person.save(update_fields=["last_login"])
        session = SessionStore()
        session[SESSION_KEY] = str(person.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = get_user_model()(password=person.password).get_session_auth_hash()
        session.create()
        person.session_key = session.session_key

    def open_page(self, person) -> list:
        """Who is asking, and their last days."""
        self.Session.objects.get(session_key=person.session_key)
        self.User.objects.get(pk=person.pk)
        return list(self.DailyLog.objects.filter(user_id=person.pk).order_by("-date")[:31])

    def save_morning(self, person, day: datetime.date, number: int):
        log = self.DailyLog(user_id=person.pk, date=day, sleep_hours=7, sleep_quality=1 + number % 10)
        log.breakfast = f"Oats {number}"
        log.save(force_insert=True)

    def save_medication(self, person, day: datetime.date):
        with transaction.atomic():
            log = self.DailyLog.objects.select_for_update().get(user_id=person.pk, date=day)
            log.medication_taken = True
            log.save(update_fields=["medication_taken", "updated_at"])
            medication = self.Medication.objects.get(user_id=person.pk)
            self.Dose.objects.create(daily_log=log, medication=medication, amount=36, unit="mg")

    def reflect(self, person, week: datetime.date, number: int):
        self.Reflection.objects.update_or_create(
            user_id=person.pk, week_start=week, defaults={"week_rating": 1 + number % 10}
        )

    def delete_account(self, person):
        self.Session.objects.filter(session_key=person.session_key).delete()
        person.delete()


def one_round(code: Code, person, number: int) -> dict:
    """One day of one person, and somebody else who comes and goes. Returns what has to be found afterwards."""
    day = FIRST_DAY + datetime.timedelta(days=number)
    code.open_page(person)
    code.save_morning(person, day, number)
    code.save_medication(person, day)
    code.reflect(person, day - datetime.timedelta(days=day.weekday()), number)
    if number % 10 == 0:
        code.delete_account(code.sign_up(f"{person.username}-guest-{number}"))
    return {"person": person.username, "day": str(day), "breakfast": f"Oats {number}"}


def main(name: str):
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = '{LONGEST_WAIT}'")
    code = Code()
    person = code.sign_up(name)
    print(json.dumps({"cookie": person.session_key}), flush=True)
    is_over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), is_over.set()), daemon=True).start()
    for number in count():
        try:
            said = one_round(code, person, number)
        except Exception as error:
            said = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(said), flush=True)
        if is_over.wait(0.02):
            break


if __name__ == "__main__":
    django.setup()
    make_tables() if sys.argv[1] == "migrate" else main(sys.argv[1])
