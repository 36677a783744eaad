"""The kinds of answer, named once. An answer nobody gave is NULL, whatever its kind.

A kind knows how it is stored, what the database refuses, how it is asked for and how it reads.
`blank=False` marks the answers that make a check-in done; the others are optional.
"""

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from encryption.fields import PrivateTextField
from logs import inputs


class Answer(models.Field):
    """What all kinds share. `shown_when=("question", answer)`: asked only after that answer."""

    input_class = None

    def __init__(self, *args, shown_when=None, **kwargs):
        self.shown_when = shown_when
        super().__init__(*args, **{"null": True, "blank": True} | kwargs)

    def formfield(self, **kwargs):
        kwargs = {"label": capfirst(self.verbose_name), "help_text": self.help_text} | self.input_options() | kwargs
        field = self.input_class(**kwargs)
        if self.shown_when:
            question, answer = self.shown_when
            # For the page's script: the question's input and the value that shows this one.
            field.shown_when = f"{question}={str(answer).lower()}"
        return field

    def input_options(self) -> dict:
        return {}

    def condition(self) -> Q | None:
        """What the database demands of a stored value, NULL aside."""
        return None

    def display(self, value) -> str:
        """The answer in words. `value` is not None."""
        return str(value)

    def legend(self) -> str:
        """What its stored values mean, for whoever reads them as they are. Empty for a text."""
        return ""

    def constraints(self, model_name: str) -> list[models.CheckConstraint]:
        """Range or vocabulary, and the tie to the question this one hangs on."""
        found = []
        if (allowed := self.condition()) is not None:
            found.append(
                models.CheckConstraint(
                    condition=Q(**{f"{self.name}__isnull": True}) | allowed, name=f"{model_name}_{self.name}_valid"
                )
            )
        if self.shown_when:
            question, answer = self.shown_when
            found.append(
                models.CheckConstraint(
                    condition=Q(**{f"{self.name}__isnull": True})
                    | Q(**{question: answer}) & Q(**{f"{question}__isnull": False}),
                    name=f"{model_name}_{self.name}_asked",
                )
            )
        return found


class ScoreField(Answer, models.SmallIntegerField):
    """A whole number from 1 to 10. `ends` are the words at 1 and at 10."""

    input_class = inputs.ScoreInput

    def __init__(self, *args, ends=("", ""), high_is_bad=False, **kwargs):
        self.ends = ends
        self.high_is_bad = high_is_bad
        super().__init__(*args, **kwargs)

    def input_options(self):
        return {"ends": self.ends}

    def condition(self):
        return Q(**{f"{self.name}__range": (1, 10)})

    def display(self, value):
        return gettext("%(score)d of 10") % {"score": value}

    def legend(self):
        return gettext("1 (%(low)s) to 10 (%(high)s)") % {"low": self.ends[0], "high": self.ends[1]}


class CountField(Answer, models.SmallIntegerField):
    """A whole number of days of a week, 0 to 7."""

    input_class = inputs.ChoiceInput

    def input_options(self):
        return {"choices": [(number, str(number)) for number in range(8)], "coerce": int}

    def condition(self):
        return Q(**{f"{self.name}__range": (0, 7)})

    def display(self, value):
        return ngettext("%(count)d day", "%(count)d days", value) % {"count": value}

    def legend(self):
        return gettext("0 to 7 days")


class HoursField(Answer, models.DecimalField):
    """Hours of one day, 0 to 24."""

    input_class = inputs.HoursInput

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"max_digits": 4, "decimal_places": 2} | kwargs)

    def condition(self):
        return Q(**{f"{self.name}__range": (0, 24)})

    def display(self, value):
        return gettext("%(hours)s hours") % {"hours": number_format(value.normalize(), use_l10n=True)}

    def legend(self):
        return gettext("0 to 24 hours")


class YesNoField(Answer, models.BooleanField):
    input_class = inputs.YesNoInput

    def display(self, value):
        return gettext("Yes") if value else gettext("No")

    def legend(self):
        return gettext("true or false")


def in_words(choices) -> str:
    """`a_key (its label), …`; the label only where it says more than the key."""
    return ", ".join(key if key == label else f"{key} ({label})" for key, label in choices)


class ChoiceField(Answer, models.CharField):
    """One of a fixed vocabulary."""

    input_class = inputs.ChoiceInput

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"max_length": 30} | kwargs)

    def input_options(self):
        return {"choices": self.choices}

    def condition(self):
        return Q(**{f"{self.name}__in": [key for key, _label in self.choices]})

    def display(self, value):
        return str(dict(self.choices).get(value, value))

    def legend(self):
        return in_words(self.choices)


class SeveralField(Answer, models.JSONField):
    """Several of a fixed vocabulary: a list in the vocabulary's order, never an empty one."""

    input_class = inputs.SeveralInput

    def __init__(self, *args, options=(), **kwargs):
        self.options = list(getattr(options, "choices", options))
        super().__init__(*args, **kwargs)

    def input_options(self):
        return {"choices": self.options}

    def validate(self, value, model_instance):
        super().validate(value, model_instance)
        known = [key for key, _label in self.options]
        if value is not None and (not isinstance(value, list) or not value or not set(value) <= set(known)):
            raise ValidationError(_("Choose from the list."), code="invalid_choice")

    def display(self, value):
        labels = dict(self.options)
        return ", ".join(str(labels.get(key, key)) for key in value)

    def legend(self):
        return gettext("any of: %(choices)s") % {"choices": in_words(self.options)}


class LineField(PrivateTextField, Answer, models.CharField):
    """Free text of one line, encrypted in the database."""

    input_class = inputs.TextInput

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"max_length": 200} | kwargs)

    def input_options(self):
        return {"max_length": self.max_length}


class NoteField(PrivateTextField, Answer, models.TextField):
    """Free text, at most 4,000 characters, encrypted in the database."""

    input_class = inputs.TextInput
    MAX_LENGTH = 4000
    default_validators = [MaxLengthValidator(MAX_LENGTH)]

    def input_options(self):
        return {"max_length": self.MAX_LENGTH, "widget": forms.Textarea(attrs={"rows": 3})}


class RandomUUID(models.Func):
    """A random UUID made by the database, as a default of a column."""

    template = "gen_random_uuid()"
    arity = 0
    output_field = models.UUIDField()

    def as_sqlite(self, compiler, connection, **extra):
        return super().as_sql(compiler, connection, template="lower(hex(randomblob(16)))", **extra)
