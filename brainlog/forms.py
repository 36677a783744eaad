import re

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _


class FormRenderer(TemplatesSetting):
    """Every form on every page of ours is drawn by these two templates."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"


def require_whole_characters(value: str):
    """Refuse half characters. What could not be read on the way here arrives as U+FFFD."""
    if re.search("[\N{REPLACEMENT CHARACTER}\ud800-\udfff]", value):
        raise ValidationError(_("This text has characters that are broken. Please type it again."), "broken")


class DatalistInput(forms.TextInput):
    """A text input that searches `options` while the person types. Works without JavaScript."""

    template_name = "forms/widgets/datalist.html"

    def __init__(self, options, attrs=None):
        super().__init__(attrs)
        self.options = options

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        widget = context["widget"]
        widget["options"] = self.options
        widget["attrs"]["list"] = f"{widget['attrs'].get('id', name)}_options"
        return context


class Pills(forms.RadioSelect):
    """A row of large radio buttons; where an answer may be left open, one more takes it back."""

    template_name = "forms/widgets/pills.html"
