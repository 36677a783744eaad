"""Sets Django up with the tests' settings. Imported first by programs that run without pytest and manage.py."""

import os

import django
from django.apps import apps

if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "testing.settings")
    django.setup()
