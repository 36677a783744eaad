import argparse
import secrets

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import User
from logs.check_in_times import to_json, usual_times
from operations.demo import generate
from operations.demo.load import load_demo_data
from reminders.models import Plan
from reminders.plans import replan

PERSON, ADMIN = "demo", "demo-admin"
# Marks the accounts of this command. People can sign up as "demo" or "demo-admin" and choose any display name, but no
# page lets them join a group.
GROUP = "Made by manage.py demo"


class Command(BaseCommand):
    help = (
        f"Make the person “{PERSON}” with {generate.DAYS} days of logs up to today, and the staff account “{ADMIN}”. "
        "If they exist, the logs and the own questions are replaced, and the accounts stay as they are. "
        "For evaluation and development: refuses to run unless DEBUG is on."
    )

    def create_parser(self, *args, **kwargs):
        """Include the planted effects in the output of --help."""
        return super().create_parser(
            *args, **kwargs, epilog=generate.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
        )

    def handle(self, *args, **options):
        if not settings.DEBUG:
            raise CommandError("DEBUG is off. Demo accounts do not belong on a server with logs of people.")
        passwords = {}
        with transaction.atomic():
            group, _is_new = Group.objects.get_or_create(name=GROUP)
            person = get_or_make_account(PERSON, group, passwords, display_name="Demo")
            get_or_make_account(ADMIN, group, passwords, display_name="Demo admin", is_staff=True, is_superuser=True)
            if PERSON in passwords:
                give_times(person)
            data = load_demo_data(person)
        self.report(data, passwords)

    def report(self, data: generate.DemoData, passwords: dict[str, str]):
        first, last = data.logs[0].date, data.logs[-1].date
        self.stdout.write(
            f"{PERSON} has {len(data.logs)} logs from {first} to {last}, {len(data.doses)} doses, "
            f"{len(data.reflections)} weekly reflections, and {len(data.own_questions)} own questions "
            f"with {len(data.own_answers)} answers."
        )
        for name in (PERSON, ADMIN):
            if name in passwords:
                self.stdout.write(f"Made the account {name}. Its password, shown only now: {passwords[name]}")
            else:
                self.stdout.write(
                    f"The account {name} exists and keeps its password. "
                    f"To set another one: manage.py changepassword {name}"
                )


def give_times(person: User) -> None:
    """Give a new person the usual times of all check-ins, and a plan of reminders. It has no channel: none is sent."""
    last_weekday = (person.FIRST_WEEKDAYS[person.week_starts_on] - 1) % 7
    person.check_in_times = to_json(usual_times(last_weekday))
    User.objects.filter(pk=person.pk).update(check_in_times=person.check_in_times)
    Plan.objects.create(user=person, repeats=2)
    replan(person)


def get_or_make_account(name: str, group: Group, passwords: dict[str, str], **fields) -> User:
    """Return the account, and make it if it does not exist. The password of a new one is put into `passwords`.

    An account of that name that this command did not make belongs to a person: its logs are not changed, and it gets
    no rights.
    """
    user = User.objects.filter(username_key=User.make_username_key(name)).first()
    if user is None:
        passwords[name] = secrets.token_urlsafe(12)
        user = User.objects.create_user(name, password=passwords[name], **fields)
        user.groups.add(group)
    elif not user.groups.filter(pk=group.pk).exists():
        raise CommandError(
            f"There is an account “{user.username}” that this command did not make. It may be a person's, so "
            "nothing was changed. Use another database for the demo."
        )
    return user
