"""Hashes of static files, for the attribute `integrity` of scripts and the version of the service worker."""

import base64
import hashlib

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage


def read_integrity(name: str) -> str:
    """Return the integrity value of the file as it is served: the collected file, or else the source."""
    if hasattr(staticfiles_storage, "stored_name"):
        with staticfiles_storage.open(staticfiles_storage.stored_name(name)) as file:
            content = file.read()
    else:
        with open(finders.find(name), "rb") as file:
            content = file.read()
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()
