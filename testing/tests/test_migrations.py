"""The migrations are safe while people use the database; and what is not safe is found out."""

import os
import re
import subprocess
import sys

import pytest

from testing.migrations import ROOT
from testing.postgres import PostgresMissing, find_binaries

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def binaries():
    try:
        find_binaries()
    except PostgresMissing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip("There is no PostgreSQL to start.")


def check(*apps: str, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "testing.migrations", *apps]
    return subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True)


def test_ours_are_safe():
    result = check()

    assert result.returncode == 0, result.stdout + result.stderr
    for name in ("accounts.0001_initial", "logs.0002_drop_user_indexes", "reflections.0002_drop_user_indexes"):
        assert name in result.stdout


# One migration each, one after the other, of an app whose table is there already.
SAFE = [
    'AddField("thing", "colour", models.TextField(null=True))',
    'AddField("thing", "shape", models.TextField(db_default="round"))',
]
UNSAFE = {
    # The old code does not fill it in, and Django takes the default out of the database again.
    'AddField("thing", "age", models.IntegerField(default=0))': "ban-drop-default",
    'RunSQL("ALTER TABLE unsafe_thing ADD weight integer NOT NULL")': "adding-required-field",
    'AlterField("thing", "size", models.BigIntegerField())': "changing-column-type",
    'AlterField("thing", "size", models.BigIntegerField(db_index=True))': "require-concurrent-index-creation",
    'AddIndex("thing", models.Index(fields=["size"], name="by_size"))': "require-concurrent-index-creation",
    'RemoveIndex("thing", "by_size")': "require-concurrent-index-deletion",
    'AddConstraint("thing", models.CheckConstraint(condition=models.Q(size__gt=0), name="sized"))': (
        "constraint-missing-not-valid"
    ),
    'AddConstraint("thing", models.UniqueConstraint(fields=["size"], name="one_per_size"))': (
        "disallowed-unique-constraint"
    ),
    'RenameField("thing", "size", "width")': "renaming-column",
    'RemoveField("thing", "width")': "ban-drop-column",
    'RenameModel("Thing", "Object")': "renaming-table",
    'DeleteModel("Object")': "ban-drop-table",
}
MIGRATION = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = {dependencies}
    operations = [migrations.{operation}]
"""
FIRST = """CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)), ("size", models.SmallIntegerField())
])"""


def test_an_unsafe_migration_is_found_out(tmp_path):
    folder = tmp_path / "unsafe" / "migrations"
    folder.mkdir(parents=True)
    for file in (folder.parent / "__init__.py", folder / "__init__.py"):
        file.touch()
    (tmp_path / "settings_with_unsafe.py").write_text(
        'from testing.settings import *\nINSTALLED_APPS = [*INSTALLED_APPS, "unsafe"]\n'
    )
    before = None
    for number, operation in enumerate([FIRST, *SAFE, *UNSAFE]):
        dependencies = [("unsafe", before)] if before else []
        before = f"{number:04}_step"
        (folder / f"{before}.py").write_text(MIGRATION.format(dependencies=dependencies, operation=operation))

    result = check("unsafe", PYTHONPATH=str(tmp_path), DJANGO_SETTINGS_MODULE="settings_with_unsafe")

    assert result.returncode == 1, result.stderr
    found = {}
    for file, rule in re.findall(r"^unsafe\.(\w+)\.sql:.* warning: ([a-z-]+) ", result.stdout, re.MULTILINE):
        found.setdefault(file, set()).add(rule)
    for number, (operation, rule) in enumerate(UNSAFE.items(), 1 + len(SAFE)):
        assert rule in found.pop(f"{number:04}_step", {}), operation
    assert found == {}
