# Room for encrypted names, and what the texts of a medication will be bound to. The release before goes on adding
# rows: it does not know the column, so the database makes the UUID.

from django.db import migrations, models

import encryption.fields
import logs.fields
from brainlog.database.migration_operations import AllowLongerText


class Migration(migrations.Migration):

    dependencies = [
        ('logs', '0004_encrypt_texts'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='medication',
            options={'ordering': ['pk'], 'verbose_name': 'medication', 'verbose_name_plural': 'medications'},
        ),
        # First without a default, which would rewrite the table.
        migrations.AddField(
            model_name='medication',
            name='uuid',
            field=models.UUIDField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name='medication',
            name='uuid',
            field=models.UUIDField(db_default=logs.fields.RandomUUID(), editable=False, null=True),
        ),
        AllowLongerText(
            model_name='medication',
            name='name',
            field=encryption.fields.PrivateCharField(max_length=100, verbose_name='name'),
        ),
        # The same column: it holds hashes from the next migration on.
        migrations.AlterField(
            model_name='medication',
            name='name_key',
            field=encryption.fields.BlindIndexField(editable=False, max_length=400),
        ),
    ]
