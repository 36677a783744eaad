"""The migrations that a database records as applied."""


def applied_migrations(connection) -> set[tuple[str, str]]:
    """The (app, name) of every migration in django_migrations; empty if there is no such table.

    Reads over `connection`, where MigrationLoader would use the one registered under its alias. Raises
    ProgrammingError if the table exists and this role may not read it (SQLSTATE 42501) or its search_path leaves the
    schema out (3F000): the table would otherwise seem to be missing.
    """
    with connection.cursor() as cursor:
        if "django_migrations" not in connection.introspection.table_names(cursor):
            if connection.vendor == "postgresql":
                raise_if_hidden(cursor)
            return set()
        cursor.execute("SELECT app, name FROM django_migrations")
        return set(cursor.fetchall())


def raise_if_hidden(cursor) -> None:
    """Raise ProgrammingError if django_migrations exists, but outside the schemas that this role sees."""
    cursor.execute(
        """SELECT quote_ident(nspname) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
           WHERE relname = 'django_migrations' AND NOT has_schema_privilege(n.oid, 'USAGE')"""
    )
    if hidden := cursor.fetchone():
        # The server refuses this, with the SQLSTATE and the message of a missing privilege.
        cursor.execute(f"SELECT FROM {hidden[0]}.django_migrations")  # noqa: S608 (quoted by the server)
    cursor.execute(
        """DO $$
           DECLARE found name := (SELECT relnamespace::regnamespace::text FROM pg_class
                                  WHERE relname = 'django_migrations' AND relkind IN ('r', 'p') ORDER BY oid LIMIT 1);
           BEGIN
               IF found IS NOT NULL AND to_regclass('django_migrations') IS NULL THEN
                   RAISE invalid_schema_name USING MESSAGE = format(
                       'search_path is %s, which leaves out the schema %s with the tables: ALTER ROLE %I RESET '
                       'search_path, also IN DATABASE %I, or change the options of the URL',
                       current_setting('search_path'), found, current_user, current_database());
               END IF;
           END $$"""
    )
