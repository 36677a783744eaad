"""The settings of the tests, with hashed names of static files as in production."""

from testing.settings import *  # noqa: F403
from testing.settings import STORAGES

STORAGES["staticfiles"] = {"BACKEND": "brainlog.static_files.StaticFilesStorage"}
