"""`{% navigation %}`: the links to the main pages, rendered once for each page and language in a process."""

from functools import lru_cache

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import get_language

register = template.Library()


@register.simple_tag(takes_context=True)
def navigation(context) -> str:
    """It depends on the page that is open and on the language, not on the person."""
    page = context["request"].resolver_match
    names = (page.app_name, page.url_name) if page else ("", "")
    # While developing, the template may be another one the next time.
    render = rendered if settings.DEBUG else known
    return render(get_language(), *names)


def rendered(language: str | None, app: str, page: str) -> str:
    return render_to_string("_navigation.html", {"app": app, "page": page})


known = lru_cache(512)(rendered)
