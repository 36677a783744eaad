import os
import secrets
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, OperationalError, connections, transaction

from brainlog.database.urls import session_alias
from operations.database import roles


class Command(BaseCommand):
    help = (
        "Make a role for the web processes that can read and write rows in the tables there are and will be, and "
        "nothing else. Prints the SQL unless told to apply it. Run it as the role that migrates. Safe to repeat."
    )

    def add_arguments(self, parser):
        parser.add_argument("name")
        parser.add_argument("--apply", action="store_true", help="Do it, instead of printing the SQL.")
        parser.add_argument(
            "--password-file",
            type=Path,
            metavar="FILE",
            help="Give the role the password in this file. If the file is not there, one is made up and written to it. "
            "Without this option a new role's password is shown once, and another role keeps its own.",
        )
        parser.add_argument(
            "--statement-timeout", default="", metavar="30s", help="The longest its statements may take."
        )
        parser.add_argument("--drop", action="store_true", help="Remove the role instead, once nobody uses it.")

    def handle(self, *args, name, **options):
        connection = connections[session_alias()]
        if connection.vendor != "postgresql":
            raise CommandError("Roles are PostgreSQL's: in SQLite, whoever can write the file can do everything.")
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
            raise  # It is not there, which every command says in the same words.
        except DatabaseError as error:
            raise CommandError(f"The server refused: {str(error).partition(chr(10))[0]}") from error

    def create(self, connection, cursor, name, options):
        place = roles.Place.of(cursor)
        roles.check_owner(cursor, place)
        roles.check_memberships(cursor, name)
        is_new = not roles.exists(cursor, name)
        password, is_shown = self.password_for(options["password_file"], is_needed=is_new and options["apply"])
        verifier = scrambled(connection, name, password) if password else ""
        statements = roles.creation(
            name, place, is_new=is_new, verifier=verifier, statement_timeout=options["statement_timeout"]
        )
        if not options["apply"]:
            # As one: a role at work is not to be without its rights in between.
            self.stdout.write("BEGIN;")
        self.run(cursor, statements, is_applied=options["apply"])
        if not options["apply"]:
            self.stdout.write("COMMIT;")
            if not password and is_new:
                self.stdout.write("-- Then give it a password, in psql:  \\password " + name)
            return
        roles.check_rights(cursor, name, place, is_new=is_new)
        self.stdout.write(f"{name} can read and write rows in {place.database}, and nothing else.")
        if is_shown:
            self.stdout.write(f"Its password, shown only now: {password}")
        elif password:
            self.stdout.write(f"Its password is the one in {options['password_file']}.")
        else:
            self.stdout.write("It keeps its password.")

    def password_for(self, file: Path | None, *, is_needed: bool) -> tuple[str, bool]:
        """The password to set, '' for none, and whether it has to be shown because no file holds it."""
        if file is None:
            return (secrets.token_urlsafe(24), True) if is_needed else ("", False)
        try:
            if not file.exists():
                with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
                    new.write(secrets.token_urlsafe(24) + "\n")
            password = file.read_text().strip()
        except OSError as error:
            raise CommandError(f"The password file {file} cannot be used: {error.strerror}.") from error
        if len(password) < 12:
            raise CommandError(f"The password in {file} is shorter than 12 characters.")
        return password, False

    def drop(self, cursor, name, *, is_applied):
        if not roles.exists(cursor, name):
            self.stdout.write(f"There is no role {name}.")
            return
        if in_use := roles.connections_of(cursor, name):
            raise CommandError(
                f"{name} has {in_use} connections. Restart what uses it with another role first, then drop it."
            )
        self.run(cursor, roles.removal(name), is_applied=is_applied)
        if is_applied:
            self.stdout.write(f"{name} is gone.")

    def run(self, cursor, statements, *, is_applied):
        for statement in statements:
            if is_applied:
                cursor.execute(statement)
            else:
                self.stdout.write(statement.as_string(cursor.connection) + ";")


def scrambled(connection, name: str, password: str) -> str:
    """What the server stores of a password. Made here, so that the password reaches no statement and no log."""
    return connection.connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
