"""The role of the web processes: it reads and writes rows, and cannot create, alter or drop tables."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from psycopg.sql import SQL, Composed, Identifier, Literal

TABLE_PRIVILEGES = SQL("SELECT, INSERT, UPDATE, DELETE")
# To draw the next number, and to read the last one.
SEQUENCE_PRIVILEGES = SQL("USAGE, SELECT")
MIN_PASSWORD_LENGTH = 12


class RoleError(Exception):
    """The role cannot be created or dropped, or that would do harm."""


@dataclass(frozen=True)
class Target:
    """The database and schema that the role works in, and the owner of the tables: the role that migrates."""

    database: str
    schema: str
    owner: str

    @classmethod
    def of(cls, cursor) -> "Target":
        cursor.execute("SELECT current_database(), current_schema(), current_user")
        return cls(*cursor.fetchone())


def exists(cursor, name: str) -> bool:
    cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [name])
    return cursor.fetchone() is not None


def check_name(cursor, name: str) -> None:
    """Raise RoleError if the role is the current one, has administrative attributes, or owns something."""
    cursor.execute(
        """SELECT rolname = current_user, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls,
                  EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid)
                  OR EXISTS (SELECT FROM pg_namespace WHERE nspowner = pg_roles.oid)
                  OR EXISTS (SELECT FROM pg_database WHERE datdba = pg_roles.oid)
           FROM pg_roles WHERE rolname = %s""",
        [name],
    )
    is_current, is_administrator, is_owner = cursor.fetchone() or (False, False, False)
    if is_current:
        raise RoleError(f"{name} is the role this command runs as: it owns the tables. Choose another name.")
    if is_administrator:
        raise RoleError(
            f"{name} has more rights than any application needs, so nothing was changed. Choose another name."
        )
    if is_owner:
        raise RoleError(f"{name} owns tables, a schema or a database, so nothing was changed. Choose another name.")


def check_memberships(cursor, name: str) -> None:
    """Raise RoleError if the role is a member of another role, whose rights it would have as well."""
    cursor.execute(
        "SELECT pg_get_userbyid(roleid) FROM pg_auth_members WHERE pg_get_userbyid(member) = %s ORDER BY 1", [name]
    )
    if others := [other for (other,) in cursor.fetchall()]:
        raise RoleError(
            f"{name} is a member of {', '.join(others)} and has their rights, so nothing was changed. "
            "Choose another name, or REVOKE the membership."
        )


def check_owner(cursor, target: Target) -> None:
    """Raise RoleError if another role owns tables.

    Only the owner can grant privileges, and default privileges cover only tables that the current role creates.
    """
    cursor.execute(
        """SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class
           WHERE relkind IN ('r', 'p') AND relnamespace = %s::regnamespace""",
        [target.schema],
    )
    others = {owner for (owner,) in cursor.fetchall()} - {target.owner}
    if others:
        raise RoleError(
            f"Tables belong to {', '.join(sorted(others))}, and this command runs as {target.owner}. "
            "Run it as the role that migrates (DIRECT_DATABASE_URL, or else DATABASE_URL)."
        )


def creation(
    name: str, target: Target, *, is_new: bool, verifier: str = "", statement_timeout: str = ""
) -> list[Composed]:
    """The statements that create the role, or give an existing one exactly its privileges.

    `verifier` is the SCRAM verifier of its password; without one, the password stays as it is.
    """
    role, schema, owner = Identifier(name), Identifier(target.schema), Identifier(target.owner)
    database = Identifier(target.database)
    password = SQL(" PASSWORD {}").format(Literal(verifier)) if verifier else SQL("")
    kinds = ((TABLE_PRIVILEGES, SQL("TABLES")), (SEQUENCE_PRIVILEGES, SQL("SEQUENCES")))
    future = SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} ").format(owner)
    statement = SQL("CREATE ROLE {} LOGIN{}") if is_new else SQL("ALTER ROLE {} LOGIN{}")
    statements = [
        statement.format(role, password),
        # PUBLIC may create temporary tables by default, and before PostgreSQL 15 tables in the schema public as well.
        SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(database),
        SQL("REVOKE CREATE ON SCHEMA {} FROM PUBLIC").format(schema),
        # All earlier privileges.
        SQL("REVOKE ALL ON DATABASE {} FROM {}").format(database, role),
        SQL("REVOKE ALL ON SCHEMA {} FROM {}").format(schema, role),
        *(SQL("REVOKE ALL ON ALL {} IN SCHEMA {} FROM {}").format(kind, schema, role) for _, kind in kinds),
        *(future + SQL("REVOKE ALL ON {} FROM {}").format(kind, role) for _, kind in kinds),
        *(future + SQL("IN SCHEMA {} REVOKE ALL ON {} FROM {}").format(schema, kind, role) for _, kind in kinds),
        SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, role),
        SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, role),
        *(
            SQL("GRANT {} ON ALL {} IN SCHEMA {} TO {}").format(privileges, kind, schema, role)
            for privileges, kind in kinds
        ),
        # The same for the tables of future migrations.
        *(
            future + SQL("IN SCHEMA {} GRANT {} ON {} TO {}").format(schema, privileges, kind, role)
            for privileges, kind in kinds
        ),
    ]
    if statement_timeout:
        statements.append(
            SQL("ALTER ROLE {} IN DATABASE {} SET statement_timeout = {}").format(
                role, database, Literal(statement_timeout)
            )
        )
    return statements


def check_privileges(cursor, name: str, target: Target, *, is_new: bool) -> None:
    """Raise RoleError if the role still has privileges that could not be revoked, or lacks some that were granted.

    The server only warns about a REVOKE or GRANT that the current role is not allowed to do.
    """
    role, database, schema, owner = map(Identifier, (name, target.database, target.schema, target.owner))
    # A new role is rolled back with the error, so the remedy cannot name it.
    holders = SQL("PUBLIC") if is_new else SQL("PUBLIC, {}").format(role)
    cursor.execute(
        """SELECT nspname FROM pg_namespace
           WHERE nspname !~ '^pg_' AND has_schema_privilege(%s, oid, 'CREATE') ORDER BY nspname""",
        [name],
    )
    remedies = {
        f"create tables in the schema {found}": (
            # The role that migrates may have the privilege through PUBLIC only.
            (SQL("GRANT CREATE ON SCHEMA {} TO {}; ").format(schema, owner) if found == target.schema else SQL(""))
            + SQL("REVOKE CREATE ON SCHEMA {} FROM {};").format(Identifier(found), holders)
        )
        for (found,) in cursor.fetchall()
    }
    cursor.execute(
        """SELECT has_database_privilege(%(role)s, current_database(), 'CREATE'),
                  has_database_privilege(%(role)s, current_database(), 'TEMPORARY')""",
        {"role": name},
    )
    for has_privilege, privilege, action in zip(
        cursor.fetchone(), ("CREATE", "TEMPORARY"), ("create schemas", "create temporary tables"), strict=True
    ):
        if has_privilege:
            remedies[action] = SQL("REVOKE {} ON DATABASE {} FROM {};").format(SQL(privilege), database, holders)
    cursor.execute(
        """SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = %s::regnamespace
           AND has_table_privilege(%s, oid, 'TRUNCATE, REFERENCES, TRIGGER') ORDER BY relname LIMIT 1""",
        [SQL("{}").format(schema).as_string(cursor.connection), name],
    )
    if found := cursor.fetchone():
        remedies[f"truncate {found[0]} or add triggers to it"] = SQL(
            "REVOKE TRUNCATE, REFERENCES, TRIGGER ON ALL TABLES IN SCHEMA {} FROM {};"
        ).format(schema, holders)
    if remedies:
        lines = " ".join(remedy.as_string(cursor.connection) for remedy in remedies.values())
        raise RoleError(
            f"{name} could still {' and '.join(remedies)}, so nothing was changed. "
            f"{target.owner} may not revoke it: have an administrator run, in {target.database}:  {lines}"
        )
    cursor.execute(
        "SELECT has_schema_privilege(%s, %s, 'USAGE') AND has_database_privilege(%s, current_database(), 'CONNECT')",
        [name, target.schema, name],
    )
    if cursor.fetchone() != (True,):
        remedy = SQL("GRANT CONNECT ON DATABASE {} TO {}; GRANT USAGE ON SCHEMA {} TO {};").format(
            database, holders, schema, holders
        )
        raise RoleError(
            f"{target.owner} may not grant access to {target.database} and its schema {target.schema}, so nothing was "
            f"changed. Have an administrator run there:  {remedy.as_string(cursor.connection)}"
        )


def removal(name: str) -> list[Composed]:
    """The statements that drop the role and its privileges. It owns nothing: see `check_name`."""
    role = Identifier(name)
    return [
        # Only a member of the role may run DROP OWNED BY.
        SQL("GRANT {} TO CURRENT_USER").format(role),
        SQL("DROP OWNED BY {}").format(role),
        SQL("DROP ROLE {}").format(role),
    ]


def count_connections(cursor, name: str) -> int:
    cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = %s", [name])
    return cursor.fetchone()[0]


def password_in(file: Path) -> str:
    """The password in a file. A file that does not exist is created with a random one, readable by its owner alone."""
    try:
        if not file.exists():
            with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
                new.write(random_password() + "\n")
        password = file.read_text().strip()
    except OSError as error:
        raise RoleError(f"The password file {file} cannot be used: {error.strerror}.") from error
    if len(password) < MIN_PASSWORD_LENGTH:
        raise RoleError(f"The password in {file} is shorter than {MIN_PASSWORD_LENGTH} characters.")
    return password


def random_password() -> str:
    return secrets.token_urlsafe(24)


def scram_verifier(connection, name: str, password: str) -> str:
    """What the server stores of a password. Computed here, so that no statement and no log contains the password."""
    return connection.connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
