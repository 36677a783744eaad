"""Encrypted columns for private texts, decrypted when the attribute is read.

`texts_belong_to` of a model names the columns that are part of the associated data, besides the table and the column:
the owner, and the day or an identifier of the row. A text that was copied to another row cannot be decrypted there. A
text that cannot be decrypted, because its key is missing or because it was altered, is an `Unreadable`: pages show a
message instead, and saving the row keeps the stored ciphertext.
"""

import logging
from uuid import UUID

from django import forms
from django.core import checks
from django.core.exceptions import FieldError, ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from brainlog.forms import is_blank
from encryption import blind_index, cipher

logger = logging.getLogger(__name__)

KEY_MISSING = _(
    "This text cannot be read right now: its key is missing on the server. "
    "It is kept as it is, and can be read again once the key is back."
)
NOT_GENUINE = _(
    "This text cannot be read: what is stored here is not what was written. It is kept as it is. "
    "Please tell the operator of this server."
)
WITHHELD = _("written, not shown")
WRITTEN = "(private text)"


class Ciphertext:
    """Ciphertext, decrypted lazily; the row supplies the associated data."""

    def __init__(self, token: str):
        self.token = token
        self.decrypted_with: tuple[str, ...] | None = None  # The associated data.
        self.text: str | Unreadable | None = None

    def decrypt(self, data: tuple[str, ...], pk) -> "str | Unreadable":
        """Return the text. It is decrypted once, so that it remains readable if the row gets another owner."""
        if self.decrypted_with is None:
            self.decrypted_with = data
            try:
                self.text = cipher.decrypt(self.token, *data)
            except cipher.CannotDecryptError as error:
                logger.error("%s.%s of row %s cannot be read: %s.", *data[:2], pk, str(error))
                self.text = Unreadable(self, isinstance(error, cipher.KeyMissingError))
        return self.text

    def __eq__(self, other):
        return isinstance(other, Ciphertext) and self.token == other.token

    def __hash__(self):
        return hash(self.token)

    def __repr__(self):
        return WRITTEN


class Unreadable:
    """A text that cannot be decrypted; `str()` gives a message for the person."""

    def __init__(self, ciphertext: Ciphertext, is_key_missing: bool):
        self.ciphertext = ciphertext
        self.is_key_missing = is_key_missing

    def __str__(self):
        return str(KEY_MISSING if self.is_key_missing else NOT_GENUINE)

    def __eq__(self, other):
        return isinstance(other, Unreadable) and self.ciphertext == other.ciphertext

    def __hash__(self):
        return hash(self.ciphertext)


class PrivateText:
    """Descriptor of an encrypted column: decrypts the stored ciphertext when the attribute is read."""

    def __init__(self, field):
        self.field = field

    def __get__(self, row, model=None):
        if row is None:
            return self
        name = self.field.attname
        if name not in row.__dict__:
            # The column was deferred by the query that loaded the row.
            rows = type(row)._base_manager.using(row._state.db).filter(pk=row.pk)
            row.__dict__[name] = rows.values_list(name, flat=True).get()
        stored = row.__dict__[name]
        return stored.decrypt(self.field.associated_data_of(row), row.pk) if isinstance(stored, Ciphertext) else stored

    def __set__(self, row, value):
        before = row.__dict__.get(self.field.attname)
        if isinstance(before, Ciphertext) and before.decrypted_with and before.text == value:
            value = before  # The text is unchanged, so its ciphertext is kept.
        elif isinstance(value, Unreadable):
            value = value.ciphertext
        row.__dict__[self.field.attname] = value


class PrivateTextField(models.Field):
    """Mixin that encrypts a text field. Has to come before the class of the field."""

    is_raw = False

    def contribute_to_class(self, cls, name, **kwargs):
        # Models of migrations read and write the stored ciphertext.
        self.is_raw = cls.__module__ == "__fake__"
        self.descriptor_class = models.Field.descriptor_class if self.is_raw else PrivateText
        super().contribute_to_class(cls, name, **kwargs)

    def check(self, **kwargs):
        found = super().check(**kwargs)
        if not self.is_raw and not hasattr(self.model, "texts_belong_to"):
            message = "A model with private texts needs `texts_belong_to`, the columns of their owner."
            found.append(checks.Error(message, obj=self, id="encryption.E001"))
        return found

    def get_internal_type(self):
        # A token is longer than its text.
        return "TextField"

    def associated_data_of(self, row) -> tuple[str, ...]:
        """Return the associated data of this row's text. Values are converted first: a date can be set as a text."""
        options = self.model._meta
        owner = (options.get_field(name).to_python(getattr(row, name)) for name in row.texts_belong_to)
        return associated_data(options.db_table, self.column, *owner)

    def text_in(self, stored: Ciphertext, *owner) -> str | None:
        """Decrypt a column that was read without its row, or return None. For many rows: a failure is not logged.

        `owner` are the values of the columns in `texts_belong_to`.
        """
        try:
            return cipher.decrypt(stored.token, *associated_data(self.model._meta.db_table, self.column, *owner))
        except cipher.CannotDecryptError:
            return None

    # To the database and back

    def from_db_value(self, value, expression, connection):
        return value if self.is_raw or not value else Ciphertext(value)

    def pre_save(self, row, add):
        """Encrypt the text. A ciphertext is kept if it is current or unreadable, and is encrypted again otherwise."""
        value = row.__dict__.get(self.attname)
        if self.is_raw or value in (None, ""):
            return value
        data = self.associated_data_of(row)
        if isinstance(value, Ciphertext):
            text = value.decrypt(data, row.pk)
            if isinstance(text, Unreadable) or (value.decrypted_with == data and cipher.is_current(value.token)):
                return value
        else:
            text = value
        if not isinstance(text, str):
            raise TypeError(f"{self} is a text, not a {type(text).__name__}.")
        return Ciphertext(cipher.encrypt(text, *data))

    def get_prep_value(self, value):
        if isinstance(value, Ciphertext):
            return value.token
        if self.is_raw or value in (None, ""):
            return value
        return WRITTEN  # For constraints that test whether there is a text; the text itself is not sent.

    def get_db_prep_save(self, value, connection):
        if not self.is_raw and isinstance(value, str) and value:
            raise FieldError(
                f"{self} is encrypted for its row: assign it to the row and save that. "
                "update() and bulk_update() do not know the owner."
            )
        return super().get_db_prep_save(value, connection)

    def get_lookup(self, lookup_name):
        if lookup_name == "isnull" or self.is_raw:
            return super().get_lookup(lookup_name)
        raise FieldError(
            f"{self} is encrypted: the database cannot compare or search it. Only the lookup isnull works."
        )

    def get_transform(self, lookup_name):
        return super().get_transform(lookup_name) if self.is_raw else self.get_lookup(lookup_name)

    # To forms, validation and serialized rows

    def to_python(self, value):
        if isinstance(value, dict) and value.keys() == {"ciphertext"}:
            return Ciphertext(value["ciphertext"])
        return value if isinstance(value, Ciphertext | Unreadable) else super().to_python(value)

    def clean(self, value, model_instance):
        return value if isinstance(value, Unreadable) else super().clean(value, model_instance)

    def value_to_string(self, obj):
        """Serialize the ciphertext, not the text."""
        return {"ciphertext": self.get_prep_value(stored)} if (stored := self.pre_save(obj, False)) else stored


class PrivateTextInput(forms.CharField):
    """Form field of a private text. If the stored text cannot be read, the input is disabled and the text is kept."""

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

    def to_python(self, value):
        value = super().to_python(value)
        return self.empty_value if isinstance(value, str) and is_blank(value) else value

    def clean(self, value):
        if not self.unreadable:
            return super().clean(value)
        if value and not is_blank(value):
            # The person loaded the form before the text became unreadable.
            raise ValidationError(self.error_messages["unreadable"], code="unreadable")
        return self.unreadable

    def has_changed(self, initial, data):
        return False if self.unreadable else super().has_changed(initial, data)


class PrivateCharField(PrivateTextField, models.CharField):
    """One line of private text, such as a name."""

    def formfield(self, **kwargs):
        return super().formfield(**{"form_class": PrivateTextInput} | kwargs)


class BlindIndexField(models.CharField):
    """Blind index: the keyed hash of a private text of the same row, for looking the row up.

    `of` is the column of the text. `belongs_to` names the columns of the associated data, which include the owner, so
    that equal texts of two people have different hashes. `folded_by` names the model's function that normalizes a
    text. Migrations need none of these, because the column is a plain text.
    """

    def __init__(self, *args, of=None, belongs_to=(), folded_by=None, **kwargs):
        self.of, self.belongs_to, self.folded_by = of, belongs_to, folded_by
        super().__init__(*args, **kwargs)

    def pre_save(self, row, add):
        """Compute the hash with the first key. If the text cannot be read, the stored hash is kept."""
        text = getattr(row, self.of) if self.of else None
        if isinstance(text, str):
            options = self.model._meta
            owner = (options.get_field(name).to_python(getattr(row, name)) for name in self.belongs_to)
            hashed = blind_index.hash_of(self.fold(text), *associated_data(options.db_table, self.column, *owner))
            setattr(row, self.attname, hashed)
        return super().pre_save(row, add)

    def fold(self, text: str) -> str:
        return getattr(self.model, self.folded_by)(text)

    def hashes_of(self, text: str, *owner) -> list[str]:
        """Return all hashes that may be stored for any spelling of a text of this owner, for the lookup `__in`."""
        return blind_index.hashes_of(self.fold(text), *associated_data(self.model._meta.db_table, self.column, *owner))


def associated_data(*parts) -> tuple[str, ...]:
    """Convert the parts of associated data to text. A UUID is written as SQLite stores it."""
    if None in parts:
        raise ValueError("A private text is bound to its owner, which is not set.")
    return tuple([part if type(part) is str else part.hex if type(part) is UUID else str(part) for part in parts])


def private_fields(model: type[models.Model]) -> list[PrivateTextField]:
    return [field for field in model._meta.concrete_fields if isinstance(field, PrivateTextField)]


def blind_indexes(model: type[models.Model]) -> list[BlindIndexField]:
    return [field for field in model._meta.concrete_fields if isinstance(field, BlindIndexField)]


def withhold_texts(row: models.Model):
    """Replace each private text of the row by a note that there is one."""
    for field in private_fields(type(row)):
        if row.__dict__.get(field.attname) not in (None, ""):
            row.__dict__[field.attname] = WITHHELD
