# Room for an encrypted name: it is longer than the name.

from django.db import migrations

import encryption.fields
from brainlog.database.migration_operations import AllowLongerText


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0013_second_factors_of_their_owner'),
    ]

    operations = [
        AllowLongerText(
            model_name='user',
            name='display_name',
            field=encryption.fields.PrivateCharField(blank=True, help_text='Shown to you on your pages. Optional.', max_length=100, verbose_name='Name to call you'),
        ),
    ]
