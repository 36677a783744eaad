import json
import sys
from dataclasses import asdict

from django.core.management.base import BaseCommand
from django.db import connections

from operations.database.check import check_database
from operations.database.findings import ERROR, OK, WARNING

EXIT_CODES = {OK: 0, WARNING: 1, ERROR: 2}


class Command(BaseCommand):
    help = (
        "Check every configured database: connection, settings, encryption, privileges, migrations, schema, backups. "
        "Changes nothing. The exit code is 0 if all is well, 1 with warnings, 2 with errors."
    )
    # It must run where Django's own checks would stop other commands.
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="Print one JSON object, for machines.")

    def handle(self, *args, **options):
        results = []
        for connection in connections.all():
            for result in check_database(connection):
                results.append(result)
                if not options["json"]:
                    self.stdout.write(str(result))
        worst = max((result.status for result in results), key=EXIT_CODES.get)
        if options["json"]:
            self.stdout.write(json.dumps({"status": worst, "checks": [asdict(each) for each in results]}, indent=2))
        if EXIT_CODES[worst]:
            sys.exit(EXIT_CODES[worst])
