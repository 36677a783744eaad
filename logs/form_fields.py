"""The form fields that ask for an answer, one for each way of asking. logs/kinds/ says which kind takes which."""

import copy
import datetime
import re
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from brainlog.forms import (
    INVISIBLE,
    LONGEST_LINE,
    BoundField,
    ManyPills,
    Pills,
    ShortBoundField,
    TextBox,
    in_plain_digits,
    require_whole_characters,
)
from encryption.fields import PrivateTextInput
from logs.hours import QUARTER, AmbiguousError, TooLongError, UnreadableError, hours_in
from logs.widgets import NOT_NOTICED, Stepper, TimeAndBox, TwoTextBoxes, in_digits, number_box, time_box


class ScaleBoundField(ShortBoundField):
    """Describes the group by the words at both ends: they come after the buttons."""

    @property
    def aria_describedby(self):
        ids = [super().aria_describedby, f"{self.auto_id}_low", f"{self.auto_id}_high"]
        return " ".join(filter(None, ids))


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


# Half a tablet, as people write it. ⅓ is no decimal.
FRACTIONS = {"½": ".5", "¼": ".25", "¾": ".75", "1/2": ".5", "1/4": ".25", "3/4": ".75"}
WITH_FRACTION = re.compile(r"(?:([0-9]{1,9})(?:\s+|(?=[½¼¾])))?(½|¼|¾|1/2|1/4|3/4)")


class NumberInput(forms.DecimalField):
    """A number typed with a point or a comma, or with a fraction: `½`, `1 1/2`.

    A text input with a numeric keypad: `type=number` discards what the browser does not understand
    before the server could say what is wrong with it.
    """

    widget = number_box()
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
            if match := WITH_FRACTION.fullmatch(value):
                value = (match[1] or "0") + FRACTIONS[match[2]]
            value = value.replace(",", ".")
            # Somewhat longer than any field takes, so that what is said of a long number is that it is too long.
            if not re.fullmatch(r"[+-]?[0-9]{0,40}\.?[0-9]{0,40}", value):
                raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)

    def prepare_value(self, value):
        return in_digits(value) if isinstance(value, Decimal) else value


class OwnNumberInput(NumberInput):
    """A number of a person's own question: in the digits that its buttons and its page write."""

    def to_python(self, value):
        if isinstance(value, str) and any(each.isdecimal() and not each.isascii() for each in value):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class StepperInput(OwnNumberInput):
    """A number between bounds and in steps from the least, if there are any. `kept`: a number accepted beside these."""

    default_error_messages = {
        "multiple": _("Write a multiple of %(step)s."),
        "step": _("Write %(least)s, or go up from it in steps of %(step)s."),
    }

    def __init__(self, *, unit="", step=None, kept=None, **options):
        super().__init__(**{"required": False, "max_digits": 12, "decimal_places": 3} | options)
        self.step, self.kept = step, kept
        if "widget" not in options:
            self.widget = Stepper(unit=unit, least=self.min_value, most=self.max_value, step=step)
            self.widget.question = self.label or ""

    def to_python(self, value):
        number = super().to_python(value)
        return abs(number) if number == 0 else number  # -0 is 0.

    def run_validators(self, value):
        if value is None or value != self.kept:
            super().run_validators(value)

    def clean(self, value):
        number = super().clean(value)
        start = self.min_value or Decimal(0)
        # Exact, unlike Django's StepValueValidator, which compares floats.
        if number is not None and number != self.kept and self.step and (number - start) % self.step:
            code = "step" if start % self.step else "multiple"
            params = {"step": in_digits(self.step), "least": in_digits(start)}
            raise ValidationError(self.error_messages[code], code=code, params=params)
        return number


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


class TwoNumbersInput(forms.MultiValueField):
    """Two numbers that belong together, as a tuple, or None. One of them alone is an error.

    `kept`: an answer accepted as it is.
    """

    default_error_messages = {"incomplete": _("Write both numbers.")}

    def __init__(self, *, each: StepperInput, unit="", kept=None, **options):
        both = [each, copy.deepcopy(each)]
        for field, number in zip(both, kept or (), strict=False):
            field.kept = number
        options = {"widget": TwoTextBoxes(unit)} | options
        super().__init__(both, required=False, require_all_fields=False, **options)

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

    widget = time_box()
    default_error_messages = {"invalid": _("Write a time, such as 8:15 or 20:15.")}

    def to_python(self, value) -> datetime.time | None:
        if isinstance(value, str):
            if len(value) > LONGEST_LINE:
                raise ValidationError(self.error_messages["invalid"], code="invalid")
            value = in_plain_digits(value)
        value = super().to_python(value)
        return value and value.replace(second=0, microsecond=0)


class TimeOrNotNoticedInput(forms.MultiValueField):
    """A time of day, NOT_NOTICED, or None. Both together are an error."""

    widget = TimeAndBox
    default_error_messages = {"both": _("Write the time, or choose “Not noticed”, not both.")}

    def __init__(self, **options):
        fields = [TimeInput(required=False), forms.BooleanField(required=False)]
        super().__init__(fields, required=False, require_all_fields=False, **options)

    def compress(self, values):
        time, is_ticked = values or (None, False)
        if time is not None and is_ticked:
            raise ValidationError(self.error_messages["both"], code="both")
        return NOT_NOTICED if is_ticked else time
