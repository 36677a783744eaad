"""Migrations are safe while people use the database; squawk finds unsafe ones."""

import os
import re
import subprocess
import sys

import pytest

from testing.apps import write_app
from testing.migrations import ROOT
from testing.postgres import find_binaries

pytestmark = pytest.mark.once


def check(*apps: str, **environment: str) -> subprocess.CompletedProcess:
    find_binaries()  # Needs PostgreSQL.
    command = [sys.executable, "-m", "testing.migrations", *apps]
    return subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True)


def test_ours_are_safe():
    result = check()

    assert result.returncode == 0, result.stdout + result.stderr
    for name in ("accounts.0001_initial", "logs.0002_drop_user_indexes", "reflections.0002_drop_user_indexes"):
        assert name in result.stdout


# Each is one more migration of an app whose table exists.
SAFE = [
    'migrations.AddField("thing", "colour", models.TextField(null=True))',
    'migrations.AddField("thing", "shape", models.TextField(db_default="round"))',
    'migration_operations.AddIndexConcurrently("thing", models.Index(fields=["shape"], name="by_shape"))',
    'migration_operations.AddAndValidateConstraint("thing", '
    'models.CheckConstraint(condition=models.Q(size__lt=9), name="small"))',
]
UNSAFE = {
    # The old code does not set the column, and Django removes the default from the database.
    'migrations.AddField("thing", "age", models.IntegerField(default=0))': "ban-drop-default",
    'migrations.RunSQL("ALTER TABLE unsafe_thing ADD weight integer NOT NULL")': "adding-required-field",
    'migrations.AlterField("thing", "size", models.BigIntegerField())': "changing-column-type",
    'migrations.AlterField("thing", "size", models.BigIntegerField(db_index=True))': (
        "require-concurrent-index-creation"
    ),
    'migrations.AddIndex("thing", models.Index(fields=["size"], name="by_size"))': "require-concurrent-index-creation",
    'migrations.RemoveIndex("thing", "by_size")': "require-concurrent-index-deletion",
    'migrations.AddConstraint("thing", models.CheckConstraint(condition=models.Q(size__gt=0), name="sized"))': (
        "constraint-missing-not-valid"
    ),
    'migrations.AddConstraint("thing", models.UniqueConstraint(fields=["size"], name="one_per_size"))': (
        "disallowed-unique-constraint"
    ),
    'migrations.RenameField("thing", "size", "width")': "renaming-column",
    'migrations.RemoveField("thing", "width")': "ban-drop-column",
    'migrations.RenameModel("Thing", "Object")': "renaming-table",
    'migrations.DeleteModel("Object")': "ban-drop-table",
}
FIRST = """migrations.CreateModel("Thing", [
    ("id", models.BigAutoField(primary_key=True)), ("size", models.SmallIntegerField())
])"""


def test_an_unsafe_migration_is_found_out(tmp_path):
    environment = write_app(tmp_path, "unsafe", [FIRST, *SAFE, *UNSAFE])

    result = check("unsafe", **environment)

    assert result.returncode == 1, result.stderr
    found = {}
    for file, rule in re.findall(r"^unsafe\.(\w+)\.sql:.* warning: ([a-z-]+) ", result.stdout, re.MULTILINE):
        found.setdefault(file, set()).add(rule)
    for number, (operation, rule) in enumerate(UNSAFE.items(), 2 + len(SAFE)):
        assert rule in found.pop(f"{number:04}_step", {}), operation
    assert found == {}
