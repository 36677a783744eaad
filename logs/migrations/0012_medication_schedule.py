# How a medication is taken: daily or as needed, at which times, since when and until when. The release before does not
# know these columns and leaves them NULL.

from django.db import migrations, models

import logs.fields


class Migration(migrations.Migration):

    dependencies = [
        ('logs', '0011_dose_of_one_person'),
    ]

    operations = [
        migrations.AddField(
            model_name='medication',
            name='schedule',
            field=logs.fields.ChoiceField(
                blank=True, choices=[('daily', 'daily'), ('as_needed', 'as needed')], max_length=30, null=True,
                verbose_name='how it is taken',
            ),
        ),
        migrations.AddField(
            model_name='medication',
            name='usual_times',
            field=models.CharField(blank=True, max_length=35, null=True, verbose_name='usual times'),
        ),
        migrations.AddField(
            model_name='medication',
            name='since',
            field=models.DateField(blank=True, null=True, verbose_name='since'),
        ),
        migrations.AddField(
            model_name='medication',
            name='until',
            field=models.DateField(blank=True, null=True, verbose_name='until'),
        ),
    ]
