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
           FROM pg_roles WHERE rolname = %s""",
        [name],
    )
    is_us, is_mighty, is_owner = cursor.fetchone() or (False, False, False)
    if is_us:
        raise RoleError(f"{name} is the role this command runs as: it owns the tables. Choose another name.")
    if is_mighty:
        raise RoleError(f"{name} may do more than any application should, so nothing was changed. Choose another name.")
    if is_owner:
        raise RoleError(f"{name} owns tables or indexes, so nothing was changed. Choose another name.")


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
    make = SQL("CREATE ROLE {} LOGIN{}") if is_new else SQL("ALTER ROLE {} LOGIN{}")
    statements = [
        make.format(role, password),
        # What everybody may do unless told otherwise: make temporary tables, and tables in older servers.
        SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(database),
        SQL("REVOKE CREATE ON SCHEMA {} FROM PUBLIC").format(schema),
        SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, role),
        SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, role),
        SQL("GRANT {} ON ALL TABLES IN SCHEMA {} TO {}").format(ROWS, schema, role),
        SQL("GRANT {} ON ALL SEQUENCES IN SCHEMA {} TO {}").format(NUMBERS, schema, role),
        # The same for the tables of migrations to come.
        *(
            SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA {} GRANT {} ON {} TO {}").format(
                owner, schema, rights, kind, role
            )
            for rights, kind in ((ROWS, SQL("TABLES")), (NUMBERS, SQL("SEQUENCES")))
        ),
    ]
    if statement_timeout:
        statements.append(
            SQL("ALTER ROLE {} IN DATABASE {} SET statement_timeout = {}").format(
                role, database, Literal(statement_timeout)
            )
        )
    return statements


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
