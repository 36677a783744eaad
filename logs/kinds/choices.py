"""Answers that are chosen: yes or no, one of a vocabulary, several of one."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db.models import Q
from django.utils.translation import gettext

from logs.form_fields import YES_OR_NO, ChoiceInput, SeveralInput, YesNoInput
from logs.kinds.base import Kind


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
