"""The form fields that ask for an answer, one for each way of asking. logs/kinds.py says which kind takes which."""

import copy
import datetime
import re
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from brainlog.forms import (
    INVISIBLE,
    LONGEST_LINE,
    BoundField,
    ManyPills,
    Pills,
    TextBox,
    TimeBox,
    clear_button,
    in_plain_digits,
    require_whole_characters,
)
from encryption.fields import PrivateTextInput
from logs.hours import QUARTER, AmbiguousError, TooLongError, UnreadableError, hours_in


class Scale(Pills):
    """Ten buttons in a row, with words at both ends."""

    def __init__(self, ends=("", ""), **kwargs):
        super().__init__(**kwargs)
        self.ends = ends

    def render(self, name, value, attrs=None, renderer=None):
        (lowest, _lowest), *_others, (highest, _highest) = self.choices
        return format_html(
            '<div class="scale">\n  <div class="steps">{}\n  </div>\n'
            '  <div class="ends"><span>{} {}</span>\n    {}\n    <span>{} {}</span></div>\n</div>',
            self.buttons(name, value, attrs),
            lowest,
            self.ends[0],
            clear_button(name, attrs["id"]),
            highest,
            self.ends[1],
        )


class ChoiceInput(forms.TypedChoiceField):
    """One of a few. Returns the choice, or None while unanswered."""

    widget = Pills
    # Without the value, which may be megabytes of nonsense.
    default_error_messages = {"invalid_choice": _("Choose one of the answers offered.")}

    def __init__(self, **kwargs):
        super().__init__(required=False, **{"empty_value": None} | kwargs)

    def to_python(self, value):
        value = super().to_python(value)
        return re.sub(r"\s+", "_", value.strip().lower()) if len(value) <= LONGEST_LINE else value


YES_OR_NO = ((True, _("Yes")), (False, _("No")))


class YesNoInput(ChoiceInput):
    """True, False, or None while unanswered."""

    default_error_messages = {"invalid_choice": _("Choose yes or no.")}
    SPELLINGS = {"1": "true", "yes": "true", "on": "true", "0": "false", "no": "false", "off": "false"}

    def __init__(self, *, answers=YES_OR_NO, **kwargs):
        choices = [(str(value).lower(), label) for value, label in answers]
        super().__init__(choices=choices, coerce=lambda value: value == "true", **kwargs)

    def to_python(self, value):
        value = super().to_python(value)
        return self.SPELLINGS.get(value, value)

    def prepare_value(self, value):
        return {True: "true", False: "false"}.get(value, value)


class SeveralInput(forms.TypedMultipleChoiceField):
    """Any number of a few, in the order they are offered. None if there is none."""

    widget = ManyPills
    default_error_messages = {"invalid_choice": _("Choose from the answers offered.")}

    def __init__(self, **kwargs):
        super().__init__(required=False, empty_value=None, **kwargs)

    def clean(self, value):
        chosen = super().clean(value)
        return [key for key, _label in self.choices if key in chosen] if chosen else None


class NumberInput(forms.DecimalField):
    """A number typed with a point or a comma.

    A text input with a numeric keypad: `type=number` discards what the browser does not understand
    before the server could say what is wrong with it.
    """

    widget = TextBox(attrs={"inputmode": "decimal", "autocomplete": "off"})
    default_error_messages = {
        "invalid": _("Write a number, such as 7.5."),
        "ambiguous": _("Is that a thousand or about one? Write 1000, or 1.0."),
    }

    def to_python(self, value):
        if isinstance(value, str):
            if len(value) > LONGEST_LINE:
                raise ValidationError(self.error_messages["invalid"], code="invalid")
            value = in_plain_digits(value).strip()
            if re.fullmatch(r"[1-9][0-9]{0,2}(,[0-9]{3}|\.[0-9]{2}0)", value):
                # 1,000 is a thousand in some countries and one in others. Pages never show a number that ends so.
                raise ValidationError(self.error_messages["ambiguous"], code="ambiguous")
            value = value.replace(",", ".")
            if not re.fullmatch(r"[+-]?[0-9]{0,12}\.?[0-9]{0,12}", value):
                raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)

    def prepare_value(self, value):
        """7.50 → 7.5, 7.00 → 7."""
        if isinstance(value, Decimal):
            return f"{value.normalize():f}"
        return value


class HoursInput(NumberInput):
    """Hours of a day as a Decimal, or None. Reads hours as people write them, to the nearest quarter: logs/hours.py."""

    # The keyboard with letters: a phone's keypad for decimals has neither a colon nor a dash.
    widget = TextBox(attrs={"autocomplete": "off", "autocapitalize": "none"})
    STEP = QUARTER
    default_error_messages = {
        "invalid": _("Write the hours, such as 7.5, 7:30 or 23:30-7."),
        "ambiguous": _("Is that between two numbers of hours, or from one time to another? Write 7.5, or 7:00-8:00."),
        "too_long": _("A day has 24 hours. Write 24 or less."),
    }

    def __init__(self, **kwargs):
        super().__init__(required=False, **kwargs)

    def to_python(self, value):
        text = "" if value in self.empty_values else in_plain_digits(str(value))
        if not text.strip():
            return None
        try:
            return hours_in(text)
        except AmbiguousError:
            code = "ambiguous"
        except TooLongError:
            code = "too_long"
        except UnreadableError:
            code = "invalid"
        raise ValidationError(self.error_messages[code], code=code)

    def is_spelled_out(self, typed: str, hours: Decimal) -> bool:
        """Whether what was typed is just that number, so that there is nothing to explain."""
        match = re.fullmatch(r"\s*([0-9]{1,2}(?:[.,][0-9]{1,6})?)\s*", INVISIBLE.sub("", typed))
        return bool(match) and Decimal(match[1].replace(",", ".")) == hours


class TwoTextBoxes(forms.MultiWidget):
    """Two text inputs; `-2` follows the name of the second."""

    def __init__(self, attrs=None):
        super().__init__([NumberInput.widget, NumberInput.widget], attrs)
        self.widgets_names = ["", "-2"]

    def decompress(self, value):
        return list(value) if value else [None, None]

    def render(self, name, value, attrs=None, renderer=None):
        values = value if isinstance(value, list) else self.decompress(value)
        parts = zip(self.widgets, self.widgets_names, values, strict=True)
        attrs = attrs or {}
        boxes = [
            widget.render(name + suffix, each, attrs | {"id": f"{attrs['id']}{suffix}"} if "id" in attrs else attrs)
            for widget, suffix, each in parts
        ]
        return format_html("{} {}", *boxes)


class TwoNumbersInput(forms.MultiValueField):
    """Two numbers that belong together, as a tuple, or None. One of them alone is an error."""

    widget = TwoTextBoxes
    default_error_messages = {"incomplete": _("Write both numbers.")}

    def __init__(self, *, each: NumberInput, **kwargs):
        super().__init__([each, copy.deepcopy(each)], required=False, require_all_fields=False, **kwargs)

    def compress(self, values):
        given = [value for value in values if value is not None]
        if given and len(given) < 2:
            raise ValidationError(self.error_messages["incomplete"], code="incomplete")
        return tuple(given) or None


class TextInput(PrivateTextInput):
    """Free text, trimmed. None if nothing is left.

    Without the `maxlength` attribute: a browser cuts off what is pasted beyond it and says nothing.
    """

    # Without suggestions of what was typed earlier.
    widget = TextBox(attrs={"autocomplete": "off"})
    default_error_messages = {
        "max_length": _("Please keep this to %(limit_value)d characters; these are %(show_value)d."),
    }
    # The person's own words are kept on the page however long they are, to be shortened.
    bound_field_class = BoundField

    def __init__(self, **kwargs):
        super().__init__(required=False, empty_value=None, **kwargs)
        self.validators.append(require_whole_characters)

    def widget_attrs(self, widget):
        return {}

    def to_python(self, value):
        if isinstance(value, str):
            # Browsers send a line break as two characters, and count it as one.
            value = value.replace("\r\n", "\n").replace("\r", "\n")
        return super().to_python(value)


class TimeInput(forms.TimeField):
    """A time of day, to the minute."""

    widget = TimeBox(format="%H:%M")
    default_error_messages = {"invalid": _("Write a time, such as 8:15 or 20:15.")}

    def to_python(self, value) -> datetime.time | None:
        if isinstance(value, str):
            if len(value) > LONGEST_LINE:
                raise ValidationError(self.error_messages["invalid"], code="invalid")
            value = in_plain_digits(value)
        value = super().to_python(value)
        return value and value.replace(second=0, microsecond=0)
