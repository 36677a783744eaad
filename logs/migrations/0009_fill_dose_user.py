# The person of each dose, from its day. Interrupted, it goes on where it stopped.

from django.core.management.base import CommandError
from django.db import migrations
from django.db.models import F, OuterRef, Subquery

BATCH = 5000
SHOWN = 20
REMEDY = 'docs/database.md, "A migration failed", says what to do.'


def fill(apps, schema_editor):
    alias = schema_editor.connection.alias
    doses = apps.get_model('logs', 'Dose').objects.using(alias).order_by('pk')
    days = apps.get_model('logs', 'DailyLog').objects.using(alias)
    person = days.filter(pk=OuterRef('daily_log_id')).order_by().values('user_id')
    last = 0
    while keys := list(doses.filter(pk__gt=last, user=None).values_list('pk', flat=True)[:BATCH]):
        doses.filter(pk__in=keys).order_by().update(user=Subquery(person))
        last = keys[-1]
    refuse(doses.filter(user=None), 'doses belong to no day')
    medications = apps.get_model('logs', 'Medication').objects.using(alias)
    owner = medications.filter(pk=OuterRef('medication_id')).order_by().values('user_id')
    theirs = doses.annotate(owner=Subquery(owner))
    refuse(theirs.filter(owner=None), 'doses name a medication that is not there')
    refuse(theirs.exclude(owner=F('user_id')), 'doses name a medication of another person')


def refuse(doses, text):
    """Raise a CommandError if there are any."""
    if keys := list(doses.values_list('pk', flat=True)):
        shown = ', '.join(map(str, keys[:SHOWN])) + (', …' if len(keys) > SHOWN else '')
        raise CommandError(f'logs_dose: {len(keys)} {text} (id {shown}). {REMEDY}')


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('logs', '0008_dose_user'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
