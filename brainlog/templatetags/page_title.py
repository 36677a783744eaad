"""`{% page_title %}…{% endpage_title %}`: the title of a page, which its heading repeats by `{{ page_title }}`."""

from django import template

register = template.Library()


@register.simple_block_tag(takes_context=True)
def page_title(context, content: str) -> str:
    context["page_title"] = content
    return content
