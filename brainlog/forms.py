import re
import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _

# Characters. No name, code, number or address that a person types is longer.
LONGEST_LINE = 1000


class BoundField(forms.BoundField):
    """Does not send back a value that is much too long for a short field: the page would become as large."""

    def value(self):
        value = super().value()
        longest = getattr(self.field, "max_length", None) or LONGEST_LINE
        is_much_too_long = isinstance(value, str) and len(value) > 10 * longest
        return "" if is_much_too_long and longest <= LONGEST_LINE else value


class FormRenderer(TemplatesSetting):
    """Every form on every page of ours is drawn by these two templates."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
    bound_field_class = BoundField


def limit_length(field: forms.CharField, longest: int):
    """Give a field of a form of Django's or allauth's a `max_length`.

    Without the `maxlength` attribute: a browser cuts off what is pasted beyond it and says nothing.
    """
    field.max_length = longest
    field.validators.append(MaxLengthValidator(longest))


def normalized(text: str) -> str:
    """The text in Unicode's form NFKC. One that is too long for a name is returned as it is.

    The time that normalising takes grows with the square of the length: 120 kB of accents take ten seconds, in
    which the process does nothing else.
    """
    return unicodedata.normalize("NFKC", text) if len(text) <= LONGEST_LINE else text


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
