"""`{% service_worker %}`: the attribute of the body that lets static/js/worker.js register the service worker."""

from django import template
from django.conf import settings
from django.utils.safestring import mark_safe

register = template.Library()


@register.simple_tag
def service_worker() -> str:
    return mark_safe(" data-worker") if settings.SERVICE_WORKER else ""
