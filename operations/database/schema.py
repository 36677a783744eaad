"""What the applied migrations say the database looks like, held against what it does look like.

There is no list of tables here: the migrations are played through in memory, and the models that
come out of it say which columns, constraints and indexes there have to be.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest

from django.apps.registry import Apps
from django.db import models
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

from operations.database.conditions import NotComparable, condition_in, conditions_of, differing

OK, WARNING, ERROR = "ok", "warning", "error"

# Types that a migration changes past Django's state, which has always had the later one: the migration, the table,
# its columns and their type before. A database that was made later has the later type from the start.
CHANGED_TYPES = (
    (
        ("logs", "0003_private_text"),
        "logs_dailylog",
        ("breakfast", "lunch", "afternoon_snack", "dinner"),
        "character varying(200)",
    ),
)


@dataclass(frozen=True)
class ColumnSchema:
    type: str
    is_nullable: bool
    has_default: bool
    former_type: str = ""  # as good, as long as a migration is not applied


@dataclass(frozen=True)
class Constraint:
    """A constraint or an index. Without a name of our choosing, it is known by what it is made of."""

    kind: str  # "primary key", "unique", "foreign key", "check", "index"
    columns: tuple[str, ...] = ()
    name: str = ""
    target: tuple[str, str] | None = None  # a foreign key's table and column
    is_for_like: bool = False  # an index that finds beginnings of words, and nothing else
    is_valid: bool = True
    is_partial: bool = False  # an index that leaves out rows
    condition: str = ""  # a check's, in SQL, if it has a name of our choosing
    orders: tuple[str, ...] = ()  # of an index, column by column: "", "DESC", another collation or operator class
    manner: str = ""  # of an index, where it is no B-tree, or takes NULLs for equal

    def __str__(self):
        return f"{self.kind} {self.name or 'on (' + ', '.join(self.columns) + ')'}"

    @property
    def facts(self) -> str:
        part = ", of some rows alone" if self.is_partial else ""
        manner = f", {self.manner}" if self.manner else ""
        columns = ", ".join(
            f"{column} {order}".strip() for column, order in zip_longest(self.columns, self.orders, fillvalue="")
        )
        return f"{self.kind}{f' on ({columns})' if columns else ''}{part}{manner}"

    @property
    def shape(self) -> tuple:
        """What decides which queries an index serves, and which rows it refuses."""
        return self.is_partial, self.manner, self.orders if any(self.orders) else ()

    def satisfies(self, needed: "Constraint") -> bool:
        """Whether this one, which was found, is the one that is needed."""
        if needed.name:
            # What a check refuses is compared elsewhere, and expressions are not.
            same_columns = not needed.columns or self.columns == needed.columns
            same_shape = self.shape == needed.shape or needed.kind == "check"
            return (self.name, self.kind) == (needed.name, needed.kind) and same_columns and same_shape
        same = (self.columns, self.target, self.is_for_like) == (needed.columns, needed.target, needed.is_for_like)
        return self.kind == needed.kind and same and self.shape == needed.shape


@dataclass(frozen=True)
class TableSchema:
    columns: dict[str, ColumnSchema]
    rules: list[Constraint]


def problems(connection) -> Iterator[tuple[str, str]]:
    """Yield (WARNING or ERROR, sentence) for every way in which the database is not what it should be.

    What could not be looked at is no problem, but said, with OK.
    """
    expected, found = expected_tables(connection), found_tables(connection)
    for name, table in expected.items():
        if name in found:
            yield from problems_of(name, table, found[name])
        else:
            yield ERROR, f"table {name} is missing"
    yield from problems_of_conditions(connection, expected, found)


def problems_of(name: str, expected: TableSchema, found: TableSchema) -> Iterator[tuple[str, str]]:
    for column, wanted in expected.columns.items():
        there = found.columns.get(column)
        if there is None:
            yield ERROR, f"{name}: column {column} is missing"
            continue
        if there.type not in {wanted.type, wanted.former_type}:
            yield ERROR, f"{name}: column {column} is {there.type} instead of {wanted.type}"
        if there.is_nullable != wanted.is_nullable:
            yield (
                ERROR,
                f"{name}: column {column} {'may' if there.is_nullable else 'must not'} be NULL, unlike its model",
            )
        if wanted.has_default and not there.has_default:
            yield ERROR, f"{name}: column {column} has lost its default"
    for column in found.columns.keys() - expected.columns.keys():
        there = found.columns[column]
        if there.is_nullable or there.has_default:
            yield WARNING, f"{name}: column {column} is in no migration"
        else:
            yield ERROR, f"{name}: column {column} is in no migration, and no row can be added without it"
    yield from problems_of_rules(name, expected.rules, found.rules)


def problems_of_rules(name: str, expected: list[Constraint], found: list[Constraint]) -> Iterator[tuple[str, str]]:
    chosen_names = {rule.name for rule in expected if rule.name}
    used = []
    for needed in expected:
        # What bears a name of our choosing is there for that alone.
        candidates = [r for r in found if r.satisfies(needed) and (needed.name or r.name not in chosen_names)]
        # Of two that do the same, the valid one is needed, and the other is surplus.
        used += sorted(candidates, key=lambda rule: not rule.is_valid)[:1]
        namesake = next((rule for rule in found if needed.name and rule.name == needed.name), None)
        if not candidates and namesake:
            used.append(namesake)
            yield ERROR, f"{name}: {needed} is another: {namesake.facts} instead of {needed.facts}"
        elif not candidates:
            yield ERROR, f"{name}: {needed} is missing"
        elif not any(rule.is_valid for rule in candidates):
            yield ERROR, f"{name}: {needed} is not valid: {candidates[0].name}"
    for rule in found:
        if rule not in used:
            yield problem_of_surplus(name, rule)


def problem_of_surplus(name: str, rule: Constraint) -> tuple[str, str]:
    if not rule.is_valid and rule.kind != "check":
        return WARNING, f"{name}: {rule} is not valid and in no migration; it costs time and serves nothing: drop it"
    if rule.kind == "index":
        return (
            WARNING,
            f"{name}: {rule} is in no migration, and every save keeps it up to date: drop it if nothing needs it",
        )
    return ERROR, f"{name}: {rule} is in no migration, and refuses what Brain Log may save: drop it"


def problems_of_conditions(connection, expected: dict[str, TableSchema], found: dict[str, TableSchema]):
    """What a check with a name of our choosing refuses. A warning: two conditions may be one in other words."""
    pairs = [
        (name, needed.name, needed.condition, there.condition)
        for name, table in expected.items()
        # Where a column is missing, its checks are, too.
        if name in found and table.columns.keys() <= found[name].columns.keys()
        for needed in table.rules
        for there in found[name].rules
        if needed.condition and there.kind == "check" and there.name == needed.name
    ]
    types = {name: {column: facts.type for column, facts in table.columns.items()} for name, table in expected.items()}
    try:
        for table, name, needed, there in differing(connection, pairs, types):
            yield WARNING, f"{table}: check {name} is {there}, while its migration says {needed}"
    except NotComparable as reason:
        yield OK, f"what the checks refuse was not compared: {reason}"


# ── What there should be ─────────────────────────────────────────────────────────────────────────


def expected_tables(connection) -> dict[str, TableSchema]:
    """The tables that the applied migrations have made, by name."""
    loader, applied = MigrationLoader(None), applied_migrations(connection)
    apps: Apps = loader.project_state([node for node in loader.graph.nodes if node in applied]).apps
    tables = {
        model._meta.db_table: TableSchema(
            {field.column: column_of(field, connection) for field in columns_of(model, connection)},
            list(rules_of(model, connection)),
        )
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }
    for migration, table, columns, former_type in CHANGED_TYPES:
        # SQLite keeps the former type: it limits nothing there.
        if table in tables and (migration not in applied or connection.vendor == "sqlite"):
            short = (
                former_type.replace("character varying", "varchar") if connection.vendor == "sqlite" else former_type
            )
            known = tables[table].columns
            known |= {name: replace(known[name], former_type=short) for name in columns if name in known}
    return tables


def applied_migrations(connection) -> set[tuple[str, str]]:
    """The apps and names in Django's record. Asked here, because MigrationLoader would ask over another connection.

    Raises ProgrammingError (SQLSTATE 42501) where the table is there and this role may not read it.
    """
    with connection.cursor() as cursor:
        if "django_migrations" not in connection.introspection.table_names(cursor):
            if connection.vendor == "postgresql":
                refuse_if_hidden(cursor)
            return set()
        cursor.execute("SELECT app, name FROM django_migrations")
        return set(cursor.fetchall())


def refuse_if_hidden(cursor) -> None:
    """Raise an error where the record is in a schema that this role may not use, or that its search_path leaves out.

    It would seem to be missing.
    """
    cursor.execute(
        """SELECT quote_ident(nspname) FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
           WHERE relname = 'django_migrations' AND NOT has_schema_privilege(n.oid, 'USAGE')"""
    )
    if hidden := cursor.fetchone():
        cursor.execute(f"SELECT FROM {hidden[0]}.django_migrations")  # noqa: S608 (quoted by the server)
    cursor.execute(
        """DO $$
           DECLARE there name := (SELECT relnamespace::regnamespace::text FROM pg_class
                                  WHERE relname = 'django_migrations' AND relkind IN ('r', 'p') ORDER BY oid LIMIT 1);
           BEGIN
               IF there IS NOT NULL AND to_regclass('django_migrations') IS NULL THEN
                   RAISE invalid_schema_name USING MESSAGE = format(
                       'search_path is %s, which leaves out the schema %s with the tables: ALTER ROLE %I RESET '
                       'search_path, also IN DATABASE %I, or change the options of the URL',
                       current_setting('search_path'), there, current_user, current_database());
               END IF;
           END $$"""
    )


def columns_of(model, connection) -> list[models.Field]:
    return [field for field in model._meta.local_concrete_fields if field.db_type(connection)]


def column_of(field: models.Field, connection) -> ColumnSchema:
    db_type = field.db_type(connection)
    if connection.vendor == "postgresql":
        db_type = db_type.replace("varchar", "character varying").replace(", ", ",")
        db_type = {"time": "time without time zone"}.get(db_type, db_type)
    is_numbered = isinstance(field, models.AutoField) and connection.vendor == "postgresql"
    return ColumnSchema(db_type, field.null, is_numbered or field.db_default is not NOT_PROVIDED)


def rules_of(model, connection) -> Iterator[Constraint]:
    """The constraints and indexes of a model's table, Django's own and those from its Meta."""
    for field in columns_of(model, connection):
        columns = (field.column,)
        if field.primary_key:
            yield Constraint("primary key", columns)
        elif field.unique:
            yield Constraint("unique", columns)
        elif field.db_index:
            yield Constraint("index", columns)
        if field.db_check(connection):
            yield Constraint("check", columns)
        if field.remote_field and field.db_constraint:
            target = field.target_field
            yield Constraint("foreign key", columns, target=(target.model._meta.db_table, target.column))
        is_text = field.db_type(connection).startswith(("varchar", "text")) and not getattr(field, "db_collation", None)
        if connection.vendor == "postgresql" and is_text and (field.unique or field.db_index):
            yield Constraint("index", columns, is_for_like=True)
    for names in model._meta.unique_together:
        yield Constraint("unique", tuple(model._meta.get_field(name).column for name in names))
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.CheckConstraint):
            sql = str(constraint.constraint_sql(model, connection.schema_editor()))
            condition = sql.partition(" CHECK ")[2]
            yield Constraint("check", name=constraint.name, condition=condition)
        else:
            yield rule_named("unique", model, constraint)
    for index in model._meta.indexes:
        yield rule_named("index", model, index)


def rule_named(kind: str, model, given) -> Constraint:
    """An index, or a constraint that is one, as the Meta of a model has it."""
    # A minus stands for an index that is read from its end.
    columns = tuple(model._meta.get_field(name.removeprefix("-")).column for name in given.fields)
    orders = tuple(order for _, order in getattr(given, "fields_orders", ()))
    return Constraint(kind, columns, given.name, is_partial=given.condition is not None, orders=orders)


# ── What there is ────────────────────────────────────────────────────────────────────────────────

POSTGRESQL_COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
           a.atthasdef OR a.attidentity <> ''
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
      AND a.attnum > 0 AND NOT a.attisdropped
"""
POSTGRESQL_CONSTRAINTS = """
    SELECT c.relname, o.contype::text, o.conname, names.of_columns, f.relname, target.attname, o.convalidated,
           pg_get_constraintdef(o.oid)
    FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid LEFT JOIN pg_class f ON f.oid = o.confrelid
    LEFT JOIN pg_attribute target ON target.attrelid = o.confrelid AND target.attnum = o.confkey[1]
    CROSS JOIN LATERAL (
        SELECT array_agg(a.attname ORDER BY k.n) FROM unnest(o.conkey) WITH ORDINALITY k(attnum, n)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
    ) names(of_columns)
    WHERE o.contype IN ('f', 'c') AND c.relnamespace = current_schema()::regnamespace
"""
POSTGRESQL_INDEXES = """
    SELECT c.relname, CASE WHEN i.indisprimary THEN 'p' WHEN i.indisunique THEN 'u'
                           WHEN i.indisexclusion THEN 'x' ELSE 'i' END, x.relname,
           parts.of_columns, parts.is_for_like, i.indisvalid AND i.indisready, i.indpred IS NOT NULL, parts.orders,
           concat_ws(', ', CASE WHEN m.amname <> 'btree' THEN m.amname END,
                     -- Known to PostgreSQL from version 15 on.
                     CASE WHEN to_jsonb(i) ->> 'indnullsnotdistinct' = 'true' THEN 'NULLs are equal' END)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
    JOIN pg_am m ON m.oid = x.relam
    CROSS JOIN LATERAL (
        SELECT array_agg(coalesce(a.attname, '') ORDER BY k.n), bool_or(o.opcname LIKE '%%pattern_ops'),
               array_agg(concat_ws(' ', CASE WHEN k.coll <> a.attcollation THEN k.coll::regcollation::text END,
                                   CASE WHEN NOT o.opcdefault AND o.opcname NOT LIKE '%%pattern_ops' THEN o.opcname END,
                                   CASE k.option WHEN 1 THEN 'DESC NULLS LAST' WHEN 2 THEN 'NULLS FIRST'
                                                 WHEN 3 THEN 'DESC' END) ORDER BY k.n)
        FROM unnest(i.indkey::int2[], i.indclass::oid[], i.indcollation::oid[], i.indoption::int2[])
             WITH ORDINALITY k(attnum, opclass, coll, option, n)
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
        LEFT JOIN pg_opclass o ON o.oid = k.opclass
        WHERE k.n <= i.indnkeyatts
    ) parts(of_columns, is_for_like, orders)
    WHERE c.relnamespace = current_schema()::regnamespace
"""
SQLITE_COLUMNS = """
    SELECT m.name, p.name, lower(p.type), NOT p."notnull", p.dflt_value IS NOT NULL
    FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'
"""
KINDS = {"p": "primary key", "u": "unique", "f": "foreign key", "c": "check", "i": "index", "x": "exclusion"}


def found_tables(connection) -> dict[str, TableSchema]:
    """All tables of the schema we use, by name."""
    tables = {}
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(POSTGRESQL_COLUMNS if is_postgresql else SQLITE_COLUMNS)
        for table, column, db_type, is_nullable, has_default in cursor.fetchall():
            columns = tables.setdefault(table, TableSchema({}, [])).columns
            columns[column] = ColumnSchema(db_type, bool(is_nullable), bool(has_default))
        for table, rule in postgresql_rules(cursor) if is_postgresql else sqlite_rules(connection, cursor, tables):
            tables[table].rules.append(rule)
    return tables


def postgresql_rules(cursor) -> Iterator[tuple[str, Constraint]]:
    cursor.execute(POSTGRESQL_CONSTRAINTS)
    for table, kind, name, columns, to_table, to_column, is_valid, definition in cursor.fetchall():
        target = (to_table, to_column) if kind == "f" else None
        condition = condition_in(definition) if kind == "c" else ""
        yield table, Constraint(KINDS[kind], tuple(columns or ()), name, target, is_valid=is_valid, condition=condition)
    cursor.execute(POSTGRESQL_INDEXES)
    for table, kind, name, columns, is_for_like, is_valid, is_partial, orders, manner in cursor.fetchall():
        rule = Constraint(KINDS[kind], tuple(columns), name, None, bool(is_for_like), is_valid, is_partial)
        yield table, replace(rule, orders=tuple(orders), manner=manner)


def sqlite_rules(connection, cursor, tables) -> Iterator[tuple[str, Constraint]]:
    for table in tables:
        cursor.execute("SELECT name FROM pragma_index_list(%s) WHERE partial", [table])
        partial = {name for (name,) in cursor.fetchall()}
        cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = %s", [table])
        conditions = conditions_of(cursor.fetchone()[0])
        for name, facts in connection.introspection.get_constraints(cursor, table).items():
            kinds = ("primary_key", "unique", "foreign_key", "check", "index")
            kind = next(kind for kind in kinds if facts[kind]).replace("_", " ")
            columns = tuple(dict.fromkeys(facts["columns"]))
            is_partial, condition = name in partial, conditions.get(name, "")
            cursor.execute("""SELECT "desc", coll FROM pragma_index_xinfo(%s) WHERE "key" ORDER BY seqno""", [name])
            orders = tuple(
                " ".join([*([coll] if coll != "BINARY" else []), *(["DESC"] if is_descending else [])])
                for is_descending, coll in cursor.fetchall()
            )
            rule = Constraint(kind, columns, name, facts["foreign_key"], is_partial=is_partial, condition=condition)
            yield table, replace(rule, orders=orders)
