"""A role for the web processes: it reads and writes rows, and cannot change what tables there are."""

from dataclasses import dataclass

from psycopg.sql import SQL, Composed, Identifier, Literal

ROWS = SQL("SELECT, INSERT, UPDATE, DELETE")
# Drawing the next number, and asking for the last one.
NUMBERS = SQL("USAGE, SELECT")


class RoleError(Exception):
    """What is asked for cannot be done, or would do harm."""


@dataclass(frozen=True)
class Place:
    """Where the role works, and who owns the tables there: whoever migrates."""

    database: str
    schema: str
    owner: str

    @classmethod
    def of(cls, cursor) -> "Place":
        cursor.execute("SELECT current_database(), current_schema(), current_user")
        return cls(*cursor.fetchone())


def exists(cursor, name: str) -> bool:
    cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [name])
    return cursor.fetchone() is not None


def check_name(cursor, name: str) -> None:
    """Refuse a role that is more than an application's, or owns something. Raises RoleError."""
    cursor.execute(
        """SELECT rolname = current_user, rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls,
                  EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid)
                  OR EXISTS (SELECT FROM pg_namespace WHERE nspowner = pg_roles.oid)
                  OR EXISTS (SELECT FROM pg_database WHERE datdba = pg_roles.oid)
           FROM pg_roles WHERE rolname = %s""",
        [name],
    )
    is_us, is_mighty, is_owner = cursor.fetchone() or (False, False, False)
    if is_us:
        raise RoleError(f"{name} is the role this command runs as: it owns the tables. Choose another name.")
    if is_mighty:
        raise RoleError(f"{name} may do more than any application should, so nothing was changed. Choose another name.")
    if is_owner:
        raise RoleError(f"{name} owns tables, a schema or a database, so nothing was changed. Choose another name.")


def check_memberships(cursor, name: str) -> None:
    """Refuse a role that may do what another role may. Raises RoleError."""
    cursor.execute(
        "SELECT pg_get_userbyid(roleid) FROM pg_auth_members WHERE pg_get_userbyid(member) = %s ORDER BY 1", [name]
    )
    if others := [other for (other,) in cursor.fetchall()]:
        raise RoleError(
            f"{name} is a member of {', '.join(others)} and may do all that those may, so nothing was changed. "
            "Choose another name, or REVOKE the membership."
        )


def check_owner(cursor, place: Place) -> None:
    """Only an owner can grant, and only what the migrating role makes is granted in future. Raises RoleError."""
    cursor.execute(
        """SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class
           WHERE relkind IN ('r', 'p') AND relnamespace = %s::regnamespace""",
        [place.schema],
    )
    others = {owner for (owner,) in cursor.fetchall()} - {place.owner}
    if others:
        raise RoleError(
            f"Tables belong to {', '.join(sorted(others))}, and this command runs as {place.owner}. "
            "Run it as the role that migrates (DIRECT_DATABASE_URL, or else DATABASE_URL)."
        )


def creation(
    name: str, place: Place, *, is_new: bool, verifier: str = "", statement_timeout: str = ""
) -> list[Composed]:
    """The statements that make the role, or make it what it should be. `verifier` is its password, scrambled."""
    role, schema, owner = Identifier(name), Identifier(place.schema), Identifier(place.owner)
    database = Identifier(place.database)
    password = SQL(" PASSWORD {}").format(Literal(verifier)) if verifier else SQL("")
    kinds = ((ROWS, SQL("TABLES")), (NUMBERS, SQL("SEQUENCES")))
    future = SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} ").format(owner)
    make = SQL("CREATE ROLE {} LOGIN{}") if is_new else SQL("ALTER ROLE {} LOGIN{}")
    statements = [
        make.format(role, password),
        # What everybody may do unless told otherwise: make temporary tables, and tables in older servers.
        SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(database),
        SQL("REVOKE CREATE ON SCHEMA {} FROM PUBLIC").format(schema),
        # Whatever it has been given before.
        SQL("REVOKE ALL ON DATABASE {} FROM {}").format(database, role),
        SQL("REVOKE ALL ON SCHEMA {} FROM {}").format(schema, role),
        *(SQL("REVOKE ALL ON ALL {} IN SCHEMA {} FROM {}").format(kind, schema, role) for _, kind in kinds),
        *(future + SQL("REVOKE ALL ON {} FROM {}").format(kind, role) for _, kind in kinds),
        *(future + SQL("IN SCHEMA {} REVOKE ALL ON {} FROM {}").format(schema, kind, role) for _, kind in kinds),
        SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, role),
        SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, role),
        *(SQL("GRANT {} ON ALL {} IN SCHEMA {} TO {}").format(rights, kind, schema, role) for rights, kind in kinds),
        # The same for the tables of migrations to come.
        *(
            future + SQL("IN SCHEMA {} GRANT {} ON {} TO {}").format(schema, rights, kind, role)
            for rights, kind in kinds
        ),
    ]
    if statement_timeout:
        statements.append(
            SQL("ALTER ROLE {} IN DATABASE {} SET statement_timeout = {}").format(
                role, database, Literal(statement_timeout)
            )
        )
    return statements


def check_rights(cursor, name: str, place: Place, *, is_new: bool) -> None:
    """Ask the server what the role may do now: it only warns where we could not take a right. Raises RoleError."""
    role, database, schema, owner = map(Identifier, (name, place.database, place.schema, place.owner))
    # A role that is new is gone again when this is refused, and cannot be named in the remedy.
    holders = SQL("PUBLIC") if is_new else SQL("PUBLIC, {}").format(role)
    cursor.execute(
        """SELECT nspname FROM pg_namespace
           WHERE nspname !~ '^pg_' AND has_schema_privilege(%s, oid, 'CREATE') ORDER BY nspname""",
        [name],
    )
    remedies = {
        f"make tables in the schema {found}": (
            # Whoever migrates may have had the right from PUBLIC alone.
            (SQL("GRANT CREATE ON SCHEMA {} TO {}; ").format(schema, owner) if found == place.schema else SQL(""))
            + SQL("REVOKE CREATE ON SCHEMA {} FROM {};").format(Identifier(found), holders)
        )
        for (found,) in cursor.fetchall()
    }
    cursor.execute(
        """SELECT has_database_privilege(%(role)s, current_database(), 'CREATE'),
                  has_database_privilege(%(role)s, current_database(), 'TEMPORARY')""",
        {"role": name},
    )
    for may, right, what in zip(
        cursor.fetchone(), ("CREATE", "TEMPORARY"), ("make schemas", "make temporary tables"), strict=True
    ):
        if may:
            remedies[what] = SQL("REVOKE {} ON DATABASE {} FROM {};").format(SQL(right), database, holders)
    cursor.execute(
        """SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = %s::regnamespace
           AND has_table_privilege(%s, oid, 'TRUNCATE, REFERENCES, TRIGGER') ORDER BY relname LIMIT 1""",
        [SQL("{}").format(schema).as_string(cursor.connection), name],
    )
    if found := cursor.fetchone():
        remedies[f"empty {found[0]} or hang triggers on it"] = SQL(
            "REVOKE TRUNCATE, REFERENCES, TRIGGER ON ALL TABLES IN SCHEMA {} FROM {};"
        ).format(schema, holders)
    if remedies:
        lines = " ".join(remedy.as_string(cursor.connection) for remedy in remedies.values())
        raise RoleError(
            f"{name} could still {' and '.join(remedies)}, so nothing was changed. "
            f"{place.owner} may not forbid it: have an administrator run, in {place.database}:  {lines}"
        )
    cursor.execute(
        "SELECT has_schema_privilege(%s, %s, 'USAGE') AND has_database_privilege(%s, current_database(), 'CONNECT')",
        [name, place.schema, name],
    )
    if cursor.fetchone() != (True,):
        remedy = SQL("GRANT CONNECT ON DATABASE {} TO {}; GRANT USAGE ON SCHEMA {} TO {};").format(
            database, holders, schema, holders
        )
        raise RoleError(
            f"{place.owner} may not let anybody into {place.database} and its schema {place.schema}, so nothing was "
            f"changed. Have an administrator run there:  {remedy.as_string(cursor.connection)}"
        )


def removal(name: str) -> list[Composed]:
    """The statements that take the role's rights, and the role. It owns nothing: see `check_name`."""
    role = Identifier(name)
    return [
        # Only a member may take rights that were granted to the role.
        SQL("GRANT {} TO CURRENT_USER").format(role),
        SQL("DROP OWNED BY {}").format(role),
        SQL("DROP ROLE {}").format(role),
    ]


def connections_of(cursor, name: str) -> int:
    cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = %s", [name])
    return cursor.fetchone()[0]
