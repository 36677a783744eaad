import os
import tempfile
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from operations import staff
from operations.management.commands.demo import GROUP


class Command(BaseCommand):
    help = (
        "Take staff accounts from one database to another: names, rights, groups, passwords (hashed), settings; "
        "never anybody's logs. Safe to repeat."
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
            help="Give accounts that are there the password and settings in the file, too. Without it they get "
            "the rights alone.",
        )
        load.add_argument("--dry-run", action="store_true", help="Say what would be done, and do nothing.")

    def handle(self, *args, action, file, **options):
        try:
            if action == "export":
                self.write(file)
            else:
                self.read(file, take_over=options["take_over"], is_rehearsal=options["dry_run"])
        except staff.StaffError as error:
            raise CommandError(str(error)) from error
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be used: {getattr(error, 'strerror', None) or 'no text'}.") from error

    def write(self, file: Path):
        everybody = User.objects.filter(is_staff=True).order_by("username_key")
        # A demo's superuser has no business anywhere else.
        people = everybody.exclude(groups__name=GROUP)
        text = staff.dump(people)
        # Readable to nobody else from the first byte on, and under its name only when it is whole.
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as new:
                new.write(text)
            os.replace(name, file)
        except BaseException:
            Path(name).unlink()
            raise
        self.stdout.write(f"Wrote {people.count()} staff accounts to {file}.")
        if left_out := everybody.count() - people.count():
            self.stdout.write(f"Left out {left_out} made by manage.py demo.")
        self.stdout.write("It holds their password hashes: keep it to yourself, and delete it after the import.")

    def read(self, file: Path, *, take_over: bool, is_rehearsal: bool):
        outcome = staff.load(file.read_text(encoding="utf-8"), take_over=take_over, is_rehearsal=is_rehearsal)
        for sentence in outcome.changes:
            self.stdout.write(sentence)
        self.stdout.write(f"{len(outcome.changes)} changed, {len(outcome.kept)} were as they should be.")
        if is_rehearsal:
            self.stdout.write("This was a rehearsal: nothing is changed.")
