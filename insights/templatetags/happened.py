"""`{% happened_on user day as events %}`: a person's events that were on a day. One query.

A tag, because the page of a day belongs to an app that must not know this one.
"""

from django import template

register = template.Library()


@register.simple_tag
def happened_on(person, day) -> list:
    return list(person.events.between(day, day))
