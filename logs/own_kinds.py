"""The kinds of a person's own questions, made of logs/kinds/. No model in it.

The words of ends, units and choices are the person's own: never translated, and escaped wherever they are shown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.formats import time_format
from django.utils.translation import gettext, gettext_lazy as _

from logs.form_fields import TimeOrNotNoticedInput
from logs.kinds import Choice, Kind, Line, Note, Number, Score, Several, Time, TwoNumbers, YesNo
from logs.widgets import NOT_NOTICED, in_digits

KINDS = {
    "score": _("From 1 to 10"),
    "yes_no": _("Yes or no"),
    "number": _("A number"),
    "two_numbers": _("Two numbers, like 120 / 80"),
    "choice": _("One of a list"),
    "several": _("Several of a list"),
    "line": _("A few words"),
    "note": _("A longer note"),
    "time": _("A time of day"),
}

# What else is asked about a question of a kind. The direction is asked of all but texts.
PARAMETERS = {
    "score": ("ends_low", "ends_high", "direction"),
    "yes_no": ("direction",),
    "number": ("unit", "least", "most", "step", "direction"),
    "two_numbers": ("unit", "least", "most", "direction"),
    "choice": ("choices", "direction"),
    "several": ("choices", "direction"),
    "line": (),
    "note": (),
    "time": ("direction",),
}


@dataclass(frozen=True)
class TimeOrNotNoticed(Time):
    """A time of day, to the minute, or NOT_NOTICED."""

    def form_field(self, **options):
        return TimeOrNotNoticedInput(**options)

    def display(self, value):
        return gettext("not noticed") if value == NOT_NOTICED else time_format(value)

    def legend(self):
        return gettext("a time of day, 00:00 to 23:59, or “%(not_noticed)s”") % {"not_noticed": NOT_NOTICED}

    def schema(self):
        return {"type": "string", "anyOf": [{"format": "time"}, {"const": NOT_NOTICED}]}

    @property
    def examples(self):
        return [*super().examples, NOT_NOTICED]


def kind_of(
    slug: str,
    *,
    ends: tuple[str, str] = ("", ""),
    unit: str = "",
    least: Decimal | None = None,
    most: Decimal | None = None,
    step: Decimal | None = None,
    choices: Iterable[Sequence] = (),
    retired: Iterable[Sequence] = (),
) -> Kind:
    """The kind of an own question. Parameters that a kind does not have are ignored.

    `choices` and `retired` are pairs `[id, label]`; retired ones are not offered, and stored answers may have them.
    Raises KeyError for a slug that is not in KINDS.
    """
    unit = unit or ""
    least, most, step = (as_shown(bound) for bound in (least, most, step))
    vocabulary = tuple((key, label) for key, label in choices), tuple((key, label) for key, label in retired)
    return {
        "score": lambda: Score(tuple(end or "" for end in ends)),
        "yes_no": YesNo,
        "number": lambda: Number(unit, least, most, step),
        "two_numbers": lambda: TwoNumbers(unit, least, most),
        "choice": lambda: Choice(*vocabulary),
        "several": lambda: Several(*vocabulary),
        "line": Line,
        "note": Note,
        "time": TimeOrNotNoticed,
    }[slug]()


def as_shown(bound: Decimal | None) -> Decimal | None:
    """A bound as messages show it: a column of the database gives it with zeros at its end."""
    return None if bound is None else Decimal(in_digits(Decimal(bound)))
