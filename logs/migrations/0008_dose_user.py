# A dose names its person. The release before goes on adding doses: it does not know the column, so a trigger fills it
# on PostgreSQL.

from django.conf import settings
from django.db import migrations, models

from brainlog.database.migration_operations import CopyOnInsert
from brainlog.database.person_keys import OwnerForeignKey


class Migration(migrations.Migration):

    dependencies = [
        ('logs', '0007_medication_uuid_required'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='dose',
            name='user',
            field=OwnerForeignKey(
                blank=True, db_constraint=False, db_index=False, editable=False, null=True, of='daily_log',
                on_delete=models.DO_NOTHING, related_name='doses',
                to=settings.AUTH_USER_MODEL, verbose_name='person',
            ),
        ),
        CopyOnInsert('dose', 'user', through='daily_log'),
    ]
