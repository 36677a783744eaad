import re
import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _

# Characters. An upper limit for names, codes, numbers and addresses.
LONGEST_LINE = 1000


class BoundField(forms.BoundField):
    """Renders a value empty if it is much too long for a short field: the page would become as long."""

    def value(self):
        value = super().value()
        longest = getattr(self.field, "max_length", None) or LONGEST_LINE
        is_much_too_long = isinstance(value, str) and len(value) > 10 * longest
        return "" if is_much_too_long and longest <= LONGEST_LINE else value


class FormRenderer(TemplatesSetting):
    """Renders all forms with these two templates."""

    form_template_name = "forms/form.html"
    field_template_name = "forms/field.html"
    bound_field_class = BoundField


def limit_length(field: forms.CharField, longest: int):
    """Set the `max_length` of a field in a form of Django's or allauth's.

    Without the `maxlength` attribute, with which browsers truncate pasted text without a warning.
    """
    field.max_length = longest
    field.validators.append(MaxLengthValidator(longest))


def normalized(text: str) -> str:
    """Return the text in Unicode's NFKC form; a text longer than LONGEST_LINE is returned unchanged.

    The time of the normalization grows with the square of the length: 120 kB of accents block the process for ten
    seconds.
    """
    return unicodedata.normalize("NFKC", text) if len(text) <= LONGEST_LINE else text


def require_whole_characters(value: str):
    """Reject lone surrogates, and U+FFFD, which replaces bytes that could not be decoded."""
    if re.search("[\N{REPLACEMENT CHARACTER}\ud800-\udfff]", value):
        raise ValidationError(_("This text has characters that are broken. Please type it again."), "broken")


class DatalistInput(forms.TextInput):
    """A text input with a datalist of `options`. Works without JavaScript."""

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
    """A row of large radio buttons; an optional question has one more button, which clears the answer."""

    template_name = "forms/widgets/pills.html"
