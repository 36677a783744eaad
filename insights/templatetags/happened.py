"""`{% happened_on user day as events %}`, `{% happened_between user first last as events %}`: a person's events.

Tags, because the pages of a day and of a month belong to apps that must not know this one. One query each.
"""

from django import template

register = template.Library()


@register.simple_tag
def happened_on(person, day) -> list:
    return happened_between(person, day, day)


@register.simple_tag
def happened_between(person, first, last) -> list:
    return list(person.events.between(first, last))
