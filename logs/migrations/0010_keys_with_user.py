# Days and medications can be referred to by their key and their person together.

from django.db import migrations, models

from brainlog.database.migration_operations import AddUniqueConstraintConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('logs', '0009_fill_dose_user'),
    ]

    operations = [
        AddUniqueConstraintConcurrently(
            model_name='dailylog',
            constraint=models.UniqueConstraint(fields=('id', 'user'), name='daily_log_key_and_user'),
        ),
        AddUniqueConstraintConcurrently(
            model_name='medication',
            constraint=models.UniqueConstraint(fields=('id', 'user'), name='medication_key_and_user'),
        ),
    ]
