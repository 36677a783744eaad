"""Checks what protects and numbers rows in PostgreSQL: triggers, rewrite rules, logging, sequences.

SQLite has no such problems: its numbers never fall behind the rows, and its log covers every table.
"""

from collections.abc import Iterable, Iterator

from psycopg.sql import SQL, Identifier

from operations.database.findings import ERROR, WARNING, Finding

TABLES = """
    SELECT c.relname, c.relpersistence = 'u', EXISTS (
        SELECT FROM pg_options_to_table(c.reloptions) o
        WHERE o.option_name = 'autovacuum_enabled' AND NOT o.option_value::boolean
    ) FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND c.relname = ANY(%s)
    ORDER BY c.relname
"""
TRIGGERS = """
    SELECT c.relname, t.tgname, t.tgisinternal, t.tgenabled::text, o.conname
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid LEFT JOIN pg_constraint o ON o.oid = t.tgconstraint
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(%s)
    ORDER BY c.relname, t.tgname
"""
RULES = """
    SELECT c.relname, r.rulename, r.is_instead, CASE r.ev_type WHEN '1' THEN 'SELECT' WHEN '2' THEN 'UPDATE'
           WHEN '3' THEN 'INSERT' ELSE 'DELETE' END
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND c.relname = ANY(%s)
      AND r.ev_enabled <> 'D'
    ORDER BY c.relname, r.rulename
"""
# Triggers that migrations create: (table, trigger). Remove an entry in the release whose migration drops its trigger.
MIGRATION_TRIGGERS = {("logs_dose", "logs_dose_fill_user")}
# The sequences of identity columns ("i") and of serial ones ("a").
SEQUENCES = """
    SELECT c.relname, a.attname, s.relname, q.seqmax, q.seqincrement
    FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_class c ON c.oid = d.refobjid
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid JOIN pg_sequence q ON q.seqrelid = s.oid
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
      AND c.relnamespace = current_schema()::regnamespace AND c.relname = ANY(%s)
      -- A CASE fixes the order: the function refuses the tables that would otherwise reach it first.
      AND CASE WHEN s.relkind = 'S' THEN has_sequence_privilege(s.oid, 'SELECT') END
      AND has_column_privilege(c.oid, a.attnum, 'SELECT')
    ORDER BY c.relname
"""
# Warns a year ahead at least: no installation uses a tenth of the numbers in less.
NEARLY_USED_UP = 0.9


def problems(connection, tables: Iterable[str]) -> Iterator[Finding]:
    names = list(tables)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('session_replication_role')")
        if cursor.fetchone() == ("replica",):
            yield (
                ERROR,
                "session_replication_role is replica: no foreign key is enforced; reset it for role and database",
            )
        yield from table_storage(cursor, names)
        yield from rules(cursor, names)
        yield from disabled_triggers(cursor, names)
        yield from sequences_behind(cursor, names)


def table_storage(cursor, names: list[str]) -> Iterator[Finding]:
    cursor.execute(TABLES, [names])
    for table, is_unlogged, is_never_vacuumed in cursor.fetchall():
        if is_unlogged:
            yield (
                ERROR,
                f"{table} is UNLOGGED: a crash empties it, and no replica or archive has its rows; "
                f"ALTER TABLE {table} SET LOGGED",
            )
        if is_never_vacuumed:
            yield (
                WARNING,
                f"{table} is excluded from autovacuum: it grows, and its statistics become outdated; "
                f"ALTER TABLE {table} RESET (autovacuum_enabled)",
            )


def rules(cursor, names: list[str]) -> Iterator[Finding]:
    """Rewrite rules. With INSTEAD, an INSERT, UPDATE or DELETE succeeds and does something else, or nothing."""
    cursor.execute(RULES, [names])
    for table, rule, is_instead, event in cursor.fetchall():
        if is_instead:
            yield ERROR, f"{table}: rule {rule} does something else instead of {event}; DROP RULE {rule} ON {table}"
        else:
            yield WARNING, f"{table}: rule {rule} is in no migration, and acts on each {event}"


def disabled_triggers(cursor, names: list[str]) -> Iterator[Finding]:
    cursor.execute(TRIGGERS, [names])
    unenforced: dict[str, set[str]] = {}
    for table, trigger, is_internal, enabled, constraint in cursor.fetchall():
        is_disabled = enabled in {"D", "R"}  # R: fires only while changes of another server are replayed.
        if is_internal and is_disabled:
            unenforced.setdefault(table, set()).add(constraint or trigger)
        elif (table, trigger) in MIGRATION_TRIGGERS and not is_disabled:
            continue
        elif not is_internal:
            state = ", and disabled" if is_disabled else ", and may change or refuse what is saved"
            yield WARNING, f"{table}: trigger {trigger} is in no migration{state}"
    for table, constraints in unenforced.items():
        yield (
            ERROR,
            f"{table}: triggers are disabled, so that these are not enforced: {', '.join(sorted(constraints))}; "
            f"ALTER TABLE {table} ENABLE TRIGGER ALL, then look for foreign keys that refer to no row",
        )


def sequences_behind(cursor, names: list[str]) -> Iterator[Finding]:
    cursor.execute(SEQUENCES, [names])
    for table, column, sequence, largest, step in cursor.fetchall():
        query = SQL("SELECT last_value, is_called, (SELECT max({}) FROM {}) FROM {}")
        cursor.execute(query.format(Identifier(column), Identifier(table), Identifier(sequence)))
        last, is_called, newest = cursor.fetchone()
        following = last + step if is_called else last
        if newest is not None and following <= newest:
            yield (
                ERROR,
                f"{table}: the next {column} would be {following}, but rows exist up to {newest}: new rows are "
                f"refused; SELECT setval('{sequence}', {newest})",
            )
        elif following > largest * NEARLY_USED_UP:
            yield WARNING, f"{table}: nine tenths of the numbers for {column} are used; the last one is {largest}"
