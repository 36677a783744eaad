"""Answers that are numbers: scores, counts, hours, and those with bounds and units of their own."""

from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal

from django.db.models import Q
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from logs.form_fields import ChoiceInput, HoursInput, ScaleBoundField, StepperInput, TwoNumbersInput
from logs.kinds.base import Kind
from logs.widgets import Scale, number_in_words


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
        hours = number_in_words(value)
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
        number = number_in_words(value)
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
        first, second = map(number_in_words, value)
        return f"{first} / {second} {self.unit}".rstrip()

    def legend(self):
        return gettext("two numbers: %(each)s") % {"each": Number(self.unit, self.least, self.most).legend()}

    def schema(self):
        return {"type": "array", "items": super().schema(), "minItems": 2, "maxItems": 2}

    @property
    def examples(self):
        return [(value, value) for value in super().examples]
