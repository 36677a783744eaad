"""The tests' settings with pages that fail, and with a pool of connections."""

from testing.settings import *  # noqa: F403
from testing.settings import DATABASES

ROOT_URLCONF = "operations.tests.canary"

if DATABASES["default"]["ENGINE"].endswith("postgresql"):
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"].setdefault("OPTIONS", {})["pool"] = {"min_size": 1, "max_size": 3, "timeout": 5}
