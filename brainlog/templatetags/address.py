"""`{% address 'logs:day' day %}`: the address that `{% url %}` makes anew each time, made once a process."""

from functools import lru_cache

from django import template
from django.urls import reverse

register = template.Library()


@register.simple_tag
def address(name: str, *arguments) -> str:
    return known(name, *arguments)


@lru_cache(8192)
def known(name: str, *arguments) -> str:
    return reverse(name, args=arguments)
