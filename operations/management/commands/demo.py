import argparse
import secrets

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from logs.models import DailyLog, Dose, Medication
from operations.demo import generate
from reflections.models import WeeklyReflection

PERSON, ADMIN = "demo", "demo-admin"
# Marks the accounts made here. No page lets people join a group themselves, whereas anybody may
# sign up as "demo", or as "demo-admin", and choose any name to be called by.
GROUP = "Made by manage.py demo"


class Command(BaseCommand):
    help = (
        f"Make the person “{PERSON}” with {generate.DAYS} days of logs up to today, and the staff account “{ADMIN}”. "
        "Repeated, it makes the logs anew, whatever was changed in them, and leaves the accounts as they are. "
        "For trying out and developing: refuses to run unless DEBUG is on."
    )

    def create_parser(self, *args, **kwargs):
        """Show what is planted in the logs with --help."""
        return super().create_parser(
            *args, **kwargs, epilog=generate.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
        )

    def handle(self, *args, **options):
        if not settings.DEBUG:
            raise CommandError("DEBUG is off. Demo accounts do not belong where people keep their logs.")
        passwords = {}
        with transaction.atomic():
            group, _is_new = Group.objects.get_or_create(name=GROUP)
            person = account(PERSON, group, passwords, display_name="Demo")
            account(ADMIN, group, passwords, display_name="Demo admin", is_staff=True, is_superuser=True)
            story = retell(person)
        self.report(story, passwords)

    def report(self, story: generate.Story, passwords: dict[str, str]):
        first, last = story.logs[0].date, story.logs[-1].date
        self.stdout.write(
            f"{PERSON} has {len(story.logs)} logs from {first} to {last}, {len(story.doses)} doses "
            f"and {len(story.reflections)} weekly reflections."
        )
        for name in (PERSON, ADMIN):
            if name in passwords:
                self.stdout.write(f"Made the account {name}. Its password, shown only now: {passwords[name]}")
            else:
                self.stdout.write(
                    f"The account {name} was there already and keeps its password. "
                    f"To set another one: manage.py changepassword {name}"
                )


def account(name: str, group: Group, passwords: dict[str, str], **facts) -> User:
    """The account this command made, now or earlier. A new one's password is put into `passwords`.

    An account of that name which it did not make is somebody's: its logs are not touched and it is
    given no rights.
    """
    user = User.objects.filter(username_key=User.make_username_key(name)).first()
    if user is None:
        passwords[name] = secrets.token_urlsafe(12)
        user = User.objects.create_user(name, password=passwords[name], **facts)
        user.groups.add(group)
    elif not user.groups.filter(pk=group.pk).exists():
        raise CommandError(
            f"There is an account “{user.username}” that this command did not make. It may be a person's, so "
            "nothing was changed. Use another database for the demo."
        )
    return user


def retell(person: User) -> generate.Story:
    """Put the demo's logs in place of all that the person has."""
    # Doses go with their logs; as long as there are any, their medication cannot go.
    person.daily_logs.all().delete()
    person.medications.all().delete()
    person.weekly_reflections.all().delete()
    story = generate.story_of(person, timezone.now())
    Medication.objects.bulk_create(story.medications)
    DailyLog.objects.bulk_create(story.logs)
    Dose.objects.bulk_create(story.doses)
    WeeklyReflection.objects.bulk_create(story.reflections)
    person.answers_changed()
    return story
