"""The tests do not use the developer's own settings and services."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from testing.gunicorn import ROOT
from testing.settings import GIVEN, NOT_GIVEN

pytestmark = pytest.mark.once

TELL = """
import django, json
django.setup()
from django.conf import settings
hosts = {alias: database["HOST"] for alias, database in settings.DATABASES.items()}
print(json.dumps([hosts, settings.CACHES["summaries"]["BACKEND"], settings.BACKUP_TO]))
"""


def test_no_real_database_cache_or_backup_is_reached_through_an_env_file(tmp_path):
    apps = (
        *("encryption", "accounts", "logs", "reflections", "support", "insights", "reminders", "home"),
        *("personal_data", "operations"),
    )
    for name in ("brainlog", *apps, "testing"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("tests", "__pycache__", "axe"))
    secret = tmp_path / "secret"
    secret.write_text("postgres://owner:secret@production.example.org/brainlog")
    (tmp_path / ".env").write_text(
        f"DATABASE_URL_FILE={secret}\nDIRECT_DATABASE_URL_FILE={secret}\nREPLICA_DATABASE_URL_FILE={secret}\n"
        "CACHE_URL=redis://production.example.org\nBACKUP_TO=s3://production\n"
    )
    environment = {name: value for name, value in os.environ.items() if name not in GIVEN}
    environment |= {
        "DJANGO_SETTINGS_MODULE": "testing.settings",
        "DATABASE_URL": "postgres://u:p@127.0.0.1/tests",
        # Nor through what a shell has exported.
        "DIRECT_DATABASE_URL": secret.read_text(),
        "CACHE_URL": "redis://production.example.org",
    }

    result = subprocess.run([sys.executable, "-c", TELL], cwd=tmp_path, env=environment, capture_output=True, text=True)

    assert result.returncode == 0, result.stderr
    hosts, cache, backups = json.loads(result.stdout)
    assert hosts == {"default": "127.0.0.1"}
    assert "locmem" in cache
    assert backups == ""


def test_every_setting_is_given():
    names = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert len(names) > 15
    assert names - GIVEN.keys() == NOT_GIVEN
