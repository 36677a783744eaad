from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, OperationalError, connections, transaction

from brainlog.database.urls import session_alias
from operations.database import roles
from operations.database.queries import first_line


class Command(BaseCommand):
    help = (
        "Create a role for the web processes that can read and write rows in all present and future tables, and "
        "nothing else. Prints the SQL; --apply runs it. Run it as the role that migrates. It can be repeated."
    )

    def add_arguments(self, parser):
        parser.add_argument("name")
        parser.add_argument("--apply", action="store_true", help="Run the SQL instead of printing it.")
        parser.add_argument(
            "--password-file",
            type=Path,
            metavar="FILE",
            help="Give the role the password in this file. If the file does not exist, it is created with a random "
            "password. Without this option a new role's password is shown once, and an existing role keeps its own.",
        )
        parser.add_argument(
            "--statement-timeout", default="", metavar="30s", help="The longest its statements may take."
        )
        parser.add_argument("--drop", action="store_true", help="Drop the role instead, once it has no connections.")

    def handle(self, *args, name, **options):
        connection = connections[session_alias()]
        if connection.vendor != "postgresql":
            raise CommandError("SQLite has no roles: every user who can write the file can do everything.")
        try:
            with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
                roles.check_name(cursor, name)
                if options["drop"]:
                    self.drop(cursor, name, is_applied=options["apply"])
                else:
                    self.create(connection, cursor, name, options)
        except roles.RoleError as error:
            raise CommandError(str(error)) from error
        except OperationalError:
            raise  # manage.py reports an unreachable database in the same words for every command.
        except DatabaseError as error:
            raise CommandError(f"The server refused: {first_line(error)}") from error

    def create(self, connection, cursor, name, options):
        target = roles.Target.of(cursor)
        roles.check_owner(cursor, target)
        roles.check_memberships(cursor, name)
        is_new, is_applied, file = not roles.exists(cursor, name), options["apply"], options["password_file"]
        is_shown = file is None and is_new and is_applied
        password = roles.random_password() if is_shown else roles.password_in(file) if file else ""
        verifier = roles.scram_verifier(connection, name, password) if password else ""
        statements = roles.creation(
            name, target, is_new=is_new, verifier=verifier, statement_timeout=options["statement_timeout"]
        )
        if not is_applied:
            self.print_script(cursor, statements, needs_password=is_new and not password, name=name)
            return
        for statement in statements:
            cursor.execute(statement)
        roles.check_privileges(cursor, name, target, is_new=is_new)
        self.stdout.write(f"{name} can read and write rows in {target.database}, and nothing else.")
        if is_shown:
            self.stdout.write(f"Its password, shown only now: {password}")
        else:
            self.stdout.write(f"Its password is the one in {file}." if password else "It keeps its password.")

    def print_script(self, cursor, statements, *, needs_password: bool, name: str):
        # One transaction: a role in use must not be without its privileges in between.
        self.stdout.write("BEGIN;")
        self.print_statements(cursor, statements)
        self.stdout.write("COMMIT;")
        if needs_password:
            self.stdout.write("-- Then set its password, in psql:  \\password " + name)

    def drop(self, cursor, name, *, is_applied):
        if not roles.exists(cursor, name):
            self.stdout.write(f"There is no role {name}.")
            return
        if in_use := roles.count_connections(cursor, name):
            raise CommandError(
                f"{name} has {in_use} connections. Restart what uses it with another role first, then drop it."
            )
        statements = roles.removal(name)
        if not is_applied:
            self.print_statements(cursor, statements)
            return
        for statement in statements:
            cursor.execute(statement)
        self.stdout.write(f"Dropped the role {name}.")

    def print_statements(self, cursor, statements):
        for statement in statements:
            self.stdout.write(statement.as_string(cursor.connection) + ";")
