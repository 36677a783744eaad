"""Adding and dropping the index of a foreign key in a migration, while people go on saving."""

from django.db.migrations import AlterField


class AlterForeignKeyIndex(AlterField):
    """An AlterField that changes `db_index` of a foreign key and nothing else.

    Django's own would also drop the foreign key and add it again, which locks both tables while every
    row is checked anew. The migration needs `atomic = False`. An index whose building was interrupted
    is invalid but has the name; so it is dropped before it is built, and the migration can be repeated.
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
            schema_editor.execute(f"CREATE INDEX {concurrently} {index} ON {table} ({column})")
