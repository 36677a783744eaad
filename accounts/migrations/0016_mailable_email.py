# The validator alone: the column stays as it is.

import accounts.models
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0015_encrypt_display_names'),
    ]

    operations = [
        migrations.AlterField(
            model_name='user',
            name='email',
            field=models.EmailField(blank=True, help_text='Optional. You can use Brain Log without.', max_length=254, validators=[accounts.models.validate_mailable], verbose_name='E-mail address'),
        ),
    ]
