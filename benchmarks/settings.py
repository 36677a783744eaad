"""The tests' settings, with static files as in production: a page names them by their hash."""

from testing.settings import *  # noqa: F403
from testing.settings import STORAGES

STORAGES["staticfiles"] = {"BACKEND": "brainlog.static_files.StaticFilesStorage"}
