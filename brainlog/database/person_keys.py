"""Keys between rows of one person, which compare the person too: in the database and in every join.

A row that belongs to a person through another row (a dose through its day) holds the person's key as well. The tables
can then be partitioned or distributed by person. The model has three parts of this module: an `OwnerForeignKey` to
the person, a `SamePersonForeignKey` to each other row, and a `CompositeForeignKey` for each of those among its
constraints. A table that is referred to needs a unique constraint on its key and its person.
"""

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS, models
from django.db.backends.ddl_references import Columns, Statement, Table
from django.db.models.lookups import Exact

PERSON = "user"


class OwnerForeignKey(models.ForeignKey):
    """The person of a row, copied from the row it belongs to (`of`) where it is not set: by save() and bulk_create().

    Has no foreign key in the database, no index and no cascade of its own: the composite key to the row it belongs
    to implies the first, and deletion goes through that row.
    """

    def __init__(self, to, on_delete=models.DO_NOTHING, *, of: str, **options):
        self.of = of
        unconstrained = {"db_constraint": False, "db_index": False, "editable": False, "blank": True}
        super().__init__(to, on_delete, **unconstrained | options)

    def deconstruct(self):
        name, path, args, options = super().deconstruct()
        return name, path, args, options | {"of": self.of}

    def pre_save(self, row, add):
        if getattr(row, self.attname) is None:
            setattr(row, self.attname, getattr(getattr(row, self.of), f"{PERSON}_id"))
        return super().pre_save(row, add)


class SamePersonForeignKey(models.ForeignKey):
    """A foreign key to a row of the same person. Joins, and the query for the related row, compare the person too.

    django-multitenant, by the makers of Citus, overrides the same two methods of Django for the same purpose.
    """

    def get_extra_descriptor_filter(self, instance):
        person = getattr(instance, f"{PERSON}_id")
        return {} if person is None else {f"{PERSON}_id": person}  # None: not stored yet, see OwnerForeignKey.

    def get_extra_restriction(self, alias, related_alias):
        if alias is None:
            return None  # exclude() by rows that refer to it: the join is taken out of its subquery.
        theirs, own = (model._meta.get_field(PERSON) for model in (self.related_model, self.model))
        return Exact(theirs.get_col(alias), own.get_col(related_alias))


class CompositeForeignKey(models.BaseConstraint):
    """FOREIGN KEY (fields) REFERENCES table (to_fields), for PostgreSQL and SQLite.

    The first of `fields` is a foreign key of the model and leads to the table; its own constraint is not needed
    (`db_constraint=False`). Checked at the end of a transaction and without ON DELETE, as Django's own are, because
    Django deletes related rows itself.
    """

    template = (
        "CONSTRAINT %(name)s FOREIGN KEY (%(columns)s) REFERENCES %(to_table)s (%(to_columns)s)"
        " DEFERRABLE INITIALLY DEFERRED"
    )

    def __init__(self, *, fields, to_fields, name, **options):
        super().__init__(name=name, **options)
        self.fields, self.to_fields = tuple(fields), tuple(to_fields)

    def __eq__(self, other):
        return self.deconstruct() == other.deconstruct() if isinstance(other, CompositeForeignKey) else NotImplemented

    def __repr__(self):
        return f"<CompositeForeignKey: name={self.name!r} fields={self.fields!r} to_fields={self.to_fields!r}>"

    def deconstruct(self):
        path, args, options = super().deconstruct()
        return path, args, options | {"fields": self.fields, "to_fields": self.to_fields}

    def target(self, model):
        return model._meta.get_field(self.fields[0]).remote_field.model

    def columns(self, model) -> list[str]:
        return [model._meta.get_field(name).column for name in self.fields]

    def to_columns(self, model) -> list[str]:
        return [self.target(model)._meta.get_field(name).column for name in self.to_fields]

    def statement(self, model, schema_editor, template: str) -> Statement:
        table, to_table = model._meta.db_table, self.target(model)._meta.db_table
        quote = schema_editor.quote_name
        return Statement(
            template,
            table=Table(table, quote),
            name=quote(self.name),
            columns=Columns(table, self.columns(model), quote),
            to_table=Table(to_table, quote),
            to_columns=Columns(to_table, self.to_columns(model), quote),
        )

    def constraint_sql(self, model, schema_editor):
        """The part of CREATE TABLE. PostgreSQL adds it afterwards, once the other table's unique key is there."""
        if schema_editor.connection.vendor == "sqlite":
            return self.statement(model, schema_editor, self.template)
        schema_editor.deferred_sql.append(self.create_sql(model, schema_editor))
        return None

    def create_sql(self, model, schema_editor):
        return self.statement(model, schema_editor, f"ALTER TABLE %(table)s ADD {self.template}")

    def remove_sql(self, model, schema_editor):
        return self.statement(model, schema_editor, "ALTER TABLE %(table)s DROP CONSTRAINT %(name)s")

    def validate(self, model, instance, exclude=None, using=DEFAULT_DB_ALIAS):
        values = [getattr(instance, model._meta.get_field(name).attname) for name in self.fields]
        if None in values or exclude and not exclude.isdisjoint(self.fields):
            return
        wanted = dict(zip(self.to_fields, values, strict=True))
        if not self.target(model)._base_manager.using(using).filter(**wanted).exists():
            raise ValidationError(self.get_violation_error_message(), code=self.violation_error_code)
