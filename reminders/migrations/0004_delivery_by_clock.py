# A reminder is sent once for each wall-clock time of a day, wherever the person is.

from django.db import migrations, models

from brainlog.database.migration_operations import AddUniqueConstraintConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('reminders', '0003_delivery_wall_time'),
    ]

    operations = [
        AddUniqueConstraintConcurrently(
            model_name='delivery',
            constraint=models.UniqueConstraint(fields=('channel', 'day', 'slug', 'wall_time'), name='reminder_delivery_by_clock'),
        ),
    ]
