"""brainlog.settings for the tests, the same on every machine: neither .env nor the caller decides.

Only the databases are taken from the environment; without DATABASE_URL, the tests run on SQLite.
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
    "EMAIL_URL": "",
    "CACHE_URL": "",
    "STATIC_ROOT": str(STATIC),
}
if not os.environ.get("DATABASE_URL_FILE"):
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{FOLDER}/db.sqlite3")
UNSET = (
    "OIDC_SERVER_URL",
    "LOGIN_ONLY_BY_PROVIDER",
    *(f"{name}_CLIENT_ID" for name in ("GOOGLE", "GITHUB", "GITLAB", "MICROSOFT")),
)
for variable in ("DIRECT_DATABASE_URL", "REPLICA_DATABASE_URL", *UNSET):
    os.environ.setdefault(variable, "")
os.environ.setdefault("REGISTRATION", "open")

from brainlog.settings import *  # noqa: E402, F403
from brainlog.settings import DATABASES, STORAGES  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in real life: in memory, threads would share one connection.
    DATABASES["default"]["TEST"] = {"NAME": FOLDER / "test.sqlite3"}

# A good password hasher is slow on purpose.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The manifest exists after collectstatic only.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
