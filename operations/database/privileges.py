"""Compares the privileges of roles with what Brain Log needs, from PostgreSQL's catalogue, without trying them."""

from collections.abc import Iterator

from django.apps import apps

from brainlog.database.router import ON_REPLICA
from operations.database.findings import ERROR, OK, WARNING, Finding

WRITE_PRIVILEGES = ["SELECT", "INSERT", "UPDATE", "DELETE"]
READ_PRIVILEGES = ["SELECT"]
MIGRATIONS_TABLE = "django_migrations"  # /readyz reads it.

# The schema of the tables. current_schema() is NULL for a role without USAGE on it.
SCHEMA = """
    SELECT n.oid, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = 'django_migrations' AND c.relkind IN ('r', 'p')
    ORDER BY n.nspname = current_schema() DESC NULLS LAST, n.nspname = 'public' DESC LIMIT 1
"""
# A privilege on every column is as good as one on the table. Only DELETE does not exist for columns.
MISSING = """
    SELECT c.relname, p.privilege, count(*) FILTER (WHERE of_column.is_missing) < count(*),
           coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE of_column.is_missing), '{}')
    FROM pg_class c CROSS JOIN unnest(%(privileges)s::text[]) WITH ORDINALITY p(privilege, n)
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    CROSS JOIN LATERAL (
        SELECT CASE WHEN p.privilege = 'DELETE' THEN true
                    ELSE NOT has_column_privilege(%(role)s, c.oid, a.attnum, p.privilege) END
    ) of_column(is_missing)
    WHERE c.relnamespace = %(schema)s AND c.relkind IN ('r', 'p') AND c.relname = ANY(%(tables)s)
      AND NOT has_table_privilege(%(role)s, c.oid, p.privilege)
    GROUP BY c.relname, p.privilege, p.n HAVING bool_or(of_column.is_missing) ORDER BY c.relname, p.n
"""
# Identity columns need no privilege on their sequence; serial ones, of hand-made or older tables, do.
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
# The roles of web processes: those that future tables are granted to, as create_app_role does, and those that may
# insert sessions of people.
APP_ROLES = """
    SELECT r.rolname FROM pg_roles r WHERE r.rolcanlogin AND NOT r.rolsuper AND r.rolname <> current_user AND r.oid IN (
        SELECT acl.grantee FROM pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) acl
        WHERE d.defaclobjtype = 'r' AND d.defaclnamespace IN (0, %(schema)s) AND acl.privilege_type = 'INSERT'
        UNION SELECT acl.grantee FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) acl
        WHERE c.relnamespace = %(schema)s AND c.relname = 'accounts_session' AND acl.privilege_type = 'INSERT'
          AND acl.grantee <> c.relowner
    ) ORDER BY r.rolname
"""
# What a role can do besides reading and writing rows. The predefined roles for monitoring may be granted to it: they
# show other sessions, and the lag of replicas.
SURPLUS = """
    SELECT text FROM (
        SELECT 1, 'create tables in the schema ' || nspname FROM pg_namespace
        WHERE nspname !~ '^pg_' AND has_schema_privilege(%(role)s, oid, 'CREATE')
        UNION ALL SELECT 2, 'create schemas' WHERE has_database_privilege(%(role)s, current_database(), 'CREATE')
        UNION ALL SELECT 3, 'create temporary tables'
        WHERE has_database_privilege(%(role)s, current_database(), 'TEMPORARY')
        UNION ALL SELECT 4, 'TRUNCATE, reference or add triggers to ' || string_agg(c.relname, ', ' ORDER BY c.relname)
        FROM pg_class c WHERE c.relnamespace = %(schema)s AND c.relkind IN ('r', 'p')
          AND has_table_privilege(%(role)s, c.oid, 'TRUNCATE, REFERENCES, TRIGGER') HAVING count(*) > 0
        UNION ALL SELECT 5, 'create roles' FROM pg_roles WHERE rolname = %(role)s AND rolcreaterole
        UNION ALL SELECT 6, 'create databases' FROM pg_roles WHERE rolname = %(role)s AND rolcreatedb
        UNION ALL SELECT 7, 'replicate the server' FROM pg_roles WHERE rolname = %(role)s AND rolreplication
        UNION ALL SELECT 8, 'bypass row security' FROM pg_roles WHERE rolname = %(role)s AND rolbypassrls
        UNION ALL SELECT 9, 'do all that ' || r.rolname || ' may' FROM pg_auth_members m
        JOIN pg_roles r ON r.oid = m.roleid
        WHERE pg_get_userbyid(m.member) = %(role)s
          AND r.rolname NOT IN ('pg_monitor', 'pg_read_all_settings', 'pg_read_all_stats', 'pg_stat_scan_tables')
    ) surplus(position, text) ORDER BY position, text
"""


def problems(connection) -> Iterator[Finding]:
    """Compare the privileges of this connection's role; if it owns the tables, those of the web's roles as well."""
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
        is_replica = connection.alias == "replica"
        if is_replica:
            findings = [*missing_privileges(cursor, role, schema, READ_PRIVILEGES, replica_tables())]
        else:
            findings = [*missing_privileges(cursor, role, schema, WRITE_PRIVILEGES, tables())]
        if connection.alias == "direct":
            findings += tables_not_owned(cursor, role, schema)
        checked = [role]
        if is_owner(cursor, role, schema):
            if not is_replica:
                app_roles = app_roles_of(cursor, schema)
                checked += app_roles
                for app_role in app_roles:
                    findings += app_role_problems(cursor, app_role, schema, schema_name)
        elif connection.alias == "default":
            findings += surplus_privileges(cursor, role, schema)
    yield from findings
    if not findings:
        yield OK, f"{' and '.join(checked)} may do in every table what Brain Log does there"


def missing_privileges(cursor, role: str, schema: int, privileges: list[str], names: list[str]) -> Iterator[Finding]:
    parameters = {"role": role, "schema": schema}
    missing: dict[str, list[str]] = {}
    cursor.execute(MISSING, parameters | {"privileges": privileges, "tables": names})
    found = cursor.fetchall()
    cursor.execute(MISSING, parameters | {"privileges": READ_PRIVILEGES, "tables": [MIGRATIONS_TABLE]})
    for table, privilege, is_part, columns in found + cursor.fetchall():
        missing.setdefault(table, []).append(f"{privilege} ({', '.join(columns)})" if is_part else privilege)
    tables_by_privileges: dict[str, list[str]] = {}
    for table, lacking in missing.items():
        tables_by_privileges.setdefault(", ".join(lacking), []).append(table)
    for lacking, affected in tables_by_privileges.items():
        yield ERROR, f"{role} may not {lacking} in {', '.join(affected)}{remedy_for(role)}"
    if privileges == WRITE_PRIVILEGES:
        cursor.execute(SEQUENCES, parameters | {"tables": names})
        for (sequence,) in cursor.fetchall():
            yield ERROR, f"{role} may not draw numbers from {sequence}{remedy_for(role)}"
    cursor.execute(HIDDEN_ROWS, parameters | {"tables": names})
    for (table,) in cursor.fetchall():
        yield ERROR, f"row security hides rows of {table} from {role}: ALTER TABLE {table} DISABLE ROW LEVEL SECURITY"


def surplus_privileges(cursor, role: str, schema: int) -> Iterator[Finding]:
    """One WARNING with all that a role of web processes may do and Brain Log does not need."""
    cursor.execute(SURPLUS, {"role": role, "schema": schema})
    if surplus := [text for (text,) in cursor.fetchall()]:
        yield (
            WARNING,
            f"{role} may also {'; '.join(surplus)}. Pages need none of it: manage.py create_app_role {role} --apply, "
            "run as the owner, revokes it or names what must be revoked first",
        )


def app_role_problems(cursor, role: str, schema: int, schema_name: str) -> Iterator[Finding]:
    cursor.execute("SELECT has_schema_privilege(%s, %s::oid, 'USAGE')", [role, schema])
    if cursor.fetchone() != (True,):
        yield ERROR, f"{role} may not use the schema {schema_name}{remedy_for(role)}"
    yield from missing_privileges(cursor, role, schema, WRITE_PRIVILEGES, tables())
    yield from surplus_privileges(cursor, role, schema)


def app_roles_of(cursor, schema: int) -> list[str]:
    cursor.execute(APP_ROLES, {"schema": schema})
    return [role for (role,) in cursor.fetchall()]


def is_owner(cursor, role: str, schema: int) -> bool:
    cursor.execute(NOT_OWNED + " LIMIT 1", {"schema": schema, "tables": tables(), "role": role})
    return cursor.fetchone() is None


def tables_not_owned(cursor, role: str, schema: int) -> Iterator[Finding]:
    cursor.execute(NOT_OWNED, {"schema": schema, "tables": tables(), "role": role})
    owners: dict[str, list[str]] = {}
    for table, owner in cursor.fetchall():
        owners.setdefault(owner, []).append(table)
    for owner, names in owners.items():
        yield ERROR, f"{role} cannot migrate {', '.join(names)}: {owner} owns them, and belongs in DIRECT_DATABASE_URL"


def remedy_for(role: str) -> str:
    return f"; manage.py create_app_role {role} --apply grants it, run as the owner"


def tables() -> list[str]:
    """The tables of all models. Tables that do not exist are a finding of the schema check."""
    return [model._meta.db_table for model in models()]


def replica_tables() -> list[str]:
    """The tables that pages read from a replica, and the users, whose row says whether the replica is up to date."""
    return [
        model._meta.db_table
        for model in models()
        if model._meta.app_label in ON_REPLICA or model._meta.label == "accounts.User"
    ]


def models() -> list:
    return [
        model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy
    ]
