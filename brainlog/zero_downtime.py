"""Operations for migrations that change a big table while people go on saving, on PostgreSQL and SQLite alike.

They take the place of what makemigrations writes. The migration needs `atomic = False`, since each
statement has to be a transaction of its own, and each operation can be repeated: what an interruption
left behind has the name already, but is not valid, so it is dropped before it is made.
"""

from django.db.migrations import AddConstraint, AddIndex, AlterField


class AddIndexConcurrently(AddIndex):
    """An AddIndex that nobody waits for. Django's operation of this name cannot run on SQLite."""

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
    """An AddConstraint for a CHECK that locks the table for an instant, and checks its rows unlocked."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            return super().database_forwards(app_label, schema_editor, from_state, to_state)
        model = to_state.apps.get_model(app_label, self.model_name)
        if self.allow_migrate_model(schema_editor.connection.alias, model):
            table, name = map(schema_editor.quote_name, (model._meta.db_table, self.constraint.name))
            # It is there only if this was interrupted.
            ignored = "-- squawk-ignore ban-drop-constraint"
            schema_editor.execute(f"{ignored}\nALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
            schema_editor.execute(f"{self.constraint.create_sql(model, schema_editor)} NOT VALID")
            schema_editor.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


class ReplaceConstraint(AddAndValidateConstraint):
    """An AddAndValidateConstraint in place of the CHECK that has this name."""

    def state_forwards(self, app_label, state):
        state.remove_constraint(app_label, self.model_name_lower, self.constraint.name)
        super().state_forwards(app_label, state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        [former] = [
            constraint
            for constraint in to_state.models[app_label, self.model_name_lower].options["constraints"]
            if constraint.name == self.constraint.name
        ]
        back = AddAndValidateConstraint(self.model_name, former)
        back.database_forwards(app_label, schema_editor, from_state, to_state)


class AlterForeignKeyIndex(AlterField):
    """An AlterField that changes `db_index` of a foreign key and nothing else.

    Django's own would also drop the foreign key and add it again, which locks both tables while every
    row is checked anew.
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
