import re
import unicodedata
from html import escape

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.forms.renderers import TemplatesSetting
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, gettext_lazy as _

# Characters. An upper limit for names, codes, numbers and addresses.
LONGEST_LINE = 1000

# Characters that are not seen: text that is copied from messages has marks of direction and joiners in it.
INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff]"
)


class BoundField(forms.BoundField):
    """A field of a form. Has what templates ask each field for: an attribute that is missing costs them 20 µs."""

    rows = None  # Of an answer of several rows, such as doses.


class ShortBoundField(BoundField):
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
    bound_field_class = ShortBoundField


def limit_length(field: forms.CharField, longest: int):
    """Set the `max_length` of a field in a form of Django's or allauth's.

    Without the `maxlength` attribute, with which browsers truncate pasted text without a warning.
    """
    field.max_length = longest
    field.validators.append(MaxLengthValidator(longest))


def is_blank(text: str) -> bool:
    """Whether nothing in the text can be seen."""
    return not INVISIBLE.sub("", text).strip()


def in_plain_digits(text: str) -> str:
    """Return the text with the digits 0 to 9 for those of other scripts, and without invisible characters."""
    plain = INVISIBLE.sub("", text).replace("\N{ARABIC DECIMAL SEPARATOR}", ".")
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in plain)


def normalized(text: str) -> str:
    """Return the text in Unicode's NFKC form, without invisible characters: what is compared of a name.

    A text longer than LONGEST_LINE is returned unchanged.

    The time of the normalization grows with the square of the length: 120 kB of accents block the process for ten
    seconds.
    """
    return unicodedata.normalize("NFKC", INVISIBLE.sub("", text)) if len(text) <= LONGEST_LINE else text


def require_whole_characters(value: str):
    """Reject lone surrogates, and U+FFFD, which replaces bytes that could not be decoded."""
    if re.search("[\N{REPLACEMENT CHARACTER}\ud800-\udfff]", value):
        raise ValidationError(_("This text has characters that are broken. Please type it again."), "broken")


# Widgets that write their HTML themselves: a form has dozens of them, and a template takes ten times as long for each.

CHECKED, SELECTED, REQUIRED = mark_safe(" checked"), mark_safe(" selected"), mark_safe(" required")


class WrittenInput:
    """Mix it in before an input of Django's."""

    def render(self, name, value, attrs=None, renderer=None):
        widget = self.get_context(name, value, attrs)["widget"]
        value = "" if widget["value"] is None else format_html(' value="{}"', widget["value"])
        return format_html(
            '<input type="{}" name="{}"{}{}>', widget["type"], widget["name"], value, flatatt(widget["attrs"])
        )


class TextBox(WrittenInput, forms.TextInput):
    pass


class TimeBox(WrittenInput, forms.TimeInput):
    input_type = "time"


class DateBox(WrittenInput, forms.DateInput):
    """A date, sent as `2026-05-04` whatever the language."""

    input_type = "date"

    def __init__(self, attrs=None):
        super().__init__(attrs, format="%Y-%m-%d")


class HiddenBox(WrittenInput, forms.HiddenInput):
    pass


class CheckBox(WrittenInput, forms.CheckboxInput):
    pass


class TextArea(forms.Textarea):
    def render(self, name, value, attrs=None, renderer=None):
        attrs = flatatt(self.build_attrs(self.attrs, attrs))
        return format_html('<textarea name="{}"{}>\n{}</textarea>', name, attrs, self.format_value(value) or "")


class Selection(forms.Select):
    def render(self, name, value, attrs=None, renderer=None):
        chosen = self.format_value(value)
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, SELECTED if str(key) in chosen else "", label) for key, label in self.choices),
        )
        return format_html(
            '<select name="{}"{}>{}</select>', name, flatatt(self.build_attrs(self.attrs, attrs)), options
        )


class PillButtons:
    """Large buttons in rows. Mix it in before a widget of Django's that offers a few choices."""

    def buttons(self, name, value, attrs, marks="") -> str:
        chosen = self.format_value(value)
        # Escaped by hand, once where it is the same: format_html_join() took half of the time of a form.
        start = f'\n  <label class="pill"><input type="{self.input_type}" name="{escape(name)}" value="'
        id_of_field = escape(attrs["id"])
        buttons = [
            f'{start}{escape(str(key))}" id="{id_of_field}_{number}"{CHECKED if str(key) in chosen else ""}{marks}>'
            f"<span>{escape(str(label))}</span></label>"
            for number, (key, label) in enumerate(self.choices)
        ]
        return mark_safe("".join(buttons))  # noqa: S308 (every part that varies is escaped above)


def clear_button(name: str, id_of_field: str) -> str:
    """Takes the choice back."""
    return format_html(
        '<label class="clear"><input type="radio" name="{}" value="" id="{}_clear"><span>{}</span></label>',
        name,
        id_of_field,
        gettext("Clear"),
    )


class Pills(PillButtons, forms.RadioSelect):
    """A row of large radio buttons; where an answer may be left open, one more takes it back."""

    def render(self, name, value, attrs=None, renderer=None):
        buttons = self.buttons(name, value, attrs, REQUIRED if self.is_required else "")
        clear = "" if self.is_required else clear_button(name, attrs["id"])
        return format_html('<div class="pills">{}\n  {}\n</div>', buttons, clear)


class ManyPills(PillButtons, forms.CheckboxSelectMultiple):
    """A row of large check boxes."""

    def render(self, name, value, attrs=None, renderer=None):
        return format_html('<div class="pills">{}\n</div>', self.buttons(name, value, attrs))

    def value_omitted_from_data(self, data, files, name):
        # Django's answer is always no, because a browser sends nothing of unticked boxes. The names in `asked-names`
        # say which questions a page asked, so that here the key alone counts.
        return name not in data


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
