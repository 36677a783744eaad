"""Which privileges a role lacks in the tables: asked of the server, without trying."""

from collections.abc import Iterator

from django.apps import apps

from brainlog.database.router import ON_REPLICA
from operations.database.schema import ERROR, OK

WRITING = ["SELECT", "INSERT", "UPDATE", "DELETE"]
READING = ["SELECT"]
RECORD = "django_migrations"  # /readyz reads it.

# The schema of the tables. Not current_schema(): that is not seen by a role that may not use it.
SCHEMA = """
    SELECT n.oid, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = 'django_migrations' AND c.relkind IN ('r', 'p')
    ORDER BY n.nspname = current_schema() DESC NULLS LAST, n.nspname = 'public' DESC LIMIT 1
"""
# A right to all columns is as good as one to the table; only DELETE has no columns.
MISSING = """
    SELECT c.relname, p.asked, count(*) FILTER (WHERE column_rights.is_missing) < count(*),
           coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE column_rights.is_missing), '{}')
    FROM pg_class c CROSS JOIN unnest(%(rights)s::text[]) WITH ORDINALITY p(asked, n)
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    CROSS JOIN LATERAL (
        SELECT CASE WHEN p.asked = 'DELETE' THEN true
                    ELSE NOT has_column_privilege(%(role)s, c.oid, a.attnum, p.asked) END
    ) column_rights(is_missing)
    WHERE c.relnamespace = %(schema)s AND c.relkind IN ('r', 'p') AND c.relname = ANY(%(tables)s)
      AND NOT has_table_privilege(%(role)s, c.oid, p.asked)
    GROUP BY c.relname, p.asked, p.n HAVING bool_or(column_rights.is_missing) ORDER BY c.relname, p.n
"""
# Identity columns need none; serial ones, of hand-made or older tables, do.
SEQUENCES = """
    SELECT s.relname FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
    JOIN pg_class c ON c.oid = d.refobjid
    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a'
      AND c.relnamespace = %(schema)s AND c.relname = ANY(%(tables)s)
      AND CASE WHEN s.relkind = 'S' THEN NOT has_sequence_privilege(%(role)s, s.oid, 'USAGE') END ORDER BY s.relname
"""
HIDDEN_ROWS = """
    SELECT c.relname FROM pg_class c, pg_roles r
    WHERE c.relnamespace = %(schema)s AND c.relname = ANY(%(tables)s) AND c.relrowsecurity AND r.rolname = %(role)s
      AND NOT r.rolsuper AND NOT r.rolbypassrls
      AND (c.relforcerowsecurity OR NOT pg_has_role(r.oid, c.relowner, 'USAGE')) ORDER BY c.relname
"""
NOT_OWNED = """
    SELECT c.relname, pg_get_userbyid(c.relowner) FROM pg_class c
    WHERE c.relnamespace = %(schema)s AND c.relkind IN ('r', 'p') AND c.relname = ANY(%(tables)s)
      AND NOT pg_has_role(%(role)s, c.relowner, 'USAGE') ORDER BY c.relname
"""
# The roles that future tables are granted to, as create_app_role does, and those that may make sessions of people.
APP_ROLES = """
    SELECT r.rolname FROM pg_roles r WHERE r.rolcanlogin AND NOT r.rolsuper AND r.rolname <> current_user AND r.oid IN (
        SELECT acl.grantee FROM pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) acl
        WHERE d.defaclobjtype = 'r' AND d.defaclnamespace IN (0, %(schema)s) AND acl.privilege_type = 'INSERT'
        UNION SELECT acl.grantee FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) acl
        WHERE c.relnamespace = %(schema)s AND c.relname = 'accounts_session' AND acl.privilege_type = 'INSERT'
          AND acl.grantee <> c.relowner
    ) ORDER BY r.rolname
"""


def problems(connection) -> Iterator[tuple[str, str]]:
    """What the role of this connection lacks, and, where it owns the tables, what the web's roles lack."""
    with connection.cursor() as cursor:
        cursor.execute(SCHEMA)
        found = cursor.fetchone()
        if found is None:
            yield OK, "there are no tables yet"
            return
        schema, schema_name = found
        cursor.execute("SELECT current_user, has_schema_privilege(%s, 'USAGE')", [schema])
        role, is_usable = cursor.fetchone()
        if not is_usable:
            yield ERROR, f"{role} may not use the schema {schema_name}: GRANT USAGE ON SCHEMA {schema_name} TO {role}"
            return
        if connection.alias == "replica":
            findings = [*of_role(cursor, role, schema, READING, replica_tables())]
        else:
            findings = [*of_role(cursor, role, schema, WRITING, tables())]
        if connection.alias == "direct":
            findings += not_owned(cursor, role, schema)
        cursor.execute(NOT_OWNED + " LIMIT 1", {"schema": schema, "tables": tables(), "role": role})
        checked = [role]
        if cursor.fetchone() is None and connection.alias != "replica":
            cursor.execute(APP_ROLES, {"schema": schema})
            for (app_role,) in cursor.fetchall():
                checked.append(app_role)
                cursor.execute("SELECT has_schema_privilege(%s, %s::oid, 'USAGE')", [app_role, schema])
                if cursor.fetchone() != (True,):
                    findings.append((ERROR, f"{app_role} may not use the schema {schema_name}{remedy_for(app_role)}"))
                findings += of_role(cursor, app_role, schema, WRITING, tables())
    yield from findings
    if not findings:
        yield OK, f"{' and '.join(checked)} may do in every table what Brain Log does there"


def of_role(cursor, role: str, schema: int, rights: list[str], names: list[str]) -> Iterator[tuple[str, str]]:
    asked = {"role": role, "schema": schema}
    missing: dict[str, list[str]] = {}
    cursor.execute(MISSING, asked | {"rights": rights, "tables": names})
    found = cursor.fetchall()
    cursor.execute(MISSING, asked | {"rights": READING, "tables": [RECORD]})
    for table, right, is_part, columns in found + cursor.fetchall():
        missing.setdefault(table, []).append(f"{right} ({', '.join(columns)})" if is_part else right)
    alike: dict[str, list[str]] = {}
    for table, lacking in missing.items():
        alike.setdefault(", ".join(lacking), []).append(table)
    for lacking, names_of_tables in alike.items():
        yield ERROR, f"{role} may not {lacking} in {', '.join(names_of_tables)}{remedy_for(role)}"
    if rights == WRITING:
        cursor.execute(SEQUENCES, asked | {"tables": names})
        for (sequence,) in cursor.fetchall():
            yield ERROR, f"{role} may not draw numbers from {sequence}{remedy_for(role)}"
    cursor.execute(HIDDEN_ROWS, asked | {"tables": names})
    for (table,) in cursor.fetchall():
        yield ERROR, f"row security hides rows of {table} from {role}: ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"


def not_owned(cursor, role: str, schema: int) -> Iterator[tuple[str, str]]:
    cursor.execute(NOT_OWNED, {"schema": schema, "tables": tables(), "role": role})
    owners: dict[str, list[str]] = {}
    for table, owner in cursor.fetchall():
        owners.setdefault(owner, []).append(table)
    for owner, names in owners.items():
        yield ERROR, f"{role} cannot migrate {', '.join(names)}: {owner} owns them, and belongs in DIRECT_DATABASE_URL"


def remedy_for(role: str) -> str:
    return f"; manage.py create_app_role {role} --apply grants it, run as the owner"


def tables() -> list[str]:
    """The tables of all models. Those that are not there are missing for another reason."""
    return [model._meta.db_table for model in models()]


def replica_tables() -> list[str]:
    """What pages read from a replica, and the row that says whether it is up to date."""
    return [
        model._meta.db_table
        for model in models()
        if model._meta.app_label in ON_REPLICA or model._meta.label == "accounts.User"
    ]


def models() -> list:
    return [
        model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy
    ]
