"""`{% script 'js/drafts.js' %}`: a script element with an integrity attribute.

Further arguments become attributes: with `blocking='render'`, the page is not shown before the script has run.
"""

from functools import cache

from django import template
from django.conf import settings
from django.forms.utils import flatatt
from django.templatetags.static import static
from django.utils.html import format_html

from brainlog.integrity import read_integrity

register = template.Library()


@register.simple_tag
def script(name: str, **attributes: str) -> str:
    # While developing, the file may be another one the next time.
    return element_of(name, **attributes) if settings.DEBUG else known_element_of(name, **attributes)


def element_of(name: str, **attributes: str) -> str:
    integrity, more = read_integrity(name), flatatt(attributes)
    return format_html('<script type="module" src="{}" integrity="{}"{}></script>', static(name), integrity, more)


known_element_of = cache(element_of)
