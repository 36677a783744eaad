"""How each kind of answer is asked for and read back. One form field a kind."""

import datetime
import re
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import StepValueValidator
from django.utils.translation import gettext_lazy as _

from brainlog.forms import LONGEST_LINE, Pills, require_whole_characters
from encryption.fields import PrivateTextInput


class Scale(Pills):
    """Ten buttons in a row, with words at both ends."""

    template_name = "forms/widgets/scale.html"

    def __init__(self, ends=("", ""), **kwargs):
        super().__init__(**kwargs)
        self.ends = ends

    def get_context(self, name, value, attrs):
        return super().get_context(name, value, attrs) | {"low": self.ends[0], "high": self.ends[1]}


class ManyPills(forms.CheckboxSelectMultiple):
    template_name = "forms/widgets/many_pills.html"


class ChoiceInput(forms.TypedChoiceField):
    """One of a few. Returns the choice, or None while unanswered."""

    widget = Pills
    # Without the value, which may be megabytes of nonsense.
    default_error_messages = {"invalid_choice": _("Choose one of the answers offered.")}

    def __init__(self, **kwargs):
        kwargs.setdefault("empty_value", None)
        super().__init__(required=False, **kwargs)

    def to_python(self, value):
        value = super().to_python(value)
        return re.sub(r"\s+", "_", value.strip().lower()) if len(value) <= LONGEST_LINE else value


class ScoreInput(ChoiceInput):
    """A whole number from 1 to 10, or None."""

    default_error_messages = {"invalid_choice": _("Choose a number from 1 to 10.")}

    def __init__(self, *, ends=("", ""), **kwargs):
        choices = [(number, str(number)) for number in range(1, 11)]
        super().__init__(choices=choices, coerce=int, widget=Scale(ends), **kwargs)


class YesNoInput(ChoiceInput):
    """True, False, or None while unanswered."""

    default_error_messages = {"invalid_choice": _("Choose yes or no.")}
    SPELLINGS = {"1": "true", "yes": "true", "on": "true", "0": "false", "no": "false", "off": "false"}

    def __init__(self, **kwargs):
        choices = [("true", _("Yes")), ("false", _("No"))]
        super().__init__(choices=choices, coerce=lambda value: value == "true", **kwargs)

    def to_python(self, value):
        value = super().to_python(value)
        return self.SPELLINGS.get(value, value)

    def prepare_value(self, value):
        return {True: "true", False: "false"}.get(value, value)


class SeveralInput(forms.TypedMultipleChoiceField):
    """Any number of a few, in their own order. None if there is none."""

    widget = ManyPills
    default_error_messages = {"invalid_choice": _("Choose from the answers offered.")}

    def __init__(self, **kwargs):
        super().__init__(required=False, empty_value=None, **kwargs)

    def clean(self, value):
        chosen = super().clean(value)
        return [key for key, _label in self.choices if key in chosen] if chosen else None


class NumberInput(forms.DecimalField):
    """A number typed with a point or a comma.

    A text input with a numeric keypad: `type=number` would throw away what it does not understand
    before anybody could say what was wrong with it.
    """

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    default_error_messages = {
        "invalid": _("Write a number, such as 7.5."),
        "ambiguous": _("Is that a thousand or about one? Write 1000, or 1.0."),
    }

    def to_python(self, value):
        if isinstance(value, str):
            if len(value) > LONGEST_LINE:
                raise ValidationError(self.error_messages["invalid"], code="invalid")
            value = value.strip()
            if re.fullmatch(r"[1-9][0-9]{0,2}(,[0-9]{3}|\.[0-9]{2}0)", value):
                # 1,000 is a thousand to some and one to others. Numbers we show never end like this.
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
    """Hours of a day in quarters, as a Decimal, or None. `7:30` is understood too."""

    def __init__(self, **kwargs):
        step = Decimal("0.25")
        super().__init__(required=False, min_value=0, max_value=24, max_digits=4, decimal_places=2, **kwargs)
        self.validators.append(StepValueValidator(step, _("Use quarters of an hour, such as 7.25 or 7.5.")))

    def to_python(self, value):
        typed = value.strip() if isinstance(value, str) and len(value) <= LONGEST_LINE else ""
        if match := re.fullmatch(r"([0-9]{1,2}):([0-5][0-9])", typed):
            return (Decimal(match[1]) + Decimal(match[2]) / 60).quantize(Decimal("0.01"))
        return super().to_python(value)


class TextInput(PrivateTextInput):
    """Free text, trimmed. None if nothing is left.

    Without the `maxlength` attribute: a browser cuts off what is pasted beyond it and says nothing.
    """

    default_error_messages = {
        "max_length": _("Please keep this to %(limit_value)d characters; these are %(show_value)d."),
    }
    # The person's own words are kept on the page however long they are, to be shortened.
    bound_field_class = forms.BoundField

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

    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")

    def to_python(self, value) -> datetime.time | None:
        if isinstance(value, str) and len(value) > LONGEST_LINE:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        value = super().to_python(value)
        return value and value.replace(second=0, microsecond=0)
