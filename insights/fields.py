"""Columns of this app."""

from django.db import models

from encryption.fields import PrivateTextField


class PrivateLongTextField(PrivateTextField, models.TextField):
    """Private text without a limit of the form that it was typed into, such as JSON."""
