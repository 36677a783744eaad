"""`{% new_day %}`: makes a page know when the person's day is over.

The element is a notice that is hidden until then; static/js/new-day.js shows it, or loads the page again.
"""

from django import template
from django.utils.html import format_html
from django.utils.translation import gettext

register = template.Library()


@register.simple_tag(takes_context=True)
def new_day(context) -> str:
    """A tag and no template of its own, so that the many pages with it are as cheap as without."""
    return format_html(
        '<p class="note-card" role="status" data-day-ends-in="{}" hidden>{}</p>',
        context["user"].seconds_left_today(),
        gettext("A new day has begun. What you typed is still here."),
    )
