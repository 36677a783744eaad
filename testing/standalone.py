"""Calls django.setup() with the settings of the tests. For programs without pytest and manage.py: imported first."""

import os

import django
from django.apps import apps

if not apps.ready:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "testing.settings")
    django.setup()
