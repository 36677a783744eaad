"""`{% icon 'home' %}`: an icon of the sprite static/vendor/lucide/icons.svg, which screen readers skip.

`{% icon 'done' classes='mark' %}` has a class beside `icon`.
"""

import re
from functools import cache
from pathlib import Path

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html

register = template.Library()

SPRITE = "vendor/lucide/icons.svg"


@register.simple_tag
def icon(name: str, classes: str = "") -> str:
    return known_element_of(static(SPRITE), name, classes)


def element_of(sprite: str, name: str, classes: str) -> str:
    # In production, a page that lacks an icon is better than an error page.
    if settings.DEBUG and name not in symbols():
        raise template.TemplateSyntaxError(f"{SPRITE} has no icon {name!r}, only {', '.join(sorted(symbols()))}.")
    more = f" {classes}" if classes else ""
    return format_html('<svg class="icon{}" aria-hidden="true"><use href="{}#{}"/></svg>', more, sprite, name)


known_element_of = cache(element_of)


def symbols() -> set[str]:
    """Return the names of the icons in the sprite."""
    return set(re.findall(r'<symbol id="([^"]+)"', Path(finders.find(SPRITE)).read_text(encoding="utf-8")))
