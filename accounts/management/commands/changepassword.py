import getpass

from django.contrib.auth.management.commands import changepassword

from accounts import security_events
from accounts.models import User


class Command(changepassword.Command):
    help = (
        "Change a person's password and log them out everywhere. It is recorded as a security event, and mailed to "
        "their confirmed address."
    )

    def handle(self, *args, **options):
        answer = super().handle(*args, **options)
        person = User.objects.using(options["database"]).get(username=options["username"] or getpass.getuser())
        person.end_sessions()
        security_events.record_changes(["password"], person, command="manage.py changepassword")
        return answer
