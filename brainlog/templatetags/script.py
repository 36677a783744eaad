"""`{% script 'brainlog.js' %}`: loads a script of ours, if it is the one the page was made with.

Any further attributes are written as they are: `blocking='render'` lets nothing be drawn before it has run.
"""

import base64
import hashlib
from functools import cache

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.forms.utils import flatatt
from django.templatetags.static import static
from django.utils.html import format_html

register = template.Library()


@register.simple_tag
def script(name: str, **attributes: str) -> str:
    # While developing, the file may be another one the next time.
    return element_of(name, **attributes) if settings.DEBUG else known_element_of(name, **attributes)


def element_of(name: str, **attributes: str) -> str:
    integrity, more = read_integrity(name), flatatt(attributes)
    return format_html('<script type="module" src="{}" integrity="{}"{}></script>', static(name), integrity, more)


def read_integrity(name: str) -> str:
    """Return what the integrity attribute says of the file as it is served: collected, or where it was written."""
    if hasattr(staticfiles_storage, "stored_name"):
        with staticfiles_storage.open(staticfiles_storage.stored_name(name)) as file:
            content = file.read()
    else:
        with open(finders.find(name), "rb") as file:
            content = file.read()
    return "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()


known_element_of = cache(element_of)
