# The unique indexes that begin with the person serve as well: docs/decisions/0006-indexes.md

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from brainlog.database.migration_operations import AlterForeignKeyIndex


class Migration(migrations.Migration):
    # CONCURRENTLY, which nobody waits for, needs to be outside of a transaction.
    atomic = False

    dependencies = [
        ('reflections', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AlterForeignKeyIndex(
            model_name='weeklyreflection',
            name='user',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='weekly_reflections', to=settings.AUTH_USER_MODEL, verbose_name='person'),
        ),
    ]
