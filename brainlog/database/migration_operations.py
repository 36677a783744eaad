"""Migration operations that change a large table while people go on saving, on PostgreSQL and SQLite.

They replace those that makemigrations writes. The migration needs `atomic = False`, because each statement has to be a
transaction of its own. Each operation can be repeated: an interrupted one can leave an invalid index or constraint of
the same name, so that is dropped first.
"""

from contextlib import nullcontext

from django.db import transaction
from django.db.migrations import AddConstraint, AddIndex, AlterField, RemoveConstraint
from django.db.migrations.operations.base import Operation


def remaking_table(schema_editor):
    """On SQLite, a transaction: a table that is remade is gone for a moment. Does not nest in PostgreSQL's."""
    if schema_editor.connection.vendor == "sqlite":
        return transaction.atomic(schema_editor.connection.alias)
    return nullcontext()


class AddIndexConcurrently(AddIndex):
    """An AddIndex that does not block writes. Django's operation of this name cannot run on SQLite."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            return super().database_forwards(app_label, schema_editor, from_state, to_state)
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.remove_index(model, self.index, concurrently=True)
            sql = str(self.index.create_sql(model, schema_editor, concurrently=True))
            schema_editor.execute(sql.replace("CONCURRENTLY", "CONCURRENTLY IF NOT EXISTS", 1))

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            return super().database_backwards(app_label, schema_editor, from_state, to_state)
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.remove_index(model, self.index, concurrently=True)


class AddAndValidateConstraint(AddConstraint):
    """An AddConstraint for a CHECK or a CompositeForeignKey: brief locks, and none while rows are validated."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            with remaking_table(schema_editor):
                return super().database_forwards(app_label, schema_editor, from_state, to_state)
        self.put(self.constraint, to_state.apps.get_model(app_label, self.model_name), schema_editor)

    def put(self, constraint, model, schema_editor):
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            table, name = map(schema_editor.quote_name, (model._meta.db_table, constraint.name))
            # It exists if this operation was interrupted, or if it is to be replaced.
            ignored = "-- squawk-ignore ban-drop-constraint"
            schema_editor.execute(f"{ignored}\nALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
            schema_editor.execute(f"{constraint.create_sql(model, schema_editor)} NOT VALID")
            schema_editor.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


class DropConstraint(RemoveConstraint):
    """A RemoveConstraint for a CHECK. Reversing it validates the rows without a lock, and fails if some violate it."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            with remaking_table(schema_editor):
                return super().database_forwards(app_label, schema_editor, from_state, to_state)
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            table, name = map(schema_editor.quote_name, (model._meta.db_table, self.name))
            ignored = "-- squawk-ignore ban-drop-constraint"
            schema_editor.execute(f"{ignored}\nALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            with remaking_table(schema_editor):
                return super().database_backwards(app_label, schema_editor, from_state, to_state)
        constraint = to_state.models[app_label, self.model_name_lower].get_constraint_by_name(self.name)
        model = to_state.apps.get_model(app_label, self.model_name)
        AddAndValidateConstraint(self.model_name, constraint).put(constraint, model, schema_editor)


class AddUniqueConstraintConcurrently(AddConstraint):
    """An AddConstraint for a UniqueConstraint of columns that already are unique: builds its index unlocked."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            with remaking_table(schema_editor):
                return super().database_forwards(app_label, schema_editor, from_state, to_state)
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            table, name = map(schema_editor.quote_name, (model._meta.db_table, self.constraint.name))
            columns = ", ".join(
                schema_editor.quote_name(model._meta.get_field(field).column) for field in self.constraint.fields
            )
            # One of the two is there only if this was interrupted.
            ignored = "-- squawk-ignore ban-drop-constraint"
            schema_editor.execute(f"{ignored}\nALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            schema_editor.execute(f"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table} ({columns})")
            schema_editor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}")

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        with remaking_table(schema_editor):
            super().database_backwards(app_label, schema_editor, from_state, to_state)


class CopyOnInsert(Operation):
    """A trigger that fills a new column of new rows from the row that a foreign key leads to, on PostgreSQL.

    For the release before, which does not know the column and adds rows while it still runs: no default of a column
    can read another table. A migration of the next release drops the trigger and its function, and
    `operations.database.integrity.OF_MIGRATIONS` names it until then.
    """

    def __init__(self, model_name: str, name: str, through: str):
        self.model_name, self.name, self.through = model_name, name, through

    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        column, key = (model._meta.get_field(name).column for name in (self.name, self.through))
        target = model._meta.get_field(self.through).related_model
        quote = schema_editor.quote_name
        trigger = quote(self.trigger_name(model))
        schema_editor.execute(  # The names are ours, and quoted.
            f"CREATE OR REPLACE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"  # noqa: S608 - quoted identifiers of our models
            f" NEW.{quote(column)} := (SELECT {quote(target._meta.get_field(self.name).column)}"
            f" FROM {quote(target._meta.db_table)} WHERE {quote(target._meta.pk.column)} = NEW.{quote(key)});"
            f" RETURN NEW; END $$"
        )
        schema_editor.execute(
            f"CREATE TRIGGER {trigger} BEFORE INSERT ON {quote(model._meta.db_table)} FOR EACH ROW"
            f" WHEN (NEW.{quote(column)} IS NULL) EXECUTE FUNCTION {trigger}()"
        )

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            model = to_state.apps.get_model(app_label, self.model_name)
            trigger, table = map(schema_editor.quote_name, (self.trigger_name(model), model._meta.db_table))
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {trigger} ON {table}")
            schema_editor.execute(f"DROP FUNCTION IF EXISTS {trigger}()")

    def trigger_name(self, model) -> str:
        return f"{model._meta.db_table}_fill_{self.name}"

    def describe(self):
        return f"Fill {self.name} of new {self.model_name} rows from their {self.through}"


class AllowLongerText(AlterField):
    """An AlterField that only raises or removes the maximum length of a text.

    PostgreSQL does not rewrite rows for that.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            return super().database_forwards(app_label, schema_editor, from_state, to_state)
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            field = model._meta.get_field(self.name)
            table, column = map(schema_editor.quote_name, (model._meta.db_table, field.column))
            ignored = "-- squawk-ignore changing-column-type"
            schema_editor.execute(
                f"{ignored}\nALTER TABLE {table} ALTER COLUMN {column} TYPE {field.db_type(schema_editor.connection)}"
            )

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        AlterField.database_forwards(self, app_label, schema_editor, from_state, to_state)


class ReplaceConstraint(AddAndValidateConstraint):
    """Replaces the condition of a CHECK under the same name, with the locks of AddAndValidateConstraint.

    Reversing it fails if there are rows that violate the former condition.
    """

    def state_forwards(self, app_label, state):
        state.remove_constraint(app_label, self.model_name_lower, self.constraint.name)
        super().state_forwards(app_label, state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        (former,) = (each for each in model._meta.constraints if each.name == self.constraint.name)
        if schema_editor.connection.vendor == "postgresql":
            self.put(former, model, schema_editor)
        elif self.allow_migrate_model(schema_editor.connection.alias, model):
            schema_editor.add_constraint(model, former)  # remakes the table with the constraints of the model


class DropForeignKey(AlterField):
    """An AlterField to `db_constraint=False` and nothing else that the database sees."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            with remaking_table(schema_editor):
                return super().database_forwards(app_label, schema_editor, from_state, to_state)
        model = from_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            column = model._meta.get_field(self.name).column
            table = schema_editor.quote_name(model._meta.db_table)
            for name in schema_editor._constraint_names(model, [column], foreign_key=True):
                ignored = "-- squawk-ignore ban-drop-constraint"
                schema_editor.execute(
                    f"{ignored}\nALTER TABLE {table} DROP CONSTRAINT IF EXISTS {schema_editor.quote_name(name)}"
                )

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            with remaking_table(schema_editor):
                return super().database_backwards(app_label, schema_editor, from_state, to_state)
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            add = schema_editor._create_fk_sql(
                model, model._meta.get_field(self.name), "_fk_%(to_table)s_%(to_column)s"
            )
            schema_editor.execute(f"{add} NOT VALID")
            table, name = add.parts["table"], add.parts["name"]
            schema_editor.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


class AlterForeignKeyIndex(AlterField):
    """An AlterField that only changes `db_index` of a foreign key.

    Django's own would also drop the foreign key and add it again, which locks both tables while every row is checked.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        model = to_state.apps.get_model(app_label, self.model_name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        field = model._meta.get_field(self.name)
        concurrently = "CONCURRENTLY" if schema_editor.connection.vendor == "postgresql" else ""
        table, column = map(schema_editor.quote_name, (model._meta.db_table, field.column))
        index = schema_editor.quote_name(schema_editor._create_index_name(model._meta.db_table, [field.column]))
        schema_editor.execute(f"DROP INDEX {concurrently} IF EXISTS {index}")
        if field.db_index:
            schema_editor.execute(f"CREATE INDEX {concurrently} IF NOT EXISTS {index} ON {table} ({column})")


class SetNotNull(AlterField):
    """An AlterField from NULL to NOT NULL, for a column without NULLs, that checks the rows without an exclusive lock.

    PostgreSQL accepts a validated CHECK as proof, instead of scanning the table under that lock.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            with remaking_table(schema_editor):
                return super().database_forwards(app_label, schema_editor, from_state, to_state)
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            field = model._meta.get_field(self.name)
            names = (model._meta.db_table, field.column, f"{model._meta.db_table}_{field.column}_not_null")
            table, column, check = map(schema_editor.quote_name, names)
            drop = f"-- squawk-ignore ban-drop-constraint\nALTER TABLE {table} DROP CONSTRAINT IF EXISTS {check}"
            schema_editor.execute(drop)  # It exists only if this operation was interrupted.
            schema_editor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({column} IS NOT NULL) NOT VALID")
            schema_editor.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {check}")
            ignored = "-- squawk-ignore prefer-robust-stmts"  # It can be repeated.
            schema_editor.execute(f"{ignored}\nALTER TABLE {table} ALTER COLUMN {column} SET NOT NULL")
            schema_editor.execute(drop)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        AlterField.database_forwards(self, app_label, schema_editor, from_state, to_state)
