"""The columns that store answers, one class for each kind. An answer that was not given is NULL, whatever its kind.

`blank=False` marks the answers that make a check-in done; the others are optional.
"""

from enum import StrEnum

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from encryption.fields import PrivateTextField
from logs import kinds


class Direction(StrEnum):
    """What more of it means."""

    BETTER = "better"
    WORSE = "worse"
    NEITHER = "neither"


class Answer(models.Field):
    """What all of them share.

    `shown_when=("question", answer)`: asked only after that answer to a question of the same check-in.
    `left_out_when=("question", answer)`: not asked after that answer to a question of another check-in of the day.
    """

    kind: kinds.Kind

    def __init__(self, *args, shown_when=None, left_out_when=None, direction=Direction.NEITHER, **kwargs):
        self.shown_when = shown_when
        self.left_out_when = left_out_when
        self.direction = Direction(direction)
        super().__init__(*args, **{"null": True, "blank": True} | kwargs)

    def deconstruct(self):
        """For migrations, without the words for people: they may change, and the table does not."""
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {key: kwargs[key] for key in kwargs if key not in {"verbose_name", "help_text"}}

    def formfield(self, **kwargs):
        options = {"label": capfirst(self.verbose_name), "help_text": self.help_text} | kwargs
        return self.kind.form_field(**options)

    def constraints(self, model_name: str) -> list[models.CheckConstraint]:
        """Range or vocabulary, and the tie to the question it depends on."""
        found = []
        if (allowed := self.kind.condition(self.name)) is not None:
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
    """A whole number from 1 to 10. `ends` are the words at both ends."""

    def __init__(self, *args, ends=("", ""), direction=Direction.BETTER, **kwargs):
        self.kind = kinds.Score(ends)
        super().__init__(*args, direction=direction, **kwargs)


class CountField(Answer, models.SmallIntegerField):
    """A number of days of a week."""

    kind = kinds.Count()


class HoursField(Answer, models.DecimalField):
    """Hours of one day, 0 to 24."""

    kind = kinds.Hours()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"max_digits": 4, "decimal_places": 2} | kwargs)


class YesNoField(Answer, models.BooleanField):
    """Yes or no. `answers` as in kinds.YesNo."""

    def __init__(self, *args, answers=None, **kwargs):
        self.kind = kinds.YesNo(answers) if answers else kinds.YesNo()
        super().__init__(*args, **kwargs)


class ChoiceField(Answer, models.CharField):
    """One of a fixed vocabulary."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"max_length": 30} | kwargs)

    @cached_property
    def kind(self):
        return kinds.Choice(tuple(self.choices))


class SeveralField(Answer, models.JSONField):
    """Several of a fixed vocabulary."""

    def __init__(self, *args, options=(), **kwargs):
        self.kind = kinds.Several(tuple(getattr(options, "choices", options)))
        super().__init__(*args, **kwargs)

    def validate(self, value, model_instance):
        super().validate(value, model_instance)
        if value is not None and not self.kind.is_valid(value):
            raise ValidationError(_("Choose from the list."), code="invalid_choice")


class LineField(PrivateTextField, Answer, models.CharField):
    """Free text of one line, encrypted in the database."""

    kind = kinds.Line()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{"max_length": self.kind.max_length} | kwargs)


class NoteField(PrivateTextField, Answer, models.TextField):
    """Free text of several lines, encrypted in the database."""

    kind = kinds.Note()
    default_validators = [MaxLengthValidator(kind.max_length)]


class RandomUUID(models.Func):
    """A random UUID made by the database, as a default of a column."""

    template = "gen_random_uuid()"
    arity = 0
    output_field = models.UUIDField()

    def as_sqlite(self, compiler, connection, **extra):
        return super().as_sql(compiler, connection, template="lower(hex(randomblob(16)))", **extra)


class IsListOfTimes(models.Func):
    """Whether a text is one to six times of day, such as `08:15 22:00`: a condition for a CHECK.

    SQLite has no regular expressions of its own. Of GLOB, a pattern for each number of times and one for hours from
    24 on say the same.
    """

    MOST = 6
    PATTERN = r"^([01][0-9]|2[0-3]):[0-5][0-9]( ([01][0-9]|2[0-3]):[0-5][0-9]){0,5}$"
    arity = 1
    output_field = models.BooleanField()

    def as_sql(self, compiler, connection, **extra):
        return super().as_sql(compiler, connection, template=f"%(expressions)s ~ '{self.PATTERN}'", **extra)

    def as_sqlite(self, compiler, connection, **extra):
        texts = [" ".join(["[0-2][0-9]:[0-5][0-9]"] * count) for count in range(1, self.MOST + 1)]
        globs = " OR ".join(f"%(expressions)s GLOB '{text}'" for text in texts)
        template = f"(({globs}) AND NOT %(expressions)s GLOB '*2[4-9]:*')"
        sql, params = super().as_sql(compiler, connection, template=template, **extra)
        return sql, (*params,) * (self.MOST + 1)  # The template repeats the expression.
