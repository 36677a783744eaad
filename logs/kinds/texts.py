"""Answers in free text."""

from dataclasses import dataclass

from django.utils.translation import gettext

from brainlog.forms import TextArea
from logs.form_fields import TextInput
from logs.kinds.base import Kind


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
