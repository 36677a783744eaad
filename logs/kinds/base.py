"""What all kinds of answer share."""

from dataclasses import dataclass
from typing import ClassVar

from django import forms
from django.db.models import Q


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
