"""Columns of private text: encrypted in the database, plain on the row, decrypted when it is looked at.

A model says in `texts_belong_to` what a text is bound to besides its table and column: its owner, and
the day or an identifier of the row's own, where it has one. A text found elsewhere is not readable. What
cannot be read, for want of its key or because it was tampered with, is an `Unreadable`: pages say so in its
place, and saving the row writes back what was stored.
"""

import logging
from uuid import UUID

from django import forms
from django.core import checks
from django.core.exceptions import FieldError, ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from encryption import blind_index, cipher

logger = logging.getLogger(__name__)

KEY_MISSING = _(
    "This text cannot be read right now: its key is missing on the server. "
    "It is kept as it is, and can be read again once the key is back."
)
NOT_GENUINE = _(
    "This text cannot be read: what is stored here is not what was written. It is kept as it is. "
    "Please tell whoever runs this server."
)
WITHHELD = _("written, not shown")
WRITTEN = "(private text)"


class Sealed:
    """A text as it is stored. Its row opens it."""

    def __init__(self, token: str):
        self.token = token
        self.opened_at: tuple[str, ...] | None = None
        self.text: str | Unreadable | None = None

    def open_at(self, place: tuple[str, ...], pk) -> "str | Unreadable":
        """The text. Decrypted once: it stays the row's text, should the row become somebody else's."""
        if self.opened_at is None:
            self.opened_at = place
            try:
                self.text = cipher.decrypt(self.token, *place)
            except cipher.CannotDecryptError as error:
                logger.error("%s.%s of row %s cannot be read: %s.", *place[:2], pk, str(error))
                self.text = Unreadable(self, isinstance(error, cipher.KeyMissingError))
        return self.text

    def __eq__(self, other):
        return isinstance(other, Sealed) and self.token == other.token

    def __hash__(self):
        return hash(self.token)

    def __repr__(self):
        return WRITTEN


class Unreadable:
    """Stands for a text that cannot be decrypted, and says so in a person's words."""

    def __init__(self, sealed: Sealed, is_key_missing: bool):
        self.sealed = sealed
        self.is_key_missing = is_key_missing

    def __str__(self):
        return str(KEY_MISSING if self.is_key_missing else NOT_GENUINE)

    def __eq__(self, other):
        return isinstance(other, Unreadable) and self.sealed == other.sealed

    def __hash__(self):
        return hash(self.sealed)


class PrivateText:
    """The attribute of a row: what is stored stays sealed until somebody asks."""

    def __init__(self, field):
        self.field = field

    def __get__(self, row, model=None):
        if row is None:
            return self
        name = self.field.attname
        if name not in row.__dict__:
            # Left out of the query that read the row.
            rows = type(row)._base_manager.using(row._state.db).filter(pk=row.pk)
            row.__dict__[name] = rows.values_list(name, flat=True).get()
        stored = row.__dict__[name]
        return stored.open_at(self.field.place_of(row), row.pk) if isinstance(stored, Sealed) else stored

    def __set__(self, row, value):
        before = row.__dict__.get(self.field.attname)
        if isinstance(before, Sealed) and before.opened_at and before.text == value:
            value = before  # Unchanged, so it need not be encrypted again.
        elif isinstance(value, Unreadable):
            value = value.sealed
        row.__dict__[self.field.attname] = value


class PrivateTextField(models.Field):
    """The database's side of a private text. Mix it in before a field of text."""

    is_raw = False

    def contribute_to_class(self, cls, name, **kwargs):
        # Migrations work with the texts as they are stored.
        self.is_raw = cls.__module__ == "__fake__"
        self.descriptor_class = models.Field.descriptor_class if self.is_raw else PrivateText
        super().contribute_to_class(cls, name, **kwargs)

    def check(self, **kwargs):
        found = super().check(**kwargs)
        if not self.is_raw and not hasattr(self.model, "texts_belong_to"):
            message = "A model with private texts says in `texts_belong_to` whose they are."
            found.append(checks.Error(message, obj=self, id="encryption.E001"))
        return found

    def get_internal_type(self):
        # A token is longer than its text.
        return "TextField"

    def place_of(self, row) -> tuple[str, ...]:
        """What a text of this row is bound to, as the database will have it: a date can be given as a text."""
        options = self.model._meta
        bound_to = (options.get_field(name).to_python(getattr(row, name)) for name in row.texts_belong_to)
        return place(options.db_table, self.column, *bound_to)

    # To the database and back

    def from_db_value(self, value, expression, connection):
        return value if self.is_raw or not value else Sealed(value)

    def pre_save(self, row, add):
        """Encrypt a text for its row, or again if it was with an older key. What cannot be read stays as it is."""
        value = row.__dict__.get(self.attname)
        if self.is_raw or value in (None, ""):
            return value
        here = self.place_of(row)
        if isinstance(value, Sealed):
            text = value.open_at(here, row.pk)
            if isinstance(text, Unreadable) or (value.opened_at == here and cipher.is_current(value.token)):
                return value
        else:
            text = value
        if not isinstance(text, str):
            raise TypeError(f"{self} is a text, not a {type(text).__name__}.")
        return Sealed(cipher.encrypt(text, *here))

    def get_prep_value(self, value):
        if isinstance(value, Sealed):
            return value.token
        if self.is_raw or value in (None, ""):
            return value
        return WRITTEN  # For a constraint that asks whether anything is: the text itself stays here.

    def get_db_prep_save(self, value, connection):
        if not self.is_raw and isinstance(value, str) and value:
            raise FieldError(
                f"{self} is encrypted for the row it stands in: give it to the row and save that. "
                "update() and bulk_update() do not know whose it is."
            )
        return super().get_db_prep_save(value, connection)

    def get_lookup(self, lookup_name):
        if lookup_name == "isnull" or self.is_raw:
            return super().get_lookup(lookup_name)
        raise FieldError(
            f"{self} is encrypted: the database cannot compare or search it, only say with isnull "
            "whether something is written."
        )

    def get_transform(self, lookup_name):
        return super().get_transform(lookup_name) if self.is_raw else self.get_lookup(lookup_name)

    # To forms, validation and serialized rows

    def to_python(self, value):
        if isinstance(value, dict) and value.keys() == {"sealed"}:
            return Sealed(value["sealed"])
        return value if isinstance(value, Sealed | Unreadable) else super().to_python(value)

    def clean(self, value, model_instance):
        return value if isinstance(value, Unreadable) else super().clean(value, model_instance)

    def value_to_string(self, obj):
        """For a row that leaves the database as JSON: the token, as stored."""
        return {"sealed": self.get_prep_value(stored)} if (stored := self.pre_save(obj, False)) else stored


class PrivateTextInput(forms.CharField):
    """Asks for private text. Where the stored text cannot be read, nothing can be typed, and that one is kept."""

    default_error_messages = {
        "unreadable": _(
            "This was not saved: the text stored here cannot be read at the moment, and is not overwritten. "
            "Keep a copy of what you typed."
        ),
    }
    unreadable: Unreadable | None = None

    def get_bound_field(self, form, field_name):
        stored = form.get_initial_for_field(self, field_name)
        if isinstance(stored, Unreadable):
            self.unreadable = stored
            self.help_text = str(stored)
            self.widget.attrs["disabled"] = True
        return super().get_bound_field(form, field_name)

    def prepare_value(self, value):
        return "" if isinstance(value, Unreadable) else value

    def clean(self, value):
        if not self.unreadable:
            return super().clean(value)
        if value and value.strip():
            # It was typed before the text became unreadable.
            raise ValidationError(self.error_messages["unreadable"], code="unreadable")
        return self.unreadable

    def has_changed(self, initial, data):
        return False if self.unreadable else super().has_changed(initial, data)


class PrivateCharField(PrivateTextField, models.CharField):
    """One line of private text that is no answer, such as a name."""

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": PrivateTextInput} | kwargs)


class BlindIndexField(models.CharField):
    """The keyed hash of a private text of the same row, by which that row can be found.

    `of` is the column of the text and `belongs_to` what the hash is bound to: the owner, so that equal texts of
    two people have different hashes. `folded_by` names the model's function for what two spellings of one text
    have in common. A migration needs none of these: to the database it is a text like any other.
    """

    def __init__(self, *args, of=None, belongs_to=(), folded_by=None, **kwargs):
        self.of, self.belongs_to, self.folded_by = of, belongs_to, folded_by
        super().__init__(*args, **kwargs)

    def pre_save(self, row, add):
        """Compute it anew, under the first key. Where the text cannot be read, what is stored stays."""
        text = getattr(row, self.of) if self.of else None
        if isinstance(text, str):
            options = self.model._meta
            owner = (options.get_field(name).to_python(getattr(row, name)) for name in self.belongs_to)
            hashed = blind_index.hash_of(self.fold(text), *place(options.db_table, self.column, *owner))
            setattr(row, self.attname, hashed)
        return super().pre_save(row, add)

    def fold(self, text: str) -> str:
        return getattr(self.model, self.folded_by)(text)

    def hashes_of(self, text: str, *owner) -> list[str]:
        """Everything that may be stored for a text of this owner, however it is written: for `__in`."""
        return blind_index.hashes_of(self.fold(text), *place(self.model._meta.db_table, self.column, *owner))


def place(*parts) -> tuple[str, ...]:
    """What binds a text, as it is authenticated. A UUID is written as SQLite stores it."""
    if None in parts:
        raise ValueError("A private text is bound to its owner, and there is none yet.")
    return tuple(part.hex if isinstance(part, UUID) else str(part) for part in parts)


def private_fields(model: type[models.Model]) -> list[PrivateTextField]:
    return [field for field in model._meta.concrete_fields if isinstance(field, PrivateTextField)]


def blind_indexes(model: type[models.Model]) -> list[BlindIndexField]:
    return [field for field in model._meta.concrete_fields if isinstance(field, BlindIndexField)]


def withhold_texts(row: models.Model):
    """Leave of each private text of the row only that there is one."""
    for field in private_fields(type(row)):
        if row.__dict__.get(field.attname) not in (None, ""):
            row.__dict__[field.attname] = WITHHELD
