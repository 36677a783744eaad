from json import dumps

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, OperationalError

from brainlog.database.errors import is_table_missing
from brainlog.database.urls import reason, session_alias
from operations.database.report import as_text
from operations.database.stats import collect, with_growth
from operations.models import DatabaseReport


class Command(BaseCommand):
    help = (
        "Report statistics of the database: sizes and growth since the last report, use of tables and indexes, "
        "connections, long transactions, locks, dead rows, slow statements, errors, replicas. The report is stored, so "
        "that the next one can measure growth. It contains nothing that people wrote."
    )

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="print the statistics as JSON, sizes in bytes")
        parser.add_argument("--no-store", action="store_true", help="do not store this report")

    def handle(self, *args, **options):
        try:
            previous = DatabaseReport.objects.first()
            statistics = collect(session_alias())
            report = DatabaseReport(figures=statistics)
            if not options["no_store"]:
                report.save()
        except DatabaseError as error:
            if is_table_missing(error):
                raise CommandError("The table of reports is missing. Run manage.py migrate first.") from None
            if not isinstance(error, OperationalError):
                raise
            raise CommandError(f"The database cannot be reached or did not answer in time: {reason(error)}") from None
        self.print(with_growth(statistics, previous.figures if previous else None), previous, **options)
        if statistics["database"].get("quick_check", "ok") != "ok":
            raise CommandError("SQLite's quick check found the file damaged: restore a backup.")

    def print(self, statistics, previous, *, json, no_store, **_):
        if json:
            statistics["since"] = previous.taken_at.isoformat() if previous else None
            self.stdout.write(dumps(statistics, indent=2, ensure_ascii=False))
            return
        for line in as_text(statistics):
            self.stdout.write(line)
        since = (
            f"Growth is since the report of {previous.taken_at:%Y-%m-%d %H:%M} UTC."
            if previous
            else "Growth is measured from the next report on."
        )
        self.stdout.write(f"{since} {'Not stored.' if no_store else 'Stored.'}")
