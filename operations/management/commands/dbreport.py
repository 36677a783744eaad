from json import dumps

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, OperationalError

from brainlog.database.errors import is_table_missing
from brainlog.database.urls import reason, session_alias
from operations.database.report import as_text
from operations.database.stats import gather, grown
from operations.models import DatabaseReport


class Command(BaseCommand):
    help = (
        "Report on the database: sizes and growth since the last report, use of tables and indexes, connections, "
        "long transactions, locks, dead rows, slow statements, errors, replicas. The report is stored, so that the "
        "next one can tell the growth. Holds nothing of what people wrote."
    )

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="print the figures as JSON, sizes in bytes")
        parser.add_argument("--no-store", action="store_true", help="do not keep this report for later ones")

    def handle(self, *args, **options):
        try:
            before = DatabaseReport.objects.first()
            figures = gather(session_alias())
            report = DatabaseReport(figures=figures)
            if not options["no_store"]:
                report.save()
        except DatabaseError as error:
            if is_table_missing(error):
                raise CommandError("The table of reports is not there yet. Run manage.py migrate first.") from None
            if not isinstance(error, OperationalError):
                raise
            raise CommandError(f"The database cannot be reached or did not answer in time: {reason(error)}") from None
        self.print(grown(figures, before.figures if before else None), before, **options)
        if figures["database"].get("sound", "ok") != "ok":
            raise CommandError("SQLite's quick check found the file damaged: restore a backup.")

    def print(self, figures, before, *, json, no_store, **_):
        if json:
            figures["since"] = before.taken_at.isoformat() if before else None
            self.stdout.write(dumps(figures, indent=2, ensure_ascii=False))
            return
        for line in as_text(figures):
            self.stdout.write(line)
        since = (
            f"Growth is since the report of {before.taken_at:%Y-%m-%d %H:%M} UTC."
            if before
            else "Growth is told from the next report on."
        )
        self.stdout.write(f"{since} {'Not stored.' if no_store else 'Stored.'}")
