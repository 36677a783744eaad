"""brainlog.settings for the tests, the same on every machine: neither .env nor the caller decides.

Only the databases, the cache and the keys of private text are taken from the environment; without
DATABASE_URL, it is SQLite.
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

# Before brainlog.settings is imported: what is already in the environment wins over .env.
os.environ |= {
    "SECRET_KEY": "only-for-tests",
    "DEBUG": "False",
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "HTTPS": "False",
    "BEHIND_PROXY": "False",
    "CSRF_TRUSTED_ORIGINS": "",
    "STATIC_ROOT": str(STATIC),
}
# What a test may start Brain Log with otherwise.
os.environ.setdefault("FIELD_ENCRYPTION_KEYS", "test:dGVzdHRlc3R0ZXN0dGVzdHRlc3R0ZXN0dGVzdHRlc3Q=")
if not os.environ.get("DATABASE_URL_FILE"):
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{FOLDER}/db.sqlite3")
for name, value in {
    "DIRECT_DATABASE_URL": "",
    "REPLICA_DATABASE_URL": "",
    "CACHE_URL": "",
    "BACKUP_TO": "",
    "BACKUP_ENCRYPT_TO": "",
    "LOG_FORMAT": "json",
    "LOG_LEVEL": "INFO",
    "METRICS_TOKEN": "",
    "SLOW_QUERY_MS": "1000",
}.items():
    os.environ.setdefault(name, value)

from brainlog.settings import *  # noqa: E402, F403
from brainlog.settings import DATABASES, STORAGES  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in real life: in memory, threads would share one connection.
    DATABASES["default"]["TEST"] = {"NAME": FOLDER / "test.sqlite3"}

# A good password hasher is slow on purpose.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The manifest exists after collectstatic only.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
