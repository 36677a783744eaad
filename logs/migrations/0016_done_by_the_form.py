# The form alone decides when a check-in is done. Reversing this fails if one is done without the usual answers.

from django.db import migrations

from brainlog.database.migration_operations import DropConstraint


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('logs', '0015_what_was_asked_valid'),
    ]

    operations = [
        DropConstraint(model_name='dailylog', name='daily_log_morning_completed'),
        DropConstraint(model_name='dailylog', name='daily_log_medication_completed'),
        DropConstraint(model_name='dailylog', name='daily_log_midday_completed'),
        DropConstraint(model_name='dailylog', name='daily_log_afternoon_completed'),
        DropConstraint(model_name='dailylog', name='daily_log_evening_completed'),
    ]
