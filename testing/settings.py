"""brainlog.settings for the tests: the same on every machine, independent of .env and of the environment.

Only DATABASE_URL is taken from the environment; without it, the tests run on SQLite. A process that
a test starts (testing/gunicorn.py) has only the variables that the test sets.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

FOLDER = Path(tempfile.mkdtemp(prefix="brainlog-test-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
STATIC = FOLDER / "static"
STATIC.mkdir()

# Before brainlog.settings is imported: the environment takes precedence over .env, which may name a real
# database, cache and backups.
GIVEN = {
    "SECRET_KEY": "only-for-tests, and known to everybody",
    "DEBUG": "False",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "HTTPS": "False",
    "HSTS_SUBDOMAINS": "False",
    "BEHIND_PROXY": "False",
    "CSRF_TRUSTED_ORIGINS": "",
    "SITE_URL": "",
    "STATIC_ROOT": str(STATIC),
    "SERVICE_WORKER": "True",
    "FIELD_ENCRYPTION_KEYS": "test:dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q=",
    "DATABASE_URL": os.environ.get("DATABASE_URL") or f"sqlite:///{FOLDER}/db.sqlite3",
    "DATABASE_URL_FILE": "",
    "DIRECT_DATABASE_URL": "",
    "DIRECT_DATABASE_URL_FILE": "",
    "REPLICA_DATABASE_URL": "",
    "REPLICA_DATABASE_URL_FILE": "",
    "REPLICA_PIN_SECONDS": "10",
    "DATABASE_TIMEOUT": "40",
    "CACHE_URL": "",
    "BACKUP_TO": "",
    "LOG_FORMAT": "json",
    "LOG_LEVEL": "INFO",
    "METRICS_TOKEN": "",
    "SLOW_QUERY_MS": "1000",
    "REGISTRATION": "open",
    "SECOND_FACTOR": "optional",
    "EMAIL_URL": "",
    "EMAIL_FROM": "Brain Log <brainlog@localhost>",
    "ADMINS": "",
    "REMINDER_PUSH_KEY": "",
    "REMINDER_PUSH_CONTACT": "",
    "REMINDER_SERVERS": "",
    "OIDC_NAME": "",
    "OIDC_SERVER_URL": "",
    "LOGIN_ONLY_BY_PROVIDER": "False",
    **{
        f"{name}_CLIENT_{what}": ""
        for name in ("OIDC", "GOOGLE", "GITHUB", "GITLAB", "MICROSOFT")
        for what in ("ID", "SECRET")
    },
}
# Blank values of these are refused, so they are removed.
NOT_GIVEN = {"BACKUP_ENCRYPT_TO", "REMINDER_PUSH_SERVICES"}
chosen = os.environ.get("CHOSEN_BY_A_TEST", "").split()
os.environ |= {name: value for name, value in GIVEN.items() if name not in chosen}
for name in NOT_GIVEN.difference(chosen):
    os.environ.pop(name, None)

import environ  # noqa: E402

environ.Env.read_env = lambda *args, **kwargs: None  # Nor may .env set them.

from brainlog.settings import *  # noqa: E402, F403
from brainlog.settings import DATABASES, SILENCED_SYSTEM_CHECKS, STORAGES  # noqa: E402

if DATABASES["default"]["ENGINE"] == "brainlog.database.sqlite3":
    # A file, as in production: with a database in memory, threads would share one connection.
    DATABASES["default"]["TEST"] = {"NAME": FOLDER / "test.sqlite3"}

# Password hashers for production are slow by design.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# testserver, the host of Django's test client, is this process.
SILENCED_SYSTEM_CHECKS = [*SILENCED_SYSTEM_CHECKS, "brainlog.W002"]
# The manifest exists after collectstatic only.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
