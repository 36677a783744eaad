import json
import sys
from dataclasses import asdict

from django.core.management.base import BaseCommand
from django.db import connections

from operations.database.check import inspect
from operations.database.schema import ERROR, OK, WARNING

EXIT_CODES = {OK: 0, WARNING: 1, ERROR: 2}


class Command(BaseCommand):
    help = (
        "Ask every configured database whether it is what Brain Log needs: reached, safe, encrypted, migrated, whole. "
        "Changes nothing. The exit code is 0 if all is well, 1 with warnings, 2 with errors."
    )
    # It has to answer where other commands would not even start.
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="Print one JSON object, for machines.")

    def handle(self, *args, **options):
        checks = []
        for connection in connections.all():
            for check in inspect(connection):
                checks.append(check)
                if not options["json"]:
                    self.stdout.write(str(check))
        worst = max((check.status for check in checks), key=EXIT_CODES.get)
        if options["json"]:
            self.stdout.write(json.dumps({"status": worst, "checks": [asdict(check) for check in checks]}, indent=2))
        if EXIT_CODES[worst]:
            sys.exit(EXIT_CODES[worst])
