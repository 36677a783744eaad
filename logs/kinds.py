"""The kinds of answer: how each is asked for, checked, shown and described. No model in it.

An answer that was not given is None, whatever its kind.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from typing import ClassVar

from django import forms
from django.db.models import Q
from django.utils.formats import number_format, time_format
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from brainlog.forms import TextArea
from logs.form_fields import (
    YES_OR_NO,
    ChoiceInput,
    HoursInput,
    ScaleBoundField,
    SeveralInput,
    StepperInput,
    TextInput,
    TimeInput,
    TwoNumbersInput,
    YesNoInput,
)
from logs.widgets import Scale, in_digits


@dataclass(frozen=True)
class Kind:
    """What all kinds share."""

    has_mean: ClassVar[bool] = False
    is_note: ClassVar[bool] = False  # Read out on lines of its own.

    def form_field(self, **options) -> forms.Field:
        """The form field that asks for it. It returns an answer of this kind, or None."""
        raise NotImplementedError

    def accepting(self, value) -> "Kind":
        """The kind whose form field also takes this answer, stored under earlier bounds or choices. It may be None."""
        return self

    def condition(self, column: str) -> Q | None:
        """What the database demands of a stored value, NULL aside."""
        return None

    def display(self, value) -> str:
        """The answer in words. `value` is not None."""
        return str(value)

    def read_as(self, field: forms.Field, typed: str, value) -> str:
        """A sentence that says how something typed was read. Empty where that is plain."""
        return ""

    def legend(self) -> str:
        """What stored values mean, for those who read them as they are. Empty for a text."""
        return ""

    def schema(self) -> dict:
        """JSON Schema of an answer that is given."""
        raise NotImplementedError

    @property
    def examples(self) -> list:
        """Some valid answers: for the demo and for tests."""
        raise NotImplementedError


@dataclass(frozen=True)
class Score(Kind):
    """A whole number from 1 to 10. `ends` are the words at both ends; either may be empty."""

    LOWEST, HIGHEST = 1, 10
    has_mean = True

    ends: tuple[str, str] = ("", "")

    def form_field(self, **options):
        numbers = range(self.LOWEST, self.HIGHEST + 1)
        messages = {"invalid_choice": _("Choose a number from 1 to 10.")}
        choices = [(str(number), str(number)) for number in numbers]
        asked = {"coerce": int, "widget": Scale(self.ends), "bound_field_class": ScaleBoundField}
        options = asked | {"error_messages": messages} | options
        return ChoiceInput(choices=choices, **options)

    def condition(self, column):
        return Q(**{f"{column}__range": (self.LOWEST, self.HIGHEST)})

    def display(self, value):
        return gettext("%(score)d of 10") % {"score": value}

    def legend(self):
        low, high = self.ends
        if low and high:
            words = gettext("1 (%(low)s) to 10 (%(high)s)")
        elif low:
            words = gettext("1 (%(low)s) to 10")
        else:
            words = gettext("1 to 10 (%(high)s)") if high else gettext("1 to 10")
        return words % {"low": low, "high": high}

    def schema(self):
        return {"type": "integer", "minimum": self.LOWEST, "maximum": self.HIGHEST}

    @property
    def examples(self):
        return [*range(self.LOWEST, self.HIGHEST + 1)]


@dataclass(frozen=True)
class Count(Kind):
    """A number of days of a week, 0 to 7."""

    def form_field(self, **options):
        return ChoiceInput(choices=[(str(number), str(number)) for number in range(8)], **{"coerce": int} | options)

    def condition(self, column):
        return Q(**{f"{column}__range": (0, 7)})

    def display(self, value):
        return ngettext("%(count)d day", "%(count)d days", value) % {"count": value}

    def legend(self):
        return gettext("0 to 7 days")

    def schema(self):
        return {"type": "integer", "minimum": 0, "maximum": 7}

    @property
    def examples(self):
        return [*range(8)]


@dataclass(frozen=True)
class Hours(Kind):
    """Hours of one day, 0 to 24, in quarters."""

    has_mean = True

    def form_field(self, **options):
        return HoursInput(**options)

    def condition(self, column):
        return Q(**{f"{column}__range": (0, 24)})

    def display(self, value):
        hours = number_format(f"{value.normalize():f}", use_l10n=True)
        return ngettext("%(hours)s hour", "%(hours)s hours", 1 if value == 1 else 2) % {"hours": hours}

    def read_as(self, field, typed, value):
        if field.is_spelled_out(typed, value):
            return ""
        return gettext("“%(typed)s” is stored as %(hours)s.") % {"typed": typed.strip(), "hours": self.display(value)}

    def legend(self):
        return gettext("0 to 24 hours")

    def schema(self):
        return {"type": "number", "minimum": 0, "maximum": 24, "multipleOf": float(HoursInput.STEP)}

    @property
    def examples(self):
        return [Decimal("6.75"), Decimal(7), Decimal("7.5")]


@dataclass(frozen=True)
class Number(Kind):
    """A number, perhaps in a unit, between bounds and in steps from the least if there are any.

    `kept`: a stored answer that is accepted beside these.
    """

    has_mean = True

    unit: str = ""
    least: Decimal | None = None
    most: Decimal | None = None
    step: Decimal | None = None
    kept: Decimal | tuple[Decimal, Decimal] | None = None

    def form_field(self, **options):
        bounds = {"min_value": self.least, "max_value": self.most, "step": self.step}
        return StepperInput(unit=self.unit, kept=self.kept, **bounds, **options)

    def accepting(self, value):
        return replace(self, kept=value)

    def condition(self, column):
        bounds = {"gte": self.least, "lte": self.most}
        bounds = {f"{column}__{lookup}": bound for lookup, bound in bounds.items() if bound is not None}
        return Q(**bounds) if bounds else None

    def display(self, value):
        number = number_format(in_digits(value), use_l10n=True)
        return f"{number} {self.unit}" if self.unit else number

    def legend(self):
        least, most = ("" if bound is None else self.display(bound) for bound in (self.least, self.most))
        if least and most:
            words = gettext("%(least)s to %(most)s")
        elif least:
            words = gettext("%(least)s or more")
        else:
            words = gettext("%(most)s or less") if most else ""
        return words % {"least": least, "most": most} if words else self.unit or gettext("a number")

    def schema(self):
        # A multiple is one of 0, whereas steps begin at the least.
        is_multiple = self.step is not None and not (self.least or 0) % self.step
        given = {"minimum": self.least, "maximum": self.most, "multipleOf": self.step if is_multiple else None}
        return {"type": "number"} | {name: float(bound) for name, bound in given.items() if bound is not None}

    @property
    def examples(self):
        step = self.step or Decimal(1)
        first = Decimal(0) if self.least is None else self.least
        if self.most is not None and self.most < first:
            first = (self.most / step).to_integral_value(ROUND_FLOOR) * step
        values = [first + step * number for number in range(4)]
        return [value for value in values if self.most is None or value <= self.most]


@dataclass(frozen=True)
class TwoNumbers(Number):
    """Two numbers of one unit that belong together, such as a blood pressure: a tuple."""

    has_mean = False

    def form_field(self, **options):
        each = replace(self, kept=None)
        return TwoNumbersInput(each=Number.form_field(each), unit=self.unit, kept=self.kept, **options)

    def condition(self, column):
        raise NotImplementedError("Two numbers are two columns.")

    def display(self, value):
        first, second = (number_format(in_digits(number), use_l10n=True) for number in value)
        return f"{first} / {second} {self.unit}".rstrip()

    def legend(self):
        return gettext("two numbers: %(each)s") % {"each": Number(self.unit, self.least, self.most).legend()}

    def schema(self):
        return {"type": "array", "items": super().schema(), "minItems": 2, "maxItems": 2}

    @property
    def examples(self):
        return [(value, value) for value in super().examples]


@dataclass(frozen=True)
class YesNo(Kind):
    """Yes or no. `answers` are both in the order they are offered, where true does not simply mean yes."""

    answers: tuple[tuple[bool, str], ...] = YES_OR_NO

    def form_field(self, **options):
        return YesNoInput(answers=self.answers, **options)

    def display(self, value):
        return str(dict(self.answers)[value])

    def legend(self):
        if self == YesNo():
            return gettext("true or false")
        return in_words((str(value).lower(), label) for value, label in self.answers)

    def schema(self):
        return {"type": "boolean"}

    @property
    def examples(self):
        return [True, False]


def in_words(choices: Iterable[tuple[str | int, str]]) -> str:
    """`a_key (its label), …`; the label only where it says more than the key."""
    return ", ".join(str(key) if key == label else f"{key} ({label})" for key, label in choices)


@dataclass(frozen=True)
class Choice(Kind):
    """One of a fixed vocabulary: a key of `choices`. All keys are texts, or all are integers.

    `retired`: choices that are not offered any more, and that stored answers may have.
    """

    choices: tuple[tuple[str | int, str], ...] = ()
    retired: tuple[tuple[str | int, str], ...] = ()

    @property
    def keys(self) -> list[str] | list[int]:
        return [key for key, _label in self.choices]

    @property
    def known(self) -> dict[str, str] | dict[int, str]:
        """The labels of all keys that an answer may have."""
        return dict(self.choices) | dict(self.retired)

    @property
    def key_type(self) -> type:
        return int if any(isinstance(key, int) for key in self.keys) else str

    def form_field(self, **options):
        return ChoiceInput(choices=self.choices, **{"coerce": self.key_type} | options)

    def accepting(self, value):
        stored = [] if value is None else value if isinstance(value, list) else [value]
        again = [(key, self.label_of(key)) for key in stored if key not in self.keys]
        return replace(self, choices=(*self.choices, *again))

    def condition(self, column):
        return Q(**{f"{column}__in": self.keys})

    def label_of(self, key) -> str:
        """The label of a key that an answer has. A number says nothing if its label cannot be decrypted."""
        return self.known.get(key) or (gettext("(choice not readable)") if isinstance(key, int) else key)

    def display(self, value):
        return str(self.label_of(value))

    def legend(self):
        return in_words(self.known.items())

    def schema(self):
        return {"type": "integer" if self.key_type is int else "string", "enum": [*self.known]}

    @property
    def examples(self):
        return self.keys


@dataclass(frozen=True)
class Several(Choice):
    """Several of a fixed vocabulary: a list of keys in the vocabulary's order, never an empty one."""

    def form_field(self, **options):
        return SeveralInput(choices=self.choices, **{"coerce": self.key_type} | options)

    def condition(self, column):
        return None  # A list is JSON, whose members a CHECK cannot compare in both databases.

    def is_valid(self, value) -> bool:
        return isinstance(value, list) and bool(value) and set(value) <= set(self.keys)

    def display(self, value):
        return ", ".join(super(Several, self).display(key) for key in value)

    def legend(self):
        return gettext("any of: %(choices)s") % {"choices": super().legend()}

    def schema(self):
        return {"type": "array", "items": super().schema(), "minItems": 1, "uniqueItems": True}

    @property
    def examples(self):
        return [[key] for key in self.keys]


@dataclass(frozen=True)
class Line(Kind):
    """Free text of one line."""

    max_length: int = 200

    def form_field(self, **options):
        return TextInput(**{"max_length": self.max_length} | options)

    def schema(self):
        return {"type": "string", "minLength": 1, "maxLength": self.max_length}

    @property
    def examples(self):
        return [gettext("A few words."), gettext("Something else."), gettext("As usual.")]


@dataclass(frozen=True)
class Note(Line):
    """Free text of several lines."""

    is_note = True

    max_length: int = 4000

    def form_field(self, **options):
        return super().form_field(**{"widget": TextArea(attrs={"rows": 3})} | options)


@dataclass(frozen=True)
class Time(Kind):
    """A time of day, to the minute."""

    def form_field(self, **options):
        return TimeInput(**{"required": False} | options)

    def display(self, value):
        return time_format(value)

    def legend(self):
        return gettext("a time of day, 00:00 to 23:59")

    def schema(self):
        return {"type": "string", "format": "time"}

    @property
    def examples(self):
        return [datetime.time(8, 15), datetime.time(22, 30)]
