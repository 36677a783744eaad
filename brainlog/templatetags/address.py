"""`{% address 'logs:day' day %}`: the address that `{% url %}` makes anew each time, made once a process."""

from django import template

from brainlog.addresses import address_of

register = template.Library()


@register.simple_tag
def address(name: str, *arguments) -> str:
    return address_of(name, *arguments)
