"""The tests' settings with what the first release had installed, for a database as it left it."""

from testing.settings import *  # noqa: F403
from testing.settings import INSTALLED_APPS

INSTALLED_APPS = list(dict.fromkeys([*INSTALLED_APPS, "django.contrib.sessions"]))
