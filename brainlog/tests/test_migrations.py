import os
import re
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from accounts.models import User
from brainlog.database.person_keys import CompositeForeignKey

ROOT = Path(__file__).resolve().parents[2]
OURS = ["accounts", "insights", "logs", "operations", "reflections", "reminders", "support"]


def test_the_migrations_say_what_the_models_say(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_migrations_have_names():
    ours = [name for app, name in MigrationLoader(None).disk_migrations if app in OURS]

    assert len(ours) >= len(OURS)
    assert [name for name in ours if not re.fullmatch(r"\d{4}_[a-z][a-z_]+", name) or "_auto_" in name] == []


def test_all_apps_with_models_have_migrations():
    folders = {Path(config.path) for config in apps.get_app_configs() if list(config.get_models())}
    ours = {folder for folder in folders if folder.parent == ROOT}

    assert {folder.name for folder in ours} == set(OURS)
    assert all((folder / "migrations" / "0001_initial.py").exists() for folder in ours)


# Tables that lead to a person and do not have the column `user`, with the reason. All but the first are not ours.
WITHOUT_USER = {
    "accounts_knownbrowser": "its column is called person",
    "accounts_securityevent": "its column is called person; `by` is who did it",
    "accounts_invitation": "names who made it, and belongs to no person",
    "account_emailconfirmation": "allauth's; empty, since confirmations are signed keys",
    "socialaccount_socialtoken": "allauth's; empty, since tokens are not stored",
}


def leads_to_person(model, seen=()) -> bool:
    """Whether a chain of foreign keys leads from the table to accounts_user."""
    related = [field.related_model for field in model._meta.local_concrete_fields if field.related_model]
    return User in related or any(leads_to_person(each, (*seen, model)) for each in related if each not in seen)


def test_every_table_that_leads_to_a_person_has_their_key():
    models = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}
    leading = {table for table, model in models.items() if model is not User and leads_to_person(model)}
    without = {table for table in leading if "user_id" not in {f.column for f in models[table]._meta.local_fields}}

    assert {"logs_dailylog", "logs_dose", "logs_medication", "accounts_session", "account_emailconfirmation"} <= leading
    assert without - WITHOUT_USER.keys() == set()
    assert {table for table in WITHOUT_USER if table in models} == without


def test_every_key_between_rows_of_people_compares_the_person():
    """A foreign key among our tables to one with the column `user` has a composite key beside it."""
    ours = [model for model in apps.get_models() if model._meta.app_label in OURS]
    between = {
        (model._meta.db_table, field.name)
        for model in ours
        for field in model._meta.local_concrete_fields
        if field.related_model in ours and "user" in {each.name for each in field.related_model._meta.local_fields}
    }
    compared = {
        (model._meta.db_table, constraint.fields[0])
        for model in ours
        for constraint in model._meta.constraints
        if isinstance(constraint, CompositeForeignKey) and constraint.fields[1:] == ("user",)
    }

    assert compared == between
    assert between >= {("logs_dose", "daily_log"), ("logs_dose", "medication"), ("logs_ownanswer", "question")}


@pytest.fixture
def empty_database(transactional_db, tmp_path):
    """The URL of a database with nothing in it, beside the one the other tests use."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.sqlite3"
        return
    name = f"empty_{uuid.uuid4().hex}"
    there = connection.settings_dict
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield f"postgres://{there['USER']}:{there['PASSWORD']}@{there['HOST']}:{there['PORT']}/{name}"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


BACK_AND_FORTH = """
import django
django.setup()
from django.core.management import call_command
from django.db import connection
OURS = ("accounts", "insights", "logs", "operations", "reflections", "reminders", "support")
look = connection.introspection
tables = lambda: sorted(name for name in look.table_names() if name.startswith(OURS))
columns = lambda: [str(look.get_table_description(connection.cursor(), name)) for name in tables()]
call_command("migrate", verbosity=0)
there = columns()
assert len(tables()) >= 7, tables()
for app in ("accounts", "operations"):
    call_command("migrate", app, "zero", verbosity=0)
assert tables() == [], tables()
call_command("migrate", verbosity=0)
assert columns() == there
call_command("migrate", check_unapplied=True, verbosity=0)
print("back and forth")
"""


@pytest.mark.thorough_on_sqlite
def test_all_migrations_can_be_taken_back_and_applied_again(empty_database):
    environment = os.environ | {"DATABASE_URL": empty_database, "DJANGO_SETTINGS_MODULE": "testing.settings"}

    result = subprocess.run(
        [sys.executable, "-c", BACK_AND_FORTH], cwd=ROOT, env=environment, capture_output=True, text=True
    )

    assert result.stdout == "back and forth\n", result.stderr
