import re
import unicodedata
from html import escape

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy as _

# Characters. An upper limit for names, codes, numbers and addresses.
LONGEST_LINE = 1000

# Characters that are not seen: text that is copied from messages has marks of direction and joiners in it.
INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff]"
)


def written(html: str, *values) -> str:
    """Django's format_html() in a third of the time: a form has a hundred of them."""
    texts = [text if isinstance(text, SafeString) else escape(text) for text in map(str, values)]
    return mark_safe(html.format(*texts))  # noqa: S308 (every part that varies is escaped above)


def attributes(attrs: dict) -> str:
    """Django's flatatt() in a quarter of the time."""
    given = [(name, value) for name, value in attrs.items() if value is not None and value is not False]
    return mark_safe(  # noqa: S308 (every part that varies is escaped)
        "".join(f" {name}" if value is True else f' {name}="{escape(str(value))}"' for name, value in given)
    )


class BoundField(forms.BoundField):
    """A field of a form, which writes its frame of label, help and errors by itself.

    A form has up to twenty of them, and a template takes ten times as long for each.
    """

    rows = None  # Of an answer of several rows, such as doses. Templates ask each field: a missing one costs 20 µs.

    def as_field_group(self):
        described_by = self.aria_describedby if self.use_fieldset else None
        shown_when = getattr(self.field, "shown_when", "") or None
        attrs = attributes({"data-shown-when": shown_when, "aria-describedby": described_by or None})
        help_text = self.help_text and written(
            '<div class="help" id="{}_helptext">{}</div>\n', self.auto_id, self.help_text
        )
        html = FIELDSET if self.use_fieldset else LABELLED
        label = (self.label,) if self.use_fieldset else (self.id_for_label, self.label)
        return written(html, self.html_name, attrs, *label, help_text, self.errors or "", self)


FIELDSET = """<fieldset class="field" id="field-{}"{}>
  <legend>{}</legend>
  {}{}
  {}
</fieldset>
"""
LABELLED = """<div class="field" id="field-{}"{}>
  <label for="{}">{}</label>
  {}{}
  {}
</div>
"""


class ShortBoundField(BoundField):
    """Renders a value empty if it is much too long for a short field: the page would become as long."""

    def value(self):
        value = super().value()
        longest = getattr(self.field, "max_length", None) or LONGEST_LINE
        texts = value if isinstance(value, list) else [value]  # A list, where a question has two inputs.
        is_much_too_long = any(isinstance(text, str) and len(text) > 10 * longest for text in texts)
        return "" if is_much_too_long and longest <= LONGEST_LINE else value


class FormRenderer(TemplatesSetting):
    """Renders all forms with this template."""

    form_template_name = "forms/form.html"
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
        value = "" if widget["value"] is None else written(' value="{}"', widget["value"])
        return written('<input type="{}" name="{}"{}{}>', widget["type"], name, value, attributes(widget["attrs"]))


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
        attrs = attributes(self.build_attrs(self.attrs, attrs))
        return written('<textarea name="{}"{}>\n{}</textarea>', name, attrs, self.format_value(value) or "")


class Selection(forms.Select):
    def render(self, name, value, attrs=None, renderer=None):
        chosen = self.format_value(value)
        options = "".join(
            f'<option value="{escape(str(key))}"{SELECTED if str(key) in chosen else ""}>{escape(str(label))}</option>'
            for key, label in self.choices
        )
        attrs = attributes(self.build_attrs(self.attrs, attrs))
        return written('<select name="{}"{}>{}</select>', name, attrs, mark_safe(options))  # noqa: S308 (escaped above)


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
    return written(
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
        return written('<div class="pills">{}\n  {}\n</div>', buttons, clear)


class ManyPills(PillButtons, forms.CheckboxSelectMultiple):
    """A row of large check boxes."""

    def render(self, name, value, attrs=None, renderer=None):
        return written('<div class="pills">{}\n</div>', self.buttons(name, value, attrs))

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
