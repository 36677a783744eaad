"""`{% service_worker %}`: the attribute of the body that lets static/js/worker.js register the service worker."""

from django import template
from django.conf import settings

from brainlog.forms import attributes

register = template.Library()


@register.simple_tag
def service_worker() -> str:
    return attributes({"data-worker": settings.SERVICE_WORKER})
