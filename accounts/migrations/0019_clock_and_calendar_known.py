# In a migration of its own: the constraints are checked without a lock, outside of a transaction.

from django.db import migrations, models

from brainlog.database.migration_operations import AddAndValidateConstraint, ReplaceConstraint


def start_weeks_on_sunday(apps, schema_editor):
    """The former constraint, and the former length of the column, have no room for Saturday."""
    people = apps.get_model('accounts', 'User').objects.using(schema_editor.connection.alias)
    people.filter(week_starts_on='saturday').update(week_starts_on='sunday')


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('accounts', '0018_clock_and_calendar'),
    ]

    operations = [
        ReplaceConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('week_starts_on__in', ['monday', 'saturday', 'sunday'])), name='user_first_weekday_known'),
        ),
        AddAndValidateConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('hour_format__in', ['12', '24'])), name='user_hour_format_known'),
        ),
        AddAndValidateConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('date_format__in', ['day-first', 'month-first', 'dotted', 'iso'])), name='user_date_format_known'),
        ),
        migrations.RunPython(migrations.RunPython.noop, start_weeks_on_sunday),
    ]
