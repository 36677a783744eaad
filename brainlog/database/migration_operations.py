"""Migration operations that change a large table while people go on saving, on PostgreSQL and SQLite.

They replace those that makemigrations writes. The migration needs `atomic = False`, because each statement has to be a
transaction of its own. Each operation can be repeated: an interrupted one can leave an invalid index or constraint of
the same name, so that is dropped first.
"""

from django.db.migrations import AddConstraint, AddIndex, AlterField


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
    """An AddConstraint for a CHECK that locks the table briefly, and validates its rows without that lock."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
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
