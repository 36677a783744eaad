import os
import tempfile
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from operations import staff
from operations.management.commands.demo import GROUP


class Command(BaseCommand):
    help = (
        "Copy staff accounts from one database to another: names, permissions, groups, password hashes, settings; "
        "never their logs. It can be repeated."
    )

    def add_arguments(self, parser):
        actions = parser.add_subparsers(dest="action", required=True)
        export = actions.add_parser("export", help="Write all staff accounts to a file.")
        load = actions.add_parser("import", help="Read them from a file.")
        for action in (export, load):
            action.add_argument("file", type=Path)
        load.add_argument(
            "--take-over",
            action="store_true",
            help="Give existing accounts the password and settings in the file as well. Without it they get only the "
            "permissions.",
        )
        load.add_argument("--dry-run", action="store_true", help="Print what would change, and change nothing.")

    def handle(self, *args, action, file, **options):
        try:
            if action == "export":
                self.write(file)
            else:
                self.read(file, take_over=options["take_over"], is_dry_run=options["dry_run"])
        except staff.StaffError as error:
            raise CommandError(str(error)) from error
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be used: {getattr(error, 'strerror', None) or 'not UTF-8'}.") from error

    def write(self, file: Path):
        all_staff = User.objects.filter(is_staff=True).order_by("username_key")
        # Demo superusers stay in the database that they were made in.
        accounts = all_staff.exclude(groups__name=GROUP)
        text = staff.dump(accounts)
        # mkstemp makes a file for its owner alone. It gets its name when it is complete.
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as new:
                new.write(text)
            os.replace(name, file)
        except BaseException:
            Path(name).unlink()
            raise
        self.stdout.write(f"Wrote {accounts.count()} staff accounts to {file}.")
        if left_out := all_staff.count() - accounts.count():
            self.stdout.write(f"Left out {left_out} made by manage.py demo.")
        self.stdout.write("The file contains their password hashes: keep it secret, and delete it after the import.")

    def read(self, file: Path, *, take_over: bool, is_dry_run: bool):
        outcome = staff.load(file.read_text(encoding="utf-8"), take_over=take_over, is_dry_run=is_dry_run)
        for change in outcome.changes:
            self.stdout.write(change)
        self.stdout.write(f"{len(outcome.changes)} changed, {len(outcome.unchanged)} unchanged.")
        if is_dry_run:
            self.stdout.write("This was a dry run: nothing was changed.")
