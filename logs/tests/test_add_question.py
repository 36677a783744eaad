"""Adding a yes/no question is one line in logs/stages.py and a migration: shown in a copy of the project."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from testing.migrated import migrate

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", ".env", "*.sqlite3*", "__pycache__", ".*_cache", ".hypothesis")

BEFORE = '    afternoon_snack = LineField(_("Afternoon snack"))\n'
LINE = '    went_outside = YesNoField(_("Did you go outside?"))\n'

# The tests that count questions, or go through all of them; those of the demo, the download, the numbers, the docs.
TESTS = [
    *(f"logs/tests/test_{name}.py" for name in ("stages", "questions", "summary")),
    *(f"logs/tests/test_check_in.py::test_{name}" for name in ("it_works", "clearing_an_answer_really_clears_it")),
    *("operations/tests/demo", "personal_data/tests/test_export.py", "brainlog/tests/test_docs.py"),
    "brainlog/tests/test_admin.py::test_a_log_is_shown_by_check_in",
]

# Use of the new question by the demo person, in the database of the copy.
MAIN_JOB = """
import csv, io, json
from django.conf import settings
from django.test import Client
from accounts.models import User
from logs.periods import Month
from logs.stages import STAGES
from logs.summary import numbers_of
from logs.tests.factories import answers
from logs.tests.pages import form_as_shown
from personal_data.export import files

settings.ALLOWED_HOSTS.append("testserver")
person = User.objects.get(username="demo")
today = person.today()
client = Client()
client.force_login(person)

person.daily_logs.filter(date=today).delete()
for stage in STAGES:
    url = f"/logs/{today}/{stage}/"
    shown = form_as_shown(client.get(url))
    # The demo person asks an own score first.
    own = {each.name: "7" for each in stage.questions(person) if each.name.startswith("own-") and each.is_first}
    assert client.post(url, shown | answers(stage) | own).status_code == 302
    again = form_as_shown(client.get(url))
    assert client.post(url, again).status_code == 302
log = person.daily_logs.get(date=today)
assert log.is_complete and log.went_outside is True

page = client.get(f"/logs/{today}/").content.decode()
assert "<dt>Did you go outside?</dt><dd>Yes</dd>" in page
numbers = [f"/reflections/numbers/{today:%Y-%m}/", f"/reflections/numbers/{today:%Y}/"]
for path in ("/", "/logs/", f"/reflections/{today}/", *numbers):
    assert client.get(path).status_code == 200, path
assert numbers_of(person, Month(today.replace(day=1))).days_logged > 0

assert {value for value, in person.daily_logs.values_list("went_outside").distinct()} == {None, True, False}
found = {name: "".join(pieces) for name, pieces in files(person)}
days = list(csv.DictReader(io.StringIO(found["days.csv"][1:])))
assert days[-1]["went_outside"] == "true"
assert json.loads(found["brain-log.json"])["days"][-1]["went_outside"] is True
[meaning] = [row for row in csv.DictReader(io.StringIO(found["columns.csv"][1:])) if row["column"] == "went_outside"]
assert (meaning["meaning"], meaning["values"]) == ("Did you go outside?", "true or false")
print("all of it works")
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The project with one more question in the afternoon, its migration made and run, and the demo in its database."""
    folder = tmp_path_factory.mktemp("project") / "copy"
    shutil.copytree(ROOT, folder, ignore=NOT_COPIED, symlinks=True)
    stages = folder / "logs" / "stages.py"
    text = stages.read_text()
    assert text.count(BEFORE) == 1
    stages.write_text(text.replace(BEFORE, BEFORE + LINE))
    run(folder, "manage.py", "makemigrations", "--name", "went_outside")
    migrate(f"sqlite:///{folder}/db.sqlite3")  # All but that one.
    run(folder, "manage.py", "migrate")
    run(folder, "manage.py", "demo")
    return folder


def run(folder, *arguments) -> str:
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ} | {
        "DEBUG": "True",
        "SECRET_KEY": "k" * 60,
        "FIELD_ENCRYPTION_KEYS": "a1:" + "k" * 43 + "=",
    }
    result = subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[-5000:] + result.stderr[-5000:]
    return result.stdout


def test_the_migration_adds_one_column_that_may_be_empty(copy):
    [migration] = (copy / "logs" / "migrations").glob("*_went_outside.py")

    text = migration.read_text()
    assert (text.count("migrations."), text.count("migrations.AddField(")) == (2, 1)  # One of them is the class.
    assert "field=logs.fields.YesNoField(blank=True, null=True)" in text
    assert not list(copy.glob("*/migrations/*_auto_*"))


def test_the_main_job_the_demo_the_download_and_the_numbers_know_it(copy):
    assert run(copy, "manage.py", "shell", "-c", MAIN_JOB).endswith("all of it works\n")


@pytest.mark.thorough
def test_no_test_that_counts_fails(copy):
    run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--without-browser", *TESTS)
