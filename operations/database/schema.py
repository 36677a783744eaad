"""Compares the schema of a database with the one that its applied migrations define.

There is no list of tables here: the migrations are applied to a state in memory, and the models of that state give the
expected columns, constraints and indexes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby, zip_longest
from operator import itemgetter

from django.apps.registry import Apps
from django.db import models
from django.db.migrations.loader import MigrationLoader
from django.db.models import NOT_PROVIDED

from brainlog.database.person_keys import CompositeForeignKey
from operations.database.applied_migrations import applied_migrations
from operations.database.conditions import NotComparable, condition_in, conditions_of, differing
from operations.database.findings import ERROR, OK, WARNING, Finding

# Types that a migration changes in the database alone, because Django's state has the later type from the start: the
# migration, the table, its columns and their former type. A database made later has the later type from the start.
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
    former_type: str = ""  # accepted as well, until a migration of CHANGED_TYPES is applied


@dataclass(frozen=True)
class Constraint:
    """A constraint or an index. Without a name from a model's Meta, it is identified by its kind and columns."""

    kind: str  # "primary key", "unique", "foreign key", "check", "index", "exclusion"
    columns: tuple[str, ...] = ()
    name: str = ""
    target: tuple[str, ...] | None = None  # a foreign key's table and columns
    is_for_like: bool = False  # an index with a pattern operator class, which serves LIKE 'x%' only
    is_valid: bool = True
    is_partial: bool = False  # an index with a WHERE
    condition: str = ""  # a named check's condition, in SQL
    orders: tuple[str, ...] = ()  # of an index's columns: "", "DESC", another collation or operator class
    # Of an index, if it is no B-tree or treats NULLs as equal; of a foreign key, its ON DELETE.
    method: str = ""

    def __str__(self):
        return f"{self.kind} {self.name or 'on (' + ', '.join(self.columns) + ')'}"

    @property
    def description(self) -> str:
        part = ", of some rows only" if self.is_partial else ""
        method = f", {self.method}" if self.method else ""
        columns = ", ".join(
            f"{column} {order}".strip() for column, order in zip_longest(self.columns, self.orders, fillvalue="")
        )
        return f"{self.kind}{f' on ({columns})' if columns else ''}{part}{method}"

    @property
    def shape(self) -> tuple:
        """What decides which queries an index serves, and which rows it refuses."""
        return self.is_partial, self.method, self.orders if any(self.orders) else ()

    def satisfies(self, expected: "Constraint") -> bool:
        """Whether this actual constraint is the expected one."""
        if expected.name:
            # The conditions of checks are compared in problems_of_conditions, indexed expressions are not compared.
            same_columns = not expected.columns or self.columns == expected.columns
            same_shape = self.shape == expected.shape or expected.kind == "check"
            return (self.name, self.kind) == (expected.name, expected.kind) and same_columns and same_shape
        same = (self.columns, self.target, self.is_for_like) == (
            expected.columns,
            expected.target,
            expected.is_for_like,
        )
        return self.kind == expected.kind and same and self.shape == expected.shape


@dataclass(frozen=True)
class TableSchema:
    columns: dict[str, ColumnSchema]
    constraints: list[Constraint]


def problems(connection) -> Iterator[Finding]:
    """Yield a WARNING or ERROR for each difference, and OK with the reason for what could not be compared."""
    expected, actual = expected_tables(connection), actual_tables(connection)
    for name, table in expected.items():
        if name in actual:
            yield from problems_of_table(name, table, actual[name])
        else:
            yield ERROR, f"table {name} is missing"
    yield from problems_of_conditions(connection, expected, actual)


def problems_of_table(name: str, expected: TableSchema, actual: TableSchema) -> Iterator[Finding]:
    for column, expected_column in expected.columns.items():
        if column in actual.columns:
            yield from problems_of_column(f"{name}: column {column}", expected_column, actual.columns[column])
        else:
            yield ERROR, f"{name}: column {column} is missing"
    for column in actual.columns.keys() - expected.columns.keys():
        surplus = actual.columns[column]
        if surplus.is_nullable or surplus.has_default:
            yield WARNING, f"{name}: column {column} is in no migration"
        else:
            yield ERROR, f"{name}: column {column} is in no migration, and no row can be added without it"
    yield from problems_of_constraints(name, expected.constraints, actual.constraints)


def problems_of_column(column: str, expected: ColumnSchema, actual: ColumnSchema) -> Iterator[Finding]:
    if actual.type not in {expected.type, expected.former_type}:
        yield ERROR, f"{column} is {actual.type} instead of {expected.type}"
    if actual.is_nullable != expected.is_nullable:
        yield ERROR, f"{column} {'may' if actual.is_nullable else 'must not'} be NULL, unlike its model"
    if expected.has_default and not actual.has_default:
        yield ERROR, f"{column} has lost its default"


def problems_of_constraints(table: str, expected: list[Constraint], actual: list[Constraint]) -> Iterator[Finding]:
    expected_names = {constraint.name for constraint in expected if constraint.name}
    used = []
    for each in expected:
        # An actual constraint with an expected name stands for that one only.
        candidates = [c for c in actual if c.satisfies(each) and (each.name or c.name not in expected_names)]
        # Of two equal ones, the valid one is used, and the other is surplus.
        used += sorted(candidates, key=lambda constraint: not constraint.is_valid)[:1]
        namesake = next((constraint for constraint in actual if each.name and constraint.name == each.name), None)
        if not candidates and namesake:
            used.append(namesake)
            yield ERROR, f"{table}: {each} differs: {namesake.description} instead of {each.description}"
        elif not candidates:
            yield ERROR, f"{table}: {each} is missing"
        elif not any(constraint.is_valid for constraint in candidates):
            yield ERROR, f"{table}: {each} is not valid: {candidates[0].name}"
    for constraint in actual:
        if constraint not in used:
            yield problem_of_surplus(table, constraint)


def problem_of_surplus(table: str, constraint: Constraint) -> Finding:
    if not constraint.is_valid and constraint.kind != "check":
        return (
            WARNING,
            f"{table}: {constraint} is not valid and in no migration; it slows saves and is not used: drop it",
        )
    if constraint.kind == "index":
        return (
            WARNING,
            f"{table}: {constraint} is in no migration, and every save updates it: drop it if nothing needs it",
        )
    return ERROR, f"{table}: {constraint} is in no migration, and refuses what Brain Log may save: drop it"


def problems_of_conditions(connection, expected: dict[str, TableSchema], actual: dict[str, TableSchema]):
    """Compare the conditions of named checks. Differences are warnings: equal conditions can be written differently."""
    pairs = [
        (name, each.name, each.condition, namesake.condition)
        for name, table in expected.items()
        # Without one of its columns, a table has lost the checks on it, too.
        if name in actual and table.columns.keys() <= actual[name].columns.keys()
        for each in table.constraints
        for namesake in actual[name].constraints
        if each.condition and namesake.kind == "check" and namesake.name == each.name
    ]
    types = {name: {column: facts.type for column, facts in table.columns.items()} for name, table in expected.items()}
    try:
        for table, name, expected_condition, actual_condition in differing(connection, pairs, types):
            yield WARNING, f"{table}: check {name} is {actual_condition}, while its migration says {expected_condition}"
    except NotComparable as reason:
        yield OK, f"the conditions of checks were not compared: {reason}"


# ── The expected schema ───────────────────────────────────────────────────────────────────────


def expected_tables(connection) -> dict[str, TableSchema]:
    """The tables that the applied migrations define, by name."""
    loader, applied = MigrationLoader(None), applied_migrations(connection)
    apps: Apps = loader.project_state([node for node in loader.graph.nodes if node in applied]).apps
    tables = {
        model._meta.db_table: TableSchema(
            {field.column: column_of(field, connection) for field in columns_of(model, connection)},
            list(constraints_of(model, connection)),
        )
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }
    for migration, table, columns, former_type in CHANGED_TYPES:
        # SQLite keeps the former type, which limits nothing there.
        if table in tables and (migration not in applied or connection.vendor == "sqlite"):
            short = (
                former_type.replace("character varying", "varchar") if connection.vendor == "sqlite" else former_type
            )
            known = tables[table].columns
            known |= {name: replace(known[name], former_type=short) for name in columns if name in known}
    return tables


def columns_of(model, connection) -> list[models.Field]:
    return [field for field in model._meta.local_concrete_fields if field.db_type(connection)]


def column_of(field: models.Field, connection) -> ColumnSchema:
    db_type = field.db_type(connection)
    if connection.vendor == "postgresql":
        db_type = db_type.replace("varchar", "character varying").replace(", ", ",")
        db_type = {"time": "time without time zone"}.get(db_type, db_type)
    is_numbered = isinstance(field, models.AutoField) and connection.vendor == "postgresql"
    return ColumnSchema(db_type, field.null, is_numbered or field.db_default is not NOT_PROVIDED)


def constraints_of(model, connection) -> Iterator[Constraint]:
    """The constraints and indexes of a model's table: those of its fields and those of its Meta."""
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
        elif isinstance(constraint, CompositeForeignKey):
            target = constraint.target(model)._meta.db_table, *constraint.to_columns(model)
            # Without its name, which SQLite does not report.
            yield Constraint("foreign key", tuple(constraint.columns(model)), target=target)
        else:
            yield named_constraint("unique", model, constraint)
    for index in model._meta.indexes:
        yield named_constraint("index", model, index)


def named_constraint(kind: str, model, given) -> Constraint:
    """A UniqueConstraint or an Index of a model's Meta."""
    # A minus before a field stands for a descending index.
    columns = tuple(model._meta.get_field(name.removeprefix("-")).column for name in given.fields)
    orders = tuple(order for _, order in getattr(given, "fields_orders", ()))
    return Constraint(kind, columns, given.name, is_partial=given.condition is not None, orders=orders)


# ── The actual schema ─────────────────────────────────────────────────────────────────────────

POSTGRESQL_COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
           a.atthasdef OR a.attidentity <> ''
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
      AND a.attnum > 0 AND NOT a.attisdropped
"""
POSTGRESQL_CONSTRAINTS = """
    SELECT c.relname, o.contype::text, o.conname, names.column_names, f.relname, names.target_columns, o.convalidated,
           pg_get_constraintdef(o.oid),
           CASE o.confdeltype WHEN 'c' THEN 'ON DELETE CASCADE' WHEN 'n' THEN 'ON DELETE SET NULL'
                              WHEN 'd' THEN 'ON DELETE SET DEFAULT' ELSE '' END
    FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid LEFT JOIN pg_class f ON f.oid = o.confrelid
    CROSS JOIN LATERAL (
        SELECT array_agg(a.attname ORDER BY k.n), array_agg(target.attname ORDER BY k.n)
        FROM unnest(o.conkey, o.confkey) WITH ORDINALITY k(attnum, target_attnum, n)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
        LEFT JOIN pg_attribute target ON target.attrelid = o.confrelid AND target.attnum = k.target_attnum
    ) names(column_names, target_columns)
    WHERE o.contype IN ('f', 'c') AND c.relnamespace = current_schema()::regnamespace
"""
POSTGRESQL_INDEXES = """
    SELECT c.relname, CASE WHEN i.indisprimary THEN 'p' WHEN i.indisunique THEN 'u'
                           WHEN i.indisexclusion THEN 'x' ELSE 'i' END, x.relname,
           parts.column_names, parts.is_for_like, i.indisvalid AND i.indisready, i.indpred IS NOT NULL, parts.orders,
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
    ) parts(column_names, is_for_like, orders)
    WHERE c.relnamespace = current_schema()::regnamespace
"""
SQLITE_COLUMNS = """
    SELECT m.name, p.name, lower(p.type), NOT p."notnull", p.dflt_value IS NOT NULL
    FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'
"""
KINDS = {"p": "primary key", "u": "unique", "f": "foreign key", "c": "check", "i": "index", "x": "exclusion"}


def actual_tables(connection) -> dict[str, TableSchema]:
    """All tables of the current schema, by name."""
    tables = {}
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(POSTGRESQL_COLUMNS if is_postgresql else SQLITE_COLUMNS)
        for table, column, db_type, is_nullable, has_default in cursor.fetchall():
            columns = tables.setdefault(table, TableSchema({}, [])).columns
            columns[column] = ColumnSchema(db_type, bool(is_nullable), bool(has_default))
        for table, constraint in (
            postgresql_constraints(cursor) if is_postgresql else sqlite_constraints(connection, cursor, tables)
        ):
            tables[table].constraints.append(constraint)
    return tables


def postgresql_constraints(cursor) -> Iterator[tuple[str, Constraint]]:
    cursor.execute(POSTGRESQL_CONSTRAINTS)
    for table, kind, name, columns, to_table, to_columns, is_valid, definition, on_delete in cursor.fetchall():
        target = (to_table, *to_columns) if kind == "f" else None
        condition = condition_in(definition) if kind == "c" else ""
        constraint = Constraint(KINDS[kind], tuple(columns or ()), name, target, is_valid=is_valid, condition=condition)
        yield table, replace(constraint, method=on_delete)
    cursor.execute(POSTGRESQL_INDEXES)
    for table, kind, name, columns, is_for_like, is_valid, is_partial, orders, method in cursor.fetchall():
        index = Constraint(KINDS[kind], tuple(columns), name, None, bool(is_for_like), is_valid, is_partial)
        yield table, replace(index, orders=tuple(orders), method=method)


def sqlite_constraints(connection, cursor, tables) -> Iterator[tuple[str, Constraint]]:
    for table in tables:
        cursor.execute("SELECT name FROM pragma_index_list(%s) WHERE partial", [table])
        partial = {name for (name,) in cursor.fetchall()}
        cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = %s", [table])
        conditions = conditions_of(cursor.fetchone()[0])
        yield from ((table, key) for key in sqlite_foreign_keys(cursor, table))
        for name, facts in connection.introspection.get_constraints(cursor, table).items():
            if facts["foreign_key"]:
                continue  # Django's introspection reads one column of each.
            kinds = ("primary_key", "unique", "check", "index")
            kind = next(kind for kind in kinds if facts[kind]).replace("_", " ")
            columns = tuple(dict.fromkeys(facts["columns"]))
            is_partial, condition = name in partial, conditions.get(name, "")
            cursor.execute("""SELECT "desc", coll FROM pragma_index_xinfo(%s) WHERE "key" ORDER BY seqno""", [name])
            orders = tuple(
                " ".join([*([coll] if coll != "BINARY" else []), *(["DESC"] if is_descending else [])])
                for is_descending, coll in cursor.fetchall()
            )
            constraint = Constraint(kind, columns, name, is_partial=is_partial, condition=condition)
            yield table, replace(constraint, orders=orders)


def sqlite_foreign_keys(cursor, table: str) -> Iterator[Constraint]:
    cursor.execute(
        """SELECT id, "table", "from", "to", on_delete FROM pragma_foreign_key_list(%s) ORDER BY id, seq""", [table]
    )
    for _, parts in groupby(cursor.fetchall(), key=itemgetter(0)):
        [(_, to_table, *_, on_delete), *_] = parts = list(parts)
        columns, to_columns = (tuple(part[n] for part in parts) for n in (2, 3))
        action = "" if on_delete in {"NO ACTION", "RESTRICT"} else f"ON DELETE {on_delete}"
        yield Constraint("foreign key", columns, target=(to_table, *to_columns), method=action)
