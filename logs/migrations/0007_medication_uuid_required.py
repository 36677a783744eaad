# In a migration of its own: the rows are checked without a lock, outside of a transaction.

import uuid

from django.db import migrations, models

import logs.fields
from brainlog.database.migration_operations import SetNotNull


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('logs', '0006_encrypt_medication_names'),
    ]

    operations = [
        SetNotNull(
            model_name='medication',
            name='uuid',
            field=models.UUIDField(db_default=logs.fields.RandomUUID(), default=uuid.uuid4, editable=False),
        ),
    ]
